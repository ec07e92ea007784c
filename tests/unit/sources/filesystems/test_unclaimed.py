"""What no file claims is looked through, found where it lies, and never given under a file's name."""

import io
import os
import random
from pathlib import Path

import pytest
from PIL import Image
from tests.unit.sources.filesystems.images import digest, found_in, run, vector

from unseen.model import Reason, State

_BLOCK = 1024
_VOLUME_BYTES = 4 << 20


def drawn(seed: int, width_px: int = 160) -> bytes:
    """A JPEG of coloured noise."""
    pixels = random.Random(seed).randbytes(width_px * width_px * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (width_px, width_px), pixels).save(file, "JPEG", quality=80)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files to be put on a volume."""
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


def ext4(folder: Path, *commands: str) -> bytes:
    """A volume of ext4 that holds a folder's files, after commands to `debugfs`."""
    image = folder.parent / "volume"
    image.write_bytes(bytes(_VOLUME_BYTES))
    run("mkfs.ext4", "-q", "-b", str(_BLOCK), "-O", "^has_journal", "-d", folder, image)
    for command in commands:
        run("debugfs", "-w", "-R", command, image)
    return image.read_bytes()


def carved(image: bytes) -> dict[str, bytes]:
    """What was carved, by its address."""
    found = found_in(image)
    return {at: data for at, (state, data) in found.items() if state is State.CARVED and isinstance(data, bytes)}


def test_a_picture_in_free_blocks_is_carved_where_it_lies(folder: Path) -> None:
    """Bytes that belong to nothing are looked through; the address says where, the state that it was carved."""
    image = bytearray(ext4(folder))
    picture, at = drawn(1), 3 << 20
    image[at : at + len(picture)] = picture
    assert carved(bytes(image)) == {f"@{at}+{len(picture)}": picture}


def test_a_deleted_file_that_keeps_its_blocks_is_not_carved_again(vectors: Path) -> None:
    """One range of bytes is one item: recovered by its entry, it is not found a second time."""
    assert carved(vector(vectors, "s_ext4")) == {}


def test_a_picture_whose_entry_lost_its_blocks_is_carved(folder: Path) -> None:
    """A kernel that deletes a file of ext4 wipes where it lay; its blocks are still found."""
    picture = drawn(2)
    (folder / "gone.jpg").write_bytes(picture)
    image = ext4(folder, "clri gone.jpg", "unlink gone.jpg")
    found = found_in(image)
    assert [data for state, data in found.values() if state is State.CARVED] == [picture]


def test_a_picture_in_several_free_runs_is_found_whole(folder: Path, tmp_path: Path) -> None:
    """Free blocks on both sides of another file, and of the file system's own, count as following on each other."""
    picture = drawn(3)
    cut = 8 * _BLOCK
    for name, content in (("a", picture[:cut]), ("b", os.urandom(cut)), ("c", picture[cut:])):
        (tmp_path / name).write_bytes(content)
    image = ext4(folder, *(f"write {tmp_path / name} {name}" for name in "abc"), "rm a", "rm c")
    found = found_in(image)
    assert found["/b"][0] is State.ALLOCATED
    assert found["/a"] == (State.DELETED, picture[:cut])
    assert [data for state, data in found.values() if state is State.CARVED] == [picture]


def test_a_picture_in_the_slack_of_a_file_is_carved(folder: Path) -> None:
    """What lies behind the end of a file in its last block is no part of the file, and is looked through."""
    (folder / "short").write_bytes(b"s" * 100)
    image = bytearray(ext4(folder))
    at = image.find(b"s" * 100) + 100
    picture = drawn(4, width_px=16)
    assert len(picture) < _BLOCK - 100
    image[at : at + len(picture)] = picture
    found = found_in(bytes(image))
    assert found["/short"] == (State.ALLOCATED, b"s" * 100)
    assert found[f"@{at}+{len(picture)}"] == (State.CARVED, picture)


def test_a_picture_behind_the_end_of_the_volume_is_carved(folder: Path) -> None:
    """The range may be longer than its file system: what is left of it is looked through."""
    picture = drawn(5)
    assert list(carved(ext4(folder) + picture).values()) == [picture]


def test_a_deleted_file_whose_blocks_serve_another_is_not_given_the_others_bytes(vectors: Path) -> None:
    """Blocks that belong to a live file are that file's: under a deleted file's name they would accuse."""
    image = bytearray(vector(vectors, "s_ext4"))
    live = found_in(bytes(image))["/DCIM/t0005.jpg"][1]
    assert isinstance(live, bytes)
    # Inode 15 gets the extents of inode 17: i_block lies 40 bytes into an inode.
    inodes = image.find(_extent_of(117))
    target = image.find(_extent_of(135))
    image[inodes : inodes + 12] = image[target : target + 12]
    found = found_in(bytes(image))
    assert "/DCIM/t0003.jpg" not in found
    assert digest(found["/DCIM/t0005.jpg"]) == digest((State.ALLOCATED, live))


def test_a_deleted_file_keeps_the_bytes_before_the_first_block_of_another(vectors: Path) -> None:
    """What is certain of it is given: up to the first block that a live file holds."""
    image = bytearray(vector(vectors, "s_ext4"))
    whole = found_in(bytes(image))["/DCIM/t0003.jpg"][1]
    assert isinstance(whole, bytes)
    live = image.find(_extent_of(135))
    image[live : live + 12] = _extent_of(117 + 4)
    found = found_in(bytes(image))
    assert found["/DCIM/t0003.jpg"] == (State.DELETED, whole[: 4 * _BLOCK])


def _extent_of(block: int) -> bytes:
    """An extent of ext4 from the start of a file: 9 blocks."""
    return bytes(4) + (9).to_bytes(2, "little") + bytes(2) + block.to_bytes(4, "little")


def test_a_volume_cut_short_is_stated(vectors: Path) -> None:
    """A file system that ends before its own end is truncated, and what is there is read all the same."""
    image = vector(vectors, "s_fat")
    found = found_in(image[: len(image) // 2])
    assert found["truncated"][1] is Reason.TRUNCATED
    assert "/DCIM/t0001.jpg" in found
