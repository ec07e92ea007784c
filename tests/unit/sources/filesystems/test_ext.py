"""The many forms of ext, and ISO 9660 with longer names: the same files in each."""

import os
from pathlib import Path

import pytest
from tests.unit.sources.filesystems.images import Found, found_in, mounted, run
from tests.unit.sources.filesystems.test_unclaimed import drawn

from unseen.model import Reason, State

_FILES = {
    "/folder/a/large.bin": os.urandom(300_000),
    "/folder/a/tiny": b"tiny",
    "/A name, and \u00fc.bin": os.urandom(100),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files, in folders."""
    for path, data in _FILES.items():
        file = tmp_path / "tree" / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return tmp_path / "tree"


def contents(found: dict[str, Found]) -> dict[str, bytes | Reason]:
    """What lies at each address."""
    return {path: data for path, (_, data) in found.items()}


@pytest.mark.parametrize(
    "options",
    [
        ["-t", "ext2"],
        ["-t", "ext3"],
        ["-O", "64bit"],
        ["-O", "inline_data"],
        ["-O", "meta_bg,^resize_inode"],
        ["-O", "^flex_bg"],
        ["-b", "4096"],
    ],
    ids=" ".join,
)
def test_every_form_of_ext_gives_the_same_files(folder: Path, options: list[str]) -> None:
    """Maps of blocks, extents, data in inodes, descriptors wherever they lie: the files are the same."""
    image = folder.parent / "volume"
    image.write_bytes(bytes(24 << 20))
    run("mkfs.ext4", "-q", *options, "-d", folder, image)
    assert contents(found_in(image.read_bytes())) == _FILES


def test_joliet_gives_long_names(folder: Path) -> None:
    """ISO 9660 with Joliet has the names that users gave."""
    image = folder.parent / "volume"
    run("genisoimage", "-quiet", "-J", "-o", image, folder)
    assert contents(found_in(image.read_bytes())) == _FILES


def test_blocks_set_aside_but_never_written_are_zeros(tmp_path: Path) -> None:
    """What was in them before is not the file's, however it looks."""
    image, data = tmp_path / "volume", os.urandom(10_000)
    image.write_bytes(os.urandom(8 << 20))
    run("mkfs.ext4", "-q", "-F", image)
    with mounted(image, "mount", "-o", "loop") as place, (place / "ahead").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 200_000)
        file.write(data)
    assert found_in(image.read_bytes())["/ahead"] == (State.ALLOCATED, data + bytes(190_000))


def test_a_file_that_linux_deleted_is_carved(tmp_path: Path) -> None:
    """A kernel wipes where a file of ext4 lay when it deletes it: what it held is found by its structure alone."""
    image, picture = tmp_path / "volume", drawn(11)
    image.write_bytes(bytes(8 << 20))
    run("mkfs.ext4", "-q", image)
    with mounted(image, "mount", "-o", "loop") as place:
        (place / "gone.jpg").write_bytes(picture)
    with mounted(image, "mount", "-o", "loop") as place:
        (place / "gone.jpg").unlink()
    found = found_in(image.read_bytes())
    assert [(state, data) for state, data in found.values() if data == picture] == [(State.CARVED, picture)]


def test_an_encrypted_file_of_ext4_is_stated(folder: Path) -> None:
    """Files under fscrypt hold other bytes than their users see: none are given, and that is said."""
    image = folder.parent / "volume"
    image.write_bytes(bytes(8 << 20))
    run("mkfs.ext4", "-q", "-O", "encrypt", "-d", folder, image)
    run("debugfs", "-w", "-R", "set_inode_field /folder/a/large.bin flags 0x80800", image)
    found = contents(found_in(image.read_bytes()))
    assert found["/folder/a/large.bin"] is Reason.ENCRYPTED
    assert found["/folder/a/tiny"] == b"tiny"
