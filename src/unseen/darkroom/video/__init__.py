"""Videos in the dark: how their frames are taken, and how these travel."""
