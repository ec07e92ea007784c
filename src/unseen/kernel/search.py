"""Exact Hamming search: native, or the readable reference where that was chosen."""

from unseen.kernel import _native, variant
from unseen.kernel.reference_search import ReferenceIndex

__all__ = ["HammingIndex", "ReferenceIndex", "index_bytes", "new_index"]

HammingIndex = _native.HammingIndex


def new_index(threshold_bits: int) -> _native.HammingIndex | ReferenceIndex:
    """An empty index for radii up to `threshold_bits`, of the variant in use."""
    return ReferenceIndex(threshold_bits) if variant.is_reference() else HammingIndex(threshold_bits)


def index_bytes(count: int, threshold_bits: int) -> int:
    """Memory that building an index over so many codes takes at its highest, beside the codes that it is given."""
    return 32 * count if variant.is_reference() else _native.index_bytes(count, threshold_bits)
