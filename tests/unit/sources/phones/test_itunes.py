"""Encrypted backups by iTunes are decrypted as one folder, and called what the phone called them."""

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.unit.sources.phones.backups import blob_name, make_itunes_backup, make_old_backup

from unseen.darkroom import Darkroom, develop
from unseen.darkroom.warmup import drawn_pictures
from unseen.model import Item, ItemHashes, Reason, UnreadError
from unseen.sources import backup_folders, open_source
from unseen.sources.backup_folders import FolderRange, backup_in
from unseen.sources.files import open_directory
from unseen.sources.layers import Context, Member, MemoryRange, Secrets
from unseen.sources.phones.itunes_backup import unpack
from unseen.sources.phones.signatures import FOLDER_MAGIC

PICTURE = drawn_pictures()[0]
FILES = {
    ("CameraRollDomain", "Media/DCIM/100APPLE/IMG_0001.JPG"): PICTURE,
    ("HomeDomain", "Library/SMS/ü.txt"): b"a text " * 5_000,
    ("HomeDomain", "odd"): b"x" * 17,
    ("HomeDomain", "not there"): b"",
}
_ENDLESS = b"""CREATE VIEW Files AS WITH n AS (SELECT 1 AS k UNION ALL SELECT k FROM n)
SELECT k AS fileID, k AS domain, k AS relativePath, 1 AS flags, k AS file FROM n"""
SECRETS = Secrets(("wrong", "pässword"))


def _lent(folder: Path) -> FolderRange:
    item = backup_in(open_directory(str(folder)))
    assert item is not None
    opened = item.open()
    assert isinstance(opened, FolderRange)
    return opened


def _members(folder: Path, secrets: Secrets = SECRETS) -> list[tuple[str, bytes | Reason] | Reason]:
    given: list[tuple[str, bytes | Reason] | Reason] = []
    for member in unpack(_lent(folder), Context(secrets=secrets)):
        if isinstance(member, Member):
            content = member.open()
            given.append(
                (member.address, content if isinstance(content, Reason) else content.read_at(0, content.size_bytes))
            )
        else:
            given.append(member)
    return given


@pytest.mark.parametrize("old", [False, True], ids=["iOS 10.2", "before"])
def test_a_password_opens_every_file(tmp_path: Path, *, old: bool) -> None:
    """Under the names of the phone, to the last byte; what is named and not there is a row."""
    make_itunes_backup(tmp_path / "b", FILES, password="pässword", old=old)
    expected = {f"{domain}/{path}": data or Reason.UNREADABLE for (domain, path), data in FILES.items()}
    assert dict(each for each in _members(tmp_path / "b") if isinstance(each, tuple)) == expected


def test_any_range_of_a_file_is_decrypted_alone(tmp_path: Path) -> None:
    """Readers of containers jump about."""
    data = random.Random(1).randbytes(1_000)
    make_itunes_backup(tmp_path / "b", {("D", "f"): data}, password="pässword")
    (member,) = unpack(_lent(tmp_path / "b"), Context(secrets=SECRETS))
    assert isinstance(member, Member)
    source = member.open()
    assert not isinstance(source, Reason)
    for offset, size in ((0, 1), (15, 2), (16, 16), (31, 500), (999, 5), (1_000, 1), (0, 5_000)):
        assert source.read_at(offset, size) == data[offset : offset + size]


def test_what_the_index_does_not_name_is_told(tmp_path: Path) -> None:
    """Noise beside the files of the index may be anything."""
    make_itunes_backup(tmp_path / "b", FILES, password="pässword")
    (tmp_path / "b" / "ab").mkdir(exist_ok=True)
    (tmp_path / "b" / "ab" / ("ab" * 20)).write_bytes(b"noise")
    assert _members(tmp_path / "b")[-1] is Reason.ENCRYPTED


