"""Exact search and what counts as a match: the one door to the search half of the kernel."""

from unseen.matching.index import Index

__all__ = ["Index"]
