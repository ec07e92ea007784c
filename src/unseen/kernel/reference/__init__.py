"""What the kernel does in readable numpy: what is right, and what every native variant must equal bit for bit."""

from unseen.kernel.reference.checksum import BLOCK_BYTES, block_checksums
from unseen.kernel.reference.digests import TripleDigest
from unseen.kernel.reference.pdq import pdq, pdq_coefficients, pdq_dihedral
from unseen.kernel.reference.places import likely_places
from unseen.kernel.reference.planes import pdq_of_planes, rgb_of_planes
from unseen.kernel.reference.search import ReferenceFamily, ReferenceIndex
from unseen.kernel.reference.windows import shrink, warp, window_coefficients, window_hashes

__all__ = [
    "BLOCK_BYTES",
    "ReferenceFamily",
    "ReferenceIndex",
    "TripleDigest",
    "block_checksums",
    "likely_places",
    "pdq",
    "pdq_coefficients",
    "pdq_dihedral",
    "pdq_of_planes",
    "rgb_of_planes",
    "shrink",
    "warp",
    "window_coefficients",
    "window_hashes",
]
