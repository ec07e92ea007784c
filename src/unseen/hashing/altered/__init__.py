"""Altered copies on the side of the picture: what is proposed, and what a proposal is refined to."""

from unseen.hashing.altered.proposing import PLACINGS_MAX, look, propose
from unseen.hashing.altered.refining import CANVASES_MAX, WINDOWS_MAX, refine

__all__ = ["CANVASES_MAX", "PLACINGS_MAX", "WINDOWS_MAX", "look", "propose", "refine"]
