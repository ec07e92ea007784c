"""Windows' thumbnail caches: every entry of every version is given, and what lies between entries is carved."""

import struct

import pytest
from tests.unit.sources.carving.drawn import drawn_files, picture, written
from tests.unit.sources.unpacked import members

from unseen.model import State

JPEG, OTHER = written(picture(3), "JPEG"), written(picture(4), "JPEG")


def thumbcache(version: int, entries: list[tuple[str, bytes]], between: bytes = b"") -> bytes:
    """A cache with entries of an identifier and a picture each, and something behind each."""
    packed = b""
    for identifier, data in entries:
        name = identifier.encode("utf-16-le")
        body = name + bytes(2) + data + between
        sizes = struct.pack("<III", len(name), 2, len(data))
        extension = "jpg\0".encode("utf-16-le") if version == 20 else b""
        size = b"" if version in {20, 21} else struct.pack("<II", 96, 64)
        header = bytes(8) + extension + sizes + size + bytes(4) + bytes(16)
        packed += b"CMMM" + struct.pack("<I", 8 + len(header) + len(body)) + header + body
    return b"CMMM" + struct.pack("<IIIII", version, 2, 24, 24 + len(packed), len(entries)) + packed


@pytest.mark.parametrize("version", [20, 21, 30, 31, 32])
def test_each_entry_of_each_version_is_given(version: int) -> None:
    """Vista, 7, 8, 8.1 and 10: JPEG, PNG and bitmaps under their identifiers, empty entries not."""
    entries = [("0011", JPEG), ("2233", drawn_files()["PNG"]), ("4455", b""), ("6677", drawn_files()["BMP"])]
    given = [each for each in members(thumbcache(version, entries)) if isinstance(each, tuple)]
    assert [(each[0].split()[1], each[2]) for each in given] == [entry for entry in entries if entry[1]]
    assert {each[1] for each in given} == {State.ALLOCATED}


def test_what_an_earlier_entry_left_is_carved() -> None:
    """Entries are written over longer ones, and the file's end is not cut."""
    data = thumbcache(32, [("0011", JPEG)], between=b"rest" + OTHER) + bytes(50) + drawn_files()["PNG"]
    given = [(each[1], each[2]) for each in members(data) if isinstance(each, tuple)]
    assert given == [(State.ALLOCATED, JPEG), (State.CARVED, OTHER), (State.CARVED, drawn_files()["PNG"])]


def test_an_entry_that_lies_about_its_size_hides_nothing() -> None:
    """Its picture and those behind it are found by their structure."""
    data = bytearray(thumbcache(32, [("0011", JPEG), ("2233", OTHER)]))
    data[24 + 4 : 24 + 8] = b"\xff\xff\xff\x7f"
    first = [each[2] for each in members(bytes(data)) if isinstance(each, tuple)]
    data[24 + 24 : 24 + 28] = b"\xff\xff\xff\x7f"
    second = [each[2] for each in members(bytes(data)) if isinstance(each, tuple)]
    assert JPEG in first
    assert {JPEG, OTHER} <= set(second)
