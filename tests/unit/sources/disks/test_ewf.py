"""E01 images: bit for bit what libewf reads, and never a byte that was not verified."""

import hashlib
import struct
from collections.abc import Sequence
from pathlib import Path
from zlib import adler32

import numpy as np
import pyewf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sources.disks.images import Opened, medium, need, run

from unseen.model import Acquisition, Comparison, Reason, State, UnreadError
from unseen.sources.disks.ewf.medium import EwfMedium, unpack
from unseen.sources.disks.ewf.sections import DESCRIPTOR_BYTES
from unseen.sources.disks.ewf.tables import Chunk, Places
from unseen.sources.layers import Context, Medium, Member, MemoryRange, Segments

# Five MiB and three sectors: the last chunk is not whole.
_MEDIUM = medium((5 << 20) + 3 * 512)

_KINDS = [
    ("-c", "none"),
    ("-c", "empty-block"),
    ("-c", "fast"),
    ("-c", "best"),
    ("-b", "16", "-c", "fast"),
    ("-b", "1024", "-c", "fast"),
    ("-b", "32768", "-c", "best"),
    ("-f", "encase2", "-c", "fast"),
    ("-f", "encase5", "-c", "fast"),
    ("-f", "encase7", "-c", "fast"),
    ("-f", "ftk", "-c", "fast"),
    ("-f", "linen7"),
    ("-f", "ewfx", "-c", "fast"),
    ("-f", "smart", "-c", "fast"),
    ("-f", "ewf"),
    ("-S", "1048576", "-b", "16", "-c", "fast", "-d", "sha1"),
    ("-S", "1048576", "-f", "encase5", "-c", "none"),
    ("-S", "1048576", "-f", "smart", "-c", "fast"),
    ("-P", "4096", "-B", "5242880"),
]


def acquire(folder: Path, *options: str, data: bytes = _MEDIUM) -> list[Path]:
    """Have libewf's own tool make an image; its segments in order."""
    need("ewfacquire")
    raw = folder / "medium.raw"
    raw.write_bytes(data)
    run("ewfacquire", "-q", "-u", *options, "-t", folder / "image", raw)
    return sorted(folder.glob("image.[eEsS]*"))


