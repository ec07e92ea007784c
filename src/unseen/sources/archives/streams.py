"""Archives and compressed files that libarchive reads from front to end: tar, cpio, cab, rar, xz and others.

Entries come as they lie. What is damaged is given as far as it can be had, and the damage is stated besides; links to
other entries are passed over, since their targets are given where they lie.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.archives import signatures
from unseen.sources.archives.endings import described_at_length, has_end, is_later_volume
from unseen.sources.archives.libarchive import Entry, Reader, UnreadEntryError
from unseen.sources.archives.names import Links, to_address
from unseen.sources.archives.packed_ends import COMPRESS, end_of_packed, passed_over
from unseen.sources.carving.carver import carve
from unseen.sources.layers.joining import BESIDE_MEMORY_BYTES
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import Part
from unseen.sources.layers.registry import HEAD_BYTES
from unseen.sources.layers.rereadable import hold
from unseen.sources.layers.rest import rest_of
from unseen.sources.segments import may_be_segment

__all__ = ["Pass", "unpack"]

# What a compressed file is to libarchive, unless an archive lies in it: one entry, or none.
_COMPRESSED = ("raw", "empty")
_KINDS: tuple[tuple[Callable[[bytes, ByteSource], bool], tuple[str, ...]], ...] = (
    (signatures.is_tar, ("tar",)),
    (signatures.is_cpio, ("cpio",)),
    (signatures.starts_with(b"!<arch>\n"), ("ar",)),
    (signatures.starts_with(b"MSCF\0\0\0\0"), ("cab",)),
    (signatures.is_lha, ("lha",)),
    (signatures.starts_with(b"xar!"), ("xar",)),
    (signatures.is_behind_program(signatures.RAR), ("rar", "rar5")),
)
# Formats that may hold anything between and behind what their lists name: they are looked through as they lie, too.
_LOOSE = ("cab", "xar")
# Two zero blocks end a tar file, but others may follow, and whoever hides something puts it there. Below compression,
# where nothing else can look, reading goes on behind them.
_READ_ON = b"tar:read_concatenated_archives"
# An archive of nothing but broken headers; whatever comes after so many is broken too.
_BROKEN_MAX = 1_000


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give the entries of an archive, or what a compressed file holds."""
    head = source.read_at(0, HEAD_BYTES)
    formats = next((formats for is_mine, formats in _KINDS if is_mine(head, source)), _COMPRESSED)
    if "rar" in formats:
        start = signatures.find_behind_program(head, source, signatures.RAR)
        source = Part(source, start, source.size_bytes)
        if is_later_volume(source.read_at(0, HEAD_BYTES)):
            # Its first entry may be the middle of one.
            yield Reason.TRUNCATED
    if formats is not _COMPRESSED:
        yield from Pass(source, context, formats).members()
        if formats[0] in _LOOSE:
            yield from carve(source)
        for at, stop in described_at_length(source) if formats == ("tar",) else ():
            # Long names are usual; pictures are not.
            if next(carve(Part(source, at, stop - at)), None) is not None:
                yield from rest_of(source, at, "tar", stop=stop)
        return
    end = end_of_packed(head, source, context.budget)
    yield from Pass(Part(source, 0, end), context, formats).members()
    for at, stop in passed_over(head, source):
        yield from rest_of(source, at, _layer_of(source), stop=stop)
    # What is compressed the oldest way has no end: whatever was put behind it would be taken for more of it.
    start = len(COMPRESS) if head.startswith(COMPRESS) else end
    yield from rest_of(source, start, _layer_of(source))


