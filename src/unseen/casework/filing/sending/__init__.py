"""Reports on their way to an authority: decided by a named person, sent by a worker, each step on record."""

from unseen.store import FilingPolicy, FilingStep

__all__ = ["FilingPolicy", "FilingStep"]
