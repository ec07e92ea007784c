"""Entries of FAT and exFAT folders: times without the machine's time zone, lengths, and entries that were lost.

Sources: Microsoft's FAT32 File System Specification (fatgen103), and its exFAT file system specification, section 7.4
(file entry) and 7.6 (stream extension).
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from unseen.model import ByteSource, Reason, Times, UnreadError
from unseen.sources.filesystems.extents import Extent
from unseen.sources.filesystems.sleuthkit.notes import NO_NOTES, Notes, Notetaker
from unseen.sources.filesystems.sleuthkit.volume import Volume

__all__ = ["lost_on_exfat", "lost_on_fat", "take_exfat_notes", "take_fat_notes"]

_ENTRY_BYTES = 32
# The library numbers slots of 32 bytes from the first sector behind the tables; the first has this number.
_FIRST_SLOT = 3
_NS, _TEN_MS = 1_000_000_000, 10_000_000
_QUARTER_NS = 15 * 60 * _NS
# Types of exFAT entries: in use, or, without the highest bit, deleted.
_FILE, _STREAM, _IN_USE = 0x05, 0x40, 0x80
_IS_ZONE_KNOWN = 0x80
# How a folder of FAT begins.
_OWN_ENTRY, _PARENT_ENTRY = b".".ljust(11), b"..".ljust(11)
_IS_FOLDER = 0x10
_SECTOR_BYTES, _PIECE_BYTES = 512, 1 << 20


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a volume has its slots, and how many there are in a cluster."""

    first_slot_at: int
    cluster_bytes: int


def take_fat_notes(volume: Volume) -> Notetaker:
    """Give what looks up the times of a file; FAT keeps them in whatever time the device's clock showed.

    Raises:
        UnreadError: The boot sector cannot be read.
    """
    return _notetaker(volume, _read_fat_layout(volume.source), _fat_notes)


def take_exfat_notes(volume: Volume) -> Notetaker:
    """Give what looks up the times of a file and its valid length.

    Raises:
        UnreadError: The boot sector cannot be read.
    """
    return _notetaker(volume, _read_exfat_layout(volume.source), _exfat_notes)


def lost_on_fat(source: ByteSource, free: Iterable[Extent]) -> Iterator[int]:
    """Give the slots of folders that no folder leads to any more: those of a card that was formatted anew.

    Raises:
        UnreadError: The boot sector cannot be read.
    """
    return _lost(source, free, _read_fat_layout(source), _OWN_ENTRY, _starts_folder)


def lost_on_exfat(source: ByteSource, free: Iterable[Extent]) -> Iterator[int]:
    """Give the slots of folders that no folder leads to any more; in exFAT a folder begins with its first file.

    Raises:
        UnreadError: The boot sector cannot be read.
    """
    layout = _read_exfat_layout(source)
    for kind in (_FILE, _FILE | _IN_USE):
        yield from _lost(source, free, layout, bytes([kind]), _starts_exfat_folder)


