"""Altered copies: which entries a picture comes near in some placing, and what is decided of them."""

from unseen.matching.altered.aims import Aims
from unseen.matching.altered.calibrated import BOUND_BITS, FALSE_MATCH_BOUND, Kind
from unseen.matching.altered.deciding import Decision, decide, kind_of
from unseen.matching.altered.searching import AIMS_MAX, RADIUS_BITS, AlteredSearch, Candidate, Chosen, choose_aims
from unseen.matching.altered.soft import may_be_within, soft_distance

__all__ = [
    "AIMS_MAX",
    "BOUND_BITS",
    "FALSE_MATCH_BOUND",
    "RADIUS_BITS",
    "Aims",
    "AlteredSearch",
    "Candidate",
    "Chosen",
    "Decision",
    "Kind",
    "choose_aims",
    "decide",
    "kind_of",
    "may_be_within",
    "soft_distance",
]
