"""Zip files, honest and lying."""

import io
import random
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.sources.archives.programs import run_program
from tests.unit.sources.archives.unpacking import contents_of, unpack_any

from unseen.model import Reason, State

NOISE = random.Random(4).randbytes(100_000)
FILES = {"a.txt": b"hello " * 500, "sub/ü.bin": NOISE, "../../x": b"up", "empty": b""}


def make_zip(files: Mapping[str, bytes] = FILES, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file as Python writes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def streamed(files: Mapping[str, bytes]) -> bytes:
    """A zip file written to a pipe: sizes stand behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.written += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            with archive.open(name, "w") as stream:
                stream.write(data)
    return pipe.written


def without_directory(data: bytes) -> bytes:
    """A zip file cut where its directory begins."""
    return data[: data.index(b"PK\1\2")]


def unlist(data: bytes, name: bytes) -> bytes:
    """The same file with one entry taken out of its directory."""
    at = data.index(b"PK\1\2")
    records, end = data[at : data.index(b"PK\5\6")], data[data.index(b"PK\5\6") :]
    kept = b"".join(b"PK\1\2" + record for record in records.split(b"PK\1\2")[1:] if name not in record)
    return data[:at] + kept + end[:12] + struct.pack("<I", len(kept)) + end[16:]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_entry_is_given(method: int) -> None:
    """Entries come with their names as stored, even names that climb, and with their bytes."""
    given = unpack_any(make_zip(method=method))
    assert given.contents == contents_of(FILES)
    assert given.reasons == []
    assert {member.layer for member in given.members} == {"zip"}


@pytest.mark.parametrize("name", ["absolute_paths", "mixed_paths", "syslog", "with_directory", "without_directory"])
def test_zip_files_of_others_are_read(vectors: Path, name: str) -> None:
    """The samples of dfVFS give what Python's own reader finds in them."""
    data = (vectors / "disk-images" / "dfvfs" / "zip" / f"{name}.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        expected = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    given = unpack_any(data)
    assert given.contents == contents_of(expected)
    assert given.reasons == []


def test_streamed_entries_are_given_without_a_directory_too() -> None:
    """Where sizes stand behind the data, the data itself says where it ends."""
    data = streamed(FILES)
    assert unpack_any(data).contents == contents_of(FILES)
    given = unpack_any(without_directory(data))
    assert given.contents == contents_of(FILES)
    assert given.reasons == [Reason.TRUNCATED]


def test_an_entry_that_only_its_own_header_names_is_given() -> None:
    """What was taken out of the directory is an orphan, and is screened."""
    given = unpack_any(unlist(make_zip(), b"a.txt"))
    assert given.contents == contents_of(FILES)
    assert {member.address: member.state for member in given.members}["a.txt"] is State.ORPHAN


def test_entries_with_one_name_are_all_given() -> None:
    """Names need not differ."""
    given = unpack_any(make_zip({"x": b"first", "y": b"second"}, method=zipfile.ZIP_STORED).replace(b"y", b"x"))
    assert [member.address for member in given.members] == ["x", "x"]
    assert list(given.contents.values()) == [b"first", b"second"]


def test_bytes_that_belong_to_no_entry_are_given() -> None:
    """What stands before, behind or in the comment of a zip file is an orphan of its own."""
    before, behind, comment = b"MZ" + NOISE[:500], NOISE[500:900], NOISE[900:1200]
    data = make_zip()
    data = data[:-2] + struct.pack("<H", len(comment)) + comment
    given = unpack_any(before + data + behind)
    rest = [content for address, content in given.contents.items() if address.startswith("bytes from")]
    assert rest == [before, comment + behind]
    assert {name: given.contents[name] for name in FILES} == contents_of(FILES)
    assert [member.state for member in given.members].count(State.ORPHAN) == 2


def test_bytes_behind_a_packed_stream_are_given() -> None:
    """Packed data that is longer than what unpacks hides nothing."""
    hidden = NOISE[:300]
    data = make_zip({"a": b"a" * 1000})
    local = bytearray(without_directory(data))
    packed = struct.unpack_from("<I", local, 18)[0]
    struct.pack_into("<I", local, 18, packed + len(hidden))
    given = unpack_any(bytes(local) + hidden)
    assert given.contents["a"] == b"a" * 1000
    assert hidden in given.contents.values()


def test_headers_that_contradict_the_directory_are_read_both_ways() -> None:
    """Where two programs would see two contents, both are given."""
    data = bytearray(make_zip({"a": b"a" * 1000, "b": b"b"}))
    struct.pack_into("<H", data, 8, 0)
    given = unpack_any(bytes(data))
    assert given.contents["a"] == b"a" * 1000
    packed = struct.unpack_from("<I", data, 18)[0]
    assert given.contents["a again"] == bytes(data[31 : 31 + packed])


def test_damaged_entries_are_given_as_far_as_they_go() -> None:
    """Bytes that fail their checksum can still match; the archive has a reason besides."""
    data = bytearray(make_zip(method=zipfile.ZIP_STORED))
    at = data.index(NOISE) + 50_000
    data[at] ^= 1
    given = unpack_any(bytes(data))
    assert len(given.contents["sub/ü.bin"]) == len(NOISE)
    assert given.reasons == [Reason.UNREADABLE]


def test_a_zip_file_that_ends_early_gives_what_there_is() -> None:
    """A cut entry is given to where it is cut."""
    data = make_zip(method=zipfile.ZIP_STORED)
    given = unpack_any(data[: data.index(NOISE) + 50_000])
    assert given.contents == {"a.txt": FILES["a.txt"], "sub/ü.bin": NOISE[:50_000]}
    assert set(given.reasons) == {Reason.TRUNCATED}


@pytest.mark.parametrize("encryption", ["ZipCrypto", "AES128", "AES256"])
def test_a_password_opens_and_a_wrong_one_gives_nothing(tmp_path: Path, encryption: str) -> None:
    """Encrypted entries have their names; only the right password has bytes."""
    for name, data in {"a.txt": FILES["a.txt"], "b": NOISE}.items():
        (tmp_path / name).write_bytes(data)
    run_program("7z", "a", "-tzip", "-psecret", f"-mem={encryption}", "x.zip", "a.txt", "b", cwd=tmp_path)
    data = (tmp_path / "x.zip").read_bytes()
    locked = {"a.txt": Reason.ENCRYPTED, "b": Reason.ENCRYPTED}
    assert unpack_any(data).contents == locked
    assert unpack_any(data, "wrong", "Secret").contents == locked
    opened = {"a.txt": FILES["a.txt"], "b": NOISE}
    assert unpack_any(data, "wrong", "secret").contents == opened
    assert unpack_any(data, "secret", memory_bytes_max=1_000).contents == opened


def test_no_wrong_password_ever_gives_bytes(tmp_path: Path) -> None:
    """One password in 256 passes the first check of the old encryption: the checksum at the end refuses it."""
    (tmp_path / "a.txt").write_bytes(b"short")
    run_program("zip", "-0", "-P", "secret", "x.zip", "a.txt", cwd=tmp_path)
    data = (tmp_path / "x.zip").read_bytes()
    wrong = [f"password {number}" for number in range(1_500)]
    assert unpack_any(data, *wrong).contents == {"a.txt": Reason.ENCRYPTED}


@pytest.mark.parametrize("method", ["ppmd", "deflate64"])
def test_rare_methods_are_read(tmp_path: Path, method: str) -> None:
    """What 7-Zip and Windows write is read too."""
    (tmp_path / "a.txt").write_bytes(FILES["a.txt"])
    run_program("7z", "a", "-tzip", f"-mm={method}", "x.zip", "a.txt", cwd=tmp_path)
    assert unpack_any((tmp_path / "x.zip").read_bytes()).contents == {"a.txt": FILES["a.txt"]}


def test_large_entries_are_read_without_holding_them() -> None:
    """An entry beyond the limit of memory gives the same bytes, in any order."""
    data = make_zip()
    given = unpack_any(data, memory_bytes_max=1_000)
    assert given.contents == contents_of(FILES)


def test_a_bomb_is_a_row() -> None:
    """An entry that unpacks to far more than it is has a reason; its neighbours are read."""
    given = unpack_any(make_zip({"bomb": bytes(200 << 20), "a": b"harmless"}))
    assert given.contents == {"bomb": Reason.TOO_LARGE, "a": b"harmless"}


def test_entries_that_share_their_data_are_counted_together() -> None:
    """A directory that names one entry again and again makes no bomb of it."""
    data = make_zip({"bomb": bytes(50 << 20)})
    at, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    records = data[at:end] * 40
    given = unpack_any(data[:at] + records + data[end : end + 12] + struct.pack("<I", len(records)) + data[end + 16 :])
    assert Reason.TOO_LARGE in given.contents.values()
    assert sum(len(content) for content in given.contents.values() if isinstance(content, bytes)) < 200 << 20


def test_names_in_old_code_pages_are_read() -> None:
    """A name that is not UTF-8 and does not say that it is, is in the code page of MS-DOS."""
    data = make_zip({"AA": b"x"}).replace(b"AA", b"\x81A")
    assert list(unpack_any(data).contents) == ["üA"]


def test_large_numbers_are_read() -> None:
    """Entries and directories of the format for large files are found."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("big", "w", force_zip64=True) as stream:
        stream.write(NOISE)
    assert unpack_any(buffer.getvalue()).contents == {"big": NOISE}


def test_many_entries_are_given() -> None:
    """More entries than the old count can hold."""
    files = {str(number): b"" for number in range(70_000)}
    given = unpack_any(make_zip(files))
    assert len(given.members) == 70_000
    assert given.reasons == []


@pytest.mark.parametrize("size", [*range(40), 100])
def test_a_start_without_anything_behind_it_is_survived(size: int) -> None:
    """A header alone gives a reason and nothing else."""
    data = (b"PK\3\4" + bytes(100))[: max(4, size)]
    given = unpack_any(data)
    assert given.reasons == [Reason.TRUNCATED]
