"""Encrypted backups by iTunes are decrypted as one folder, and called what the phone called them."""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from tests.unit.sources.phones.backups import make_itunes_backup

from unseen.darkroom import Darkroom, develop
from unseen.darkroom.warmup import drawn_pictures
from unseen.model import Item, ItemHashes, Reason, UnreadError
from unseen.sources import open_source
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
    with pytest.raises(UnreadError):
        list(unpack(MemoryRange(FOLDER_MAGIC + table), Context()))


def _screened(folder: Path, secrets: Secrets) -> dict[str, ItemHashes]:
    with Darkroom(workers=1, secrets=secrets) as darkroom:
        answers: list[tuple[Item, ItemHashes]] = list(darkroom.develop(open_source(str(folder))))
    return {str(item.locator): hashes for item, hashes in answers}


def test_a_backup_in_a_folder_is_screened_behind_the_lock(tmp_path: Path) -> None:
    """With its password its pictures are hashed; without, a row says that it is encrypted."""
    make_itunes_backup(tmp_path / "b", FILES, password="pässword")
    found = _screened(tmp_path, SECRETS)
    assert found[f"{tmp_path}/b > CameraRollDomain/Media/DCIM/100APPLE/IMG_0001.JPG"].pdq == develop(PICTURE).pdq
    assert found[f"{tmp_path}/b/Manifest.plist"].reason is Reason.NOT_MEDIA
    assert found[f"{tmp_path}/b"].reason is Reason.NOT_MEDIA
    without = _screened(tmp_path, Secrets())
    assert without[f"{tmp_path}/b/Manifest.plist"].reason is Reason.ENCRYPTED
    assert not any(" > " in locator for locator in without)
