"""What a service that shares lists says has changed. Clients of services give it; the store takes it in."""

from dataclasses import dataclass
from enum import StrEnum

from unseen.model.entries import Label

__all__ = ["Opinion", "Page", "Published", "Refused", "Stance", "Withdrawn"]


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
class Page:
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
