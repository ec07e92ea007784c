"""Images that emulators write: every byte is what QEMU reads from them."""

import os
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.faults.hiding import dmg
from tests.unit.sources.disks.images import Opened, medium, need, run, run_locking
from tests.unit.sources.unpacked import members

from unseen.model import ByteSource, Reason, State, UnreadError
from unseen.sources import open_source
from unseen.sources.disks.images.dmg import open_dmg
from unseen.sources.disks.images.qcow import QcowMedium, unpack
from unseen.sources.disks.images.vdi import VdiMedium
from unseen.sources.disks.images.vhd import open_vhd
from unseen.sources.disks.images.vmdk import open_vmdk
from unseen.sources.layers import Context, Medium, Member, MemoryRange, Segments, load_formats, recognise

_MEDIUM = medium((5 << 20) + 3 * 512, seed=11)

_KINDS = [
    *(("qcow2", f"cluster_size={size}", compress) for size in ("512", "4k", "64k", "2M") for compress in ("", "-c")),
    ("qcow2", "compat=0.10", ""),
    ("qcow2", "compat=0.10", "-c"),
    ("qcow2", "compression_type=zstd", "-c"),
    ("qcow2", "extended_l2=on,cluster_size=16k", ""),
    ("qcow2", "extended_l2=on,cluster_size=128k", "-c"),
    ("vdi", "static=off", ""),
    ("vdi", "static=on", ""),
    ("vpc", "subformat=dynamic,force_size=on", ""),
    ("vpc", "subformat=fixed,force_size=on", ""),
    ("vhdx", "subformat=dynamic", ""),
    ("vhdx", "subformat=fixed", ""),
    ("vmdk", "subformat=monolithicSparse", ""),
    ("vmdk", "subformat=monolithicFlat", ""),
    ("vmdk", "subformat=twoGbMaxExtentSparse", ""),
    ("vmdk", "subformat=twoGbMaxExtentFlat", ""),
    ("vmdk", "subformat=streamOptimized", ""),
]
# Of a fixed VHD the end says what it is: with something behind it, it is a raw disk.
_IN_ONE_FILE = [
    (kind, options, flag)
    for kind, options, flag in _KINDS
    if not any(word in options for word in ("Flat", "twoGb", "subformat=fixed,force"))
]
_OPENERS: dict[str, Callable[[ByteSource], ByteSource]] = {
    "qcow2": QcowMedium,
    "vdi": VdiMedium,
    "vhd": open_vhd,
    "vmdk": open_vmdk,
    "dmg": open_dmg,
}


def convert(folder: Path, kind: str, options: str, *flags: str, data: bytes = _MEDIUM) -> Path:
    """Have QEMU make an image, one write after the other: several at once now and then leave a stale table behind."""
    need("qemu-img")
    raw, image = folder / "medium.raw", folder / f"image.{kind}"
    raw.write_bytes(data)
    run("qemu-img", "convert", "-m", "1", "-f", "raw", *filter(None, flags), "-O", kind, "-o", options, raw, image)
    return image


def opened(source: ByteSource) -> ByteSource:
    """Open the disk in an image by the reader that is named for it."""
    found = recognise(source)
    assert found is not None
    return _OPENERS[found.name](source)


def everything(disk: ByteSource) -> bytes:
    """Read a disk in pieces that end nowhere in particular."""
    pieces = [disk.read_at(offset, 99_999) for offset in range(0, disk.size_bytes, 99_999)]
    return b"".join(pieces)


