"""Altered copies in the dark: what is proposed of a picture, what its parent aims at, and what was found there."""
