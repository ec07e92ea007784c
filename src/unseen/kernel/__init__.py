"""The native kernel and its readable reference."""

from unseen.kernel.pdq import pdq, pdq_dihedral
from unseen.kernel.variant import available, in_use, use

__all__ = ["available", "in_use", "pdq", "pdq_dihedral", "use"]
