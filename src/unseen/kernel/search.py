"""Exact Hamming search: native, or the readable reference where that was chosen."""

import numpy as np
import numpy.typing as npt

from unseen.kernel import _native, variant
from unseen.kernel.reference import ReferenceFamily, ReferenceIndex

__all__ = [
    "HammingFamily",
    "HammingIndex",
    "ReferenceFamily",
    "ReferenceIndex",
    "index_bytes",
    "new_family",
    "new_index",
]

HammingFamily = _native.HammingFamily
HammingIndex = _native.HammingIndex


def new_index(threshold_bits: int) -> _native.HammingIndex | ReferenceIndex:
    """An empty index for radii up to `threshold_bits`, of the variant in use."""
    return ReferenceIndex(threshold_bits) if variant.is_reference() else HammingIndex(threshold_bits)


def new_family(
    queries: npt.NDArray[np.uint8], threshold_bits: int, group_size: int
) -> _native.HammingFamily | ReferenceFamily:
    """Hashes of one picture, to be searched together in indexes of the variant in use.

    Args:
        queries: uint8[n, 32] in one piece, below 2^25 of them; `group_size` in a row are of one placing.
        threshold_bits: Largest distance that counts, 0 … 64, whatever an index was built for.
        group_size: At least 1.
    """
    if variant.is_reference():
        return ReferenceFamily(queries, threshold_bits, group_size)
    return HammingFamily(queries, threshold_bits, group_size)


def index_bytes(count: int, threshold_bits: int) -> int:
    """Memory that building an index over so many codes takes at its highest, beside the codes that it is given."""
    return 32 * count if variant.is_reference() else _native.index_bytes(count, threshold_bits)
