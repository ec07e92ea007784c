"""Backups by iTunes and the Finder in archives and on images of disks are what they are in a folder."""

import random
import shutil
import sqlite3
import struct
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.sources.filesystems.images import run
from tests.unit.sources.phones.backups import make_itunes_backup, make_old_backup
from tests.unit.sources.unpacked import members

from unseen.darkroom import Darkroom
from unseen.darkroom.warmup import drawn_pictures
from unseen.model import Reason, UnreadError
from unseen.sources import open_source
from unseen.sources.layers import Context, Secrets
from unseen.sources.phones.journal import put_in

FILES = {
    ("CameraRollDomain", "Media/DCIM/100APPLE/IMG_0001.JPG"): drawn_pictures()[0],
    ("HomeDomain", "Library/ü.txt"): b"a text " * 5_000,
}
NAMES = {f"{domain}/{path}": data for (domain, path), data in FILES.items()}
CONTEXT = Context(secrets=Secrets(("wrong", "pässword")))


def zip_of(folder: Path, *, is_last: bool) -> bytes:
    """A folder in a zip, what says what its files are before them or behind."""
    paths = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: len(path.name))
    made = folder.parent / "made.zip"
    with zipfile.ZipFile(made, "w") as archive:
        for path in reversed(paths) if is_last else paths:
            archive.write(path, path.relative_to(folder))
    return made.read_bytes()


def given_in(data: bytes, context: Context = CONTEXT) -> tuple[dict[str, bytes | Reason], list[Reason]]:
    """Contents by address, and reasons."""
    given = members(data, context)
    return {each[0]: each[2] for each in given if not isinstance(each, Reason)}, [
        each for each in given if isinstance(each, Reason)
    ]


@pytest.mark.parametrize("is_last", [True, False])
@pytest.mark.parametrize("password", [None, "pässword"])
@pytest.mark.parametrize("place", ["b", "x/Backup/00008030"])
def test_a_backup_in_a_zip_has_the_names_of_the_phone(
    tmp_path: Path, password: str | None, place: str, *, is_last: bool
) -> None:
    """Wherever it lies there, encrypted or not, in whatever order; what lies beside it stays what it is."""
    make_itunes_backup(tmp_path / "z" / place, FILES, password=password)
    (tmp_path / "z" / "other").write_bytes(b"other")
    (tmp_path / "z" / ("ab" * 20)).write_bytes(b"named like a file of a backup")
    contents, reasons = given_in(zip_of(tmp_path / "z", is_last=is_last))
    for name in ("Manifest.db", "Manifest.plist"):
        assert contents.pop(f"{place}/{name}")
    assert contents == {
        **{f"{place}/{name}": data for name, data in NAMES.items()},
        "other": b"other",
        "ab" * 20: b"named like a file of a backup",
    }
    assert reasons == []


def test_an_old_backup_in_a_zip_has_them_too(tmp_path: Path) -> None:
    """Before iOS 10 all files lay at the top."""
    make_old_backup(tmp_path / "z", FILES, password="pässword")
    contents, reasons = given_in(zip_of(tmp_path / "z", is_last=True))
    assert NAMES.items() <= contents.items()
    assert reasons == []


def test_a_backup_in_a_zip_without_its_password_is_encrypted(tmp_path: Path) -> None:
    """It is said of the zip file."""
    make_itunes_backup(tmp_path / "z", FILES, password="pässword")
    _, reasons = given_in(zip_of(tmp_path / "z", is_last=True), Context())
    assert Reason.ENCRYPTED in reasons


