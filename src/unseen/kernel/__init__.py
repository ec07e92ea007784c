"""The native kernel and its readable reference."""

from unseen.kernel.pdq import pdq, pdq_dihedral
from unseen.kernel.search import HammingIndex, ReferenceIndex, new_index
from unseen.kernel.variant import available, in_use, use

__all__ = [
    "HammingIndex",
    "ReferenceIndex",
    "available",
    "in_use",
    "new_index",
    "pdq",
    "pdq_dihedral",
    "use",
]
