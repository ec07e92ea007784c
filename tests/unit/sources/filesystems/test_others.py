"""APFS and HFS+ are read; file systems that nothing here reads are stated."""

import struct
from pathlib import Path

import pymodi
import pytest
from tests.unit.sources.filesystems.images import Found, found_in, vector
from tests.unit.sources.filesystems.locked_apfs import lock_apfs
from tests.unit.sources.filesystems.test_unclaimed import drawn

from unseen.model import Reason, State
from unseen.sources.filesystems import apfs, foreign
from unseen.sources.layers import Context, MemoryRange, Secrets, recognise

_TEXTS = {
    "a_directory/a_file": b"This is a text file.\n\nWe should be able to parse it.\n",
    "a_directory/another_file": b"This is another file.\n",
    "a_directory/a_resourcefork:rsrc": b"My resource fork\n",
}
# The first block of the partition in the reference image of HFS+.
_PARTITION_AT = 40 * 512


def kind_of(image: bytes) -> str | None:
    """What an image is recognised as."""
    recognised = recognise(MemoryRange(image))
    return None if recognised is None else recognised.name


def live(found: dict[str, Found]) -> dict[str, bytes | Reason]:
    """Allocated items by address."""
    return {path: data for path, (state, data) in found.items() if state is State.ALLOCATED}


def test_every_volume_of_an_apfs_container_gives_its_files(vectors: Path) -> None:
    """Addresses begin with the number and name of the volume; resource forks are streams of their own."""
    image = (vectors / "disk-images" / "dfvfs" / "apfs.raw").read_bytes()
    assert kind_of(image) == "apfs"
    found = live(found_in(image, unpack=apfs.unpack))
    assert {path: found.get(f"1 apfs_test/{path}") for path in _TEXTS} == _TEXTS


def test_a_picture_in_a_free_block_of_apfs_is_carved(vectors: Path) -> None:
    """Blocks that no file of any volume claims are looked through."""
    image = bytearray((vectors / "disk-images" / "dfvfs" / "apfs.raw").read_bytes())
    picture = drawn(7)
    at = len(image) - (64 << 10)
    assert not any(image[at:])
    image[at : at + len(picture)] = picture
    assert found_in(bytes(image), unpack=apfs.unpack)[f"@{at}+{len(picture)}"] == (State.CARVED, picture)


def test_an_apfs_container_without_its_tables_is_stated(vectors: Path) -> None:
    """A container whose objects cannot be found is unreadable, and its blocks are looked through."""
    image = bytearray((vectors / "disk-images" / "dfvfs" / "apfs.raw").read_bytes())
    image[4096:] = bytes(len(image) - 4096)
    picture = drawn(8)
    image[1 << 20 : (1 << 20) + len(picture)] = picture
    found = found_in(bytes(image), unpack=apfs.unpack)
    assert Reason.UNREADABLE in {data for _, data in found.values()}
    assert picture in {data for _, data in found.values()}


def test_hfs_plus_gives_its_files_and_resource_forks(vectors: Path) -> None:
    """Both forks of every file are read."""
    handle = pymodi.handle()
    handle.open(str(vectors / "disk-images" / "dfvfs" / "hfsplus_zlib.dmg"))
    image = handle.read(handle.media_size)[_PARTITION_AT:]
    assert kind_of(image) == "hfs"
    found = live(found_in(image))
    assert {path: found.get(f"/{path}") for path in _TEXTS} == _TEXTS


@pytest.mark.parametrize(
    ("name", "at", "magic"),
    [
        ("XFS", 0, b"XFSB"),
        ("btrfs", 65_600, b"_BHRfS_M"),
        ("ReFS", 3, b"ReFS\0"),
        ("F2FS", 1_024, b"\x10\x20\xf5\xf2"),
        ("UFS 1", 8_192 + 1_372, b"\x54\x19\x01\x00"),
        ("UFS 2, of the other order", 65_536 + 1_372, b"\x19\x54\x01\x19"),
        ("EROFS", 1_024, b"\xe2\xe1\xf5\xe0"),
        ("UDF", 32_768, b"\0BEA01\1".ljust(2_048, b"\0") + b"\0NSR03\1"),
    ],
)
def test_a_file_system_that_nothing_reads_is_stated(name: str, at: int, magic: bytes) -> None:
    """It is a row with the reason `unsupported`, and what lies in it is carved."""
    image, picture = bytearray(1 << 21), drawn(9)
    image[at : at + len(magic)] = magic
    image[1 << 20 : (1 << 20) + len(picture)] = picture
    assert kind_of(bytes(image)) == "foreign-file-system", name
    found = found_in(bytes(image), unpack=foreign.unpack)
    assert found["unsupported"][1] is Reason.UNSUPPORTED
    assert found[f"@{1 << 20}+{len(picture)}"] == (State.CARVED, picture)


def test_the_boot_record_of_ntfs_is_looked_through_and_no_volume_of_its_own(vectors: Path) -> None:
    """As a file it would pass for a volume of which all is missing; what lies in it is carved."""
    image, picture = bytearray(vector(vectors, "s_ntfs")), drawn(10, width_px=16)
    image[4_096 : 4_096 + len(picture)] = picture
    found = found_in(bytes(image))
    assert "/$Boot" not in found
    assert "/$BadClus:$Bad" not in found
    assert found[f"@4096+{len(picture)}"] == (State.CARVED, picture)


@pytest.mark.parametrize("value", [b"\x53\xef", b"H+", b"BD", b"\x55\xaa"])
def test_two_bytes_do_not_make_a_file_system(value: bytes) -> None:
    """A short sign occurs in ordinary files by chance: what is around it must fit too."""
    image = bytearray(struct.pack("<I", 0x9E3779B9) * (1 << 16))
    for at in (510, 1_024, 1_080):
        image[at : at + len(value)] = value
    assert kind_of(bytes(image)) is None


def test_a_password_opens_a_volume_of_apfs_under_filevault(vectors: Path) -> None:
    """Every file is what it was in the clear; without the password the volume is `encrypted`."""
    plain = (vectors / "disk-images" / "dfvfs" / "apfs.raw").read_bytes()
    image = lock_apfs(plain, "pässword")
    assert all(text not in image for text in _TEXTS.values())
    opened = live(found_in(image, Context(secrets=Secrets(("wrong", "pa\u0308ssword"))), unpack=apfs.unpack))
    assert opened == live(found_in(plain, unpack=apfs.unpack))
    for passwords in ((), ("wrong", "\udcff")):
        found = live(found_in(image, Context(secrets=Secrets(passwords)), unpack=apfs.unpack))
        assert found == {"1": Reason.ENCRYPTED}
