"""Ranges of bytes on both sides of a reader written in C: what it is given to read, and what it gives."""

import io
from typing import Protocol

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["FileObject", "Handle", "NativeMedium"]

# Readers copy what they give; more than this at once would only take memory.
_PIECE_BYTES_MAX = 16 << 20
# libbde and libluksde of 2026 give wrong bytes, without an error, for a range that begins inside a sector and ends in
# another one. Nobody is asked for anything but whole sectors, of the largest size.
_SECTOR_BYTES = 4096


class FileObject:
    """A range of bytes as the readers want it: an object with `read`, `seek`, `tell` and `get_size`."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes.

        Raises:
            UnreadError: They cannot be had; the reader in between makes an `OSError` of it.
        """
        wanted = self._source.size_bytes - self._position if size < 0 else size
        data = self._source.read_at(self._position, wanted) if self._position < self._source.size_bytes else b""
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size_bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Say where the next bytes come from."""
        return self._position

    def get_size(self) -> int:
        """Say how many bytes there are."""
        return self._source.size_bytes


class Handle(Protocol):
    """What the readers have in common."""

    def read_buffer_at_offset(self, size: int, offset: int, /) -> bytes:
        """Give bytes of the medium."""


class NativeMedium:
    """What a reader gives, as a range of bytes.

    Attributes:
        size_bytes: Of the medium.
    """

    def __init__(self, handle: Handle, size_bytes: int) -> None:
        self._handle = handle
        self.size_bytes = size_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        if offset < 0 or size <= 0 or offset >= self.size_bytes:
            return b""
        first = offset // _SECTOR_BYTES * _SECTOR_BYTES
        last = min(offset + size, self.size_bytes)
        end = min(-(-last // _SECTOR_BYTES) * _SECTOR_BYTES, self.size_bytes)
        pieces = [self._piece(at, min(_PIECE_BYTES_MAX, end - at)) for at in range(first, end, _PIECE_BYTES_MAX)]
        whole = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return whole if len(whole) == size and first == offset else whole[offset - first : last - first]

    def _piece(self, offset: int, size: int) -> bytes:
        try:
            piece = self._handle.read_buffer_at_offset(size, offset)
        except (OSError, MemoryError) as error:
            raise UnreadError(Reason.UNREADABLE) from error
        if len(piece) < size:
            raise UnreadError(Reason.TRUNCATED)
        return piece