@pytest.mark.parametrize("password", [None, "pässword"])
def test_a_backup_on_a_disk_has_the_names_of_the_phone(tmp_path: Path, password: str | None) -> None:
    """As files of the volume that it lies on, screened behind the lock, each once."""
    make_itunes_backup(tmp_path / "root" / "Old" / "Backup", FILES, password=password)
    run("mke2fs", "-q", "-t", "ext4", "-d", tmp_path / "root", tmp_path / "disk", "4M")
    shutil.rmtree(tmp_path / "root")
    with Darkroom(workers=1, secrets=CONTEXT.secrets) as darkroom:
        found = {str(item.locator): hashes for item, hashes in darkroom.develop(open_source(str(tmp_path / "disk")))}
    place = f"{tmp_path}/disk > ext@0 > /Old/Backup/"
    place = place if any(each.startswith(place) for each in found) else f"{tmp_path}/disk > /Old/Backup/"
    below = {each.removeprefix(place) for each in found if each.startswith(place)}
    assert below == {*NAMES, "Manifest.db", "Manifest.plist"}
    assert found[place + "CameraRollDomain/Media/DCIM/100APPLE/IMG_0001.JPG"].pdq is not None


def journalled(folder: Path) -> tuple[bytes, bytes, bytes]:
    """A database as it was, the journal of what a program did then, and the database with that in it."""
    path = folder / "Manifest.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("PRAGMA wal_autocheckpoint = 0")
        made.execute("CREATE TABLE Files (fileID TEXT, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)")
        made.executemany("INSERT INTO Files VALUES (?, 'D', ?, 1, NULL)", [(f"{n:040x}", f"p{n}") for n in range(500)])
        made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = path.read_bytes()
        made.executemany("INSERT INTO Files VALUES (?, 'D', ?, 1, NULL)", [(f"{n:040x}", f"q{n}") for n in range(900)])
        made.execute("DELETE FROM Files WHERE relativePath = 'p7'")
        journal = Path(f"{path}-wal").read_bytes()
        made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        after = path.read_bytes()
    path.unlink()
    return before, journal, after


def test_changes_in_a_journal_are_put_in(tmp_path: Path) -> None:
    """The database is byte for byte what SQLite makes of both; an unfinished or torn change counts for nothing."""
    before, journal, after = journalled(tmp_path)
    assert before != after
    assert put_in(before, journal) == after
    assert put_in(before, journal + journal[32:9_000]) == after
    assert put_in(before, b"") == before
    assert put_in(before, journal[:32]) == before


def test_a_torn_journal_gives_what_was_finished(tmp_path: Path) -> None:
    """Wherever it was cut, the result is a database: the one before, or one after a change that was finished."""
    before, journal, _ = journalled(tmp_path)
    whole = 0
    for stop in random.Random(1).sample(range(32, len(journal)), 40):
        with closing(sqlite3.connect(":memory:")) as made:
            data = put_in(before, journal[:stop])
            made.deserialize(data[:18] + b"\1\1" + data[20:])
            whole += made.execute("SELECT count(*) FROM Files").fetchone()[0] >= 500
            assert made.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert whole == 40


@pytest.mark.parametrize("at", [0, 4, 8, 16, 24])
def test_a_journal_of_something_else_is_unreadable(tmp_path: Path, at: int) -> None:
    """Nothing is made of it."""
    before, journal, _ = journalled(tmp_path)
    torn = bytearray(journal)
    torn[at] ^= 1
    with pytest.raises(UnreadError, match="unreadable"):
        put_in(before, bytes(torn))


def test_what_a_journal_names_has_its_name(tmp_path: Path) -> None:
    """A file that only the journal names lies under the name of the phone; a broken journal is a row."""
    before, journal, _ = journalled(tmp_path)
    make_itunes_backup(tmp_path / "z", FILES, password=None)
    (tmp_path / "z" / "Manifest.db").write_bytes(before)
    blob = tmp_path / "z" / "00" / f"{899:040x}"
    blob.parent.mkdir(exist_ok=True)
    blob.write_bytes(b"named by the journal")
    for data, is_sound in ((journal, True), (journal[:100], True), (b"\0" * 100, False), (struct.pack("<I", 5), False)):
        (tmp_path / "z" / "Manifest.db-wal").write_bytes(data)
        contents, reasons = given_in(zip_of(tmp_path / "z", is_last=True))
        assert (contents.get("D/q899") == b"named by the journal") == (data == journal)
        assert b"named by the journal" in contents.values()
        assert bool(reasons) != is_sound
