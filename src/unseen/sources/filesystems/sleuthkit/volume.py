"""The Sleuth Kit over a range of bytes: a volume, and what its functions give, without their exceptions."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytsk3

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.filesystems.asking import ask

__all__ = ["Sectors", "Volume"]

_Result = TypeVar("_Result")


class Sectors(pytsk3.Img_Info):  # type: ignore[misc]  # the binding has no types
    """A range as the library's disk. What cannot be read is given as zeros and remembered.

    The library takes a short answer for a whole one and gives on whatever its memory held; an exception it may swallow.
    So every answer is whole, and whoever asked looks at `failure` afterwards.
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self.failure: Reason | None = None
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def close(self) -> None:
        """Nothing to close: the range is its owner's."""

    def read(self, offset: int, size: int) -> bytes:
        """Give exactly `size` bytes."""
        data = b""
        try:
            data = self._source.read_at(offset, size)
            if len(data) < size:
                self.failure = self.failure or Reason.TRUNCATED
        except UnreadError as error:
            self.failure = self.failure or error.reason
        return data if len(data) == size else data.ljust(size, b"\0")

    def get_size(self) -> int:
        """How many bytes there are."""
        return self._source.size_bytes


class Volume:
    """A file system opened by the library.

    Attributes:
        info: The library's description of it.
        sectors: What it lies on.
    """

    def __init__(self, source: ByteSource, kind: int) -> None:
        """Open it.

        Raises:
            UnreadError: Its description is damaged, or the sectors that hold it cannot be read.
        """
        self.source = source
        self.sectors = Sectors(source)
        self._file_system = self.ask(lambda: pytsk3.FS_Info(self.sectors, 0, kind))
        self.info = self._file_system.info

    def ask(self, question: Callable[[], _Result]) -> _Result:
        """Ask the library something.

        Raises:
            UnreadError: It failed, or the sectors that it read for this cannot be had.
        """
        return ask(self.sectors, question)

    def file(self, inode: int) -> Any:
        """Give the file of a metadata entry."""
        return self.ask(lambda: self._file_system.open_meta(inode))

    def directory(self, inode: int) -> Any:
        """Give the directory of a metadata entry."""
        return self.ask(lambda: self._file_system.open_dir(inode=inode))
