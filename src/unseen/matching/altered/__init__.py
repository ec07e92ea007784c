"""Altered copies: which entries a picture comes near in some placing, and what is decided of them."""

from unseen.matching.altered.searching import AIMS_MAX, RADIUS_BITS, AlteredSearch, Candidate, Chosen, choose_aims

__all__ = ["AIMS_MAX", "RADIUS_BITS", "AlteredSearch", "Candidate", "Chosen", "choose_aims"]
