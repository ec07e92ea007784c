"""Carving: pictures, videos and documents found in bytes of no known structure, by their own structure alone.

What is carved lay there; that it was ever a file is not claimed. Used for unknown files, and for the parts of a disk
that no file holds.
"""

from unseen.sources.carving.carver import Found, carve, content_of, find
from unseen.sources.carving.signatures import OVERLAP_BYTES, may_hold_pictures

__all__ = ["OVERLAP_BYTES", "Found", "carve", "content_of", "find", "may_hold_pictures"]
