"""7z archives, open and locked."""

import io
import random
import zlib
from pathlib import Path

import py7zr
import pytest
from tests.unit.sources.archives.programs import run_program
from tests.unit.sources.archives.unpacking import unpack_any
from tests.unit.sources.disks.images import medium

from unseen.model import Reason

NOISE = random.Random(7).randbytes(200_000)
FILES = {"a.txt": b"hello " * 500, "b/ü.bin": NOISE, "b/c": b"third " * 90_000, "empty": b""}
LOCKED = {name: Reason.ENCRYPTED for name, data in FILES.items() if data}


def make_7z(folder: Path, *options: str) -> bytes:
    """A 7z archive of the files."""
    for name, data in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    run_program("7z", "a", *options, "x.7z", "a.txt", "b", "empty", cwd=folder)
    return (folder / "x.7z").read_bytes()


@pytest.mark.parametrize("method", ["LZMA2", "LZMA", "PPMd", "BZip2", "Deflate", "Copy"])
def test_every_entry_is_given(tmp_path: Path, method: str) -> None:
    """Entries come with names and bytes, however they are packed."""
    given = unpack_any(make_7z(tmp_path, f"-m0={method}"))
    assert given.contents == FILES
    assert given.reasons == []
    assert {member.layer for member in given.members} == {"7z"}


def test_large_entries_are_read_without_holding_them(tmp_path: Path) -> None:
    """Entries that are packed together and beyond the limit of memory give the same bytes when they are read again."""
    # Whole pieces of what libarchive unpacks at once: it loses its place where it steps over such an entry.
    files = {f"{name}.bin": medium(1 << 18, seed) for seed, name in enumerate("abcd")}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    run_program("7z", "a", "x.7z", *files, cwd=tmp_path)
    given = unpack_any((tmp_path / "x.7z").read_bytes(), memory_bytes_max=10_000)
    assert given.contents == files
    assert given.reasons == []


def test_entries_behind_a_program_are_given(tmp_path: Path) -> None:
    """An archive that unpacks itself is read like any other."""
    assert unpack_any(b"MZ" + NOISE[:5_000] + make_7z(tmp_path)).contents == FILES


@pytest.mark.parametrize("password", [None, "secret"])
def test_an_archive_of_nothing_is_empty_and_not_unreadable(password: str | None) -> None:
    """Whoever made it: with a list of no entries, or with no list."""
    made = io.BytesIO()
    with py7zr.SevenZipFile(made, "w", password=password, header_encryption=password is not None):
        pass
    given = unpack_any(made.getvalue(), *filter(None, [password]))
    assert (given.contents, given.reasons) == ({}, [])
    nothing = bytes(20)
    given = unpack_any(b"7z\xbc\xaf\x27\x1c\0\4" + zlib.crc32(nothing).to_bytes(4, "little") + nothing)
    assert (given.contents, given.reasons) == ({}, [])
    broken = bytes([1, *nothing[1:]])
    given = unpack_any(b"7z\xbc\xaf\x27\x1c\0\4" + zlib.crc32(nothing).to_bytes(4, "little") + broken)
    assert given.reasons


def test_what_follows_an_archive_is_given(tmp_path: Path) -> None:
    """Bytes behind its end are a member that nobody listed."""
    data = make_7z(tmp_path)
    given = unpack_any(b"MZ" + NOISE[:5_000] + data + NOISE[:9_000])
    assert given.contents == {**FILES, f"bytes from {len(data)}": NOISE[:9_000]}
    assert unpack_any(data + bytes(9_000)).contents == FILES


@pytest.mark.parametrize("solid", ["on", "off"])
def test_a_password_opens_and_a_wrong_one_gives_nothing(tmp_path: Path, solid: str) -> None:
    """Locked entries have their names; only the right password has bytes."""
    data = make_7z(tmp_path, "-psecret", f"-ms={solid}")
    for passwords in ((), ("wrong", "Secret")):
        given = unpack_any(data, *passwords)
        assert {name: given.contents[name] for name in LOCKED} == LOCKED
        assert given.reasons == []
    assert unpack_any(data, "wrong", "secret").contents == FILES
    assert unpack_any(data, "secret", memory_bytes_max=10_000).contents == FILES


def test_hidden_names_need_a_password(tmp_path: Path) -> None:
    """An archive that hides its names is one reason without a password, and all its entries with one."""
    data = make_7z(tmp_path, "-psecret", "-mhe=on")
    for passwords in ((), ("wrong",)):
        given = unpack_any(data, *passwords)
        assert given.contents == {}
        assert given.reasons == [Reason.ENCRYPTED]
    given = unpack_any(data, "wrong", "secret")
    assert {name: given.contents[name] for name in LOCKED} == {name: FILES[name] for name in LOCKED}
    assert given.reasons == []


def test_entries_of_two_passwords_are_each_given_with_theirs(tmp_path: Path) -> None:
    """An archive may have been added to with another password."""
    make_7z(tmp_path, "-psecret")
    (tmp_path / "later").write_bytes(NOISE[:999])
    run_program("7z", "a", "-pother", "x.7z", "later", cwd=tmp_path)
    data = (tmp_path / "x.7z").read_bytes()
    assert unpack_any(data, "secret").contents == FILES | {"later": Reason.ENCRYPTED}
    assert unpack_any(data, "secret", "other").contents == FILES | {"later": NOISE[:999]}


def test_a_damaged_locked_entry_is_stated(tmp_path: Path) -> None:
    """Damage behind the first entry does not make the password a wrong one."""
    data = bytearray(make_7z(tmp_path, "-psecret", "-ms=on"))
    data[150_000] ^= 0xFF
    given = unpack_any(bytes(data), "secret")
    assert given.contents["a.txt"] == FILES["a.txt"]
    assert Reason.UNREADABLE in given.reasons
    assert given.contents["b/ü.bin"] != FILES["b/ü.bin"]


def test_an_encryption_that_nothing_here_opens_has_its_rows(tmp_path: Path) -> None:
    """Encrypted and split by a filter into several streams: every entry is stated by its name."""
    filters = ("-m0=bcj2", "-m1=lzma", "-m2=lzma", "-m3=lzma", "-mb0:1", "-mb0s1:2", "-mb0s2:3")
    given = unpack_any(make_7z(tmp_path, "-psecret", *filters), "secret")
    assert {name: given.contents[name] for name in LOCKED} == dict.fromkeys(LOCKED, Reason.UNSUPPORTED)
    assert unpack_any(make_7z(tmp_path, *filters)).contents == FILES


@pytest.mark.parametrize("kept", [10, 32, 100, 5_000])
def test_a_cut_archive_is_stated(tmp_path: Path, kept: int) -> None:
    """The list of entries stands at the end: without it there is only a reason."""
    given = unpack_any(make_7z(tmp_path)[:kept])
    assert given.contents == {}
    assert len(given.reasons) == 1
