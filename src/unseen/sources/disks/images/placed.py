"""Where the disk lies in the files of images that libraries read: what they do not tell, and what is left of the file.

Formats: Microsoft, "Virtual Hard Disk Image Format Specification" 1.0 and [MS-VHDX]; VMware, "Virtual Disk Format 5.0";
for UDIF its own tables, as J. Metz describes them.
"""

import plistlib
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from xml.parsers.expat import ExpatError

import numpy as np
import numpy.typing as npt

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["placed_in_dmg", "placed_in_vhd", "placed_in_vhdx", "placed_in_vmdk", "vhd_end", "vmdk_end"]

_Placed = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]

_SECTOR_BYTES = 512
_FOOTER = b"conectix"
_PIECE_BYTES = 1 << 20
# Of the largest disk that each of these formats can hold, 2 TiB in its usual pieces, with much room.
_TABLE_BYTES_MAX = 256 << 20
_LIST_BYTES_MAX = 64 << 20
_NOWHERE = 0xFFFFFFFF
# Of a VHDX: regions and items by their identifiers, and the first state of a block that is stored.
_VHDX_BLOCKS = bytes.fromhex("6677c22d23f600429d64115e9bfd4a08")
_VHDX_ITEMS = bytes.fromhex("06a27c8b90479a4bb8fe575f050f886e")
_VHDX_PARAMETERS = bytes.fromhex("3767a1ca36fa434db3b633f0aa44e76b")
_VHDX_SECTOR = bytes.fromhex("1dbf41816fa90947ba47f233a8faab5f")
_VHDX_PRESENT = 6
# Of a VMDK: magic, version, flags, capacity, sectors of a grain, place and size of the description, entries of a table,
# places of both directories, sectors before the first grain.
_VMDK, _SPARSE = struct.Struct("<4sIIQQQQIQQQ"), b"KDMV"
_PACKED = 1 << 16
_DIRECTORY_AT_END = (1 << 64) - 1
# Of the older kind of ESX: magic, version, flags, capacity, sectors of a grain, place and entries of the directory; its
# tables have so many entries.
_COWD, _COW_SPARSE, _COWD_PER_TABLE = struct.Struct("<4sIIIIII"), b"COWD", 4096
# Before what is packed stand its sector on the disk and its size; before a table its sectors, a zero and its kind.
_GRAIN, _MARKER = struct.Struct("<QI"), struct.Struct("<QII")
_FOOTER_MARKER = 3
# A line of a description that names a file: sectors, kind, name, and in which sector of the file the disk begins.
_EXTENT = re.compile(
    rb'^(?:RW|RDONLY|NOACCESS)[ \t]+([0-9]{1,15})[ \t]+([A-Z]+)[ \t]+"([^"/\0]+)"(?:[ \t]+([0-9]{1,15}))?', re.MULTILINE
)
_TEXT_BYTES_MAX = 64 << 10
# Of a table of runs: 204 bytes before them; each has its kind, a remark, where on the disk and where in the file.
_RUNS_AT, _RUN = 204, struct.Struct(">IIQQQQ")


def vhd_end(source: ByteSource) -> int:
    """Where a growing VHD image ends: behind the last footer. Whatever stands behind it, a library refuses to open."""
    stop = source.size_bytes
    while stop > _SECTOR_BYTES:
        start = max(0, stop - _PIECE_BYTES)
        at = source.read_at(start, stop - start + len(_FOOTER) - 1).rfind(_FOOTER)
        if start + at > 0 <= at:
            return min(source.size_bytes, start + at + _SECTOR_BYTES)
        stop = start
    return source.size_bytes


