"""The Sleuth Kit over a range of bytes: a volume, and what its functions give, without their exceptions."""

import itertools
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import pytsk3

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.filesystems.asking import FAILURES, ask
from unseen.sources.filesystems.extents import Extent

__all__ = ["Sectors", "Volume"]

_Result = TypeVar("_Result")
# What a bad sector costs beside itself.
_PIECE_BYTES = 4_096


class Sectors(pytsk3.Img_Info):  # type: ignore[misc]  # the binding has no types
    """A range as the library's disk.

    The library takes a short answer for a whole one and gives on whatever its memory held; and it asks for more than it
    needs, and keeps it. So every answer is whole: a piece that cannot be read is given as zeros and remembered, to cost
    no more than what lies in it.

    Attributes:
        bad: Size by offset of the pieces that zeros were given for.
        failure: See `Beneath`, as `swallowed`.
    """

    def __init__(self, source: ByteSource, blanked: Sequence[Extent] = ()) -> None:
        """Lay the library over a range.

        Args:
            source: The range.
            blanked: What the library is to take for zeros, in order.
        """
        self._source = source
        self._blanked = blanked
        self.failure: Reason | None = None
        self.swallowed: Reason | None = None
        self.bad: dict[int, int] = {}
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def close(self) -> None:
        """Nothing to close: the range is its owner's."""

    def read(self, offset: int, size: int) -> bytes:
        """Give exactly `size` bytes."""
        try:
            data = self._source.read_at(offset, size)
        except UnreadError:
            data = b"".join(
                self._piece(at, min(_PIECE_BYTES, offset + size - at))
                for at in range(offset, offset + size, _PIECE_BYTES)
            )
        if len(data) < size:
            self._note_bad(offset + len(data), size - len(data), Reason.TRUNCATED)
            data = data.ljust(size, b"\0")
        return self._blank(offset, data) if self._blanked else data

    def _piece(self, offset: int, size: int) -> bytes:
        try:
            return self._source.read_at(offset, size).ljust(size, b"\0")
        except UnreadError as error:
            self._note_bad(offset, size, error.reason)
            return bytes(size)

    def _note_bad(self, offset: int, size: int, reason: Reason) -> None:
        self.failure = reason
        self.bad[offset] = size

    def is_bad(self, extents: Iterable[Extent]) -> bool:
        """Say whether zeros were given for some of these bytes."""
        return bool(self.bad) and any(
            each.offset is not None and each.offset < at + size and at < each.offset + each.size_bytes
            for each in extents
            for at, size in self.bad.items()
        )

    def _blank(self, offset: int, data: bytes) -> bytes:
        first = bisect_left(self._blanked, offset, key=_end_of)
        for each in itertools.islice(self._blanked, first, None):
            start, end = max(0, (each.offset or 0) - offset), min(len(data), _end_of(each) - offset)
            if start >= len(data):
                break
            data = data[:start] + bytes(end - start) + data[end:]
        return data

    def get_size(self) -> int:
        """How many bytes there are."""
        return self._source.size_bytes


def _end_of(extent: Extent) -> int:
    return (extent.offset or 0) + extent.size_bytes


class Volume:
    """A file system opened by the library.

    Attributes:
        info: The library's description of it.
        sectors: What it lies on.
    """

    def __init__(self, source: ByteSource, kind: int, blanked: Sequence[Extent] = ()) -> None:
        """Open it.

        Args:
            source: What it lies on.
            kind: The library's number of its kind.
            blanked: See `Sectors`.

        Raises:
            UnreadError: Its description is damaged, or the sectors that hold it cannot be read.
        """
        self.source = source
        self.sectors = Sectors(source, blanked)
        self._file_system = self.ask(lambda: pytsk3.FS_Info(self.sectors, 0, kind))
        self.info = self._file_system.info
        if int(self.info.last_inum) <= int(self.info.root_inum):
            # No entry at all, not even the root's: the library goes round for ever in such an image of ISO 9660.
            raise UnreadError(Reason.UNREADABLE)

    def ask(self, question: Callable[[], _Result]) -> _Result:
        """Ask the library something.

        Raises:
            UnreadError: It failed, or the sectors that it read for this cannot be had.
        """
        return ask(self.sectors, question)

    def file(self, inode: int) -> Any:
        """Give the file of a metadata entry."""
        return self.ask(lambda: self._file_system.open_meta(inode))

    def at(self, path: str) -> Any:
        """Give the file at a path.

        Raises:
            UnreadError: There is none.
        """
        return self.ask(lambda: self._file_system.open(path))

    def files(self, inodes: Iterable[int]) -> Iterator[tuple[int, Any]]:
        """Give the files of those metadata entries that can be read.

        Tables have a hundred entries for each file that there is, so this goes round without questions to be made.
        """
        open_meta, sectors = self._file_system.open_meta, self.sectors
        for inode in inodes:
            sectors.failure = None
            try:
                file = open_meta(inode)
            except FAILURES:
                continue
            finally:
                sectors.swallowed = sectors.swallowed or sectors.failure
            yield inode, file

    def directory(self, inode: int) -> Any:
        """Give the directory of a metadata entry."""
        return self.ask(lambda: self._file_system.open_dir(inode=inode))
