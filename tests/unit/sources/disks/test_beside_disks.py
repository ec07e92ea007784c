"""What lies in the files of an image and on no disk of it; images of macOS that grow."""

import itertools
import random
import struct
import zlib
from pathlib import Path

import pytest
from tests.unit.sources.disks.images import medium, need, run
from tests.unit.sources.disks.test_images import convert, everything
from tests.unit.sources.unpacked import members

from unseen.model import Reason, State, UnreadError
from unseen.sources.disks.images import vmdk
from unseen.sources.disks.images.dmg import SparseImage, open_dmg
from unseen.sources.layers import Context, Member, MemoryRange, Segments

MEDIUM = medium((5 << 20) + 3 * 512, seed=11)


@pytest.mark.parametrize("form", ["monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat"])
def test_what_lies_in_any_file_of_an_image_and_not_on_the_disk_is_given(tmp_path: Path, form: str) -> None:
    """Behind the words that name the files, and behind the end of each of them."""
    image = convert(tmp_path, "vmdk", f"subformat={form}")
    (later,) = (path for path in tmp_path.glob("image-*.vmdk") if path != image)
    files = [image.read_bytes(), later.read_bytes()]
    assert [name for name, _ in _beside_disk(files)] == []
    behind = [random.Random(seed).randbytes(9_000) for seed in (3, 4)]
    joined = [files[0] + b"\0" + behind[0], files[1] + behind[1]]
    given_ = _beside_disk(joined)
    assert [content[-9_000:] for _, content in given_] == behind
    # Places are counted over both files.
    assert int(given_[1][0].split()[-1]) >= len(joined[0])


def _beside_disk(files: list[bytes]) -> list[tuple[str, bytes]]:
    """What is given of an image in several files behind its volumes."""
    found: list[tuple[str, bytes]] = []
    for member in vmdk.unpack(Segments([MemoryRange(file) for file in files]), Context()):
        if isinstance(member, Member) and member.state is State.ORPHAN:
            content = member.open()
            assert not isinstance(content, Reason)
            found.append((member.address, content.read_at(0, content.size_bytes)))
    return found


