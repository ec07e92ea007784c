"""Hashes that a store keeps: erased when their time ends, and compared again while they are there."""
