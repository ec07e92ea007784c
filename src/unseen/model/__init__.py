"""Frozen values that the rooms pass to each other. No behaviour beyond parsing and printing themselves."""

from unseen.model.acquisition import Acquired, Acquisition, Comparison
from unseen.model.entries import Codes, Entry, Label, ListClass
from unseen.model.hashes import (
    PDQ_BITS,
    QUALITY_MIN,
    Frame,
    Hash,
    How,
    ItemHashes,
    Signal,
    Variant,
    VideoMode,
)
from unseen.model.items import Item, Locator, Outcome, Reason, State, Times
from unseen.model.matches import Finding, Match, NotScreened, Screened, Summary, VideoShare
from unseen.model.ranges import ByteSource, UnreadError
from unseen.model.verdicts import Decision, Status, Verdict

__all__ = [
    "PDQ_BITS",
    "QUALITY_MIN",
    "Acquired",
    "Acquisition",
    "ByteSource",
    "Codes",
    "Comparison",
    "Decision",
    "Entry",
    "Finding",
    "Frame",
    "Hash",
    "How",
    "Item",
    "ItemHashes",
    "Label",
    "ListClass",
    "Locator",
    "Match",
    "NotScreened",
    "Outcome",
    "Reason",
    "Screened",
    "Signal",
    "State",
    "Status",
    "Summary",
    "Times",
    "UnreadError",
    "Variant",
    "Verdict",
    "VideoMode",
    "VideoShare",
]
