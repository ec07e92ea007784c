"""Tables of inodes that a new ext never wiped: what is no inode is no row, and nothing is lost."""

import os
import struct
from pathlib import Path

import pytest
from tests.unit.sources.filesystems.images import Found, found_in, run
from tests.unit.sources.filesystems.test_unclaimed import drawn

from unseen.model import Reason, State

_VOLUME_BYTES = 24 << 20
_DESCRIPTORS_AT, _DESCRIPTOR_BYTES, _INODE_BYTES = 2_048, 64, 256
_UNINITIALISED, _ZEROED = 0x1, 0x4
_FILES = {"/large.bin": os.urandom(50_000), "/tiny.bin": os.urandom(100)}
_ENDLESS = 0x7FFF_FFFF_F000


def old_inode(size_bytes: int) -> bytes:
    """An inode of a regular file that maps one block, as a file system before may have left it."""
    inode = bytearray(_INODE_BYTES)
    struct.pack_into("<HHIIII", inode, 0, 0o100644, 0, size_bytes & 0xFFFFFFFF, *[1_500_000_000] * 3)
    struct.pack_into("<H", inode, 26, 1)
    struct.pack_into("<I", inode, 40, 8_000)
    struct.pack_into("<I", inode, 108, size_bytes >> 32)
    return bytes(inode)


def formatted(place: Path, before: bytes, *options: str) -> bytearray:
    """A volume that holds the files, made over what was there before without wiping it."""
    folder, image = place / "tree", place / "volume"
    folder.mkdir()
    for path, data in _FILES.items():
        (folder / path[1:]).write_bytes(data)
    image.write_bytes(before)
    lazily = "nodiscard,lazy_itable_init=1"
    run("mkfs.ext4", "-q", "-F", "-b", "1024", *options, "-E", lazily, "-d", folder, image)
    return bytearray(image.read_bytes())


def table_at(image: bytearray, group: int) -> int:
    """Where a group has its inodes."""
    return int(struct.unpack_from("<I", image, _DESCRIPTORS_AT + group * _DESCRIPTOR_BYTES + 8)[0]) * 1_024


def describe(image: bytearray, flags: int, unused: int) -> None:
    """Have the first group say other things of its inodes."""
    struct.pack_into("<H", image, _DESCRIPTORS_AT + 18, flags)
    struct.pack_into("<H", image, _DESCRIPTORS_AT + 28, unused)


def put_inode(image: bytearray, size_bytes: int) -> None:
    """Write the inode 1,000, which no name leads to, into the first group's table."""
    at = table_at(image, 0) + 999 * _INODE_BYTES
    image[at : at + _INODE_BYTES] = old_inode(size_bytes)


def not_carved(image: bytearray) -> dict[str, Found]:
    """What entries led to."""
    return {at: found for at, found in found_in(bytes(image)).items() if found[0] is not State.CARVED}


_LIVE = {path: (State.ALLOCATED, data) for path, data in _FILES.items()}


@pytest.mark.parametrize("options", [(), ("-O", "^metadata_csum,uninit_bg"), ("-O", "^64bit")], ids=" ".join)
def test_what_was_there_before_is_no_row(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Where a new file system has not wiped its tables, nothing is too large in the part that it does not use."""
    before = old_inode(_ENDLESS) * (_VOLUME_BYTES // _INODE_BYTES)
    image = formatted(tmp_path, before, *options)
    assert old_inode(_ENDLESS) in image[table_at(image, 0) :][: 2_000 * _INODE_BYTES], "nothing wiped the table"
    assert not_carved(image) == _LIVE


def test_an_old_inode_leads_to_its_old_file(tmp_path: Path) -> None:
    """A volume that was formatted anew still has entries of the files before: they are found, wherever they lie."""
    image = formatted(tmp_path, bytes(_VOLUME_BYTES))
    put_inode(image, 900)
    describe(image, _UNINITIALISED, 2_048)
    assert not_carved(image) == {**_LIVE, "inode 1000": (State.ORPHAN, bytes(900))}


def test_a_picture_in_an_unwritten_table_is_carved(tmp_path: Path) -> None:
    """What lies where inodes may come to lie belongs to nothing, and is looked through."""
    image, picture = formatted(tmp_path, bytes(_VOLUME_BYTES)), drawn(21)
    at = table_at(image, 0) + 1_000 * _INODE_BYTES
    image[at : at + len(picture)] = picture
    assert found_in(bytes(image)) == {**_LIVE, f"@{at}+{len(picture)}": (State.CARVED, picture)}


def test_a_descriptor_that_lies_hides_no_file_with_a_name(tmp_path: Path) -> None:
    """A group that says to have no inode at all keeps back no file that a name leads to."""
    image = formatted(tmp_path, bytes(_VOLUME_BYTES))
    describe(image, _UNINITIALISED, 2_048)
    assert not_carved(image) == _LIVE


def test_a_deleted_name_into_an_unwritten_table_is_followed(tmp_path: Path) -> None:
    """A deleted name is a name: what it leads to is given, wherever it lies."""
    formatted(tmp_path, bytes(_VOLUME_BYTES))
    run("debugfs", "-w", "-R", "rm large.bin", tmp_path / "volume")
    image = bytearray((tmp_path / "volume").read_bytes())
    describe(image, _UNINITIALISED, 2_048)
    assert not_carved(image)["/large.bin"] == (State.DELETED, _FILES["/large.bin"])


def test_a_file_with_a_name_that_is_endless_is_stated_wherever_it_lies(tmp_path: Path) -> None:
    """An inode that is not followed is said to be too large if a name leads to it, whatever its group says."""
    image = formatted(tmp_path, bytes(_VOLUME_BYTES), "-O", "^extent,^64bit")
    at = image.index(struct.pack("<I", 50_000), table_at(image, 0))
    struct.pack_into("<I", image, at + 104, 0x7FFF_FFFF)
    describe(image, _UNINITIALISED, 2_048)
    assert Reason.TOO_LARGE in [data for _, data in not_carved(image).values()]


@pytest.mark.parametrize(
    ("options", "flags", "unused"),
    [
        ((), _ZEROED, 1_500),
        ((), _ZEROED | _UNINITIALISED, 2_048),
        ((), 0, 60_000),
        ((), 0, 1_048),
        (("-O", "^metadata_csum,^uninit_bg"), _UNINITIALISED, 2_048),
    ],
)
def test_an_endless_inode_is_stated_where_it_was_written(
    tmp_path: Path, options: tuple[str, ...], flags: int, unused: int
) -> None:
    """In a table that was wiped, before the unused part, or where a descriptor says nothing of it or nonsense."""
    image = formatted(tmp_path, bytes(_VOLUME_BYTES), *options)
    put_inode(image, _ENDLESS)
    describe(image, flags, unused)
    assert not_carved(image)["inode 1000"][1] is Reason.TOO_LARGE


def test_the_unused_part_begins_where_its_group_says(tmp_path: Path) -> None:
    """One inode further, and what is endless is none."""
    image = formatted(tmp_path, bytes(_VOLUME_BYTES))
    put_inode(image, _ENDLESS)
    describe(image, 0, 1_049)
    assert not_carved(image) == _LIVE