def _lost(
    source: ByteSource, free: Iterable[Extent], layout: _Layout, sign: bytes, is_folder: Callable[[bytes], bool]
) -> Iterator[int]:
    for at in _places(source, free, sign):
        slot, rest = divmod(at - layout.first_slot_at, _ENTRY_BYTES)
        if slot < 0 or rest or not is_folder(source.read_at(at, 2 * _ENTRY_BYTES)):
            continue
        yield from range(_FIRST_SLOT + slot, _FIRST_SLOT + slot + layout.cluster_bytes // _ENTRY_BYTES)


def _places(source: ByteSource, free: Iterable[Extent], sign: bytes) -> Iterator[int]:
    """Say which free sectors begin with a sign; sectors that cannot be read are stated by whoever carves them."""
    for extent in free:
        start, end = extent.offset or 0, (extent.offset or 0) + extent.size_bytes
        for piece_at in range(-(-start // _SECTOR_BYTES) * _SECTOR_BYTES, end, _PIECE_BYTES):
            try:
                piece = source.read_at(piece_at, min(_PIECE_BYTES, end - piece_at))
            except UnreadError:
                continue
            firsts = (piece[at::_SECTOR_BYTES] for at in range(len(sign)))
            found = [number for number, first in enumerate(zip(*firsts, strict=False)) if bytes(first) == sign]
            yield from (piece_at + number * _SECTOR_BYTES for number in found)


def _starts_folder(entries: bytes) -> bool:
    """Say whether a folder of FAT begins: with itself and the one that it lies in."""
    return entries[_ENTRY_BYTES:].startswith(_PARENT_ENTRY) and bool(
        entries[11] & entries[_ENTRY_BYTES + 11] & _IS_FOLDER
    )


def _starts_exfat_folder(entries: bytes) -> bool:
    """Say whether a folder of exFAT begins: with a file's entry, as many others as a name takes, and its stream."""
    return entries[_ENTRY_BYTES:][:1] in {bytes([_STREAM]), bytes([_STREAM | _IN_USE])} and 2 <= entries[1] <= 18


def _read_fat_layout(source: ByteSource) -> _Layout:
    boot = source.read_at(0, 512)
    sector, per_cluster, reserved, tables = struct.unpack_from("<HBHB", boot, 11)
    (sectors_per_table,) = struct.unpack_from("<H", boot, 22)
    if not sectors_per_table:
        (sectors_per_table,) = struct.unpack_from("<I", boot, 36)
    return _Layout((reserved + tables * sectors_per_table) * sector, per_cluster * sector)


def _read_exfat_layout(source: ByteSource) -> _Layout:
    boot = source.read_at(0, 512)
    (first_sector,) = struct.unpack_from("<I", boot, 88)
    if not (9 <= boot[108] <= 12 and boot[108] + boot[109] <= 25):
        raise UnreadError(Reason.UNREADABLE)
    return _Layout(first_sector << boot[108], 1 << (boot[108] + boot[109]))


def _notetaker(volume: Volume, layout: _Layout, take: Callable[[bytes], Notes]) -> Notetaker:
    def notes(file: Any) -> Notes:
        slot = int(file.info.meta.addr) - _FIRST_SLOT
        if slot < 0:
            # The root directory has no entry.
            return NO_NOTES
        entries = volume.source.read_at(layout.first_slot_at + slot * _ENTRY_BYTES, 2 * _ENTRY_BYTES)
        if len(entries) < 2 * _ENTRY_BYTES:
            raise UnreadError(Reason.TRUNCATED)
        return take(entries)

    return notes


def _fat_notes(entries: bytes) -> Notes:
    hundredths, born_time, born_date, accessed_date = struct.unpack_from("<BHHH", entries, 13)
    modified_time, modified_date = struct.unpack_from("<HH", entries, 22)
    times = Times(
        modified_ns=_moment(modified_date << 16 | modified_time),
        accessed_ns=_moment(accessed_date << 16),
        born_ns=_moment(born_date << 16 | born_time, hundredths),
    )
    return Notes(times=times)


def _exfat_notes(entries: bytes) -> Notes:
    if entries[0] & ~_IN_USE != _FILE:
        return NO_NOTES
    born, modified, accessed, born_10ms, modified_10ms, *zones = struct.unpack_from("<IIIBBBBB", entries, 8)
    times = Times(
        modified_ns=_moment(modified, modified_10ms, zones[1]),
        accessed_ns=_moment(accessed, 0, zones[2]),
        born_ns=_moment(born, born_10ms, zones[0]),
    )
    stream = entries[_ENTRY_BYTES:]
    if stream[0] & ~_IN_USE != _STREAM:
        return Notes(times=times)
    return Notes(times=times, valid_bytes={"": struct.unpack_from("<Q", stream, 8)[0]})


def _moment(stamp: int, hundredths: int = 0, zone: int = 0) -> int | None:
    """Turn a date and time of DOS into nanoseconds since 1970; without a zone, as if the clock had shown UTC."""
    date, time = stamp >> 16, stamp & 0xFFFF
    try:
        moment = datetime(
            1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, time % 32 * 2, tzinfo=UTC
        )
    except ValueError:
        return None
    quarters = (zone & 0x7F) - (0x80 if zone & 0x40 else 0) if zone & _IS_ZONE_KNOWN else 0
    return int(moment.timestamp()) * _NS + hundredths * _TEN_MS - quarters * _QUARTER_NS
