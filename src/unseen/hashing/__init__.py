"""Pixels and bytes to hashes: the one door to the hashing half of the kernel."""

from unseen.hashing.digests import Digests
from unseen.hashing.pdq import CONVENTIONS, ORIENTATIONS, Convention, pdq, pdq_dihedral
from unseen.hashing.variant import kernel_in_use, kernels_available, use_kernel

__all__ = [
    "CONVENTIONS",
    "ORIENTATIONS",
    "Convention",
    "Digests",
    "kernel_in_use",
    "kernels_available",
    "pdq",
    "pdq_dihedral",
    "use_kernel",
]
