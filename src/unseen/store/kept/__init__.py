"""Hashes that are kept: for how long, and how they go."""