def placed_in_vhd(source: ByteSource, size_bytes: int) -> Iterator[_Placed]:
    """Places and sizes of footer, headers and blocks.

    Args:
        source: The image, up to its end.
        size_bytes: Of the disk.
    """
    footer_at = source.size_bytes - _SECTOR_BYTES
    yield _one(footer_at, _SECTOR_BYTES)
    footer = source.read_at(footer_at, _SECTOR_BYTES)
    if source.read_at(0, len(_FOOTER)) != _FOOTER:
        yield _one(0, min(size_bytes, footer_at))
        return
    header_at = int.from_bytes(footer[16:24], "big")
    header = source.read_at(header_at, 1024) if header_at < source.size_bytes else b""
    if len(header) < 36:
        raise UnreadError(Reason.UNREADABLE)
    table_at, _, count, block_bytes = struct.unpack_from(">QIII", header, 16)
    yield _one(0, _SECTOR_BYTES)
    yield _one(header_at, 1024)
    entries = _read_table(source, table_at, 4 * count, ">u4")
    yield _one(table_at, -(-4 * count // _SECTOR_BYTES) * _SECTOR_BYTES)
    # Before each block stands a bit for each of its sectors.
    bitmap_bytes = -(-block_bytes // _SECTOR_BYTES // 8 // _SECTOR_BYTES) * _SECTOR_BYTES
    numbers = np.flatnonzero(entries != _NOWHERE)
    sizes = np.clip(size_bytes - numbers * block_bytes, 0, block_bytes) + bitmap_bytes
    yield entries[numbers] * _SECTOR_BYTES, sizes


def placed_in_vhdx(source: ByteSource, size_bytes: int) -> Iterator[_Placed]:
    """Places and sizes of headers, tables and blocks. Not of the log: it may hold what a disk never got.

    Raises:
        UnreadError: A table cannot be read.
    """
    # Identifier, two headers, two tables of regions; what is beside them in their 64 KiB is nobody's.
    for at, size in ((0, 520), (64 << 10, 4096), (128 << 10, 4096), (192 << 10, 4096), (256 << 10, 4096)):
        yield _one(at, size)
    head = source.read_at(192 << 10, 4096)
    regions = {head[at : at + 16]: struct.unpack_from("<QI", head, at + 16) for at in range(16, 16 + 32 * 8, 32)}
    if not {_VHDX_BLOCKS, _VHDX_ITEMS} <= regions.keys():
        raise UnreadError(Reason.UNREADABLE)
    items_at, _ = regions[_VHDX_ITEMS]
    table = source.read_at(items_at, 65_536) if items_at < source.size_bytes else b""
    count = int.from_bytes(table[10:12], "little")
    yield _one(items_at, 32 + 32 * count)
    values: dict[bytes, int] = {}
    for at in range(32, min(32 + 32 * count, len(table) - 32 + 1), 32):
        place, size = struct.unpack_from("<II", table, at + 16)
        yield _one(items_at + place, size)
        values[table[at : at + 16]] = int.from_bytes(source.read_at(items_at + place, 4), "little")
    block_bytes, sector_bytes = values.get(_VHDX_PARAMETERS, 0), values.get(_VHDX_SECTOR, 0)
    if not block_bytes or sector_bytes not in {512, 4096}:
        raise UnreadError(Reason.UNREADABLE)
    # After so many blocks stands the place of a map of sectors, of which no image has any that builds on no other.
    ratio = (1 << 23) * sector_bytes // block_bytes
    blocks = -(-size_bytes // block_bytes)
    entries_at, _ = regions[_VHDX_BLOCKS]
    entries = blocks + max(0, blocks - 1) // max(1, ratio)
    raw = source.read_at(entries_at, 8 * entries) if 8 * entries <= _TABLE_BYTES_MAX else b""
    if len(raw) < 8 * entries:
        raise UnreadError(Reason.UNREADABLE)
    yield _one(entries_at, 8 * entries)
    words = np.frombuffer(raw, "<u8")
    is_block = (np.arange(entries) + 1) % (ratio + 1) != 0
    words = words[is_block]
    offsets = np.arange(len(words)) * block_bytes
    is_there = (words & np.uint64(7)) >= _VHDX_PRESENT
    places = ((words >> np.uint64(20)) << np.uint64(20)).astype(np.int64)
    yield places[is_there], np.clip(size_bytes - offsets, 0, block_bytes)[is_there]


def vmdk_end(source: ByteSource) -> int:
    """Where a VMDK image ends whose directory is named at its end: behind the last footer and an empty sector."""
    head = source.read_at(0, _VMDK.size)
    if len(head) < _VMDK.size or not head.startswith(_SPARSE) or _VMDK.unpack(head)[9] != _DIRECTORY_AT_END:
        return source.size_bytes
    stop = source.size_bytes
    while stop > 2 * _SECTOR_BYTES:
        start = max(0, stop - _PIECE_BYTES)
        piece = source.read_at(start, stop - start + len(_SPARSE) - 1)
        found = piece.rfind(_SPARSE)
        while found >= 0:
            at = start + found
            marker = source.read_at(at - _SECTOR_BYTES, _MARKER.size) if at >= 2 * _SECTOR_BYTES else b""
            if at % _SECTOR_BYTES == 0 and len(marker) == _MARKER.size and _MARKER.unpack(marker)[2] == _FOOTER_MARKER:
                return min(source.size_bytes, at + 2 * _SECTOR_BYTES)
            found = piece.rfind(_SPARSE, 0, found)
        stop = start
    return source.size_bytes


def placed_in_vmdk(parts: Sequence[ByteSource]) -> Iterator[_Placed]:
    """Places and sizes of all that an image consists of, places counted over all its files, one behind the other.

    Args:
        parts: A sparse image, up to its end; or a description, and the files that it names.

    Raises:
        UnreadError: A table cannot be read.
    """
    first = parts[0]
    if len(parts) == 1:
        yield from _placed_in_extent(first)
        return
    text = first.read_at(0, _TEXT_BYTES_MAX)
    yield _words(0, text)
    found = list(_EXTENT.finditer(text))
    names = list(dict.fromkeys(each[3] for each in found))
    start = first.size_bytes
    for name, part in zip(names, parts[1:], strict=False):
        if part.read_at(0, 4) in {_SPARSE, _COW_SPARSE}:
            placed: Iterable[_Placed] = _placed_in_extent(part)
        else:
            # As it lies there.
            flat = [(int(each[4] or 0), int(each[1])) for each in found if each[3] == name]
            placed = (_one(at * _SECTOR_BYTES, count * _SECTOR_BYTES) for at, count in flat)
        for places, sizes in placed:
            # Nothing of a file lies behind its end, where another one begins.
            is_inside = places < part.size_bytes
            inside = places[is_inside]
            yield inside + start, np.minimum(sizes[is_inside], part.size_bytes - inside)
        start += part.size_bytes


def _placed_in_extent(source: ByteSource) -> Iterator[_Placed]:
    """Places and sizes of all that one sparse file consists of."""
    raw = source.read_at(0, _VMDK.size)
    if raw.startswith(_COW_SPARSE) and len(raw) >= _COWD.size:
        _, _, _, capacity, grain, at, tables = _COWD.unpack_from(raw)
        if not grain:
            raise UnreadError(Reason.UNREADABLE)
        yield _one(0, 4 * _SECTOR_BYTES)
        yield from _placed_in_tables(source, (capacity, grain, _COWD_PER_TABLE), {at: tables}, is_packed=False)
        return
    if len(raw) < _VMDK.size:
        raise UnreadError(Reason.TRUNCATED)
    _, _, flags, capacity, grain, text_at, text_size, per_table, second_at, first_at, _ = _VMDK.unpack(raw)
    if first_at == _DIRECTORY_AT_END:
        yield _one(source.size_bytes - 3 * _SECTOR_BYTES, 3 * _SECTOR_BYTES)
        footer = source.read_at(max(0, source.size_bytes - 2 * _SECTOR_BYTES), _VMDK.size)
        if not footer.startswith(_SPARSE):
            raise UnreadError(Reason.UNREADABLE)
        second_at, first_at = _VMDK.unpack(footer)[8:10]
    if not grain or not per_table:
        raise UnreadError(Reason.UNREADABLE)
    yield _one(0, _SECTOR_BYTES)
    text_at, text_bytes = text_at * _SECTOR_BYTES, min(text_size * _SECTOR_BYTES, _TEXT_BYTES_MAX)
    yield _words(text_at, source.read_at(text_at, text_bytes) if text_at < source.size_bytes else b"")
    tables = -(-capacity // (grain * per_table))
    directories = dict.fromkeys({first_at, second_at} - {0, _DIRECTORY_AT_END}, tables)
    yield from _placed_in_tables(source, (capacity, grain, per_table), directories, is_packed=bool(flags & _PACKED))


def _placed_in_tables(
    source: ByteSource, sizes: tuple[int, int, int], directories: dict[int, int], *, is_packed: bool
) -> Iterator[_Placed]:
    capacity, grain, per_table = sizes
    for directory, tables in directories.items():
        places = _read_table(source, directory * _SECTOR_BYTES, 4 * tables, "<u4")
        yield _marked(source, directory, 4 * tables)
        for number, place in enumerate(places.tolist()):
            if not place:
                continue
            grains = _read_table(source, place * _SECTOR_BYTES, 4 * per_table, "<u4")
            yield _marked(source, place, 4 * per_table)
            left = (capacity - number * per_table * grain - np.arange(len(grains)) * grain) * _SECTOR_BYTES
            # Zero stands for what was never written, one for zeros.
            is_there = grains > 1
            stored, needed = grains[is_there] * _SECTOR_BYTES, np.clip(left, 0, grain * _SECTOR_BYTES)[is_there]
            yield stored, _packed_sizes(source, stored) if is_packed else needed


def _words(at: int, text: bytes) -> _Placed:
    """A description, up to its last word: what stands behind that was put there."""
    return _one(at, next((end for end, byte in enumerate(text) if byte < 32 and byte not in b"\t\r\n"), len(text)))


def _packed_sizes(source: ByteSource, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Whole sectors that packed grains take: no picture fits into what is left of the last."""
    sizes = np.zeros(len(places), np.int64)
    for number, place in enumerate(places.tolist()):
        head = source.read_at(place, _GRAIN.size) if place < source.size_bytes else b""
        if len(head) == _GRAIN.size:
            sizes[number] = -(-(_GRAIN.size + _GRAIN.unpack(head)[1]) // _SECTOR_BYTES) * _SECTOR_BYTES
    return sizes


def _marked(source: ByteSource, sector: int, size_bytes: int) -> _Placed:
    """A table in whole sectors, with the sector before it if that says what comes."""
    sectors = -(-size_bytes // _SECTOR_BYTES)
    before = source.read_at((sector - 1) * _SECTOR_BYTES, _SECTOR_BYTES) if sector else b""
    is_marked = len(before) == _SECTOR_BYTES and _MARKER.unpack_from(before)[:2] == (sectors, 0)
    first = sector - 1 if is_marked and not any(before[_MARKER.size :]) else sector
    return _one(first * _SECTOR_BYTES, (sector + sectors - first) * _SECTOR_BYTES)


def placed_in_dmg(source: ByteSource) -> Iterator[_Placed]:
    """Places and sizes of trailer, list and runs of a UDIF image.

    Raises:
        UnreadError: Its list cannot be read.
    """
    trailer_at = source.size_bytes - _SECTOR_BYTES
    trailer = source.read_at(trailer_at, _SECTOR_BYTES)
    (data_at,) = struct.unpack_from(">Q", trailer, 24)
    list_at, list_bytes = struct.unpack_from(">QQ", trailer, 216)
    yield _one(trailer_at, _SECTOR_BYTES)
    yield _one(list_at, list_bytes)
    if list_at + list_bytes > source.size_bytes or list_bytes > _LIST_BYTES_MAX:
        raise UnreadError(Reason.UNREADABLE)
    try:
        tables = plistlib.loads(source.read_at(list_at, list_bytes))["resource-fork"]["blkx"]
        for table in tables:
            packed = table["Data"][_RUNS_AT:]
            runs = list(_RUN.iter_unpack(packed[: len(packed) // _RUN.size * _RUN.size]))
            (base,) = struct.unpack_from(">Q", table["Data"], 24)
            yield (
                np.array([min(data_at + base + run[4], source.size_bytes) for run in runs], np.int64),
                np.array([min(run[5], source.size_bytes) for run in runs], np.int64),
            )
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError, struct.error, ExpatError) as error:
        raise UnreadError(Reason.UNREADABLE) from error


def _one(place: int, size: int) -> _Placed:
    # What lies behind any file lies nowhere.
    if not 0 <= place < 1 << 62:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.array([place], np.int64), np.array([min(size, 1 << 62)], np.int64)


def _read_table(source: ByteSource, at: int, size_bytes: int, form: str) -> npt.NDArray[np.int64]:
    if at >= source.size_bytes or size_bytes > _TABLE_BYTES_MAX:
        raise UnreadError(Reason.UNREADABLE)
    raw = source.read_at(at, size_bytes)
    return np.frombuffer(raw[: len(raw) // 4 * 4], form).astype(np.int64)