@pytest.mark.parametrize(("kind", "options", "flag"), _KINDS)
def test_every_kind_of_image_is_read_as_qemu_wrote_it(tmp_path: Path, kind: str, options: str, flag: str) -> None:
    """The disk in an image, recognised by its bytes, is the one that was put there, with all files of the image."""
    image = convert(tmp_path, kind, options, flag)
    (item,) = open_source(str(image))
    descriptors = item.open_later()
    with Opened(image, *(Path(f"/proc/self/fd/{descriptor}") for descriptor in descriptors)) as source:
        for descriptor in descriptors:
            os.close(descriptor)
        disk = opened(source)
        read = everything(disk)
        # VHDX counts in larger units.
        assert read[: len(_MEDIUM)] == _MEDIUM
        assert not any(read[len(_MEDIUM) :])
        assert disk.read_at(disk.size_bytes, 10) == b""


@pytest.mark.parametrize(("kind", "options", "flag"), _IN_ONE_FILE)
def test_what_lies_in_the_file_and_not_on_the_disk_is_given(tmp_path: Path, kind: str, options: str, flag: str) -> None:
    """An image that nobody touched has nothing of that kind; what was put behind one is a member, whole."""
    data = convert(tmp_path, kind, options, flag).read_bytes()
    behind = random.Random(3).randbytes(9_000)
    before = members(data)
    # The log of a VHDX holds what was written last.
    assert len(before) == (2 if kind == "vhdx" else 1)
    *again, rest = members(data + behind)
    assert again == before
    assert not isinstance(rest, Reason)
    assert rest[1] is State.ORPHAN
    assert isinstance(rest[2], bytes)
    assert rest[2].endswith(behind)


def test_what_lies_behind_the_runs_of_a_udif_image_is_given() -> None:
    """Between its data and its list, where nothing refers to it."""
    noise = random.Random(3).randbytes(5_000)
    data = bytearray(dmg(_MEDIUM[:2_000]))
    at = data.index(b"<?xml")
    given_ = members(bytes(data))
    assert [each[0] for each in given_ if not isinstance(each, Reason)] == ["partition@0"]
    trailer_at = len(data) - 512
    (list_at,) = struct.unpack_from(">Q", data, trailer_at + 216)
    struct.pack_into(">Q", data, trailer_at + 216, list_at + len(noise))
    data[at:at] = noise
    _, rest = members(bytes(data))
    assert rest == (f"bytes from {at}", State.ORPHAN, noise)


def test_counts_that_lie_nowhere_harm_nothing(tmp_path: Path) -> None:
    """The disk does not need them; that they lie behind any end is no reason to lose it."""
    data = bytearray(convert(tmp_path, "qcow2", "cluster_size=64k").read_bytes())
    whole = members(bytes(data))
    data[48:56] = b"\xff" * 8
    given_ = members(bytes(data))
    assert given_[0] == whole[0]
    assert [each for each in given_ if isinstance(each, Reason)] == []


def test_a_cluster_that_nothing_leads_to_is_given(tmp_path: Path) -> None:
    """What a discarded stretch of the disk held stays in the file."""
    data = bytearray(convert(tmp_path, "qcow2", "cluster_size=64k").read_bytes())
    (l1_at,) = struct.unpack_from(">Q", data, 40)
    l2_at = struct.unpack_from(">Q", data, l1_at)[0] & 0x00FFFFFFFFFFFE00
    entries = struct.unpack_from(">8192Q", data, l2_at)
    index, place = next((at, entry & 0x00FFFFFFFFFFFE00) for at, entry in enumerate(entries) if entry)
    lost = bytes(data[place : place + 65536])
    data[l2_at + 8 * index : l2_at + 8 * index + 8] = bytes(8)
    _, rest = members(bytes(data))
    assert not isinstance(rest, Reason)
    assert isinstance(rest[2], bytes)
    assert lost in rest[2]


def test_the_compressed_vector_is_what_qemu_reads(vectors: Path, tmp_path: Path) -> None:
    """The image that libqcow misreads in silence is read as `qemu-img convert` does."""
    need("qemu-img")
    for name in ("generated/s_ntfs_compressed.qcow2", "dfvfs/ext2.qcow2", "dfvfs/windows_volume.qcow2"):
        path = vectors / "disk-images" / name
        run("qemu-img", "convert", "-O", "raw", path, tmp_path / "raw")
        with Opened(path) as source:
            assert everything(QcowMedium(source)) == (tmp_path / "raw").read_bytes()