def _streamed(data: bytes, *, hidden: bytes) -> bytes:
    """A stream-optimized VMDK as VMware writes it: tables behind what they lead to, and their directory at the end."""
    grain, per_table = 128, 512

    def marker(sectors: int, kind: int) -> bytes:
        return struct.pack("<QII", sectors, 0, kind).ljust(512, b"\0")

    def header(directory: int) -> bytes:
        text_at = 1
        fields = (b"KDMV", 3, 0x30001, len(data) // 512, grain, text_at, 20, per_table, 0, directory, grain, 0)
        return struct.pack("<4sIIQQQQIQQQB4sH", *fields, b"\n \r\n", 1).ljust(512, b"\0")

    words = (
        '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="streamOptimized"\n\n'
        f'# Extent description\nRW {len(data) // 512} SPARSE "x.vmdk"\n\n'
        '# The Disk Data Base\n#DDB\n\nddb.virtualHWVersion = "4"\n'
    )
    made = bytearray((header((1 << 64) - 1) + words.encode()).ljust(128 * 512, b"\0"))
    places = []
    for at in range(0, len(data), grain * 512):
        packed = zlib.compress(data[at : at + grain * 512])
        places.append(len(made) // 512)
        made += struct.pack("<QI", at // 512, len(packed)) + packed
        made += bytes(-len(made) % 512)
    made += hidden + bytes(-len(hidden) % 512)
    table_at = len(made) // 512 + 1
    made += marker(4, 1) + struct.pack("<512I", *places, *[0] * (512 - len(places)))
    directory_at = len(made) // 512 + 1
    made += marker(1, 2) + struct.pack("<I", table_at).ljust(512, b"\0")
    return bytes(made) + marker(1, 3) + header(directory_at) + bytes(512)


def test_a_streamed_image_with_its_directory_at_the_end_hides_nothing(tmp_path: Path) -> None:
    """Between its grains and behind its end; QEMU reads the same disk."""
    need("qemu-img")
    hidden, behind = (random.Random(seed).randbytes(6_000) for seed in (3, 4))
    data = MEDIUM[: 31 * 128 * 512]
    plain = _streamed(data, hidden=b"")
    (tmp_path / "s.vmdk").write_bytes(plain)
    run("qemu-img", "convert", "-f", "vmdk", "-O", "raw", tmp_path / "s.vmdk", tmp_path / "s.raw")
    assert (tmp_path / "s.raw").read_bytes() == data
    (disk,) = members(plain)
    assert not isinstance(disk, Reason)
    assert disk[2] == data
    again, *rest = members(_streamed(data, hidden=hidden) + behind)
    assert again == disk
    found = [each[2] for each in rest if not isinstance(each, Reason) and isinstance(each[2], bytes)]
    assert [content.rstrip(b"\0") for content in found] == [hidden, behind]


def _sparse(bands: dict[int, bytes], sectors: int, *, nodes: list[list[int]], behind: bytes = b"") -> bytes:
    """A sparse image of macOS whose bands have eight sectors: their numbers, from 1, for each node."""
    band_bytes, made = 8 * 512, b""
    ends = list(itertools.accumulate(4096 + band_bytes * len(node) for node in nodes))
    for number, node in enumerate(nodes):
        following = ends[number] if number + 1 < len(nodes) else 0
        head = struct.pack(">4sIIIIQQ", b"sprs", 3, 8, 1, sectors, following, sectors).ljust(64, b"\0")
        if number:
            head = struct.pack(">4sIIQ", b"sprs", number - 1, 1, following).ljust(56, b"\0")
        made += (head + struct.pack(f">{len(node)}I", *node)).ljust(4096, b"\0")
        made += b"".join(bands.get(band, b"").ljust(band_bytes, b"\0") for band in node)
    return made + behind


def test_a_sparse_image_is_read_as_libmodi_reads_it_and_beyond() -> None:
    """Bands out of order, none for blanks; and more than one node holds, which libmodi opens no image with."""
    draw = random.Random(5)
    bands = {number: draw.randbytes(4096) for number in range(1, 2_101) if number % 3}
    small = _sparse(bands, 40 * 8, nodes=[[5, 1, 7, 2, 40]])
    theirs = everything(open_dmg(MemoryRange(small)))
    assert theirs == everything(SparseImage(MemoryRange(small)))
    assert theirs[4 * 4096 : 5 * 4096] == bands[5]
    numbers = sorted(bands)
    draw.shuffle(numbers)
    large = _sparse(bands, 2_100 * 8, nodes=[numbers[:1008], numbers[1008:]], behind=b"hidden" * 50)
    disk, rest = members(large)
    assert not isinstance(disk, Reason)
    assert disk[2] == b"".join(bands.get(number, bytes(4096)) for number in range(1, 2_101))
    assert rest == (f"bytes from {len(large) - 300}", State.ORPHAN, b"hidden" * 50)


def test_a_sparse_image_that_is_cut_or_lies_says_so() -> None:
    """Bands that only a lost node knows, numbers of bands that the disk does not have, nodes in a circle."""
    bands = {number: bytes([number % 250 + 1]) * 4096 for number in range(1, 1_100)}
    nodes = [list(range(1, 1009)), list(range(1009, 1100))]
    whole = _sparse(bands, 1_099 * 8, nodes=nodes)
    assert SparseImage(MemoryRange(whole)).faults == set()
    assert SparseImage(MemoryRange(whole[: 4096 * 1009])).faults == {Reason.TRUNCATED}
    assert SparseImage(MemoryRange(_sparse(bands, 80, nodes=[[1, 11, 2]]))).faults == {Reason.UNREADABLE}
    circle = bytearray(whole)
    circle[20:28] = struct.pack(">Q", 4095)
    assert SparseImage(MemoryRange(bytes(circle))).faults == {Reason.UNREADABLE}
    with pytest.raises(UnreadError, match="too_large"):
        SparseImage(MemoryRange(_sparse({}, (1 << 32) - 1, nodes=[[1]])))


def test_what_is_left_behind_the_header_is_not_given_with_the_header(tmp_path: Path) -> None:
    """QCOW2 of version 2 may hold more in its first cluster: given alone it is bytes, not one more broken image."""
    image = bytearray(convert(tmp_path, "qcow2", "compat=0.10").read_bytes())
    # As some tools write them: the fields of version 3 that say how it would be.
    image[96:104] = struct.pack(">II", 4, 104)
    assert not _orphans(bytes(image))
    hidden = random.Random(5).randbytes(300)
    image[400:700] = hidden
    ((name, content),) = _orphans(bytes(image))
    assert int(name.split()[-1]) > 0
    assert hidden in content


def _orphans(data: bytes) -> list[tuple[str, bytes]]:
    given_ = [each for each in members(data) if not isinstance(each, Reason)]
    return [(name, content) for name, state, content in given_ if state is State.ORPHAN and isinstance(content, bytes)]
