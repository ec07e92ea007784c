"""Zip files, and whatever is one inside: office documents, books, programs for phones.

Two descriptions of every entry exist: the directory's, and the header before its data. Both are read, and what lies
between the entries too, so that nothing hides by being named in only one place, or in none.
"""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import accumulate

from unseen.model import ByteSource, Reason, State, UnreadError
from unseen.sources.archives.deflate import inflate, stored
from unseen.sources.archives.names import to_address
from unseen.sources.archives.zip_files.data import inflate64, read_by_library, spell
from unseen.sources.archives.zip_files.records import (
    LOCAL_BYTES,
    Directory,
    ZipEntry,
    disks_before,
    find_directory,
    read_directory,
    read_local,
)
from unseen.sources.filesystems.extents import Claims, Extent
from unseen.sources.layers.joining import BESIDE_MEMORY_BYTES
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import Part, Segments
from unseen.sources.layers.rereadable import hold
from unseen.sources.layers.rest import REST_BYTES_MIN, rest_of
from unseen.sources.phones.backups import Backups, is_top
from unseen.sources.phones.signatures import PLIST_NAME
from unseen.sources.phones.ufdr import REPORT_NAME, Original, read_report
from unseen.sources.segments import may_be_segment

__all__ = ["unpack"]

_SEARCH_BYTES = 1 << 20
_STORED, _DEFLATED, _DEFLATED64 = 0, 8, 9
# The headers that can follow the data of an entry: its sizes, the next entry, the directory.
_FOLLOWING = (b"PK\7\x08", b"PK\3\4", b"PK\1\2")
_STRONG_ENCRYPTION = 1 << 6
# What describes the images in an AFF4 container (its standard 1.0).
_AFF4 = b"information.turtle"


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give every entry of a zip file: those listed, those that are not, and the bytes that belong to none."""
    parts = source.parts if isinstance(source, Segments) else (source,)
    disks: tuple[int, ...] = ()
    if before := disks_before(parts[0]):
        # The last part has the usual name, and so comes first.
        source = Segments([*parts[1:], parts[0]])
        if len(parts) <= before:
            yield Reason.TRUNCATED
        else:
            disks = tuple(accumulate((part.size_bytes for part in parts[1:]), initial=0))
    zip_file = _Zip(source, context, disks)
    try:
        yield from zip_file.members()
    except UnreadError as error:
        yield error.reason


class _Zip:
    """One look into one zip file."""

    def __init__(self, source: ByteSource, context: Context, disks: tuple[int, ...] = ()) -> None:
        self._source = source
        self._disks = disks
        self._context = context
        self._known = Claims(source.size_bytes)
        self._furthest = 0
        self._overlap_bytes = 0
        self._passwords = [spelt for password in context.secrets.passwords for spelt in spell(password)]
        # What the entry given last turned out to be: to be said, and to be given, behind it.
        self._damage: list[Reason] = []
        self._slack: list[tuple[int, int]] = []
        self._is_opened = False
        # Of a phone: backups among the entries, and what a report says of each, by its path here.
        self._backups = Backups(context)
        self._parts: dict[str, ZipEntry] | None = None
        self._limits_beside = replace(context.limits, memory_bytes_max=BESIDE_MEMORY_BYTES)
        self._originals: dict[str, Original] = {}

    def members(self) -> Iterator[Member | Reason]:
        directory = find_directory(self._source)
        if directory:
            directory = replace(directory, disks=self._disks)
            yield from self._listed(directory)
        yield from self._unlisted(State.ORPHAN if directory else State.ALLOCATED)
        if directory is None:
            # Nothing says how many entries there were.
            yield Reason.TRUNCATED

    def _listed(self, directory: Directory) -> Iterator[Member | Reason]:
        self._cover(directory.end_at, directory.stop)
        yield from self._look_ahead(directory)
        yield from self._each_listed(directory)
        for given in self._backups.members():
            yield given
            yield from self._left_by_last()
        for original in self._originals.values():
            # The report says that it is here.
            yield Member(layer="ufdr", address=to_address(original.path), open=lambda: Reason.UNREADABLE)

    def _look_ahead(self, directory: Directory) -> Iterator[Reason]:
        """Find what says what other entries were on a phone, or that they are pieces of a disk."""
        size = directory.end_at
        if self._find(_AFF4, directory.at, size) >= 0:
            # Files of a logical image are entries; pieces of a disk are not put together.
            yield Reason.UNSUPPORTED
        has_backup = self._find(PLIST_NAME.encode(), directory.at, size) >= 0
        has_report = self._find(REPORT_NAME.encode(), directory.at, size) >= 0
        if not (has_backup or has_report):
            return
        for entry in read_directory(self._source, directory):
            if isinstance(entry, int) or entry.header_at < 0:
                continue
            local = read_local(self._source, entry.header_at)
            if local is None:
                continue
            whole = replace(entry, data_at=local.data_at, check=local.check)
            if has_backup and is_top(entry.path):
                self._backups.is_held(entry.path, partial(self._open, whole, False))
            elif has_report and entry.path == REPORT_NAME:
                yield from self._read_report(whole)

    def _read_report(self, entry: ZipEntry) -> Iterator[Reason]:
        try:
            report = self._open(entry, False)
            if not isinstance(report, Reason):
                for place, original in read_report(report):
                    self._originals.setdefault(place, original)
        except UnreadError as error:
            yield error.reason
        # It is given itself too.
        self._damage.clear()
        self._slack.clear()

    def _each_listed(self, directory: Directory) -> Iterator[Member | Reason]:
        for entry in read_directory(self._source, directory):
            if isinstance(entry, int):
                self._cover(directory.at, entry)
                if entry < directory.end_at:
                    yield Reason.UNREADABLE
                return
            if entry.words is not None:
                yield from self._rest(entry.words[0], sum(entry.words))
            local = read_local(self._source, entry.header_at) if entry.header_at >= 0 else None
            if local is None:
                yield Member(layer="zip", address=to_address(entry.path), open=lambda: Reason.UNREADABLE)
                continue
            entry = replace(entry, data_at=local.data_at, check=local.check)  # noqa: PLW2901  # the same, more fully
            yield from self._give(entry, State.ALLOCATED)
            if local.packed_bytes is not None and not local.is_same_data(entry):
                # Other programs read the header instead of the directory, and see something else.
                yield from self._give(local, State.ORPHAN)

    def _unlisted(self, state: State) -> Iterator[Member | Reason]:
        for start, stop in self._gaps():
            at = rest_at = start
            while (at := self._find(b"PK\3\4", at, stop)) >= 0:
                entry = read_local(self._source, at)
                if entry is None or not entry.path:
                    at += 4
                    continue
                yield from self._rest(rest_at, at)
                if entry.packed_bytes is None:
                    entry = replace(entry, packed_bytes=self._measure(entry, stop))
                    entry = replace(entry, size_bytes=0, crc=0, aes=entry.aes and b"\2\0" + entry.aes[2:])
                yield from self._give(entry, state)
                at = rest_at = max(at + LOCAL_BYTES, entry.data_at + (entry.packed_bytes or 0))
            yield from self._rest(rest_at, stop)

    def _give(self, entry: ZipEntry, state: State) -> Iterator[Member | Reason]:
        packed_bytes = entry.packed_bytes or 0
        stop = entry.data_at + packed_bytes
        is_overlapping = entry.data_at < self._furthest
        self._furthest = max(self._furthest, stop)
        self._cover(entry.header_at, entry.header_at + LOCAL_BYTES + len(entry.path.encode("utf-8", "surrogateescape")))
        self._cover(entry.data_at, stop)
        if not packed_bytes and entry.path.endswith(("/", "\\")):
            return
        opener = partial(self._open, entry, is_overlapping)
        self._is_opened = False
        if state is State.ALLOCATED and self._backups.is_held(entry.path, opener):
            return
        original = self._originals.pop(entry.path, None) if state is State.ALLOCATED else None
        yield Member(
            layer="zip" if original is None else "ufdr",
            address=to_address(entry.path if original is None else original.path),
            open=opener,
            state=state if original is None else original.state,
            times=entry.times if original is None else original.times,
            beside=self._beside if original is None and state is State.ALLOCATED else None,
        )
        if not self._is_opened:
            self._learn(entry, is_overlapping)
        yield from self._left_by_last()

    def _beside(self, address: str) -> ByteSource | None:
        """An entry that may be a part of what was cut, by its address; of several with one name the first."""
        if self._parts is None:
            self._parts = {}
            directory = find_directory(self._source)
            for entry in read_directory(self._source, replace(directory, disks=self._disks)) if directory else ():
                if isinstance(entry, ZipEntry) and may_be_segment(entry.path.rpartition("/")[2]):
                    self._parts.setdefault(to_address(entry.path), entry)
        part = self._parts.get(address)
        local = read_local(self._source, part.header_at) if part is not None and part.header_at >= 0 else None
        if part is None or local is None:
            return None
        # What is wrong with it is told where it is given itself.
        apart = _Zip(self._source, replace(self._context, limits=self._limits_beside), self._disks)
        found = apart._open(replace(part, data_at=local.data_at, check=local.check), False)
        return None if isinstance(found, Reason) else found

    def _learn(self, entry: ZipEntry, is_overlapping: bool) -> None:
        """Find damage and slack of an entry that nobody wanted: what is told of the whole must not depend on that."""
        packed = Part(self._source, entry.data_at, entry.packed_bytes or 0)
        is_held = entry.method != _STORED or packed.size_bytes <= self._context.limits.memory_bytes_max
        if is_held and not entry.is_encrypted:
            with suppress(UnreadError):
                for _ in self._counted(self._checked(entry, packed, None, is_first=True), packed, is_overlapping):
                    pass

    def _left_by_last(self) -> Iterator[Member | Reason]:
        """What the member given last turned out to have: damage, and more bytes than unpack."""
        yield from self._damage
        self._damage.clear()
        while self._slack:
            yield from self._rest(*self._slack.pop())

    def _rest(self, start: int, stop: int) -> Iterator[Member]:
        """Bytes that belong to no entry: a program that unpacks the file, or something hidden."""
        return rest_of(self._source, start, "zip", stop=stop)

    def _cover(self, start: int, stop: int) -> None:
        self._known.add([Extent(start, stop - start)])

    def _gaps(self) -> list[tuple[int, int]]:
        gaps = ((gap.offset or 0, gap.size_bytes) for gap in self._known.merged().gaps())
        return [(start, start + size) for start, size in gaps if size >= LOCAL_BYTES]

    def _find(self, signature: bytes, at: int, stop: int) -> int:
        while at < stop:
            found = self._source.read_at(at, min(_SEARCH_BYTES, stop - at)).find(signature)
            if found >= 0:
                return at + found
            at += _SEARCH_BYTES - len(signature) + 1
        return -1

    def _measure(self, entry: ZipEntry, stop: int) -> int:
        """How long data is whose header does not say it."""
        packed = Part(self._source, entry.data_at, stop - entry.data_at)
        if entry.method == _DEFLATED and not entry.is_encrypted:
            used: list[int] = []
            inflated_bytes = 0
            try:
                for piece in inflate(packed, used.append):
                    inflated_bytes += len(piece)
                    self._context.budget.inflate(
                        len(piece), inflated_before=inflated_bytes, compressed_bytes=packed.size_bytes
                    )
            except UnreadError:
                pass
            if used:
                return used[0]
        ends = [at for signature in _FOLLOWING if (at := self._find(signature, entry.data_at, stop)) >= 0]
        return min(ends, default=stop) - entry.data_at

    def _open(self, entry: ZipEntry, is_overlapping: bool) -> ByteSource | Reason:
        self._is_opened = True
        packed = Part(self._source, entry.data_at, entry.packed_bytes or 0)
        memory_bytes_max = self._context.limits.memory_bytes_max
        if entry.flags & _STRONG_ENCRYPTION or (entry.is_encrypted and not self._passwords):
            return Reason.ENCRYPTED
        if entry.is_encrypted:
            return self._decrypt(entry, packed)
        if entry.method == _STORED and packed.size_bytes > memory_bytes_max:
            # As it lies in the file, at any place of it; it has the right length, and is not read to see its checksum.
            if packed.size_bytes != entry.packed_bytes:
                self._damage.append(Reason.TRUNCATED)
            return packed
        again = partial(self._checked, entry, packed, None, is_first=False)
        first = self._checked(entry, packed, None, is_first=True)
        return hold(self._counted(first, packed, is_overlapping), again, memory_bytes_max=memory_bytes_max)

    def _decrypt(self, entry: ZipEntry, packed: ByteSource) -> ByteSource | Reason:
        """What the first password gives that is right to the last byte: a wrong one may seem right at the beginning."""
        for index, password in enumerate(self._passwords):
            try:
                found = hold(
                    self._counted(self._checked(entry, packed, password, is_first=True), packed, False),
                    partial(self._checked, entry, packed, password, is_first=False),
                    memory_bytes_max=self._context.limits.memory_bytes_max,
                )
            except UnreadError as error:
                if error.reason in {Reason.TOO_LARGE, Reason.UNSUPPORTED}:
                    raise
                continue
            # The next entry most likely has the same one.
            self._passwords.insert(0, self._passwords.pop(index))
            return found
        return Reason.ENCRYPTED

    def _counted(self, pieces: Iterator[bytes], packed: ByteSource, is_overlapping: bool) -> Iterator[bytes]:
        """Count what comes out; entries that share their data are counted together, against the whole file."""
        inflated_bytes = 0
        for piece in pieces:
            self._context.budget.inflate(
                len(piece),
                inflated_before=self._overlap_bytes if is_overlapping else inflated_bytes,
                compressed_bytes=self._source.size_bytes if is_overlapping else packed.size_bytes,
            )
            inflated_bytes += len(piece)
            if is_overlapping:
                self._overlap_bytes += len(piece)
            yield piece

    def _checked(
        self, entry: ZipEntry, packed: ByteSource, password: bytes | None, *, is_first: bool
    ) -> Iterator[bytes]:
        """Unpack an entry. Damage ends it and is noted, the first time; of encrypted entries it is an error."""
        crc = size_bytes = 0
        reason: Reason | None = None
        try:
            for piece in self._unpacked(entry, packed, password):
                crc = zlib.crc32(piece, crc)
                size_bytes += len(piece)
                yield piece
        except UnreadError as error:
            # Empty by its own account, and by its size: not every method can say so.
            is_empty = not (size_bytes or entry.size_bytes or entry.crc) and packed.size_bytes < REST_BYTES_MIN
            if password is not None or not (size_bytes or is_empty):
                raise
            reason = error.reason if size_bytes else None
        if reason is None and packed.size_bytes != entry.packed_bytes:
            reason = Reason.TRUNCATED
        is_known = entry.has_checksum and (entry.crc or entry.size_bytes)
        if reason is None and is_known and crc != entry.crc:
            reason = Reason.UNREADABLE
        if reason and password is not None:
            raise UnreadError(Reason.ENCRYPTED)
        if reason and is_first:
            self._damage.append(reason)

    def _unpacked(self, entry: ZipEntry, packed: ByteSource, password: bytes | None) -> Iterator[bytes]:
        if password is not None or entry.method not in {_STORED, _DEFLATED, _DEFLATED64}:
            return read_by_library(entry, packed, password)
        if entry.method == _DEFLATED64:
            return inflate64(packed)
        if entry.method == _STORED:
            return stored(packed)
        return inflate(packed, partial(self._note_slack, entry))

    def _note_slack(self, entry: ZipEntry, used_bytes: int) -> None:
        """The packed data may be longer than what unpacks."""
        if (entry.packed_bytes or 0) - used_bytes >= REST_BYTES_MIN:
            self._slack.append((entry.data_at + used_bytes, entry.data_at + (entry.packed_bytes or 0)))
