"""Benchmarks beside the peers. Nothing here is a test."""
