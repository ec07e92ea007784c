"""Damaged and hostile file systems cost their own rows, and end."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.sources.filesystems.images import found_in, read_whole, run, vector

from unseen.model import ByteSource, Reason, State, UnreadError
from unseen.sources.filesystems import apfs
from unseen.sources.filesystems.sleuthkit import reader
from unseen.sources.layers import Budget, Context, LayerLimits, Member, MemoryRange, Unpack


class _WithBadSectors:
    """A range of which some bytes cannot be read."""

    def __init__(self, data: bytes, bad: range) -> None:
        self._data, self._bad = data, bad
        self.size_bytes = len(data)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        if offset < self._bad.stop and offset + size > self._bad.start:
            raise UnreadError(Reason.UNREADABLE)
        return self._data[offset : offset + size]


def test_a_file_on_a_bad_sector_is_stated_and_the_others_are_read(vectors: Path) -> None:
    """A sector that cannot be read costs the file that lies there, and is never passed off as zeros."""
    image = vector(vectors, "s_ext4")
    whole = found_in(image)["/DCIM/t0005.jpg"][1]
    assert isinstance(whole, bytes)
    at = image.find(whole[:1_024])
    source = _WithBadSectors(image, range(at + 4_096, at + 4_608))
    members = {}
    for member in reader.unpack(source, Context()):
        if isinstance(member, Member):
            members[member.address] = _content(member)
    assert members["/DCIM/t0005.jpg"] is Reason.UNREADABLE
    assert isinstance(members["/DCIM/t0004.jpg"], bytes)


def test_a_size_that_no_volume_has_room_for_is_stated(tmp_path: Path) -> None:
    """An inode that maps each block of an endless file is not followed: it is too large, the rest is read."""
    folder, image = tmp_path / "tree", tmp_path / "volume"
    folder.mkdir()
    (folder / "endless").write_bytes(b"e" * 5_000)
    (folder / "other").write_bytes(b"o" * 5_000)
    image.write_bytes(bytes(4 << 20))
    run("mkfs.ext2", "-q", "-d", folder, image)
    run("debugfs", "-w", "-R", "set_inode_field endless size 0x7ffffffffffff000", image)
    found = found_in(image.read_bytes())
    assert found["/other"] == (State.ALLOCATED, b"o" * 5_000)
    assert [data for path, (_, data) in found.items() if path.startswith("inode")] == [Reason.TOO_LARGE]


def test_an_image_of_a_disc_without_a_root_comes_to_an_end(vectors: Path) -> None:
    """The Sleuth Kit goes round for ever in a folder that has no entry of its own: it is not let in."""
    image = bytearray((vectors / "disk-images" / "dfvfs" / "iso9660.raw").read_bytes())
    # Where the table of paths lies, in the volume descriptor at 32,768.
    image[32_768 + 148 : 32_768 + 152] = bytes(4)
    assert found_in(bytes(image)) == {"unreadable": (State.ALLOCATED, Reason.UNREADABLE)}


def test_files_that_share_their_blocks_end_with_the_budget(tmp_path: Path) -> None:
    """A thousand files in the same blocks are a bomb like any other."""
    folder, image = tmp_path / "tree", tmp_path / "volume"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}").write_bytes(bytes([number]) * 1_000_000)
    image.write_bytes(bytes(16 << 20))
    run("mkfs.ext4", "-q", "-d", folder, image)
    sectors = image.read_bytes()
    limits = LayerLimits(inflated_bytes_max=1_000_000)
    # The same volume, said to be smaller than its files are together.
    found = found_in(sectors[: 4 << 20], Context(limits=limits, budget=Budget(limits)))
    assert Reason.TOO_LARGE in {data for _, data in found.values()}
    assert any(isinstance(data, bytes) for _, data in found.values())


# Named by image; the seed decides what is damaged.
_CASES = [(name, seed) for name in ("s_ext4", "s_fat", "s_ntfs", "iso9660", "apfs") for seed in range(6)]


@pytest.mark.parametrize(("name", "seed"), _CASES)
def test_a_damaged_volume_comes_to_an_end(vectors: Path, name: str, seed: int) -> None:
    """Cut short or with bits turned, a volume gives members and reasons, never an exception or an empty address."""
    # In a process of its own: a native reader that crashes takes no other test with it.
    program = (
        f"from tests.unit.sources.filesystems.test_damage import damage; damage({str(vectors)!r}, {name!r}, {seed})"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr[-2_000:]


def damage(vectors: str, name: str, seed: int) -> None:
    """Damage an image and read all of it."""
    folder = Path(vectors)
    if name.startswith("s_"):
        whole = vector(folder, name)
    else:
        whole = (folder / "disk-images" / "dfvfs" / f"{name}.raw").read_bytes()
    unpack: Unpack = apfs.unpack if name == "apfs" else reader.unpack
    chance = random.Random(seed)
    image = bytearray(whole)
    written = [at for at in range(0, len(image), 512) if any(image[at : at + 512])]
    for _ in range(chance.choice((1, 8, 64, 256))):
        at = chance.choice(written) + chance.randrange(512)
        image[at] = chance.choice((0, 1, 0x7F, 0xFF, image[at] ^ 1 << chance.randrange(8)))
    if seed % 2:
        del image[chance.randrange(40_000, len(image)) :]
    for member in unpack(MemoryRange(bytes(image)), Context()):
        if isinstance(member, Member):
            assert member.address
            _content(member)


def _content(member: Member) -> bytes | Reason:
    try:
        opened: ByteSource | Reason = member.open()
        return opened if isinstance(opened, Reason) else read_whole(opened)
    except UnreadError as error:
        return error.reason
