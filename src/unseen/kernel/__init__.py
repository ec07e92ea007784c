"""The native kernel and its readable reference."""
