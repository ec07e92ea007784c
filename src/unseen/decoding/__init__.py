"""Bytes to pixels, or a closed reason why not. No hashing, no matching, no files, no policy."""

from unseen.decoding.limits import LIMITS, Limits
from unseen.decoding.picture import Picture, decode
from unseen.decoding.sniff import SNIFF_BYTES, Kind, Sniffed, sniff

__all__ = ["LIMITS", "SNIFF_BYTES", "Kind", "Limits", "Picture", "Sniffed", "decode", "sniff"]
