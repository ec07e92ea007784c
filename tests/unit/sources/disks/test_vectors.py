"""Whole images, from the file to the pictures in it, by recognising one layer after the other."""

import gzip
import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.sources.disks.images import Opened, need, run

from unseen.model import ByteSource, Reason, State
from unseen.sources.layers import Context, Member, load_formats, recognise

# The file that was deleted in every image.
_DELETED_MD5 = "50b706fb755377065ee6ac412b17d4ac"


def _below(source: ByteSource, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], State, str]]:
    """Addresses, state and MD5 of everything that lies in a container of disks, file systems and below."""
    found = recognise(source)
    if found is None or found.is_picture:
        return
    unpack = load_formats()[found.name]
    assert unpack is not None
    for member in unpack(source, Context()):
        content = member.open() if isinstance(member, Member) else None
        if isinstance(member, Member) and content is not None and not isinstance(content, Reason):
            data = content.read_at(0, content.size_bytes)
            yield (*path, member.address), member.state, hashlib.md5(data).hexdigest()
            yield from _below(content, (*path, member.address))


@pytest.mark.parametrize("name", ["s_ntfs.E01", "s_ntfs_compressed.qcow2", "s_ntfs_stream.vmdk"])
def test_every_image_gives_its_files_and_its_deleted_picture(vectors: Path, name: str) -> None:
    """The four live pictures are found by name, and the deleted one byte for byte."""
    with Opened(vectors / "disk-images" / "generated" / name) as source:
        found = list(_below(source))
    live = {path for path, state, _ in found if state is State.ALLOCATED}
    assert {("ntfs@0", f"/DCIM/t000{number}.jpg") for number in (1, 2, 4, 5)} <= live
    assert [state for _, state, md5 in found if md5 == _DELETED_MD5] == [State.DELETED]


def test_a_partition_is_named_for_its_file_system(vectors: Path, tmp_path: Path) -> None:
    """The step that leads to a volume says what it is and where it begins, on a disk and in its image alike."""
    need("ewfacquire")
    raw = tmp_path / "disk.raw"
    volume = _unpacked(vectors, "s_ntfs.raw.gz")
    table = bytes(446) + struct.pack("<B3xB3xII", 0, 7, 2048, len(volume) // 512) + bytes(48) + b"\x55\xaa"
    raw.write_bytes(table.ljust(1 << 20, b"\0") + volume + bytes(1 << 20))
    run("ewfacquire", "-q", "-u", "-c", "fast", "-t", tmp_path / "disk", raw)
    for path in (raw, tmp_path / "disk.E01"):
        with Opened(path) as source:
            found = list(_below(source))
        assert {each[0] for each, _, _ in found} == {
            "unallocated@0+1048576",
            "ntfs@1048576",
            f"unallocated@{1048576 + len(volume)}+1048576",
        }
        assert _DELETED_MD5 in {md5 for _, _, md5 in found}


def _unpacked(vectors: Path, name: str) -> bytes:
    return gzip.decompress((vectors / "disk-images" / "generated" / name).read_bytes())
