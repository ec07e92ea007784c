"""Ranges of bytes in an open file, in memory, and in other ranges."""

import bisect
import itertools
import os
from collections.abc import Iterator, Sequence

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["FileRange", "MemoryRange", "Part", "Segments"]


class FileRange:
    """All bytes of an open, ordinary file.

    Attributes:
        descriptor: The caller's, who closes it.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        # A locked process may not ask for a file's status; where it ends, it may.
        self.size_bytes = os.lseek(descriptor, 0, os.SEEK_END)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        wanted = min(size, self.size_bytes - offset)
        pieces: list[bytes] = []
        while wanted > 0:
            try:
                piece = os.pread(self.descriptor, wanted, offset)
            except OSError as error:
                raise UnreadError(Reason.UNREADABLE) from error
            if not piece:
                # It was longer when it was opened.
                raise UnreadError(Reason.CHANGED)
            pieces.append(piece)
            offset += len(piece)
            wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class MemoryRange:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size_bytes = len(data)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        return self.data[offset : offset + max(0, size)] if offset >= 0 else b""


class Part:
    """Some consecutive bytes of another range.

    Attributes:
        whole: The other range.
    """

    def __init__(self, whole: ByteSource, offset: int, size_bytes: int) -> None:
        """Take `size_bytes` bytes from `offset`; no more than there are."""
        self.whole = whole
        self._offset = min(max(0, offset), whole.size_bytes)
        self.size_bytes = max(0, min(size_bytes, whole.size_bytes - self._offset))

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        return self.whole.read_at(self._offset + offset, min(size, self.size_bytes - offset))

    def beneath(self, offset: int, size: int) -> Iterator[tuple[ByteSource, int | None, int]]:
        """See `unseen.sources.layers.places`."""
        yield self.whole, self._offset + offset, min(size, self.size_bytes - offset)


class Segments:
    """Several ranges, one after the other: an image that its maker cut into files.

    Read as a whole it is what a split raw image means; readers of formats that number their segments look at `parts`.

    Attributes:
        parts: In order; at least one.
    """

    def __init__(self, parts: Sequence[ByteSource]) -> None:
        self.parts = tuple(parts)
        self._ends = list(itertools.accumulate(part.size_bytes for part in self.parts))
        self.size_bytes = self._ends[-1]

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        pieces: list[bytes] = []
        end = min(offset + size, self.size_bytes)
        while 0 <= offset < end:
            index = bisect.bisect_right(self._ends, offset)
            part_end = self._ends[index]
            part = self.parts[index]
            piece = part.read_at(offset - (part_end - part.size_bytes), min(end, part_end) - offset)
            if not piece:
                raise UnreadError(Reason.CHANGED)
            pieces.append(piece)
            offset += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
