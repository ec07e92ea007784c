"""The medium in an E01 image (Expert Witness Compression Format, version 1; S01 of SMART is the same).

Format: Joachim Metz, "Expert Witness Compression Format specification". Each chunk has a checksum, which is verified
whenever the chunk is read: a chunk that fails is a range that cannot be read, never a range of other bytes.
"""

import bisect
import hashlib
import itertools
from collections.abc import Iterator
from zlib import adler32

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from unseen.model import Acquisition, ByteSource, Comparison, Reason, UnreadError
from unseen.sources.disks.ewf.sections import (
    DESCRIPTOR_BYTES,
    HEADER_BYTES,
    Segment,
    read_geometry,
    read_segment,
    stated_digests,
)
from unseen.sources.disks.ewf.tables import Chunk, Places, Table, find_tables
from unseen.sources.disks.images.leftovers import leftovers
from unseen.sources.disks.images.recent import Recent
from unseen.sources.disks.volumes import volumes_on
from unseen.sources.layers import INFLATION_MAX, Context, Medium, Member, Segments

__all__ = ["EwfMedium", "unpack"]

# A thousand usual chunks: what a file system asks for again and again (its bitmap, its indexes, the records of the
# folder at hand) while the content of files passes through.
_CHUNKS_KEPT_BYTES = 32 << 20
# Eight tables of the most that EnCase puts into one take 2 MiB; a single large one is kept all the same.
_TABLES_KEPT_BYTES = 32 << 20
# Read at once where chunks are asked for in order: a few dozen chunks, and no more waste than that where they are not.
_AHEAD_BYTES = 1 << 20


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Medium | Reason]:
    """Give the volumes on the medium that was imaged, then whether it still is what its acquisition stored digests of.

    Last comes what lies in its files and in no section of theirs. The whole medium is read once more for the digests,
    after everything in it: whatever was read before came from the same chunks, each verified by its own checksum.
    """
    medium = EwfMedium(source)
    yield Medium(medium.size_bytes)
    yield from sorted(medium.faults)
    yield from volumes_on(medium)
    acquisition, reason = medium.compare()
    yield Medium(medium.size_bytes, acquisition)
    if reason is not None:
        yield reason
    yield from leftovers(source, medium.sections(), layer="ewf")


