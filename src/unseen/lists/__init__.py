"""File formats of hash lists, in and out."""