@pytest.mark.parametrize("options", _KINDS, ids=" ".join)
def test_every_kind_of_image_is_read_as_libewf_reads_it(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Whatever the compression, the size of chunks and segments and the dialect, every byte is that of libewf."""
    paths = acquire(tmp_path, *options)
    assert len(paths) > 1 or "-S" not in options
    handle = pyewf.handle()
    handle.open([str(path) for path in paths])
    theirs = handle.read_buffer_at_offset(handle.get_media_size(), 0)
    handle.close()
    with Opened(*paths) as source:
        image = EwfMedium(source)
        assert image.read_at(0, image.size_bytes) == theirs == _MEDIUM[: image.size_bytes]
        assert not image.faults
        assert image.stated["md5"] == hashlib.md5(theirs).digest()
        acquisition, reason = image.compare()
        assert acquisition.md5 is Comparison.VERIFIED
        assert acquisition.sha1 is (Comparison.VERIFIED if "sha1" in options else Comparison.ABSENT)
        assert reason is None


def test_ranges_are_those_of_the_medium(tmp_path: Path) -> None:
    """Any range, over the ends of chunks and of the medium, is the same range of the medium."""
    with Opened(*acquire(tmp_path, "-c", "fast", "-b", "16", "-S", "1048576")) as source:
        image = EwfMedium(source)

        @settings(max_examples=200)
        @given(st.integers(0, len(_MEDIUM) + 10), st.integers(0, 100_000))
        def check(offset: int, size: int) -> None:
            assert image.read_at(offset, size) == _MEDIUM[offset : offset + size]

        check()
        assert image.read_at(-1, 10) == b""


def _of_kind(data: bytes | bytearray, kind: bytes) -> int:
    """Where the descriptor of the first section of a kind begins."""
    return data.index(kind.ljust(16, b"\0"))


def test_a_flipped_bit_makes_its_own_chunk_unreadable_and_no_other(tmp_path: Path) -> None:
    """The chunk with the flipped bit cannot be read; all others still are what they were."""
    for option in ("none", "fast"):
        (path,) = acquire(tmp_path, "-c", option)
        data = bytearray(path.read_bytes())
        data[_of_kind(data, b"sectors") + DESCRIPTOR_BYTES + 40_000] ^= 0x10
        image = EwfMedium(MemoryRange(bytes(data)))
        lost = []
        for offset in range(0, len(_MEDIUM), 32_768):
            try:
                assert image.read_at(offset, 32_768) == _MEDIUM[offset : offset + 32_768]
            except UnreadError as error:
                lost.append(error.reason)
        assert lost == [Reason.UNREADABLE]
        assert image.compare() == (Acquisition(md5=Comparison.UNREAD, sha1=Comparison.ABSENT), Reason.UNREADABLE)
        path.unlink()


def test_the_twin_of_a_broken_table_stands_in_for_it(tmp_path: Path) -> None:
    """One damaged table loses nothing; both damaged lose their chunks and no others."""
    paths = acquire(tmp_path, "-c", "fast", "-b", "16", "-S", "1048576")
    datas = [bytearray(path.read_bytes()) for path in paths]
    datas[0][_of_kind(datas[0], b"table") + DESCRIPTOR_BYTES + 60] ^= 1
    image = EwfMedium(Segments([MemoryRange(bytes(data)) for data in datas]))
    assert image.read_at(0, len(_MEDIUM)) == _MEDIUM
    # Now the header of the first as well as of its twin: not even how many chunks they place is known.
    for kind in (b"table", b"table2"):
        datas[0][_of_kind(datas[0], kind) + DESCRIPTOR_BYTES] ^= 1
    image = EwfMedium(Segments([MemoryRange(bytes(data)) for data in datas]))
    with pytest.raises(UnreadError, match="unreadable"):
        image.read_at(0, 1)
    assert image.read_at(len(_MEDIUM) - 100_000, 100_000) == _MEDIUM[-100_000:]


def test_a_missing_segment_leaves_what_the_others_hold(tmp_path: Path) -> None:
    """Without its later segments an image is truncated, and what its first ones hold is read."""
    paths = acquire(tmp_path, "-c", "none", "-S", "1048576")
    with Opened(*paths[:2]) as source:
        image = EwfMedium(source)
        assert image.faults == {Reason.TRUNCATED}
        assert image.read_at(0, 1 << 20) == _MEDIUM[: 1 << 20]
        with pytest.raises(UnreadError, match="truncated"):
            image.read_at(4 << 20, 1)
    with Opened(paths[0], paths[2]) as source:
        assert EwfMedium(source).faults == {Reason.TRUNCATED}
    with Opened(paths[1]) as source, pytest.raises(UnreadError, match="truncated"):
        EwfMedium(source)


@pytest.mark.parametrize("options", [("-c", "fast"), ("-S", "1048576", "-c", "fast"), ("-f", "smart"), ("-f", "ftk")])
def test_what_lies_in_no_section_of_any_segment_is_given(tmp_path: Path, options: tuple[str, ...]) -> None:
    """An image that nobody touched has nothing of that kind; what was put behind the sections of a file is a member."""
    segments = [path.read_bytes() for path in acquire(tmp_path, *options)]
    assert _beside_sections(segments) == []
    at = len(segments) // 2
    hidden = np.random.default_rng(3).bytes(5_000)
    start = sum(map(len, segments[: at + 1]))
    segments[at] += hidden
    assert _beside_sections(segments) == [(f"bytes from {start}", hidden)]
    # Before the last section, which the chain steps over.
    (last,) = segments[-1:]
    end_at = last.rindex(b"done" if b"done" in last else b"next")
    moved = _descriptor(last[end_at : end_at + 16], end_at + len(hidden))
    before = _chain(last, end_at)
    whole = bytearray(last[:end_at] + hidden + moved)
    whole[before : before + DESCRIPTOR_BYTES] = _descriptor(
        last[before : before + 16], end_at + len(hidden), int.from_bytes(last[before + 24 : before + 32], "little")
    )
    assert ("bytes from", hidden) in [
        (name[:10], content) for name, content in _beside_sections([*segments[:-1], bytes(whole)])
    ]


def _descriptor(kind: bytes, following: int, size_bytes: int = DESCRIPTOR_BYTES) -> bytes:
    fields = kind + struct.pack("<QQ", following, size_bytes) + bytes(40)
    return fields + adler32(fields).to_bytes(4, "little")


def _chain(segment: bytes, end_at: int) -> int:
    """Where the section begins that stands before another."""
    at = 13
    while (following := int.from_bytes(segment[at + 16 : at + 24], "little")) != end_at:
        at = following
    return at


def _beside_sections(segments: Sequence[bytes]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for member in unpack(Segments([MemoryRange(bytes(each)) for each in segments]), Context()):
        if isinstance(member, Member) and member.state is State.ORPHAN:
            content = member.open()
            assert not isinstance(content, Reason)
            found.append((member.address, content.read_at(0, content.size_bytes)))
    return found


def test_a_medium_that_is_not_the_one_acquired_is_told(tmp_path: Path) -> None:
    """An image whose stored digest is not that of its medium ends with that reason, after all that is in it."""
    (path,) = acquire(tmp_path, "-c", "fast")
    data = bytearray(path.read_bytes())
    found = Acquisition(md5=Comparison.VERIFIED, sha1=Comparison.ABSENT)
    assert list(unpack(MemoryRange(bytes(data)), Context()))[-1] == Medium(len(_MEDIUM), found)
    start = _of_kind(data, b"hash") + DESCRIPTOR_BYTES
    data[start] ^= 1
    data[start + 32 : start + 36] = adler32(data[start : start + 32]).to_bytes(4, "little")
    told = list(unpack(MemoryRange(bytes(data)), Context()))
    assert told[0] == Medium(len(_MEDIUM))
    assert isinstance(told[1], Member)
    found = Acquisition(md5=Comparison.MISMATCH, sha1=Comparison.ABSENT)
    assert told[-2:] == [Medium(len(_MEDIUM), found), Reason.HASH_MISMATCH]
    # A digest whose own checksum does not hold is no digest, and was stored all the same.
    data[start + 5] ^= 1
    found = Acquisition(md5=Comparison.UNREAD, sha1=Comparison.ABSENT)
    assert list(unpack(MemoryRange(bytes(data)), Context()))[-2:] == [Medium(len(_MEDIUM), found), Reason.UNREADABLE]


_SMALL = medium(200_000, seed=3)[: 390 * 512]


def test_lies_cost_no_more_than_the_image(tmp_path: Path) -> None:
    """Whatever bits are flipped, pieces cut off or repeated: bytes of the medium, or a reason; nothing else."""
    (path,) = acquire(tmp_path, "-c", "fast", "-b", "16", data=_SMALL)
    data = path.read_bytes()

    @settings(max_examples=400, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, len(data) - 1), st.binary(min_size=1, max_size=8)), max_size=4), st.data())
    def check(changes: list[tuple[int, bytes]], more: st.DataObject) -> None:
        lying = bytearray(data)
        for offset, written in changes:
            lying[offset : offset + len(written)] = written
        # Checksums that hold do not make a lie true.
        if more.draw(st.booleans()):
            _mend(lying)
        source = MemoryRange(bytes(lying[: more.draw(st.integers(0, len(lying)))]))
        try:
            image = EwfMedium(source)
        except UnreadError:
            return
        for offset in range(0, min(image.size_bytes, 1 << 20), 8192):
            try:
                assert len(image.read_at(offset, 8192)) <= 8192
            except UnreadError:
                continue

    check()


def _mend(data: bytearray) -> None:
    """Make the checksums of all descriptors and table headers right again."""
    for kind in (b"header2", b"header", b"volume", b"sectors", b"table", b"table2", b"data", b"hash", b"done"):
        at = data.find(kind.ljust(16, b"\0"))
        if 0 <= at <= len(data) - 200:
            data[at + 72 : at + 76] = adler32(data[at : at + 72]).to_bytes(4, "little")
            if kind.startswith(b"table"):
                data[at + 96 : at + 100] = adler32(data[at + 76 : at + 96]).to_bytes(4, "little")


def test_offsets_beyond_two_gibibytes_take_the_bit_of_compression() -> None:
    """From where the lower 31 bits fall, all 32 are the offset, and no entry says whether its chunk is compressed."""
    flag = 1 << 31
    entries = np.array([flag | 0x7FFFFF00, 0x7FFFFFF0, flag + 0x10, flag + 0x110], np.uint32)
    places = Places(entries, 76, flag + 0x1000)
    assert places[0] == Chunk(0x7FFFFF00 + 76, 0xF0, is_compressed=True)
    assert places[1] == Chunk(0x7FFFFFF0 + 76, 0x20, is_compressed=False)
    assert places[2] == Chunk(flag + 0x10 + 76, 0x100, is_compressed=None)
    assert places[3] == Chunk(flag + 0x110 + 76, 0x1000 - 0x110 - 76, is_compressed=None)
