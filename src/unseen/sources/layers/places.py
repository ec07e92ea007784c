"""Where the bytes of a member lie in the file that it was found in, if they lie there as they are.

Whoever has that file need not be sent a copy. What is made of other bytes, by inflating or decrypting, lies nowhere.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol, runtime_checkable

from unseen.model import ByteSource
from unseen.sources.filesystems.extents import Extent, joined

__all__ = ["PLACED_BYTES_MAX", "PLACES_MAX", "places_of"]

# What lies in more pieces is copied: the message that names them has an end.
PLACES_MAX = 256
# And what is larger than this: it is served piece by piece, to whoever has time for it.
PLACED_BYTES_MAX = 64 << 20
# File systems tell runs of blocks, of which many may follow on each other.
_PIECES_MAX = 16 * PLACES_MAX


@runtime_checkable
class _Laid(Protocol):
    """A range whose bytes are those of others."""

    def beneath(self, offset: int, size: int) -> Iterator[tuple[ByteSource, int | None, int]]:
        """Give, in order, which range some bytes are of, where in it (None for zeros) and how many."""


class _Elsewhere(Exception):  # noqa: N818  # no error: there is another way
    """Some bytes do not lie in the file."""


def places_of(content: ByteSource, root: ByteSource) -> tuple[Extent, ...] | None:
    """Say where the bytes of `content` lie in `root`.

    Returns:
        At most `PLACES_MAX` pieces, each within `root` or of zeros; None where some bytes lie elsewhere, or behind its
        end, or where there are more than `PLACED_BYTES_MAX`.
    """
    if content.size_bytes > PLACED_BYTES_MAX:
        return None
    try:
        pieces = islice(_places(content, 0, content.size_bytes, root), _PIECES_MAX)
        places = joined(pieces)
    except _Elsewhere:
        return None
    is_whole = sum(each.size_bytes for each in places) == content.size_bytes
    return places if is_whole and len(places) <= PLACES_MAX else None


def _places(source: ByteSource, offset: int, size: int, root: ByteSource) -> Iterator[Extent]:
    if source is root:
        if not 0 <= offset <= offset + size <= root.size_bytes:
            raise _Elsewhere
        yield Extent(offset, size)
        return
    if not isinstance(source, _Laid):
        raise _Elsewhere
    for under, at, here in source.beneath(offset, size):
        if at is None:
            yield Extent(None, here)
        else:
            yield from _places(under, at, here, root)
