"""Tables of partitions: every byte of a disk is in a partition or in a gap."""

import io
import random
import struct
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from unseen.decoding import SNIFF_BYTES, Kind, sniff
from unseen.model import Reason, UnreadError
from unseen.sources.disks.partitions import Extent, gaps_between, read_tables
from unseen.sources.disks.volumes import unpack, volumes_on
from unseen.sources.layers import Context, Member, MemoryRange, load_formats, recognise

_MIB = 1 << 20


def _mbr(*entries: tuple[int, int, int]) -> bytes:
    """A sector with a table: (type, first sector, sectors)."""
    table = b"".join(struct.pack("<B3xB3xII", 0, *entry) for entry in entries)
    return bytes(446) + table.ljust(64, b"\0") + b"\x55\xaa"


def _disk(size_bytes: int, **sectors: bytes) -> bytearray:
    """Noise with some sectors written: `at_0=…`, counted in 512 bytes."""
    disk = bytearray(random.Random(1).randbytes(size_bytes))
    disk[:512] = bytes(512)
    for name, content in sectors.items():
        at = 512 * int(name.removeprefix("at_"))
        disk[at : at + len(content)] = content
    return disk


def _gpt_header(own: int, entries_at: int, entries: bytes, sector_bytes: int) -> bytes:
    fields = (own, 0, 0, 0, bytes(16), entries_at, 128, 128, crc32(entries))
    header = struct.pack("<8sIII4xQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, *fields)
    return (header[:16] + struct.pack("<I", crc32(header)) + header[20:]).ljust(sector_bytes, b"\0")


def _gpt(size_bytes: int, *parts: tuple[int, int], sector_bytes: int = 512) -> bytearray:
    """A disk with both tables: (first sector, last sector)."""
    entries = b"".join(struct.pack("<16s16sQQ", b"k" * 16, b"u" * 16, *part).ljust(128, b"\0") for part in parts)
    entries = entries.ljust(128 * 128, b"\0")
    disk = _disk(size_bytes, at_0=_mbr((0xEE, 1, 0xFFFFFFFF)))
    last = size_bytes // sector_bytes - 1
    behind = len(entries) // sector_bytes
    disk[sector_bytes : 2 * sector_bytes] = _gpt_header(1, 2, entries, sector_bytes)
    disk[2 * sector_bytes : 2 * sector_bytes + len(entries)] = entries
    disk[last * sector_bytes :] = _gpt_header(last, last - behind, entries, sector_bytes)
    disk[(last - behind) * sector_bytes : last * sector_bytes] = entries
    return disk


def _extents(disk: bytes | bytearray) -> list[tuple[int, int]]:
    table = read_tables(MemoryRange(bytes(disk)))
    assert table is not None
    return [(extent.offset, extent.size_bytes) for extent in table.extents]


def test_primary_and_logical_partitions_are_found() -> None:
    """The table in the first sector, and the chain of tables in an extended partition, are read."""
    disk = _disk(
        4 * _MIB,
        at_0=_mbr((0x07, 64, 1000), (0x0F, 2048, 4096)),
        at_2048=_mbr((0x83, 63, 500), (0x05, 1000, 1000)),
        at_3048=_mbr((0x83, 10, 700)),
    )
    assert _extents(disk) == [(64 * 512, 512_000), (2111 * 512, 256_000), (3058 * 512, 358_400)]


@pytest.mark.parametrize("sector_bytes", [512, 4096])
def test_both_tables_of_a_gpt_disk_are_read(sector_bytes: int) -> None:
    """Where the first table is broken, its twin at the end stands in, and the fault is stated."""
    disk = _gpt(8 * _MIB, (100, 199), (300, 399), sector_bytes=sector_bytes)
    parts = [(100 * sector_bytes, 100 * sector_bytes), (300 * sector_bytes, 100 * sector_bytes)]
    assert _extents(disk) == parts
    disk[sector_bytes + 60] ^= 1
    table = read_tables(MemoryRange(bytes(disk)))
    assert table is not None
    assert [(each.offset, each.size_bytes) for each in table.extents] == parts
    assert table.faults == {Reason.UNREADABLE}
    # The whole of its beginning overwritten.
    disk[: 80 * 512] = bytes(80 * 512)
    assert _extents(disk) == parts


def test_a_hybrid_disk_names_each_partition_once() -> None:
    """What both tables name is one partition; what only one of them names is one too."""
    disk = _gpt(4 * _MIB, (100, 199))
    disk[:512] = _mbr((0xEE, 1, 99), (0x07, 100, 100), (0x83, 4000, 50))
    assert _extents(disk) == [(51_200, 51_200), (4000 * 512, 25_600)]


def test_the_map_of_an_apple_disk_is_read() -> None:
    """Entries of the map are partitions, but for the map itself and what it calls free."""
    kinds = [b"Apple_partition_map", b"Apple_HFS", b"Apple_Free"]
    blocks = {
        f"at_{number}": struct.pack(">2s2xIII32s32s", b"PM", 3, number * 100, 50, b"", kind).ljust(512, b"\0")
        for number, kind in enumerate(kinds, start=1)
    }
    disk = _disk(_MIB, at_0=b"ER\x02\x00".ljust(512, b"\0"), **blocks)
    assert _extents(disk) == [(200 * 512, 25_600)]


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        # A chain that comes back to where it was; one that leads outside; one whose next table is none.
        ({"at_2048": _mbr((0x83, 1, 5), (0x05, 0, 9))}, Reason.UNREADABLE),
        ({"at_2048": _mbr((0x83, 1, 5), (0x05, 90_000, 9))}, Reason.UNREADABLE),
        ({"at_2048": _mbr((0x83, 1, 5), (0x05, 100, 9))}, Reason.UNREADABLE),
        # A partition that ends behind the image.
        ({"at_2048": _mbr((0x83, 1, 90_000))}, Reason.TRUNCATED),
    ],
)
def test_broken_chains_are_stated(entries: dict[str, bytes], reason: Reason) -> None:
    """A chain of logical partitions that cannot be followed to its end says so, and gives what it had."""
    table = read_tables(MemoryRange(bytes(_disk(2 * _MIB, at_0=_mbr((0x05, 2048, 1000)), **entries))))
    assert table is not None
    assert table.extents[0].offset == 2049 * 512
    assert table.faults == {reason}


