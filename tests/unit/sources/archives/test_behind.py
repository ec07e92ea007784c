"""What stands behind the end of what is packed is given, whoever packed it and whatever was wanted of it."""

import bz2
import gzip
import io
import lzma
import random
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from tests.unit.sources.archives.programs import run_program
from tests.unit.sources.archives.test_streams import make_tar
from tests.unit.sources.archives.unpacking import unpack_any

from unseen.model import State
from unseen.sources.layers import Context, Member, MemoryRange, load_formats, recognise

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NOISE = random.Random(5).randbytes(300_000)


def make_slack() -> bytes:
    """A zip whose one entry has more packed bytes than unpack."""
    packed = zlib.compressobj(wbits=-15)
    data = packed.compress(b"a" * 9_000) + packed.flush() + NOISE[:500]
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, zlib.crc32(b"a" * 9_000), len(data), 9_000, 1, 0)
    local = b"PK\3\4" + fields + b"a" + data
    central = b"PK\1\2" + struct.pack("<H", 20) + fields + bytes(14) + b"a"
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def damaged_zip() -> bytes:
    """A zip whose one entry has another checksum than it should."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", NOISE[:900])
    data = bytearray(file.getvalue())
    data[300] ^= 1
    return bytes(data)


@pytest.mark.parametrize("option", ["gzip", "bzip2", "xz", "zstd", "lz4", "lzip", "lzma"])
@pytest.mark.parametrize("is_tar", [True, False])
def test_whatever_compressed_it_what_stands_behind_is_given(tmp_path: Path, option: str, *, is_tar: bool) -> None:
    """Nothing of the archive is lost for it, and no zeros before it hide it."""
    (tmp_path / "a").write_bytes(NOISE)
    form = "--format=ustar" if is_tar else "--format=raw"
    run_program("bsdtar", form, f"--{option}", "-cf", "packed", "a", cwd=tmp_path)
    packed = (tmp_path / "packed").read_bytes()
    for behind in (NOISE[:9_000], bytes(3 << 20) + NOISE[:9_000]):
        given = unpack_any(packed + behind)
        assert given.reasons == []
        inside, rest = given.contents.values()
        assert inside == NOISE
        assert isinstance(rest, bytes)
        assert rest.endswith(NOISE[:9_000])
        assert given.members[1].state is State.ORPHAN


def test_several_streams_before_what_stands_behind_are_all_read() -> None:
    """xz and zstd join streams, and let others be stepped over."""
    first, second = lzma.compress(b"first"), lzma.compress(b"second")
    given = unpack_any(first + bytes(8) + second + NOISE[:500])
    assert list(given.contents.values()) == [b"firstsecond", NOISE[:500]]
    skipped = b"\x50\x2a\x4d\x18\x05\0\0\0abcde"
    packed = zstd.compress(b"first") + skipped + zstd.compress(b"second" * 99_999)
    given = unpack_any(packed + NOISE[:500])
    assert list(given.contents.values()) == [b"first" + b"second" * 99_999, NOISE[:500]]


def test_what_is_compressed_the_oldest_way_is_looked_through_as_it_lies_too(tmp_path: Path) -> None:
    """It has no end: what stands behind would pass for more of it."""
    (tmp_path / "a").write_bytes(b"words " * 9_000)
    run_program("bsdtar", "--format=raw", "--compress", "-cf", "packed", "a", cwd=tmp_path)
    given = unpack_any((tmp_path / "packed").read_bytes() + NOISE[:9_000])
    rest = given.contents["bytes from 2"]
    assert isinstance(rest, bytes)
    assert rest.endswith(NOISE[:9_000])


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"a" * 9_000) + NOISE[:500],
        bz2.compress(b"a" * 9_000) + NOISE[:500],
        lzma.compress(b"a" * 9_000) + NOISE[:500],
        lzma.compress(b"a" * 9_000, format=lzma.FORMAT_ALONE) + NOISE[:500],
        gzip.compress(NOISE)[:200_000],
        make_slack(),
        damaged_zip(),
        b"ANDROID BACKUP\n5\n1\nnone\n" + zlib.compress(make_tar()) + NOISE[:500],
        b"ANDROID BACKUP\n5\n1\nnone\n" + zlib.compress(make_tar())[:-9],
    ],
    ids=["gz", "bz2", "xz", "lzma", "cut", "slack", "damage", "ab", "cut ab"],
)
def test_what_is_told_does_not_depend_on_what_was_wanted(data: bytes) -> None:
    """A walk that passes over what an earlier one has dealt with meets the same members, and the same damage."""
    source = MemoryRange(data)
    inside = recognise(source)
    assert inside is not None
    unpack = load_formats()[inside.name]
    assert unpack is not None
    told: list[list[object]] = []
    for is_wanted in (True, False):
        told.append([])
        for given in unpack(source, Context()):
            told[-1].append(given.address if isinstance(given, Member) else given)
            if is_wanted and isinstance(given, Member):
                given.open()
    assert told[0] == told[1]
    assert len(told[0]) == 2
