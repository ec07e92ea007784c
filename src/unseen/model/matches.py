"""What matching and scanning say. A match is arithmetic; a finding waits for a person."""

from dataclasses import dataclass
from typing import Literal

from unseen.model.cases import Status, Verdict
from unseen.model.grounds import Ground, Mark
from unseen.model.hashes import How, ItemHashes, VideoMode
from unseen.model.items import Locator, Times
from unseen.model.outcomes import Outcome, Reason, State

__all__ = ["AlteredMatch", "Finding", "Match", "NotScreened", "Screened", "Summary", "VideoShare"]


@dataclass(frozen=True, slots=True)
class VideoShare:
    """How much of a known video a video shows.

    Attributes:
        known_frames: Different frames of the known video that can be compared.
        covered_frames: Of these, how many some frame of the item comes near.
        matched_frames: Different frames of the item that come near one of these.
        spans_s: Where in the item they lie: (first, last) in seconds, in order; at most `SPANS_MAX`.
        mode: How the item was looked at.
        near_frames: How many pairs of different frames are near by the policy of the list: the smaller of both counts.
    """

    known_frames: int
    covered_frames: int
    matched_frames: int
    spans_s: tuple[tuple[float, float], ...]
    mode: VideoMode
    near_frames: int = 0


@dataclass(frozen=True, slots=True)
class AlteredMatch:
    """How surely an entry is what an item shows once an alteration is undone.

    Attributes:
        kind: Kind of placing for which the decision was calibrated.
        soft_distance_bits: Distance that counts a bit by how surely the item says it.
        bound_bits: Largest such distance that counts for this kind, inclusive.
        false_match_bound: How many false matches there are per picture at most, at that bound and 1,000,000 entries:
            the upper end of a 95 % interval, measured on unrelated pictures.
        frames: Different frames of a video that show the entry so, each with a different frame of the entry: the
            smaller count. 0 for a picture.
    """

    kind: str
    soft_distance_bits: int
    bound_bits: int
    false_match_bound: float
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """An item's hash lies within the threshold of an entry.

    Attributes:
        list: Name of the list.
        entry: The list's own identifier of the entry. Never its value.
        signal: Name of the signal.
        distance_bits: Hamming distance; 0 for digests.
        how: How the item's hash was taken; None for digests.
        video: How much of a known video was found; None for anything but a match of one video with another.
        altered: Of a match that needed an alteration to be undone (`how` says which): how sure it is. None for others.
        publisher: Who published the entry, as its list says; None where it does not.
        marks: What had to be said of the entry when it was matched.
        marks_now: What must be said of the entry when the match is read from a store.
        ground: What the match stands on beside all others of its item; None where it accuses nobody, being of a list
            of class known_file or cleared, or where an older version scanned.
    """

    list: str
    entry: str
    signal: str
    distance_bits: int
    how: How | None
    video: VideoShare | None = None
    publisher: str | None = None
    marks: tuple[Mark, ...] = ()
    ground: Ground | None = None
    marks_now: tuple[Mark, ...] = ()
    altered: AlteredMatch | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An item with its matches, awaiting a person.

    Attributes:
        id: Stable across scans of one store: one per (locator, SHA-256).
        matches: Ordered by (distance, list, entry).
        verdict: The newest, current or not; None where nobody has decided yet.
        times: When the item was touched, as its source said when it was first seen.
    """

    id: str
    locator: Locator
    sha256: bytes
    state: State
    matches: tuple[Match, ...]
    verdict: Verdict | None = None
    times: Times | None = None

    @property
    def status(self) -> Status:
        """Where it stands."""
        return Status.OPEN if self.verdict is None else self.verdict.status

    @property
    def rests_on_withdrawn(self) -> Literal["partly", "wholly"] | None:
        """Whether entries that it rests on were withdrawn since, those of cleared lists left aside."""
        accusing = [match for match in self.matches if Mark.CLEARED not in (*match.marks, *match.marks_now)]
        gone = sum(Mark.WITHDRAWN in match.marks_now for match in accusing)
        if not gone:
            return None
        return "wholly" if gone == len(accusing) else "partly"

    @property
    def ground(self) -> Ground | None:
        """What it stands on: the first of all that its matches have, in the order of `Ground`."""
        return Ground.first(match.ground for match in self.matches)


@dataclass(frozen=True, slots=True)
class NotScreened:
    """An item, or a part of one, that was not screened, and why."""

    locator: Locator
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """All that is kept of one item that a scan has dealt with.

    Attributes:
        finding: Set whatever the outcome: the digests of an item match even where nothing could be decoded.
        not_screened: Set for outcome `not_screened`, and besides `match` or `no_match` for a picture decoded in part.
    """

    locator: Locator
    state: State
    hashes: ItemHashes
    outcome: Outcome
    finding: Finding | None
    not_screened: NotScreened | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The account of a whole scan: items = hashed + digest_only + not_screened - truncated.

    Attributes:
        videos: Items of which frames were hashed; they are among `hashed` or `digest_only`.
        videos_by_keyframes: Of these, how many were looked at by their keyframes alone.
        leads: Of `findings`: those that stand on nothing but leads.
    """

    items: int
    hashed: int
    digest_only: int
    findings: int
    not_screened: int
    truncated: int
    entries_searchable: int
    entries_not_searchable: int
    seconds: float
    ledger_checkpoint: str | None = None
    # Of digest_only; scans of older versions knew no such items.
    known_file: int = 0
    videos: int = 0
    videos_by_keyframes: int = 0
    leads: int = 0
    # Of a recheck, whose items are those that came to match: how many were compared again.
    rechecked: int = 0
