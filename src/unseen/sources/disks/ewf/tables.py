"""Tables of an E01 image: where each chunk of the medium lies.

Format: Joachim Metz, "Expert Witness Compression Format specification", chapters on `table` and `table2`.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import adler32

import numpy as np
from numpy.typing import NDArray

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.ewf.sections import Section, Segment

__all__ = ["Chunk", "Places", "Table", "find_tables"]

# Number of entries, four bytes of nothing, what offsets count from, four bytes of nothing, checksum of all that.
_HEADER = struct.Struct("<I4xQ4xI")

# 31 bits address 2 GiB, where the smallest chunks of blank media take 50 bytes: no table of a segment has more.
_ENTRIES_MAX = 1 << 26


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where one chunk lies in its segment.

    Attributes:
        offset: In bytes from the start of the segment.
        size_bytes: As stored, with the checksum; an upper bound where the table does not tell.
        is_compressed: None where the table does not tell.
    """

    offset: int
    size_bytes: int
    is_compressed: bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table, or the twin that stands in for it.

    Attributes:
        source: The segment it lies in.
        count: How many chunks it places; None where neither the table nor its twin can be read.
        copies: Where the entries start and what their offsets count from, for the table and for its twin.
        has_checksum: Whether a checksum follows the entries.
        data_end: Behind the last chunk.
    """

    source: ByteSource
    count: int | None
    copies: tuple[tuple[int, int], ...]
    has_checksum: bool
    data_end: int

    def load(self) -> "Places":
        """Read the entries.

        Raises:
            UnreadError: Neither the table nor its twin is sound.
        """
        for start, base in self.copies:
            if self.count is not None and (entries := self._read_entries(start, self.count)) is not None:
                return Places(entries, base, self.data_end)
        raise UnreadError(Reason.UNREADABLE)

    def _read_entries(self, start: int, count: int) -> NDArray[np.uint32] | None:
        size_bytes = 4 * count
        try:
            raw = self.source.read_at(start, size_bytes + (4 if self.has_checksum else 0))
        except UnreadError:
            return None
        if len(raw) < size_bytes:
            return None
        if self.has_checksum and adler32(raw[:size_bytes]).to_bytes(4, "little") != raw[size_bytes:]:
            return None
        return np.frombuffer(raw, "<u4", count)


class Places:
    """The entries of one table, read."""

    def __init__(self, entries: NDArray[np.uint32], base: int, data_end: int) -> None:
        offsets = (entries & 0x7FFFFFFF).astype(np.int64)
        self._is_compressed = entries >> 31
        # EnCase 6.7.1 wrote segments of more than 2 GiB: where offsets would need the 32nd bit they take it, and from
        # there on no entry says whether its chunk is compressed. The first fall of the lower 31 bits is that place.
        falls = np.flatnonzero(offsets[1:] < offsets[:-1])
        self._silent_from = len(entries)
        if len(falls) and base + int(entries[falls[0] + 1]) < data_end:
            self._silent_from = int(falls[0]) + 1
            offsets[self._silent_from :] = entries[self._silent_from :]
        self._offsets = offsets + base
        self._data_end = data_end
        self.size_bytes = self._offsets.nbytes + self._is_compressed.nbytes

    def __getitem__(self, index: int) -> Chunk:
        offset = int(self._offsets[index])
        following = int(self._offsets[index + 1]) if index + 1 < len(self._offsets) else self._data_end
        end = following if following > offset else self._data_end
        flag = bool(self._is_compressed[index]) if index < self._silent_from else None
        return Chunk(offset, end - offset, flag)


def find_tables(segments: Sequence[Segment]) -> Iterator[Table]:
    """Give the tables of all segments in order, each with its twin."""
    for segment in segments:
        sectors: Section | None = None
        waiting: list[Section] = []
        for section in segment.sections:
            if section.kind == "table2" and waiting:
                waiting.append(section)
                continue
            if waiting:
                yield _table_of(segment, waiting, sectors)
                waiting = []
            if section.kind == "sectors":
                sectors = section
            elif section.kind in {"table", "table2"}:
                waiting = [section]
        if waiting:
            yield _table_of(segment, waiting, sectors)


def _table_of(segment: Segment, twins: Sequence[Section], sectors: Section | None) -> Table:
    headers = [(twin, header) for twin in twins if (header := _read_header(segment.source, twin))]
    # Of twins that contradict each other, neither is known to be right: the first is the one that is used.
    count = headers[0][1][0] if headers else None
    return Table(
        source=segment.source,
        count=count,
        copies=tuple((twin.start + _HEADER.size, base) for twin, (entries, base) in headers if entries == count),
        has_checksum=sectors is not None,
        # Before EnCase 2, and in SMART's files, the chunks follow the entries in the table's own section.
        data_end=sectors.end if sectors is not None else twins[0].end,
    )


def _read_header(source: ByteSource, section: Section) -> tuple[int, int] | None:
    try:
        raw = source.read_at(section.start, _HEADER.size)
    except UnreadError:
        return None
    if len(raw) < _HEADER.size:
        return None
    count, base, checksum = _HEADER.unpack(raw)
    fits = 4 * count <= section.end - section.start - _HEADER.size
    if adler32(raw[:-4]) != checksum or count > _ENTRIES_MAX or not fits or base > source.size_bytes:
        return None
    return count, base
