"""Exact search and what counts as a match: the one door to the search half of the kernel."""

from unseen.matching.digests import DigestTable
from unseen.matching.index import Index
from unseen.matching.policy import Comparison, Matcher

__all__ = ["Comparison", "DigestTable", "Index", "Matcher"]
