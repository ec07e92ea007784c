"""Where an item lies, and what became of it: closed lists, so that nothing ends in a state nobody named."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Item", "Locator", "Outcome", "Reason", "State"]


class Outcome(StrEnum):
    """What became of an item. Closed."""

    MATCH = "match"
    NO_MATCH = "no_match"
    # Digests were matched; a perceptual hash makes no sense. Counted, without a row of its own.
    DIGEST_ONLY = "digest_only"
    NOT_SCREENED = "not_screened"


class Reason(StrEnum):
    """Why an item was screened by digest only, in part, or not at all. Closed."""

    # Of digest_only.
    NOT_MEDIA = "not_media"
    LOW_QUALITY = "low_quality"
    # Of not_screened. A picture that decodes in part keeps its outcome and has a row `truncated` besides.
    UNREADABLE = "unreadable"
    CHANGED = "changed"
    TRUNCATED = "truncated"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    ENCRYPTED = "encrypted"
    TIMED_OUT = "timed_out"
    DECODER_CRASHED = "decoder_crashed"
    READER_NOT_INSTALLED = "reader_not_installed"


class State(StrEnum):
    """How an item lay in its source. Closed."""

    ALLOCATED = "allocated"
    DELETED = "deleted"
    ORPHAN = "orphan"
    CARVED = "carved"


@dataclass(frozen=True, slots=True)
class Locator:
    """A chain of (layer, address) steps that leads to one item, from the outermost source inwards.

    Addresses of files are paths as given; bytes that are not UTF-8 are held as Python's `surrogateescape` holds them.
    """

    steps: tuple[tuple[str, str], ...]

    @classmethod
    def of_file(cls, path: str) -> "Locator":
        """The locator of an ordinary file."""
        return cls((("file", path),))

    def __str__(self) -> str:
        """Addresses from the outermost inwards, joined by ` > `: the text that `item` holds in JSON output."""
        return " > ".join(address for _, address in self.steps)


@dataclass(frozen=True, slots=True)
class Item:
    """One unit of content that a source offers, not yet read.

    Attributes:
        locator: Where it lies.
        state: How it lies there.
        open: Gives a read-only file descriptor, which the caller closes, or the bytes themselves, or the reason
            why there is nothing to read. Raises nothing.
    """

    locator: Locator
    state: State
    open: Callable[[], int | bytes | Reason]
