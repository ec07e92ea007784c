"""The streams of an OLE compound file ([MS-CFB]) as ranges of the file, by their paths."""

from collections.abc import Iterator
from typing import Any

import olefile

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers.range_file import RangeFile
from unseen.sources.layers.ranges import MemoryRange, Part, Segments

__all__ = ["Compound"]

_HEADER_SECTORS = 1


class Compound:
    """An open compound file.

    Attributes:
        names: Path of each stream, in order of the directory; control characters are written as `[5]`.
    """

    def __init__(self, source: ByteSource) -> None:
        """Open it.

        Raises:
            UnreadError: It is broken, or cannot be read.
        """
        self._source = source
        self._file = RangeFile(source)
        try:
            self._ole: Any = olefile.OleFileIO(self._file)
            self._entries = dict(_walk(self._ole.root, ""))
        except Exception as error:  # olefile raises anything on hostile bytes
            raise UnreadError(self._file.trouble or Reason.UNREADABLE) from error
        self.names = tuple(self._entries)

    def open(self, name: str) -> ByteSource:
        """Give the content of a stream.

        Raises:
            UnreadError: Its chain of sectors is broken, or it cannot be read.
        """
        entry = self._entries[name]
        if entry.is_minifat:
            try:
                data = self._ole._open(entry.isectStart, entry.size).read()  # by entry: names may repeat
            except Exception as error:  # olefile raises anything on hostile bytes
                raise UnreadError(self._file.trouble or Reason.UNREADABLE) from error
            return MemoryRange(data)
        parts = list(self._parts(entry.isectStart, entry.size))
        return Segments(parts) if parts else MemoryRange(b"")

    def read(self, name: str, bytes_max: int) -> bytes:
        """Give the beginning of a stream's content, at most some bytes.

        Raises:
            UnreadError: See `open`.
        """
        content = self.open(name)
        return content.read_at(0, min(bytes_max, content.size_bytes))

    def _parts(self, sector: int, size_bytes: int) -> Iterator[Part]:
        """The sectors of a chain, consecutive ones as one part."""
        fat, sector_bytes = self._ole.fat, self._ole.sectorsize
        wanted = min(size_bytes, self._source.size_bytes)
        while wanted > 0:
            first, count = sector, 0
            while sector == first + count and count * sector_bytes < wanted:
                if sector >= len(fat):
                    raise UnreadError(Reason.UNREADABLE)
                count, sector = count + 1, fat[sector]
            taken = min(wanted, count * sector_bytes)
            part = Part(self._source, (first + _HEADER_SECTORS) * sector_bytes, taken)
            if part.size_bytes < taken:
                raise UnreadError(Reason.TRUNCATED)
            yield part
            wanted -= taken


def _walk(root: Any, path: str) -> Iterator[tuple[str, Any]]:
    waiting, seen = [(root, path)], set[int]()
    while waiting:
        entry, path = waiting.pop()
        if entry.sid in seen:
            # A storage that lies in itself.
            continue
        seen.add(entry.sid)
        before = f"{path}/" if path else ""
        waiting += [(kid, before + _plain(kid.name)) for kid in reversed(entry.kids)]
        if entry.entry_type == olefile.STGTY_STREAM:
            # Sound files have no two streams of one path.
            yield path, entry


def _plain(name: str) -> str:
    return "".join(f"[{ord(each)}]" if ord(each) < 32 else each for each in name)