class EwfMedium:
    """The sectors of the medium that was imaged, as a range of bytes.

    Attributes:
        size_bytes: Of the medium, as the acquisition states it.
        stated: Digests of the medium that the acquisition stored, by their names for `hashlib`; one of no bytes is
            stored where it cannot be read.
        faults: What of the image is missing or broken, each reason once; ranges that it touches cannot be read.
    """

    def __init__(self, source: ByteSource) -> None:
        """Read where everything lies.

        Args:
            source: The first segment, or all of them as `Segments`.

        Raises:
            UnreadError: This is no such image, or nothing can be read of it.
        """
        segments, self.faults = _read_segments(source)
        geometry = read_geometry(segments)
        self.size_bytes = geometry.size_bytes
        self.stated = stated_digests(segments)
        self._chunk_bytes = geometry.chunk_bytes
        self._chunks = -(-self.size_bytes // self._chunk_bytes)
        self._tables, self._firsts = _arrange(list(find_tables(segments)), self._chunks)
        placed = sum(table.count or 0 for table in self._tables)
        if placed < self._chunks:
            self.faults |= {Reason.TRUNCATED}
        if min(placed * self._chunk_bytes, self.size_bytes) > INFLATION_MAX * max(1 << 20, source.size_bytes):
            # Tables that place many chunks on the same bytes: reading them all would take for ever.
            raise UnreadError(Reason.TOO_LARGE)
        self._places: Recent[Places] = Recent(_TABLES_KEPT_BYTES)
        self._kept: Recent[bytes] = Recent(_CHUNKS_KEPT_BYTES)
        self._segments = segments
        self._ahead = {id(segment.source): _Ahead(segment.source) for segment in segments}

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        end = min(offset + size, self.size_bytes)
        pieces: list[bytes] = []
        while 0 <= offset < end:
            number, start = divmod(offset, self._chunk_bytes)
            piece = self._chunk(number)
            if start or end - offset < len(piece):
                piece = piece[start : start + end - offset]
            pieces.append(piece)
            offset += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def compare(self) -> tuple[Acquisition, Reason | None]:
        """Read the whole medium and compare it with the digests that the acquisition stored.

        Returns:
            What came of each digest, and why the image cannot be taken for what was acquired; None where it can.
        """
        digests = {name: hashlib.new(name, usedforsecurity=False) for name in self.stated}
        is_cut = False
        # A section that holds one and is damaged.
        unread = None if all(self.stated.values()) else Reason.UNREADABLE
        try:
            for offset in range(0, self.size_bytes if digests else 0, _AHEAD_BYTES):
                block = self.read_at(offset, _AHEAD_BYTES)
                for digest in digests.values():
                    digest.update(block)
        except UnreadError as error:
            unread, is_cut = error.reason, True
        found = dict.fromkeys(("md5", "sha1"), Comparison.ABSENT)
        for name, digest in digests.items():
            if is_cut or not self.stated[name]:
                found[name] = Comparison.UNREAD
            else:
                is_same = digest.digest() == self.stated[name]
                found[name] = Comparison.VERIFIED if is_same else Comparison.MISMATCH
        mismatch = Reason.HASH_MISMATCH if Comparison.MISMATCH in found.values() else None
        return Acquisition(**found), unread or mismatch

    def sections(self) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Say where in the files, one behind the other, their sections lie: places and sizes."""
        start = 0
        for segment in self._segments:
            places = [0, *(section.start - DESCRIPTOR_BYTES for section in segment.sections)]
            ends = [HEADER_BYTES, *(section.stated_end for section in segment.sections)]
            at = np.array(places, np.int64)
            yield start + at, np.array(ends, np.int64) - at
            start += segment.source.size_bytes

    def _chunk(self, number: int) -> bytes:
        """One whole chunk; never empty."""
        kept = self._kept.get(number)
        if kept is not None:
            return kept
        at = bisect.bisect_right(self._firsts, number) - 1
        if at < 0 or at >= len(self._tables):
            raise UnreadError(Reason.TRUNCATED)
        table = self._tables[at]
        places = self._places.get(at)
        if places is None:
            places = table.load()
            self._places.keep(at, places, places.size_bytes)
        wanted = min(self._chunk_bytes, self.size_bytes - number * self._chunk_bytes)
        place = places[number - self._firsts[at]]
        # Deflate makes nothing much longer; what a table claims beyond that is not read.
        size_bytes = min(place.size_bytes, 2 * self._chunk_bytes + 64)
        stored = self._ahead[id(table.source)].read(place.offset, size_bytes)
        chunk = _unpack_chunk(place, stored, wanted, self._chunk_bytes)
        self._kept.keep(number, chunk, len(chunk))
        return chunk


class _Ahead:
    """Reads a segment; where it is asked for one piece after the other, more at once."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._start = 0
        self._data = b""
        self._next = 0

    def read(self, offset: int, size: int) -> bytes:
        start = offset - self._start
        if start >= 0 and start + size <= len(self._data):
            self._next = offset + size
            return self._data[start : start + size]
        is_in_order = offset == self._next
        self._next = offset + size
        if not is_in_order or size >= _AHEAD_BYTES:
            return self._source.read_at(offset, size)
        try:
            self._data = self._source.read_at(offset, _AHEAD_BYTES)
        except UnreadError:
            # Something further on is damaged: not what was asked for, perhaps.
            return self._source.read_at(offset, size)
        self._start = offset
        return self._data[:size]


def _read_segments(source: ByteSource) -> tuple[list[Segment], set[Reason]]:
    """Segments 1, 2, 3 … as far as they are there, and what is wrong with them."""
    parts = source.parts if isinstance(source, Segments) else (source,)
    segments: list[Segment] = []
    faults: set[Reason] = set()
    for number, part in enumerate(parts, start=1):
        segment = read_segment(part)
        if segment.number != number:
            if not segments:
                # Alone, without those before it: nothing in it says where its chunks belong.
                raise UnreadError(Reason.TRUNCATED)
            break
        segments.append(segment)
        if segment.broken:
            faults.add(segment.broken)
        if any(section.kind == "error2" for section in segment.sections):
            # The acquisition itself could not read some sectors, and wrote zeros in their place.
            faults.add(Reason.UNREADABLE)
    if not segments[-1].is_last:
        faults.add(Reason.TRUNCATED)
    return segments, faults


def _arrange(tables: list[Table], chunks: int) -> tuple[list[Table], list[int]]:
    """Tables with the number of their first chunk, up to the first place where that cannot be told."""
    unknown = [at for at, table in enumerate(tables) if table.count is None]
    if len(unknown) == 1:
        # All others are known, and so is their sum.
        lost = chunks - sum(table.count or 0 for table in tables)
        table = tables[unknown[0]]
        tables[unknown[0]] = Table(table.source, max(0, lost), (), table.has_checksum, table.data_end)
    elif unknown:
        tables = tables[: unknown[0]]
    counts = [table.count or 0 for table in tables]
    firsts = list(itertools.accumulate(counts, initial=0))
    return tables, firsts


def _unpack_chunk(place: Chunk, stored: bytes, wanted: int, chunk_bytes: int) -> bytes:
    if place.is_compressed is not True and (plain := _plain(stored, wanted) or _plain(stored, chunk_bytes)):
        return plain[:wanted]
    if place.is_compressed is not False and (inflated := _inflate(stored, chunk_bytes)) and len(inflated) >= wanted:
        return inflated[:wanted]
    raise UnreadError(Reason.UNREADABLE)


def _plain(stored: bytes, size_bytes: int) -> bytes | None:
    plain = stored[:size_bytes]
    sound = len(plain) == size_bytes and adler32(plain).to_bytes(4, "little") == stored[size_bytes : size_bytes + 4]
    return plain if sound else None


def _inflate(stored: bytes, size_bytes_max: int) -> bytes | None:
    """What a zlib stream holds; None where it breaks off, holds too much, or its own checksum is wrong."""
    stream = isal_zlib.decompressobj()
    try:
        # One byte more: a stream that fits ends before it, and only at its end is its checksum verified.
        inflated: bytes = stream.decompress(stored, size_bytes_max + 1)
    except isal_zlib.error:  # type: ignore[misc]  # the stubs of isal give it as a value
        return None
    return inflated if stream.eof and len(inflated) <= size_bytes_max else None
