"""Archives as a scan meets them: in locked readers, within each other, and made to do harm."""

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from tests.unit.sources.archives.programs import run_program

from unseen.darkroom import Darkroom
from unseen.model import Item, ItemHashes, Locator, Reason, State
from unseen.sources.layers import Secrets


def screen(name: str, content: bytes, *passwords: str) -> dict[str, ItemHashes]:
    """Answers by the text of the locator."""
    item = Item(Locator.of_file(name), State.ALLOCATED, partial(bytes, content))
    with Darkroom(workers=1, secrets=Secrets(passwords)) as darkroom:
        return {str(found.locator): hashes for found, hashes in darkroom.develop([item])}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    """A tar file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A 7z archive that hides its names."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / "deep.txt").write_bytes(b"deep")
    run_program("7z", "a", "-psecret", "-mhe=on", "x.7z", "deep.txt", cwd=Path(folder))
    return (folder / "x.7z").read_bytes()


def test_archives_within_archives_are_screened(locked: bytes) -> None:
    """Each kind under the lock, each member at its locator."""
    inner = gzip.compress(tarred({"c.7z": locked, "../d": b"climbing"}))
    answers = screen("a.zip", zipped({"b.tgz": inner}), "wrong", "secret")
    texts = {"a.zip > b.tgz > c.7z > deep.txt": b"deep", "a.zip > b.tgz > ../d": b"climbing"}
    for locator, text in texts.items():
        assert answers[locator].sha256 == hashlib.sha256(text).digest()
    assert {*answers} == {*texts, "a.zip", "a.zip > b.tgz", "a.zip > b.tgz > c.7z"}


def test_a_locked_archive_has_its_row(locked: bytes) -> None:
    """Its digests are compared all the same."""
    hashes = screen("a.7z", locked)["a.7z"]
    assert (hashes.reason, hashes.sha256) == (Reason.ENCRYPTED, hashlib.sha256(locked).digest())


def test_bombs_within_bombs_end_as_rows() -> None:
    """Many archives in many archives, each with more zeros than anybody wants to see."""
    bomb = zipped({"zeros": bytes(100 << 20)})
    middle = zipped({f"{number}.zip": bomb for number in range(2)})
    answers = screen("a.zip", zipped({f"{number}.zip": middle for number in range(3)} | {"note": b"harmless"}))
    assert answers["a.zip > note"].sha256 == hashlib.sha256(b"harmless").digest()
    zeros = [hashes.reason for locator, hashes in answers.items() if locator.endswith("zeros")]
    assert zeros == [Reason.TOO_LARGE] * 6
