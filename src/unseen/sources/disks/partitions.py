"""Partition tables: which ranges of a disk they name, and what lies between.

Formats: UEFI specification 2.10, chapter 5 (MBR and GPT); Apple, "Inside Macintosh: Devices", chapter 3 (its map).
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["Extent", "Table", "gaps_between", "read_tables"]

_SECTOR_BYTES = 512
# Disks with native sectors of 4 KiB count in these.
_SECTOR_SIZES = (512, 4096)

# (boot flag, three bytes of no use, type, three bytes of no use, first sector, sectors).
_MBR_ENTRY = struct.Struct("<B3xB3xII")
_EXTENDED_TYPES = frozenset({0x05, 0x0F, 0x85})
_PROTECTIVE_TYPE = 0xEE
# Linux gives numbers to 60 logical partitions; a chain that is longer was made to be.
_LOGICAL_MAX = 256

_GPT_SIGNATURE = b"EFI PART"
# Up to the checksum, the checksum of the header, own place, the other's, first and last usable sector, and, behind the
# disk's identity, place, count and size of the entries and their checksum.
_GPT_HEADER = struct.Struct("<8sIII4xQQQQ16sQIII")
_GPT_ENTRY = struct.Struct("<16s16sQQ")
# 128 is what everybody writes.
_GPT_ENTRIES_MAX = 4096

_APM_ENTRY = struct.Struct(">2s2xIII32s32s")
# An entry takes a block; maps of real disks have fewer than forty.
_APM_ENTRIES_MAX = 1024


@dataclass(frozen=True, slots=True)
class Extent:
    """Some consecutive bytes of a disk, of which at least the first exists."""

    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """Behind its last byte."""
        return self.offset + self.size_bytes


@dataclass(frozen=True, slots=True)
class Table:
    """What the partition tables of a disk say.

    Attributes:
        extents: The partitions, as named, each once; they may overlap where tables contradict each other.
        faults: What of the tables is broken.
    """

    extents: tuple[Extent, ...]
    faults: frozenset[Reason]


def read_tables(disk: ByteSource) -> Table | None:
    """Read every partition table that a disk has.

    Returns:
        None where it has none that names a partition: it is blank, or one volume from its first sector on.

    Raises:
        UnreadError: Its first sectors cannot be read.
    """
    gpt = _read_gpt(disk)
    mbr = _read_mbr(disk)
    apm = _read_apm(disk) if gpt is None and mbr is None else None
    found = [table for table in (gpt, mbr, apm) if table is not None]
    if not found:
        return None
    if not any(table.extents for table in found):
        return None
    # Hybrid tables name the same partitions twice, and sometimes one that the other does not.
    extents = dict.fromkeys(extent for table in found for extent in table.extents)
    return Table(tuple(sorted(extents, key=_by_offset)), frozenset().union(*(table.faults for table in found)))


def gaps_between(extents: Iterable[Extent], size_bytes: int) -> Iterator[Extent]:
    """Give what no partition covers, in order."""
    position = 0
    for extent in sorted(extents, key=_by_offset):
        if extent.offset > position:
            yield Extent(position, extent.offset - position)
        position = max(position, extent.end)
    if position < size_bytes:
        yield Extent(position, size_bytes - position)


def _by_offset(extent: Extent) -> tuple[int, int]:
    return extent.offset, extent.size_bytes


class _Found:
    """Collects extents that a disk of this size can have."""

    def __init__(self, disk: ByteSource) -> None:
        self._disk_bytes = disk.size_bytes
        self.extents: list[Extent] = []
        self.faults: set[Reason] = set()

    def add(self, offset: int, size_bytes: int) -> None:
        if size_bytes <= 0:
            return
        if offset == 0:
            # The table itself would lie in it, and whoever looked inside would meet the same disk again.
            self.faults.add(Reason.UNREADABLE)
            return
        if offset + size_bytes > self._disk_bytes:
            # The image ends before the disk did.
            self.faults.add(Reason.TRUNCATED)
        if offset < self._disk_bytes:
            self.extents.append(Extent(offset, min(size_bytes, self._disk_bytes - offset)))

    def table(self) -> Table:
        return Table(tuple(self.extents), frozenset(self.faults))


def _read_mbr(disk: ByteSource) -> Table | None:
    sector = disk.read_at(0, _SECTOR_BYTES)
    entries = _mbr_entries(sector)
    if entries is None or _is_volume(sector):
        return None
    found = _Found(disk)
    for kind, first, sectors in entries:
        if kind in _EXTENDED_TYPES:
            _follow_logical(disk, first, sectors, found)
        elif kind != _PROTECTIVE_TYPE:
            found.add(first * _SECTOR_BYTES, sectors * _SECTOR_BYTES)
    return found.table() if found.extents else None


def _mbr_entries(sector: bytes) -> list[tuple[int, int, int]] | None:
    """(type, first sector, sectors) of the used entries; None where this is no table of partitions."""
    if len(sector) < _SECTOR_BYTES or sector[510:512] != b"\x55\xaa":
        return None
    entries = []
    for flag, kind, first, sectors in _MBR_ENTRY.iter_unpack(sector[446:510]):
        if flag not in {0x00, 0x80}:
            # Boot code of a volume, or text, where the table of a disk would be.
            return None
        if kind and sectors:
            entries.append((kind, first, sectors))
    return entries


def _is_volume(sector: bytes) -> bool:
    """Whether a sector with the mark of a boot sector begins a volume of its own, not a disk of partitions."""
    names = (sector[3:11], sector[54:59], sector[82:87])
    return (
        names[0] in {b"NTFS    ", b"EXFAT   ", b"-FVE-FS-"} or names[1] in {b"FAT12", b"FAT16"} or names[2] == b"FAT32"
    )


def _follow_logical(disk: ByteSource, first: int, sectors: int, found: _Found) -> None:
    """Follow the chain of tables in an extended partition: each names one volume and where the next table lies."""
    at = first
    seen: set[int] = set()
    while len(seen) < _LOGICAL_MAX:
        seen.add(at)
        try:
            entries = _mbr_entries(disk.read_at(at * _SECTOR_BYTES, _SECTOR_BYTES))
        except UnreadError as error:
            found.faults.add(error.reason)
            return
        if entries is None:
            found.faults.add(Reason.TRUNCATED if at * _SECTOR_BYTES >= disk.size_bytes else Reason.UNREADABLE)
            return
        following = None
        for kind, offset, size in entries[:2]:
            if kind in _EXTENDED_TYPES:
                following = first + offset
            else:
                found.add((at + offset) * _SECTOR_BYTES, size * _SECTOR_BYTES)
        if following is None:
            return
        if following in seen or not first <= following < first + sectors:
            break
        at = following
    found.faults.add(Reason.UNREADABLE)


def _read_gpt(disk: ByteSource) -> Table | None:
    faults: set[Reason] = set()
    for sector_bytes in _SECTOR_SIZES:
        places = [sector_bytes, disk.size_bytes // sector_bytes * sector_bytes - sector_bytes]
        for place in dict.fromkeys(place for place in places if place > 0):
            try:
                found = _read_gpt_at(disk, place, sector_bytes)
            except UnreadError as error:
                faults.add(error.reason)
                continue
            if found is not None:
                # Where the first was broken, its twin at the end of the disk says the same.
                found.faults.update(faults)
                return found.table()
    return Table((), frozenset(faults)) if faults else None


def _read_gpt_at(disk: ByteSource, place: int, sector_bytes: int) -> _Found | None:
    """Read one of the two tables; None where there is none.

    Raises:
        UnreadError: There is one, and it is broken.
    """
    raw = disk.read_at(place, sector_bytes)
    if raw[:8] != _GPT_SIGNATURE or len(raw) < sector_bytes:
        return None
    header = _GPT_HEADER.unpack_from(raw)
    _, _, header_bytes, checksum, _, _, _, _, _, entries_at, count, entry_bytes, entries_checksum = header
    if not _GPT_HEADER.size <= header_bytes <= sector_bytes:
        raise UnreadError(Reason.UNREADABLE)
    if crc32(raw[:16] + bytes(4) + raw[20:header_bytes]) != checksum:
        raise UnreadError(Reason.UNREADABLE)
    if count > _GPT_ENTRIES_MAX or not _GPT_ENTRY.size <= entry_bytes <= 4096:
        raise UnreadError(Reason.UNREADABLE)
    entries = disk.read_at(entries_at * sector_bytes, count * entry_bytes)
    if crc32(entries) != entries_checksum:
        raise UnreadError(Reason.UNREADABLE)
    found = _Found(disk)
    for offset in range(0, len(entries) - _GPT_ENTRY.size + 1, entry_bytes):
        kind, _, first, last = _GPT_ENTRY.unpack_from(entries, offset)
        if any(kind):
            found.add(first * sector_bytes, (last - first + 1) * sector_bytes)
    return found


def _read_apm(disk: ByteSource) -> Table | None:
    head = disk.read_at(0, 4)
    # The block of the driver descriptor states the size of blocks; where it is missing, 512.
    stated = struct.unpack(">H", head[2:4])[0] if head[:2] == b"ER" and len(head) == 4 else 0
    block_bytes = next((size for size in (512, stated, 2048) if size and disk.read_at(size, 2) == b"PM"), None)
    if block_bytes is None:
        return None
    found = _Found(disk)
    count = 1
    number = 1
    while number <= min(count, _APM_ENTRIES_MAX):
        raw = disk.read_at(number * block_bytes, _APM_ENTRY.size)
        if len(raw) < _APM_ENTRY.size or raw[:2] != b"PM":
            found.faults.add(Reason.UNREADABLE)
            break
        _, count, first, blocks, _, kind = _APM_ENTRY.unpack(raw)
        if number == 1 and not (kind.startswith(b"Apple_") and 1 <= count <= _APM_ENTRIES_MAX):
            return None
        # The map itself, and what it calls free, are gaps like any other.
        if kind.rstrip(b"\0") not in {b"Apple_partition_map", b"Apple_Free"}:
            found.add(first * block_bytes, blocks * block_bytes)
        number += 1
    return found.table() if found.extents or found.faults else None
