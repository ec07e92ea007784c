"""Pixels and bytes to hashes: the one door to the hashing half of the kernel."""