def test_the_other_vectors_are_what_qemu_reads(vectors: Path, tmp_path: Path) -> None:
    """VMDK, VHD and DMG of others are read as `qemu-img convert` reads them."""
    need("qemu-img")
    names = ("generated/s_ntfs_stream.vmdk", "dfvfs/ext2.vmdk", "dfvfs/ext2.vhd", "dfvfs/hfsplus_zlib.dmg")
    for name in names:
        path = vectors / "disk-images" / name
        run("qemu-img", "convert", "-O", "raw", path, tmp_path / "raw")
        with Opened(path) as source:
            theirs = (tmp_path / "raw").read_bytes()
            ours = everything(opened(source))
            assert ours[: len(theirs)] == theirs
            assert not any(ours[len(theirs) :])


def test_snapshots_of_a_disk_are_disks_of_their_own(tmp_path: Path) -> None:
    """What was overwritten after a snapshot is still found in it."""
    image = convert(tmp_path, "qcow2", "cluster_size=64k")
    run("qemu-img", "snapshot", "-c", "before", image)
    run("qemu-io", "-c", "write -P 0x61 0 1M", image)
    with Opened(image) as source:
        now, *snapshots = (each for each in unpack(source, Context()) if not isinstance(each, Medium))
        assert isinstance(now, Member)
        (before,) = snapshots
        assert isinstance(before, Member)
        assert before.address == "snapshot@1"
        disks = [member.open() for member in (now, before)]
        after, then = (everything(disk) for disk in disks if not isinstance(disk, Reason))
        assert then == _MEDIUM
        assert after == b"a" * (1 << 20) + _MEDIUM[1 << 20 :]


def test_what_another_file_holds_is_not_read_as_blank(tmp_path: Path) -> None:
    """An image that builds on another, or whose data lie elsewhere, is unsupported, whatever its kind."""
    base = convert(tmp_path, "qcow2", "cluster_size=64k")
    child = tmp_path / "child.qcow2"
    run("qemu-img", "create", "-f", "qcow2", "-b", base, "-F", "qcow2", child)
    with Opened(child) as source, pytest.raises(UnreadError, match="unsupported"):
        QcowMedium(source)
    run("qemu-img", "create", "-f", "qcow2", "-o", f"data_file={tmp_path}/data", child, "1M")
    with Opened(child) as source, pytest.raises(UnreadError, match="unsupported"):
        QcowMedium(source)
    parent = convert(tmp_path, "vmdk", "subformat=monolithicSparse")
    child = tmp_path / "child.vmdk"
    run("qemu-img", "create", "-f", "vmdk", "-b", parent, "-F", "vmdk", child)
    with Opened(child) as source, pytest.raises(UnreadError, match="unsupported"):
        open_vmdk(source)


def test_an_encrypted_image_is_encrypted(tmp_path: Path) -> None:
    """QCOW2 with a key of its own says so."""
    need("qemu-img")
    image = tmp_path / "image.qcow2"
    secret = ("--object", "secret,id=s,data=password", "-o", "encrypt.format=luks,encrypt.key-secret=s")
    run_locking("qemu-img", "create", "-f", "qcow2", *secret, "-o", "encrypt.iter-time=10", image, "1M")
    with Opened(image) as source, pytest.raises(UnreadError, match="encrypted"):
        QcowMedium(source)


def test_a_description_without_its_files_is_truncated(tmp_path: Path) -> None:
    """Where a file that an image names is missing, that is its reason."""
    image = convert(tmp_path, "vmdk", "subformat=monolithicFlat")
    with Opened(image) as source, pytest.raises(UnreadError, match="truncated"):
        open_vmdk(source)


_SMALL = medium(300_000, seed=5)[: 512 * 500]


