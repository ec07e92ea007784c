"""VICS JSON: one document that may be larger than memory."""

from unseen.lists.vics.reading import read_vics

__all__ = ["read_vics"]
