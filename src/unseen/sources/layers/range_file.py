"""A range of bytes as Python's file, for libraries that want one."""

import io

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["RangeFile"]


class RangeFile(io.RawIOBase):
    """Reads a range as an open file that cannot be written.

    Attributes:
        trouble: Why bytes could not be had, once that happened: libraries turn what is raised into errors of their own.
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._position = 0
        self.trouble: Reason | None = None

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place, which is never before the start."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size_bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Where reading goes on."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer is a memoryview here
        """Read as much as fits, and less only at the end.

        Raises:
            UnreadError: These bytes cannot be had.
        """
        wanted = min(len(buffer), self._source.size_bytes - self._position)
        try:
            data = self._source.read_at(self._position, wanted) if wanted > 0 else b""
        except UnreadError as error:
            self.trouble = self.trouble or error.reason
            raise
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
