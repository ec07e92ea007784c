"""Altered copies on the side of the picture: what is proposed, and what a proposal is refined to."""

from unseen.hashing.altered.proposing import PLACINGS_MAX, look, propose

__all__ = ["PLACINGS_MAX", "look", "propose"]
