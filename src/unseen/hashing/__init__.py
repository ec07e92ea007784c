"""Pixels and bytes to hashes: the one door to the hashing half of the kernel."""

from unseen.hashing.digests import Digests
from unseen.hashing.pdq import CONVENTIONS, ORIENTATIONS, Convention, pdq, pdq_dihedral, pdq_float, pdq_of_planes
from unseen.hashing.variant import kernel_in_use, kernels_available, use_kernel
from unseen.hashing.windows import WINDOW_MARGIN, Canvas, cut_out, shrink

__all__ = [
    "CONVENTIONS",
    "ORIENTATIONS",
    "WINDOW_MARGIN",
    "Canvas",
    "Convention",
    "Digests",
    "cut_out",
    "kernel_in_use",
    "kernels_available",
    "pdq",
    "pdq_dihedral",
    "pdq_float",
    "pdq_of_planes",
    "shrink",
    "use_kernel",
]
