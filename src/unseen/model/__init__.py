"""Frozen values that the rooms pass to each other. No behaviour beyond parsing and printing themselves."""

from unseen.model.acquisition import Acquired, Acquisition, Comparison
from unseen.model.changes import Opinion, Page, Published, Refused, Stance, Withdrawn
from unseen.model.entries import Codes, Entry, Label, ListClass, other_purpose
from unseen.model.grounds import NEAR_BITS_MAX, Ground, ListPolicy, Mark, Second, Terms, Weight
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
from unseen.model.items import Item, Locator, Times
from unseen.model.matches import Finding, Match, NotScreened, Screened, Summary, VideoShare
from unseen.model.outcomes import Outcome, Reason, State
from unseen.model.ranges import ByteSource, UnreadError
from unseen.model.standing import (
    EntryAccount,
    EntryDecision,
    EntryRow,
    EntryVerdict,
    Import,
    ListChange,
    Waiting,
)
from unseen.model.verdicts import Decision, Status, Verdict

__all__ = [
    "NEAR_BITS_MAX",
    "PDQ_BITS",
    "QUALITY_MIN",
    "Acquired",
    "Acquisition",
    "ByteSource",
    "Codes",
    "Comparison",
    "Decision",
    "Entry",
    "EntryAccount",
    "EntryDecision",
    "EntryRow",
    "EntryVerdict",
    "Finding",
    "Frame",
    "Ground",
    "Hash",
    "How",
    "Import",
    "Item",
    "ItemHashes",
    "Label",
    "ListChange",
    "ListClass",
    "ListPolicy",
    "Locator",
    "Mark",
    "Match",
    "NotScreened",
    "Opinion",
    "Outcome",
    "Page",
    "Published",
    "Reason",
    "Refused",
    "Screened",
    "Second",
    "Signal",
    "Stance",
    "State",
    "Status",
    "Summary",
    "Terms",
    "Times",
    "UnreadError",
    "Variant",
    "Verdict",
    "VideoMode",
    "VideoShare",
    "Waiting",
    "Weight",
    "Withdrawn",
    "other_purpose",
]