@pytest.mark.parametrize(
    "start",
    [
        b"",
        bytes(512),
        # Boot code where the table would be, and boot sectors of volumes.
        b"\x90" * 510 + b"\x55\xaa",
        b"\xeb\x52\x90NTFS    " + _mbr((7, 1, 9))[11:],
        _mbr()[:82] + b"FAT32" + _mbr((7, 1, 9))[87:],
        b"x" * 512 + b"PM and AM are parts of the day",
    ],
)
def test_what_is_no_table_is_none(start: bytes) -> None:
    """Blank disks, volumes without partitions and text are not taken for partitioned disks."""
    source = MemoryRange(start.ljust(2 * _MIB, b"\0"))
    assert read_tables(source) is None
    found = recognise(source)
    assert found is None or found.name != "disk"


def test_partitions_and_gaps_cover_the_disk() -> None:
    """Members of a disk are named by where they lie, and no byte is in none of them."""
    disk = MemoryRange(bytes(_disk(_MIB, at_0=_mbr((7, 100, 100), (7, 300, 100)))))
    members = [each for each in unpack(disk, Context()) if isinstance(each, Member)]
    assert [member.address for member in members] == [
        "unallocated@0+51200",
        "partition@51200",
        "unallocated@102400+51200",
        "partition@153600",
        "unallocated@204800+843776",
    ]
    contents = []
    for member in members:
        opened = member.open()
        assert not isinstance(opened, Reason)
        contents.append(opened.read_at(0, opened.size_bytes))
    assert b"".join(contents) == disk.data


def test_a_disk_without_a_table_is_one_volume() -> None:
    """A disk that is one volume from its first sector on has a single member, all of it."""
    (member,) = volumes_on(MemoryRange(b"nothing known" * 1000))
    assert isinstance(member, Member)
    assert member.address == "partition@0"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 30)), max_size=6), st.integers(0, 100))
