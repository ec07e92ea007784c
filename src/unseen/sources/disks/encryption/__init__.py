"""Encrypted volumes, opened with a password that was given."""
