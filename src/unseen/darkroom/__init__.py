"""Locked worker processes in which pixels exist; only hashes leave it."""