def test_gaps_are_all_that_no_partition_covers(parts: list[tuple[int, int]], size_bytes: int) -> None:
    """However partitions overlap, what they leave is in gaps, once."""
    extents = [Extent(start, min(size, size_bytes - start)) for start, size in parts if start < size_bytes]
    covered = [0] * size_bytes
    for extent in extents:
        for at in range(extent.offset, extent.end):
            covered[at] = 1
    for gap in gaps_between(extents, size_bytes):
        for at in range(gap.offset, gap.end):
            covered[at] += 2
    assert set(covered) <= {1, 2}


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([0, 1, 2]), st.lists(st.tuples(st.integers(0, 40_000), st.binary(min_size=1, max_size=8))))
def test_lying_tables_give_extents_of_the_disk(kind: int, changes: list[tuple[int, bytes]]) -> None:
    """Whatever is written over a table: partitions lie on the disk, or the disk has none, or it cannot be read."""
    disk = (
        _gpt(_MIB, (100, 199)),
        _disk(_MIB, at_0=_mbr((5, 8, 99)), at_8=_mbr((7, 1, 9), (5, 9, 9)), at_17=_mbr((7, 1, 9))),
        _disk(_MIB, at_1=struct.pack(">2s2xIII32s32s", b"PM", 9, 1, 9, b"", b"Apple_HFS")),
    )[kind]
    for offset, written in changes:
        # Most lies are told where tables are.
        at = offset % 1024 + (8 * 512 if kind == 1 and offset % 2 else 0)
        disk[at : at + len(written)] = written
    try:
        table = read_tables(MemoryRange(bytes(disk)))
    except UnreadError:
        return
    for extent in table.extents if table else ():
        assert 0 <= extent.offset < extent.end <= len(disk)


def test_a_dynamic_disk_is_stated() -> None:
    """Volumes of Windows' dynamic disks may span partitions: that they are not put together is said."""
    disk = _disk(_MIB, at_0=_mbr((0x42, 63, 1000)), at_6=b"PRIVHEAD")
    assert next(volumes_on(MemoryRange(bytes(disk)))) is Reason.UNSUPPORTED


@pytest.mark.parametrize(
    ("name", "at", "sign"),
    [
        ("lvm2", 512, b"LABELONE" + bytes(16) + b"LVM2 001"),
        ("mdraid", 4096, b"\xfc\x4e\x2b\xa9\1\0\0\0"),
        ("mdraid", 0, b"\xfc\x4e\x2b\xa9\1\0\0\0"),
    ],
)
def test_parts_of_larger_volumes_are_stated_and_carved(name: str, at: int, sign: bytes) -> None:
    """What needs other disks is `unsupported`; pictures in it are found all the same."""
    drawn = io.BytesIO()
    Image.linear_gradient("L").save(drawn, "JPEG")
    source = MemoryRange((bytes(at) + sign).ljust(1 << 16, b"\0") + drawn.getvalue() + bytes(5000))
    found = recognise(source)
    assert found is not None
    assert found.name == name
    unpack_it = load_formats()[name]
    assert unpack_it is not None
    reason, member = unpack_it(source, Context())
    assert reason is Reason.UNSUPPORTED
    assert isinstance(member, Member)
    content = member.open()
    assert not isinstance(content, Reason)
    assert content.read_at(0, content.size_bytes) == drawn.getvalue()


@pytest.mark.parametrize("sector_bytes", [512, 4096])
def test_no_part_of_a_disk_is_taken_for_a_disk_again(sector_bytes: int) -> None:
    """Tables lie in gaps: a gap with one is not the disk once more, and its parts still cover it all."""
    disk = MemoryRange(bytes(_gpt(8 * _MIB, (100, 199), sector_bytes=sector_bytes)))
    members = [member for member in volumes_on(disk) if isinstance(member, Member)]
    parts = [part for member in members if not isinstance(part := member.open(), Reason)]
    assert sum(part.size_bytes for part in parts) == disk.size_bytes
    assert [recognise(part) for part in parts] == [None] * len(members)
    # Nor is it told as a disk that nobody could read.
    assert {sniff(part.read_at(0, SNIFF_BYTES)).kind for part in parts} == {Kind.NOT_MEDIA}
    empty = MemoryRange(bytes(_gpt(8 * _MIB, sector_bytes=sector_bytes)))
    assert recognise(empty) is None
    (whole,) = volumes_on(empty)
    assert isinstance(whole, Member)
    assert whole.address == "partition@0"