class Pass:
    """One look into one archive.

    Attributes:
        locked: Entries that need a password, for a reader that has one; they are not given here then. None where there
            is no such reader.
    """

    def __init__(
        self, source: ByteSource, context: Context, formats: tuple[str, ...], *, packed_bytes: int | None = None
    ) -> None:
        """Look into an archive.

        Args:
            source: All of it.
            context: What it is opened with.
            formats: The kinds that it may be, as libarchive names them.
            packed_bytes: What the source itself was unpacked from; None where it lies as it is.
        """
        self.locked: list[Entry] | None = None
        self._source = source
        self._context = context
        self._formats = formats
        self._is_unpacked = packed_bytes is not None
        self._packed_bytes = source.size_bytes if packed_bytes is None else packed_bytes
        self._is_tar_below = self._is_unpacked and formats == ("tar",)
        if formats == _COMPRESSED:
            self._formats = self._formats_inside()
            self._is_tar_below = self._formats == ("tar",)
        # Which entry each part of something that was cut is, once somebody asked.
        self._parts: dict[str, int] | None = None
        self._inflated_bytes = 0
        self._damage: list[Reason] = []
        # A bomb was met: stepping over the rest of it would unpack it all the same.
        self._is_spent = False
        # All bytes of the entry were read, so that the reader stands where it ends.
        self._is_read = False

    def members(self) -> Iterator[Member | Reason]:
        """Give the entries in order, then the links that lead away."""
        try:
            with self._open_reader() as reader:
                yield from self._entries(reader)
        except UnreadError as error:
            yield error.reason

    def _open_reader(self) -> Reader:
        return Reader(self._source, self._formats, options=_READ_ON if self._is_tar_below else b"")

    def _formats_inside(self) -> tuple[str, ...]:
        """By the first bytes below the compression: libarchive takes a disk that begins with zeros for a tar file."""
        try:
            with self._open_reader() as reader:
                head = next(reader.data(), b"") if reader.next_entry() else b""
        except UnreadError:
            return _COMPRESSED
        is_tar, is_cpio = (signatures.is_tar(head, self._source), signatures.is_cpio(head, self._source))
        return ("tar",) if is_tar else ("cpio",) if is_cpio else _COMPRESSED

    def _entries(self, reader: Reader) -> Iterator[Member | Reason]:
        index = broken = 0
        links: Links | None = None
        try:
            while True:
                try:
                    entry = reader.next_entry()
                except UnreadEntryError as error:
                    yield error.reason
                    broken += 1
                    index += 1
                    if broken > _BROKEN_MAX:
                        return
                    continue
                if entry is None:
                    break
                if entry.is_behind_damage:
                    yield Reason.UNREADABLE
                links = links or Links(reader.format)
                yield from self._one(reader, entry, index, links)
                index += 1
                yield from self._damage
                self._damage.clear()
                if self._is_spent and not self._skips_cheaply(reader):
                    yield Reason.TOO_LARGE
                    return
            if reader.ended_behind_damage:
                yield Reason.UNREADABLE
            if not self._is_unpacked:
                if not reader.is_compressed and not has_end(reader.format, self._source, reader.consumed_bytes):
                    yield Reason.TRUNCATED
                yield from self._rest(reader)
        except UnreadError as error:
            yield error.reason
        yield from links.leading_away() if links else ()

    def _one(self, reader: Reader, entry: Entry, index: int, links: Links) -> Iterator[Member]:
        if entry.link is not None and (entry.size_bytes <= 0 or not entry.is_hard):
            links.add_link(entry.path, entry.link, is_hard=entry.is_hard)
            return
        links.add_name(entry.path)
        if entry.size_bytes <= 0 and entry.is_directory:
            return
        if self.locked is not None and entry.is_encrypted:
            self.locked.append(entry)
            return
        is_single = reader.format == "raw"
        self._is_read = False
        yield Member(
            layer=_layer_of(self._source) if is_single else reader.format,
            address=to_address("" if is_single else entry.path),
            open=partial(self._open, reader, entry, index),
            times=entry.times,
            beside=None if is_single else self._beside,
        )
        if not (self._is_read or entry.is_encrypted or self._skips_cheaply(reader)):
            # Nobody wanted it. What is told of its damage and its end must not depend on that.
            with suppress(UnreadError):
                for _ in self._read_first(reader):
                    pass

    def _open(self, reader: Reader, entry: Entry, index: int) -> ByteSource | Reason:
        if entry.is_encrypted:
            return Reason.ENCRYPTED
        if not entry.is_regular and entry.size_bytes <= 0:
            return Reason.UNSUPPORTED
        if entry.size_bytes > self._context.limits.memory_bytes_max and not self._is_read:
            placed = self._placed(reader, entry)
            if placed is not None:
                return placed
        first = self._read_again(index) if self._is_read else self._read_first(reader)
        return hold(first, partial(self._read_again, index), memory_bytes_max=self._context.limits.memory_bytes_max)

    def _placed(self, reader: Reader, entry: Entry) -> ByteSource | None:
        """An entry that lies in the archive as it is, in one piece: every place of it can be read directly."""
        if not self._skips_cheaply(reader) or self._is_unpacked or entry.is_sparse:
            return None
        self._is_read = True
        first = next(reader.data(), b"")
        part = Part(self._source, reader.consumed_bytes, entry.size_bytes)
        is_there = part.size_bytes == entry.size_bytes and part.read_at(0, len(first)) == first
        return part if is_there else None

    def _beside(self, address: str) -> ByteSource | None:
        """An entry that may be a part of what was cut, by its address; of several with one name the first."""
        if self._parts is None:
            self._parts = {}
            with self._open_reader() as reader:
                for index, path in enumerate(_paths(reader)):
                    if may_be_segment(path.rpartition("/")[2]):
                        self._parts.setdefault(to_address(path), index)
        index = self._parts.get(address, -1)
        if index < 0:
            return None
        again = partial(self._read_again, index)
        return hold(again(), again, memory_bytes_max=BESIDE_MEMORY_BYTES)

    def _skips_cheaply(self, reader: Reader) -> bool:
        return reader.skips_cheaply and not self._is_unpacked

    def _read_first(self, reader: Reader) -> Iterator[bytes]:
        """The bytes of the entry that the reader stands at, counted; what is broken off ends early and is noted."""
        self._is_read = True
        size_bytes = 0
        try:
            for piece in reader.data():
                self._count(len(piece), size_bytes, is_plain=self._skips_cheaply(reader))
                size_bytes += len(piece)
                yield piece
        except UnreadError as error:
            if not size_bytes or error.reason in {Reason.ENCRYPTED, Reason.TOO_LARGE}:
                raise
            self._damage.append(error.reason)

    def _count(self, piece_bytes: int, entry_bytes: int, *, is_plain: bool) -> None:
        before = entry_bytes if is_plain else self._inflated_bytes
        if is_plain and before + piece_bytes <= self._source.size_bytes:
            # As it lies in the archive. Only holes can make more of it.
            return
        try:
            self._context.budget.inflate(piece_bytes, inflated_before=before, compressed_bytes=self._packed_bytes)
        except UnreadError:
            self._is_spent = True
            raise
        self._inflated_bytes += piece_bytes

    def _read_again(self, index: int) -> Iterator[bytes]:
        """The same bytes in a pass of their own; it ends where the first one broke off."""
        with self._open_reader() as reader:
            for at in range(index + 1):
                try:
                    reader.next_entry()
                except UnreadEntryError:
                    continue
                if at < index and reader.format == "7z":
                    # Entries packed together: libarchive loses its place where it steps over one.
                    with suppress(UnreadError):
                        for _ in reader.data():
                            pass
            some = False
            try:
                for piece in reader.data():
                    some = True
                    yield piece
            except UnreadError:
                if not some:
                    raise

    def _rest(self, reader: Reader) -> Iterator[Member]:
        """What lies behind the end of a compressed file or of an archive, where nobody looks."""
        at = reader.consumed_bytes
        is_single = reader.format == "raw"
        # Below compression, a tar file was read to the end of what is compressed: see `_READ_ON`.
        is_at_end = reader.is_compressed and self._is_tar_below and not self._is_spent
        is_placed = is_single or is_at_end or reader.skips_cheaply or reader.format in {"rar", "lha"}
        if is_placed:
            yield from rest_of(self._source, at, _layer_of(self._source) if is_single else reader.format)


def _paths(reader: Reader) -> Iterator[str]:
    """Names of all entries in order; empty ones for those that are not understood, or hold nothing."""
    broken = 0
    while broken <= _BROKEN_MAX:
        try:
            entry = reader.next_entry()
        except UnreadEntryError:
            broken += 1
            yield ""
            continue
        if entry is None:
            return
        yield entry.path if entry.is_regular and entry.link is None and not entry.is_encrypted else ""


_COMPRESSIONS = (
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"LZIP", "lzip"),
    (b"\x1f\x9d", "compress"),
)


def _layer_of(source: ByteSource) -> str:
    head = source.read_at(0, 8)
    return next((name for signature, name in _COMPRESSIONS if head.startswith(signature)), "lzma")
