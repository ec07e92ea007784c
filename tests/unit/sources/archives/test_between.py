"""Bytes that an archive's format lets anybody put where no program looks."""

import gzip
import io
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import py7zr
import pytest
from tests.fuzz.archives.corpus import make_corpus
from tests.unit.sources.archives.made import make_cab
from tests.unit.sources.carving.drawn import picture, written
from tests.unit.sources.unpacked import members

from unseen.model import Reason, State

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HIDDEN = written(picture(7, 160, 120), "JPEG")
TEXT = b"hello " * 50


def behind_packed(hidden: bytes) -> bytes:
    """A 7z archive with something between what is packed and the list of it."""
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w") as archive:
        archive.writestr(TEXT, "x")
    data = file.getvalue()
    at, size, _ = struct.unpack_from("<QQI", data, 12)
    packed, listed = data[32 : 32 + at], data[32 + at : 32 + at + size]
    start = struct.pack("<QQI", at + len(hidden), size, zlib.crc32(listed))
    return data[:8] + struct.pack("<I", zlib.crc32(start)) + start + packed + hidden + listed


def in_extra_field(hidden: bytes) -> bytes:
    """A file of gzip with a field that nobody knows."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    field = b"AB" + struct.pack("<H", len(hidden)) + hidden
    head = b"\x1f\x8b\x08\x04" + bytes(6) + struct.pack("<H", len(field)) + field
    return head + packer.compress(TEXT) + packer.flush() + struct.pack("<II", zlib.crc32(TEXT), len(TEXT))


def in_comment(hidden: bytes) -> bytes:
    """A zip with a comment on its entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("a")
        info.comment = hidden
        archive.writestr(info, TEXT)
    return file.getvalue()


def in_directory(hidden: bytes) -> bytes:
    """A zip with an extra field that only its directory has."""
    field = struct.pack("<HH", 0x4141, len(hidden)) + hidden
    fields = (20, 0, 0, 0, 0x21, zlib.crc32(TEXT), len(TEXT), len(TEXT), 1)
    local = b"PK\3\4" + struct.pack("<HHHHHIIIHH", *fields, 0) + b"a" + TEXT
    listed = b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", 20, *fields, len(field), 0, 0, 0, 0, 0) + b"a" + field
    return local + listed + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(listed), len(local), 0)


def in_cabinet(hidden: bytes) -> bytes:
    """A cabinet whose data begins later than it need."""
    data = bytearray(make_cab({"a": TEXT}))
    (at,) = struct.unpack_from("<I", data, 36)
    struct.pack_into("<I", data, 36, at + len(hidden))
    return bytes(data[:at]) + hidden + bytes(data[at:])


def in_tar(hidden: bytes, kind: bytes) -> bytes:
    """A tar file with a header that describes others."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("a")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    record = b" SCHILY.xattr.user.a=" + hidden + b"\n"
    size = len(record) + len(str(len(record) + 4))
    header = tarfile.TarInfo("described")
    header.type, header.size = kind, size
    described = header.tobuf(tarfile.USTAR_FORMAT) + str(size).encode() + record
    return described + bytes(-len(described) % 512) + file.getvalue()


def skipped(before: bytes, hidden: bytes) -> bytes:
    """A frame that every program steps over."""
    return before + b"\x50\x2a\x4d\x18" + struct.pack("<I", len(hidden)) + hidden


_PLACES: dict[str, Callable[[bytes], bytes]] = {
    "7z": behind_packed,
    "gz": in_extra_field,
    "zip comment": in_comment,
    "zip field": in_directory,
    "cab": in_cabinet,
    "tar": lambda hidden: in_tar(hidden, b"x"),
    "tar, of all": lambda hidden: in_tar(hidden, b"g"),
    "behind cab": lambda hidden: make_cab({"a": TEXT}) + hidden,
    "zstd": lambda hidden: skipped(zstd.compress(TEXT), hidden) + zstd.compress(TEXT),
    **({"xar": lambda hidden: make_corpus()["xar"] + hidden} if "xar" in make_corpus() else {}),
    **({"lz4": lambda hidden: skipped(make_corpus()["lz4"], hidden)} if "lz4" in make_corpus() else {}),
}


@pytest.mark.parametrize("place", _PLACES)
def test_what_is_hidden_in_an_archive_is_given(place: str) -> None:
    """Whole, in a member of its own; what the archive lists is given as without it, and then nothing else is."""
    plain = members(_PLACES[place](b""))
    given = members(_PLACES[place](HIDDEN))
    found = [
        each
        for each in given
        if not isinstance(each, Reason) and isinstance(each[2], bytes) and HIDDEN in each[2] and each not in plain
    ]
    assert found
    assert {each[1] for each in found} <= {State.ORPHAN, State.CARVED}
    listed = [each for each in plain if isinstance(each, Reason) or each[1] is State.ALLOCATED]
    assert [each for each in given if isinstance(each, Reason) or each[1] is State.ALLOCATED] == listed
    assert [each for each in plain if not isinstance(each, Reason) and each[1] is not State.ALLOCATED] == []


def test_usual_headers_hide_nothing() -> None:
    """Names and times, as programs write them."""
    file = io.BytesIO()
    with gzip.GzipFile("a long name " * 20, "wb", fileobj=file) as packed:
        packed.write(TEXT)
    assert [each[2] for each in members(file.getvalue()) if not isinstance(each, Reason)] == [TEXT]
