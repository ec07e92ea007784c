"""Altered copies of photographs, and which side still finds them; `python -m benchmarks.altered`."""
