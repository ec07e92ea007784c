"""FAT and exFAT: times as the device's clock showed them, lengths, and the files of a card that was formatted anew."""

import os
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.sources.filesystems.images import found_in, run, vector

from unseen.model import State, Times
from unseen.sources.filesystems.sleuthkit.reader import unpack
from unseen.sources.layers import Context, Member, MemoryRange

_CLUSTER = 4_096


def times_in(image: bytes) -> dict[str, Times | None]:
    """When each member was touched."""
    members = unpack(MemoryRange(image), Context())
    return {member.address: member.times for member in members if isinstance(member, Member)}


def test_times_of_fat_do_not_depend_on_the_machines_zone(vectors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT knows no zone: the clock's time is given as if it had been UTC, wherever the examiner sits."""
    monkeypatch.setenv("TZ", "America/New_York")
    times = times_in(vector(vectors, "s_fat"))["/DCIM/t0001.jpg"]
    assert times is not None
    assert times.modified_ns == int(datetime(2026, 11, 23, 0, 14, tzinfo=UTC).timestamp()) * 10**9


def test_files_of_a_card_formatted_anew_are_found_by_their_folders(tmp_path: Path) -> None:
    """Formatting clears the root; the folders below it still lie in free clusters, and so do their files."""
    image, content = tmp_path / "card", os.urandom(30_000)
    image.write_bytes(bytes(8 << 20))
    (tmp_path / "clip.bin").write_bytes(content)
    run("mkfs.vfat", "-s", "8", image)
    run("mmd", "-i", image, "::/DCIM")
    run("mcopy", "-i", image, tmp_path / "clip.bin", "::/DCIM/")
    assert found_in(image.read_bytes())["/DCIM/clip.bin"] == (State.ALLOCATED, content)
    run("mkfs.vfat", "-s", "8", image)
    found = found_in(image.read_bytes())
    assert [data for state, data in found.values() if state is State.ORPHAN] == [content]


def test_exfat_gives_files_with_their_zone_and_valid_length(tmp_path: Path) -> None:
    """Times are kept with their distance from UTC; behind its valid length a file reads as zeros."""
    content = os.urandom(10_000)
    image = _exfat(tmp_path, content, valid_bytes=6_000)
    assert found_in(image)["/DSC1.BIN"] == (State.ALLOCATED, content[:6_000] + bytes(4_000))
    times = times_in(image)["/DSC1.BIN"]
    assert times is not None
    noon_two_hours_east = int(datetime(2024, 5, 6, 10, 0, tzinfo=UTC).timestamp()) * 10**9
    assert times.modified_ns == noon_two_hours_east + 500_000_000


def test_a_deleted_file_of_exfat_keeps_its_name_and_bytes(tmp_path: Path) -> None:
    """Deleting clears a bit of each entry, and the clusters' bits; the rest stays until it is used again."""
    content = os.urandom(10_000)
    image = _exfat(tmp_path, content, valid_bytes=len(content), is_deleted=True)
    assert found_in(image)["/DSC1.BIN"] == (State.DELETED, content)


def _exfat(folder: Path, content: bytes, *, valid_bytes: int, is_deleted: bool = False) -> bytes:
    """A volume with one file in its root, in consecutive clusters."""
    path = folder / "volume"
    path.write_bytes(bytes(16 << 20))
    run("mkfs.exfat", "-c", str(_CLUSTER), path)
    image = bytearray(path.read_bytes())
    (heap_sector, clusters, root) = struct.unpack_from("<III", image, 88)
    heap = heap_sector << image[108]
    root_at, bitmap_at = heap + (root - 2) * _CLUSTER, heap
    slots = range(root_at, root_at + _CLUSTER, 32)
    bitmap = next(at for at in slots if image[at] == 0x81)
    bitmap_at = heap + (struct.unpack_from("<I", image, bitmap + 20)[0] - 2) * _CLUSTER
    first, count = clusters // 2 // 8 * 8, -(-len(content) // _CLUSTER)
    at = heap + (first - 2) * _CLUSTER
    image[at : at + len(content)] = content
    if not is_deleted:
        image[bitmap_at + (first - 2) // 8 : bitmap_at + (first - 2) // 8 + 2] = ((1 << count) - 1 << 6).to_bytes(
            2, "little"
        )
    place = next(at for at in slots if image[at] == 0)
    image[place : place + 96] = _entries(content, first, valid_bytes, 0 if is_deleted else 0x80)
    return bytes(image)


def _entries(content: bytes, first: int, valid_bytes: int, in_use: int) -> bytes:
    """A file's entry, its stream's and its name's, with the sum over them."""
    stamp = (2024 - 1980) << 25 | 5 << 21 | 6 << 16 | 12 << 11
    east_2h = 0x80 | 8
    file = struct.pack(
        "<BBHHHIIIBBBBB7x", 0x05 | in_use, 2, 0, 0x20, 0, stamp, stamp, stamp, 50, 50, east_2h, east_2h, east_2h
    )
    stream = struct.pack("<BBBBHHQIIQ", 0x40 | in_use, 3, 0, 8, 0, 0, valid_bytes, 0, first, len(content))
    name = struct.pack("<BB", 0x41 | in_use, 0) + "DSC1.BIN".encode("utf-16-le").ljust(30, b"\0")
    total = 0
    for index, byte in enumerate(file + stream + name):
        if index not in {2, 3}:
            total = ((total << 15 | total >> 1) + byte) & 0xFFFF
    return file[:2] + struct.pack("<H", total) + file[4:] + stream + name
