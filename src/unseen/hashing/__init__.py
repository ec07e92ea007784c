"""Pixels and bytes to hashes: the one door to the hashing half of the kernel."""

from unseen.hashing.pdq import CONVENTIONS, ORIENTATIONS, Convention, pdq, pdq_dihedral

__all__ = ["CONVENTIONS", "ORIENTATIONS", "Convention", "pdq", "pdq_dihedral"]