def test_damaged_backups_end_in_reasons(tmp_path: Path) -> None:
    """Whatever bits of index and manifest are flipped, a walk ends in members and reasons."""
    make_itunes_backup(tmp_path / "b", FILES, password="pässword")
    rng = random.Random(2)
    for name in ("Manifest.db", "Manifest.plist"):
        whole = (tmp_path / "b" / name).read_bytes()
        for _ in range(40):
            data = bytearray(whole)
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            (tmp_path / "b" / name).write_bytes(data)
            with suppress(UnreadError):
                _members(tmp_path / "b")
        (tmp_path / "b" / name).write_bytes(whole)


@pytest.mark.parametrize("table", [b"", b"\xff" * 8, bytes(8), b"\x05" + bytes(12)])
def test_a_file_that_poses_as_a_folder_is_unreadable(table: bytes) -> None:
    """Its table speaks of its own bytes only."""
    try:
        given = list(unpack(MemoryRange(FOLDER_MAGIC + table), Context()))
    except UnreadError as error:
        given = [error.reason]
    assert given == [Reason.UNREADABLE]


def _screened(folder: Path, secrets: Secrets) -> dict[str, ItemHashes]:
    with Darkroom(workers=1, secrets=secrets) as darkroom:
        answers: list[tuple[Item, ItemHashes]] = list(darkroom.develop(open_source(str(folder))))
    return {str(item.locator): hashes for item, hashes in answers}


def test_a_backup_in_a_folder_is_screened_behind_the_lock(tmp_path: Path) -> None:
    """With its password its pictures are hashed, each once; without, rows say that it is encrypted."""
    places = make_itunes_backup(tmp_path / "b", FILES, password="pässword")
    found = _screened(tmp_path, SECRETS)
    assert found[f"{tmp_path}/b > CameraRollDomain/Media/DCIM/100APPLE/IMG_0001.JPG"].pdq == develop(PICTURE).pdq
    assert found[f"{tmp_path}/b/Manifest.plist"].reason is Reason.NOT_MEDIA
    assert found[f"{tmp_path}/b"].reason is Reason.NOT_MEDIA
    tops = {f"{tmp_path}/b", f"{tmp_path}/b/Manifest.plist", f"{tmp_path}/b/Manifest.db"}
    assert set(found) == tops | {f"{tmp_path}/b > {domain}/{path}" for domain, path in FILES}
    without = _screened(tmp_path, Secrets())
    assert without[f"{tmp_path}/b/Manifest.plist"].reason is Reason.ENCRYPTED
    assert without[f"{tmp_path}/b"].reason is Reason.ENCRYPTED
    noise = {f"{tmp_path}/b > {place.parent.name}/{place.name}" for place in places.values() if place.exists()}
    assert set(without) == tops | noise


