"""What a file's metadata entry says that the library does not pass on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unseen.model import Reason, Times
from unseen.sources.filesystems.extents import Extent

__all__ = ["NO_NOTES", "Notes", "Notetaker", "Oversized"]


@dataclass(frozen=True, slots=True)
class Notes:
    """About one file.

    Attributes:
        is_part: The entry only continues another one.
        refusal: Why the bytes that can be read are not those that its user sees.
        unstored: Why bytes of its contents that are not stored are not to be taken for zeros.
        times: When it was touched, where that has to be read anew.
        valid_bytes: By name of the stream: behind so many bytes it reads as zeros, whatever its blocks hold.
    """

    is_part: bool = False
    refusal: Reason | None = None
    unstored: Reason | None = None
    times: Times | None = None
    valid_bytes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Oversized:
    """An entry that says to be larger than its volume.

    Attributes:
        inode: Its number.
        is_written: Its place is in use or was wiped, so that it is not what was there before the file system.
        size_fields: Where its size is written.
    """

    inode: int
    is_written: bool
    size_fields: tuple[Extent, ...]


NO_NOTES = Notes()
# Looks up what there is to note about a file, given the library's object of it.
Notetaker = Callable[[Any], Notes]
