"""What lies where: items, their bytes, the chains of addresses that lead to them, and when they were touched."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from unseen.model.outcomes import Reason, State

__all__ = ["ByteSource", "Item", "Locator", "Times", "UnreadError"]

# A `>` between blanks, or at an end, could be taken for the sign that joins addresses: it gets a backslash, and one
# that has backslashes already gets one more, so that no two chains share a text.
_JOINT = " > "
_LIKE_A_JOINT = re.compile(r"(?<![^ ])(\\*)>(?![^ ])")
_ESCAPED = re.compile(r"(?<![^ ])\\(\\*)>(?![^ ])")


class ByteSource(Protocol):
    """A range of bytes that can be read at any place, in any order, and never written."""

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Give up to `size` bytes from `offset`; fewer, or none, only where the range ends.

        Raises:
            UnreadError: These bytes cannot be had, for a stated reason.
        """


class UnreadError(Exception):
    """Something could not be read, for a reason; whoever reads a layer turns it into a row and goes on.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Locator:
    """A chain of (layer, address) steps that leads to one item, from the outermost source inwards.

    Addresses of files are paths as given; bytes that are not UTF-8 are held as Python's `surrogateescape` holds them.
    Within one container no two members share an address, so that the addresses alone name one item.
    """

    steps: tuple[tuple[str, str], ...]

    @classmethod
    def of_file(cls, path: str) -> "Locator":
        """The locator of an ordinary file."""
        return cls((("file", path),))

    def inside(self, layer: str, address: str) -> "Locator":
        """The locator of a member of what lies here."""
        return Locator((*self.steps, (layer, address)))

    def __str__(self) -> str:
        """Addresses from the outermost inwards, joined by ` > `: the text that `item` holds in JSON output.

        Example:
            >>> str(Locator.of_file("a.zip").inside("zip", "b/c.jpg"))
            'a.zip > b/c.jpg'
        """
        if len(self.steps) == 1 and ">" not in self.steps[0][1]:
            return self.steps[0][1]
        return _JOINT.join(_LIKE_A_JOINT.sub(r"\\\1>", address) for _, address in self.steps)

    @staticmethod
    def addresses(text: str) -> tuple[str, ...]:
        """Read the addresses in the text of a locator, from the outermost inwards.

        Example:
            >>> Locator.addresses("a.zip > b/c.jpg")
            ('a.zip', 'b/c.jpg')
        """
        return tuple(_ESCAPED.sub(r"\1>", part) for part in text.split(_JOINT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When an item was touched, as its own source says; nanoseconds since 1970 in UTC, or None where it does not say.

    Attributes:
        modified_ns: Content last written.
        accessed_ns: Last read.
        changed_ns: Its description last changed.
        born_ns: Made.
    """

    modified_ns: int | None = None
    accessed_ns: int | None = None
    changed_ns: int | None = None
    born_ns: int | None = None

    def in_utc(self) -> dict[str, str | None]:
        """Each of the four in ISO 8601, to the nanosecond.

        Example:
            >>> Times(modified_ns=1).in_utc()["modified_at_utc"]
            '1970-01-01T00:00:00.000000001Z'
        """
        return {
            "modified_at_utc": _in_utc(self.modified_ns),
            "accessed_at_utc": _in_utc(self.accessed_ns),
            "changed_at_utc": _in_utc(self.changed_ns),
            "born_at_utc": _in_utc(self.born_ns),
        }


def _in_utc(time_ns: int | None) -> str | None:
    if time_ns is None:
        return None
    seconds, nanoseconds = divmod(time_ns, 10**9)
    try:
        moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)  # noqa: DTZ001  # UTC, and printed so
    except OverflowError:
        # A damaged field: no calendar of ours has this day.
        return f"{time_ns} ns"
    return f"{moment.isoformat()}.{nanoseconds:09}Z"


@dataclass(frozen=True, slots=True)
class Item:
    """One unit of content that a source offers, not yet read.

    Attributes:
        locator: Where it lies.
        state: How it lies there.
        open: Gives a read-only file descriptor, which the caller closes, or the bytes themselves, or a range of bytes
            that lies in no file of this machine, or the reason why there is nothing to read. Raises nothing.
        open_later: Gives read-only descriptors of the files that continue this one, in order, which the caller closes:
            segments of one image, cut by its maker. Empty for most; raises nothing.
        is_later: Another item offers this one's bytes as its continuation: by itself it is no container.
        is_folder: It has no bytes of its own: what `open` gives is only looked into.
        times: When it was touched, as its source says; of an ordinary file they are asked when it is opened.
        alteration: Number of an alteration in the darkroom's catalogue: hashes are wanted of a copy that is altered
            so, and nothing is looked into. 0 for the item itself.
    """

    locator: Locator
    state: State
    open: Callable[[], int | bytes | ByteSource | Reason]
    open_later: Callable[[], tuple[int, ...]] = tuple
    is_later: bool = False
    is_folder: bool = False
    times: Times | None = None
    alteration: int = 0