@pytest.mark.parametrize(
    ("kind", "options", "flag"),
    [
        ("qcow2", "cluster_size=512", "-c"),
        ("qcow2", "cluster_size=4k", ""),
        ("qcow2", "compression_type=zstd,cluster_size=4k", "-c"),
        ("qcow2", "extended_l2=on,cluster_size=16k", ""),
        ("vdi", "static=off", ""),
        ("vmdk", "subformat=streamOptimized", ""),
        ("vmdk", "subformat=monolithicSparse", ""),
        ("vpc", "subformat=dynamic,force_size=on", ""),
    ],
)
def test_lying_images_give_bytes_or_a_reason(tmp_path: Path, kind: str, options: str, flag: str) -> None:
    """Whatever is written over an image, or cut from it: ranges of the stated size, or a reason; nothing else."""
    data = convert(tmp_path, kind, options, flag, data=_SMALL).read_bytes()
    # Lies are told in the header and the tables behind it, mostly.
    places = st.one_of(st.integers(0, 600), st.integers(0, len(data) - 1))
    numbers = st.sampled_from([0, 1, 255, 1 << 16, (1 << 31) - 1, (1 << 32) - 1, 1 << 62, (1 << 64) - 1])
    written = st.one_of(st.binary(min_size=1, max_size=8), numbers.map(lambda number: struct.pack(">Q", number)))

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.tuples(places, written), max_size=4), st.one_of(st.none(), st.integers(0, len(data))))
    def check(changes: list[tuple[int, bytes]], end: int | None) -> None:
        lying = bytearray(data)
        for offset, content in changes:
            lying[offset : offset + len(content)] = content
        source = MemoryRange(bytes(lying[:end]))
        try:
            disk = _OPENERS.get(kind, open_vhd)(source)
        except UnreadError:
            return
        for offset in (0, 4096, disk.size_bytes // 2, disk.size_bytes - 512):
            try:
                assert len(disk.read_at(offset, 8192)) <= 8192
            except UnreadError:
                continue

    check()


def test_a_lie_about_snapshots_is_stated(tmp_path: Path) -> None:
    """A table of snapshots that leads nowhere is a reason, and costs nothing else."""
    data = bytearray(convert(tmp_path, "qcow2", "cluster_size=64k", data=_SMALL).read_bytes())
    data[60:72] = struct.pack(">IQ", 3, len(data) - 8)
    size, now, *told = unpack(MemoryRange(bytes(data)), Context())
    # A blank disk, packed into little, is given time.
    assert isinstance(size, Medium)
    assert size.size_bytes == len(_SMALL)
    assert isinstance(now, Member)
    assert told == [Reason.TRUNCATED]


def test_joined_parts_read_as_one() -> None:
    """Several ranges in a row are one, over their seams too."""
    parts = [_SMALL[:1000], _SMALL[1000:1001], b"", _SMALL[1001:]]
    joined = Segments([MemoryRange(part) for part in parts])
    assert joined.size_bytes == len(_SMALL)
    assert joined.read_at(990, 20) == _SMALL[990:1010]
    assert joined.read_at(len(_SMALL) - 5, 20) == _SMALL[-5:]
    assert joined.read_at(len(_SMALL), 20) == b""


@pytest.mark.parametrize("kind", ["qcow2", "vdi", "vpc", "vhdx", "vmdk"])
def test_how_large_a_disk_is_said_before_anything_on_it(tmp_path: Path, kind: str) -> None:
    """Who waits for the reader of a blank disk knows how much there is to look through."""
    need("qemu-img")
    image = tmp_path / "image"
    run("qemu-img", "create", "-f", kind, image, "64M")
    source = MemoryRange(image.read_bytes())
    found = recognise(source)
    assert found is not None
    read = load_formats()[found.name]
    assert read is not None
    first = next(iter(read(source, Context())))
    assert isinstance(first, Medium)
    assert first.size_bytes >= 64 << 20
