"""NTFS: every stream of every file, as its own driver gives it; and what only its records tell."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.sources.filesystems.images import found_in, mounted, run

from unseen.model import Reason, State

_RECORD_BYTES = 1024
_LIST, _DATA = 0x20, 0x80
_COMPRESSED_FOLDER = (0x800 | 0x10).to_bytes(4, "big")


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """An empty volume."""
    image = tmp_path / "volume"
    image.write_bytes(b"")
    os.truncate(image, 16 << 20)
    run("mkntfs", "-F", "-q", image)
    return image


def _random(size_bytes: int) -> bytes:
    return os.urandom(size_bytes)


def test_sparse_compressed_resident_and_named_streams_are_read_as_the_driver_reads_them(volume: Path) -> None:
    """Holes are zeros, compressed clusters are inflated, streams beside the contents have addresses of their own."""
    contents = {
        "/folder/plain": _random(300_000),
        "/resident": b"small enough for the record",
        "/holes": b"a" * 70_000 + bytes(2_000_000) + _random(10_000),
        "/packed/text": b"compressible, though not without end. " * 30_000 + _random(20_000),
        "/empty": b"",
    }
    with mounted(volume, "ntfs-3g", "-o", "compression") as place:
        for folder in ("folder", "packed"):
            (place / folder).mkdir()
        os.setxattr(place / "packed", "system.ntfs_attrib_be", _COMPRESSED_FOLDER)
        for path, data in contents.items():
            with (place / path[1:]).open("wb") as file:
                start = 2_070_000 if path == "/holes" else 0
                file.write(data[:70_000] if start else b"")
                file.seek(start)
                file.write(data[start:])
        os.setxattr(place / "resident", "user.hidden", b"beside it" * 500)
        os.setxattr(place / "folder", "user.of a folder", b"also beside it")
        os.link(place / "resident", place / "folder" / "second name")
    found = found_in(volume.read_bytes())
    expected = {path: data for path, data in contents.items() if data}
    expected |= {"/resident:hidden": b"beside it" * 500, "/folder:of a folder": b"also beside it"}
    own = {path: data for path, (_, data) in found.items() if not path.startswith("/$")}
    assert own == expected, "a file with two names is one item, an empty one has no bytes"
    assert volume.read_bytes().find(contents["/packed/text"]) < 0, "it was really compressed"


def test_deleted_files_have_their_paths_and_bytes(volume: Path) -> None:
    """A deleted folder's files are found by their records, under the paths that they had."""
    kept, gone = _random(50_000), _random(60_000)
    with mounted(volume, "ntfs-3g") as place:
        (place / "a" / "b").mkdir(parents=True)
        (place / "a" / "b" / "gone").write_bytes(gone)
        (place / "a" / "b" / "short").write_bytes(b"in its record")
        (place / "kept").write_bytes(kept)
    with mounted(volume, "ntfs-3g") as place:
        (place / "a" / "b" / "gone").unlink()
        (place / "a" / "b" / "short").unlink()
        (place / "a" / "b").rmdir()
    found = found_in(volume.read_bytes())
    assert found["/kept"] == (State.ALLOCATED, kept)
    left = {data: (state, path) for path, (state, data) in found.items() if state is not State.ALLOCATED}
    assert left[gone] == (State.DELETED, "/a/b/gone")
    assert left[b"in its record"] == (State.DELETED, "/a/b/short")


def test_a_file_in_many_pieces_is_one_item(volume: Path) -> None:
    """A file whose runs need several records is given once and whole; the further records are no files of their own."""
    piece, hole = _random(4_096), bytes(4_096)
    with mounted(volume, "ntfs-3g") as place:
        with (place / "pieces").open("wb", buffering=0) as file:
            for number in range(1_000):
                file.seek(2 * number * len(piece))
                file.write(piece)
        record = (place / "pieces").stat().st_ino
    image = volume.read_bytes()
    assert any(kind == _LIST for kind, _ in _attributes(image, record)), "its runs need more than one record"
    found = found_in(image)
    assert found["/pieces"] == (State.ALLOCATED, (piece + hole) * 999 + piece)
    assert [path for path, (state, _) in found.items() if state is State.ORPHAN] == []


def test_bytes_never_written_are_zeros_and_looked_through(volume: Path) -> None:
    """Behind its valid length a file reads as zeros; what its clusters hold there is not the file's."""
    data = _random(100_000)
    image, record = _with_file(volume, data)
    at = next(at for kind, at in _attributes(image, record) if kind == _DATA)
    _patch(image, at + 56, struct.pack("<Q", 40_000))
    assert found_in(bytes(image))["/file"] == (State.ALLOCATED, data[:40_000] + bytes(60_000))


def test_an_encrypted_file_is_stated(volume: Path) -> None:
    """What the Encrypting File System holds cannot be read without its user's key."""
    image, record = _with_file(volume, _random(100_000))
    at = next(at for kind, at in _attributes(image, record) if kind == _DATA)
    _patch(image, at + 12, struct.pack("<H", 0x4000))
    assert found_in(bytes(image))["/file"] == (State.ALLOCATED, Reason.ENCRYPTED)


def _with_file(volume: Path, data: bytes) -> tuple[bytearray, int]:
    with mounted(volume, "ntfs-3g") as place:
        (place / "file").write_bytes(data)
        record = (place / "file").stat().st_ino
    return bytearray(volume.read_bytes()), record


def _record_at(image: bytes | bytearray, number: int) -> int:
    sector, per_cluster = struct.unpack_from("<HB", image, 11)
    (table,) = struct.unpack_from("<Q", image, 48)
    return int(table * sector * per_cluster + number * _RECORD_BYTES)


def _attributes(image: bytes | bytearray, number: int) -> Iterator[tuple[int, int]]:
    """Kinds and places of the attributes in a record, unless they lie across the end of a sector."""
    record = _record_at(image, number)
    at = record + struct.unpack_from("<H", image, record + 20)[0]
    while (kind := struct.unpack_from("<I", image, at)[0]) != 0xFFFFFFFF:
        yield kind, at
        at += struct.unpack_from("<I", image, at + 4)[0]


def _patch(image: bytearray, at: int, value: bytes) -> None:
    """Change a record; the last two bytes of each of its sectors are kept elsewhere."""
    for place, byte in enumerate(value, at):
        within = place % 512
        if within < 510:
            image[place] = byte
        else:
            record = place - place % _RECORD_BYTES
            (numbers,) = struct.unpack_from("<H", image, record + 4)
            image[record + numbers + 2 * (1 + (place - record) // 512) + within - 510] = byte
