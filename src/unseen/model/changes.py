"""How lists change: what a service says, which clients of services give and the store takes in; and what came of it."""

from dataclasses import dataclass
from enum import StrEnum

from unseen.model.entries import Label
from unseen.model.grounds import Mark

__all__ = [
    "ChangePage",
    "EntryAccount",
    "EntryDecision",
    "EntryRow",
    "EntryVerdict",
    "Import",
    "ListChange",
    "Opinion",
    "Published",
    "Refused",
    "Stance",
    "Waiting",
    "Withdrawn",
]


class Stance(StrEnum):
    """What somebody says of an entry. Closed."""

    FOR = "for"
    AGAINST = "against"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a member of a service says of an entry; none is a verdict, and every one is kept.

    Attributes:
        holder: Who says so, as the service names them.
        stance: For or against.
        signal: Of which of the entry's hashes; None for the entry as a whole.
        reasons: Why, in the service's codes or words.
    """

    holder: str
    stance: Stance
    signal: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An entry as it now stands, whole: what was known of it before is superseded.

    Attributes:
        entry: The service's identifier of the entry, unique for its publisher.
        publisher: Who put it there, as the service names them; None where it does not say. Several publishers may
            state one hash, each in an entry of its own.
        hashes: Pairs of signal and value; as in `Entry`, raw bytes for signals of ours and the text of others.
        labels: Categories as given.
        opinions: All that are held of it.
        at_utc: When the service last changed it, in ISO 8601; None where it does not say.
    """

    entry: str
    publisher: str | None
    hashes: tuple[tuple[str, bytes], ...]
    labels: tuple[Label, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    at_utc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An entry that its publisher took back: from now on it accuses nobody."""

    entry: str
    publisher: str | None
    at_utc: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that could not be read: counted and named by its place, never its value, and the rest goes on.

    Attributes:
        position: Where it stood: identifier or place in the page.
        why: What is wrong with it, as a sentence without a value.
    """

    position: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """One answer of a service, in the order in which it came.

    Attributes:
        changes: Each applies after those before it.
        refused: What could not be read.
        checkpoint: Where to go on once these changes are kept: text that only the client understands.
        begins_anew: Set on the first page of a complete copy: what no page names until the last is withdrawn.
        is_last: Whether the service had no more when asked. Changes reach the search only from here: half an answer
            is no state that any service ever published.
    """

    changes: tuple[Published | Withdrawn, ...]
    refused: tuple[Refused, ...] = ()
    checkpoint: str
    begins_anew: bool = False
    is_last: bool = False


class EntryDecision(StrEnum):
    """What is decided here about an entry. Closed."""

    QUARANTINED = "quarantined"
    RELEASED = "released"


class Waiting(StrEnum):
    """Why a change of a list waits for a named person. Closed."""

    SHRINKS_TENFOLD = "shrinks_tenfold"
    GROWS_TENFOLD = "grows_tenfold"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """What pages of a service came to, counted in entries: an entry may hold several hashes.

    Attributes:
        list: Name of the list.
        version: Of the list afterwards: the number of its newest entry in the ledger. None where it has none yet.
        waiting: Why nothing was changed, and a named person must say that it is right; None where it was applied.
        added: Entries that were not there before.
        replaced: Entries of which hashes, labels or opinions are others now.
        withdrawn: Entries that are there no more.
        unchanged: Entries that are as they were, of those that were named.
        refused: Entries that could not be read.
        refusals: The first of these, by their place.
        entries_before: How many hashes the list held; so `entries_after`, as it is now or, where it waits, would be.
        findings: How many findings rest on what this change withdrew.
    """

    list: str
    version: int | None
    waiting: Waiting | None
    added: int
    replaced: int
    withdrawn: int
    unchanged: int
    refused: int
    refusals: tuple[Refused, ...]
    entries_before: int
    entries_after: int
    findings: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the list is as it was."""
        return not (self.added or self.replaced or self.withdrawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A change of a list, as the ledger has it.

    Attributes:
        record: Number of its entry in the ledger: the list version that began with it.
        at_utc: When, in ISO 8601.
        by: Whose account ran it, or who accepted it; None where that is not on record.
        origin: Where it came from; None where that was erased.
    """

    record: int
    at_utc: str
    by: str | None
    origin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One hash of an entry; never its value.

    Attributes:
        signal: Of the hash.
        publisher: Who put it there; None where nobody says.
        published_at: When the publisher changed it last, as the service said when it came.
        labels: As given.
        added: By which change it came.
        withdrawn: By which it went; None while it stands.
    """

    signal: str
    publisher: str | None
    published_at: str | None
    labels: tuple[Label, ...]
    added: Import
    withdrawn: Import | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryVerdict:
    """One decision about an entry.

    Attributes:
        by: Name of the person; None where a measurement decided by itself, as `reason` says.
    """

    decision: EntryDecision
    by: str | None
    reason: str
    at_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAccount:
    """All that a store knows of one identifier in a list.

    Attributes:
        rows: Standing ones first, then withdrawn ones; each in the order in which they came.
        opinions: With the publisher of the entry that they are on; standing ones.
        decisions: Oldest first; the newest counts.
    """

    list: str
    list_class: str
    version: int
    entry: str
    rows: tuple[EntryRow, ...]
    opinions: tuple[tuple[str | None, Opinion], ...]
    decisions: tuple[EntryVerdict, ...]

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What must be said of it."""
        found = []
        if any(opinion.stance is Stance.AGAINST for _, opinion in self.opinions):
            found.append(Mark.DISPUTED)
        if self.decisions and self.decisions[-1].decision is EntryDecision.QUARANTINED:
            found.append(Mark.QUARANTINED)
        if all(row.withdrawn is not None for row in self.rows):
            found.append(Mark.WITHDRAWN)
        return tuple(found)
