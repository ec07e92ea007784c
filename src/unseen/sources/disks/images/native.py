"""Ranges of bytes on both sides of a reader written in C: what it is given to read, and what it gives."""

import io
from functools import partial
from typing import Protocol

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers.whole_sectors import WholeSectors

__all__ = ["FileObject", "Handle", "NativeMedium"]


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


class NativeMedium(WholeSectors):
    """What a reader gives, as a range of bytes.

    Attributes:
        size_bytes: Of the medium.
    """

    def __init__(self, handle: Handle, size_bytes: int) -> None:
        super().__init__(partial(_read, handle), size_bytes)


def _read(handle: Handle, size: int, offset: int) -> bytes:
    try:
        return handle.read_buffer_at_offset(size, offset)
    except (OSError, MemoryError) as error:
        raise UnreadError(Reason.UNREADABLE) from error
