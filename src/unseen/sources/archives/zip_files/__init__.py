"""Zip files: their records, the data of their entries, and everything that can hide between them."""
