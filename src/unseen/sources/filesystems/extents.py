"""Where the bytes of files lie on a volume, and which bytes no file has."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["Claimed", "Claims", "Extent", "Scattered", "cut", "joined"]

# In place of an offset, for bytes that read as zeros.
_UNSTORED = -1


@dataclass(frozen=True, slots=True)
class Extent:
    """Consecutive bytes of a volume.

    Attributes:
        offset: From the start of the volume; None for bytes that are not stored and read as zeros.
        size_bytes: How many.
    """

    offset: int | None
    size_bytes: int


class Scattered:
    """Bytes that lie in pieces on a volume, as one range."""

    def __init__(self, volume: ByteSource, extents: Iterable[Extent]) -> None:
        """Put pieces together.

        Raises:
            UnreadError: They say to lie, or to be, beyond what any volume has.
        """
        self._volume = volume
        # Two numbers a piece: the free space of a large volume lies in millions of them.
        self._offsets, self._starts = array("q"), array("q", [0])
        try:
            for each in extents:
                if each.size_bytes > 0:
                    self._offsets.append(_UNSTORED if each.offset is None else each.offset)
                    self._starts.append(self._starts[-1] + each.size_bytes)
        except OverflowError as error:
            raise UnreadError(Reason.UNREADABLE) from error
        self.size_bytes = self._starts[-1]

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        wanted = min(size, self.size_bytes - offset)
        pieces: list[bytes] = []
        for extent in self.within(offset, wanted) if offset >= 0 else ():
            at, here = extent.offset, extent.size_bytes
            piece = bytes(here) if at is None else self._volume.read_at(at, here)
            if len(piece) < here:
                # Damage may say that a file lies behind the end of its volume.
                raise UnreadError(Reason.TRUNCATED)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def beneath(self, offset: int, size: int) -> Iterator[tuple[ByteSource, int | None, int]]:
        """See `unseen.sources.layers.places`."""
        for extent in self.within(offset, size):
            yield self._volume, extent.offset, extent.size_bytes

    def within(self, offset: int, size: int) -> Iterator[Extent]:
        """Say where some of the bytes lie, in their order."""
        at = bisect_right(self._starts, offset) - 1
        while size > 0 and at < len(self._offsets):
            skipped = offset - self._starts[at]
            here = min(size, self._starts[at + 1] - offset)
            yield Extent(None if self._offsets[at] == _UNSTORED else self._offsets[at] + skipped, here)
            offset, size, at = offset + here, size - here, at + 1


def cut(extents: Iterable[Extent], size_bytes: int) -> Iterator[Extent]:
    """Give no more than the first so many bytes of some extents."""
    for each in extents:
        if size_bytes <= 0:
            return
        yield Extent(each.offset, min(each.size_bytes, size_bytes))
        size_bytes -= each.size_bytes


def joined(extents: Iterable[Extent]) -> tuple[Extent, ...]:
    """Give the same bytes in as few extents as there can be."""
    whole: list[Extent] = []
    for each in extents:
        last = whole[-1] if whole else None
        if last is not None and last.offset is not None and last.offset + last.size_bytes == each.offset:
            whole[-1] = Extent(last.offset, last.size_bytes + each.size_bytes)
        else:
            whole.append(each)
    return tuple(whole)


class Claims:
    """Which bytes of a volume belong to files that are given as items."""

    def __init__(self, size_bytes: int) -> None:
        """Start with none.

        Args:
            size_bytes: Of the volume.
        """
        self._size_bytes = size_bytes
        self._starts = array("q")
        self._ends = array("q")

    def add(self, extents: Iterable[Extent]) -> None:
        """Claim what lies within the volume."""
        for each in extents:
            if each.offset is not None and 0 <= each.offset < self._size_bytes and each.size_bytes > 0:
                end = min(self._size_bytes, each.offset + each.size_bytes)
                if self._ends and self._ends[-1] == each.offset:
                    # What is claimed in order takes the room of one.
                    self._ends[-1] = end
                    continue
                self._starts.append(each.offset)
                self._ends.append(end)

    def add_many(self, places: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], *, count_max: int) -> bool:
        """Claim many stretches at once, neighbours as one.

        Args:
            places: int64[n], where they begin; what lies outside the volume is left out.
            sizes: int64[n], of each, in bytes.
            count_max: How many stretches may be claimed altogether.

        Returns:
            Whether there was room for them.
        """
        is_inside = (places >= 0) & (places < self._size_bytes) & (sizes > 0)
        starts, sizes = places[is_inside], sizes[is_inside]
        ends = np.minimum(self._size_bytes, starts + np.minimum(sizes, self._size_bytes))
        begins = np.ones(len(starts), dtype=bool)
        begins[1:] = starts[1:] != ends[:-1]
        if len(self._starts) + int(begins.sum()) > count_max:
            return False
        if len(starts):
            self._starts.frombytes(starts[begins].tobytes())
            self._ends.frombytes(ends[np.append(begins[1:], True)].tobytes())
        return True

    def merged(self) -> "Claimed":
        """Give them in order, overlapping ones joined."""
        starts = np.frombuffer(self._starts, dtype=np.int64) if self._starts else np.empty(0, np.int64)
        ends = np.frombuffer(self._ends, dtype=np.int64) if self._ends else np.empty(0, np.int64)
        order = np.argsort(starts, kind="stable")
        starts, furthest = starts[order], np.maximum.accumulate(ends[order])
        # A run begins where everything before it has ended.
        begins = np.ones(len(starts), dtype=bool)
        begins[1:] = starts[1:] > furthest[:-1]
        return Claimed(starts[begins], furthest[np.append(begins[1:], True)] if len(starts) else ends, self._size_bytes)


class Claimed:
    """Runs of claimed bytes: ascending, apart from each other."""

    def __init__(self, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], size_bytes: int) -> None:
        self._starts, self._ends, self._size_bytes = starts, ends, size_bytes

    def free_bytes(self, extents: Sequence[Extent]) -> int:
        """Count the bytes before the first claimed one, in the order of some extents."""
        counted = 0
        for each in extents:
            here = each.size_bytes if each.offset is None else self._free_bytes_from(each.offset, each.size_bytes)
            counted += here
            if here < each.size_bytes:
                break
        return counted

    def _free_bytes_from(self, offset: int, size: int) -> int:
        at = int(np.searchsorted(self._ends, offset, side="right"))
        return min(size, max(0, int(self._starts[at]) - offset)) if at < len(self._starts) else size

    def gaps(self) -> Iterator[Extent]:
        """Give what nobody claims, in order."""
        start = 0
        for claimed, end in zip(self._starts, self._ends, strict=True):
            if claimed > start:
                yield Extent(start, int(claimed) - start)
            start = int(end)
        if start < self._size_bytes:
            yield Extent(start, self._size_bytes - start)