@pytest.mark.parametrize("make", [make_itunes_backup, make_old_backup], ids=["Manifest.db", "Manifest.mbdb"])
@pytest.mark.parametrize("password", [None, "pässword"], ids=["plain", "encrypted"])
def test_every_file_is_one_item_by_the_name_that_it_had(
    tmp_path: Path, make: Callable[..., object], password: str | None
) -> None:
    """Not a second one by its digest; what the index does not name, and what lies elsewhere, is one too."""
    make(tmp_path / "b", FILES, password=password)
    beside = {"odd.jpg", "ab/notes/deep.jpg", "Info.plist"}
    unnamed = {"ab/stray.jpg", "ab/" + "ab" * 20, "cd" * 20}
    for name in beside | unnamed:
        (tmp_path / "b" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "b" / name).write_bytes(PICTURE)
    found = _screened(tmp_path, SECRETS)
    root = f"{tmp_path}/b"
    named = {f"{root} > {domain}/{path}": data for (domain, path), data in FILES.items()}
    tops = {path for path in found if path.startswith(f"{root}/Manifest.")}
    assert set(found) == {root, *tops, *named, *(f"{root}/{name}" for name in beside)} | {
        f"{root} > {name}" for name in unnamed
    }
    for locator, data in named.items():
        expected = develop(data).sha256 if data else None
        assert found[locator].sha256 == expected
        assert (found[locator].reason is Reason.UNREADABLE) == (not data)
    for name in unnamed:
        assert found[f"{root} > {name}"].pdq == develop(PICTURE).pdq
    assert found[root].reason is (Reason.NOT_MEDIA if password is None else Reason.ENCRYPTED)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"noise",
        b"SQLite format 3\0" + b"noise" * 1_000,
        _ENDLESS,
        b"CREATE TABLE Others (fileID TEXT)",
    ],
    ids=["empty", "noise", "broken", "endless", "other"],
)
def test_an_index_that_cannot_be_used_hides_nothing(tmp_path: Path, damage: bytes) -> None:
    """Files are given as they lie there, and the folder says that their names are missing."""
    places = make_itunes_backup(tmp_path / "b", FILES, password=None)
    if damage.startswith(b"CREATE"):
        with closing(sqlite3.connect(":memory:")) as made:
            made.execute(damage.decode())
            made.commit()
            damage = made.serialize()
    (tmp_path / "b" / "Manifest.db").write_bytes(damage)
    held = {place.relative_to(tmp_path / "b").as_posix(): FILES[key] for key, place in places.items() if FILES[key]}
    reason, *rest = _members(tmp_path / "b")
    assert reason is Reason.UNREADABLE
    assert dict(each for each in rest if isinstance(each, tuple)) == held


def test_an_index_with_a_journal_beside_it_is_read(tmp_path: Path) -> None:
    """SQLite itself refuses to take it from memory."""
    make_itunes_backup(tmp_path / "b", FILES, password=None)
    index = tmp_path / "b" / "Manifest.db"
    data = index.read_bytes()
    index.write_bytes(data[:18] + b"\2\2" + data[20:])
    assert ("HomeDomain/odd", FILES["HomeDomain", "odd"]) in _members(tmp_path / "b")


def test_what_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many files, or a folder that does not open: a reason, never fewer files in silence."""
    make_itunes_backup(tmp_path / "b", FILES, password=None)
    item = backup_in(open_directory(str(tmp_path / "b")))
    assert item is not None
    monkeypatch.setattr(backup_folders, "_FILES_MAX", 3)
    assert item.open() is Reason.TOO_MANY
    monkeypatch.undo()
    whole = os.open

    def refuse(path: str, *arguments: int, **options: int) -> int:
        if path == blob_name("HomeDomain", "odd")[:2]:
            raise PermissionError(path)
        return whole(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    given = _members(tmp_path / "b")
    assert given[0] is Reason.UNREADABLE
    assert ("HomeDomain/odd", Reason.UNREADABLE) in given


def test_a_size_that_is_too_small_hides_nothing(tmp_path: Path) -> None:
    """Whoever knows the password can write an index that says what it likes."""
    make_itunes_backup(tmp_path / "b", {("D", "f"): b"x" * 100}, password="pässword")
    place = tmp_path / "b" / blob_name("D", "f")[:2] / blob_name("D", "f")
    place.write_bytes(place.read_bytes() * 2)
    (member,) = (each for each in unpack(_lent(tmp_path / "b"), Context(secrets=SECRETS)) if isinstance(each, Member))
    content = member.open()
    assert not isinstance(content, Reason)
    assert content.size_bytes == 224


def test_damaged_records_end_in_reasons(tmp_path: Path) -> None:
    """Whatever bits of an old index are flipped, and wherever it ends; and every file is given all the same."""
    make_old_backup(tmp_path / "b", FILES, password=None)
    index = tmp_path / "b" / "Manifest.mbdb"
    whole = index.read_bytes()
    rng = random.Random(3)
    for _ in range(60):
        data = bytearray(whole[: rng.choice([len(whole), rng.randrange(len(whole))])] or b"\0")
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        index.write_bytes(data)
        contents = {each[1] for each in _members(tmp_path / "b") if isinstance(each, tuple)}
        assert contents >= {data for data in FILES.values() if data}
