"""The native kernel and its readable reference."""

from unseen.kernel.checksum import BLOCK_BYTES, block_checksums
from unseen.kernel.digests import digests_are_native, new_triple_digest
from unseen.kernel.pdq import pdq, pdq_coefficients, pdq_dihedral, pdq_of_planes
from unseen.kernel.places import likely_places
from unseen.kernel.search import (
    HammingFamily,
    HammingIndex,
    ReferenceFamily,
    ReferenceIndex,
    index_bytes,
    new_family,
    new_index,
)
from unseen.kernel.variant import available, in_use, use
from unseen.kernel.windows import shrink, warp, window_coefficients, window_hashes

__all__ = [
    "BLOCK_BYTES",
    "HammingFamily",
    "HammingIndex",
    "ReferenceFamily",
    "ReferenceIndex",
    "available",
    "block_checksums",
    "digests_are_native",
    "in_use",
    "index_bytes",
    "likely_places",
    "new_family",
    "new_index",
    "new_triple_digest",
    "pdq",
    "pdq_coefficients",
    "pdq_dihedral",
    "pdq_of_planes",
    "shrink",
    "use",
    "warp",
    "window_coefficients",
    "window_hashes",
]
