"""One known picture after the other is hidden in its own way; each is found once, and its locator is taken back."""

import base64
import bz2
import email.message
import gzip
import hashlib
import io
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.clips import draw_video

from unseen.casework.given.locators import Asked
from unseen.casework.hashing import hash_sources
from unseen.darkroom import Darkroom
from unseen.model import ItemHashes, Reason
from unseen.sources import open_sources


def picture(number: int, form: str = "JPEG") -> bytes:
    """A picture of patches; no two numbers give the same."""
    patches = np.random.default_rng(number).integers(0, 255, (9, 9, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(patches).resize((200, 150), Image.Resampling.BICUBIC).save(file, form)
    return file.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip; names may be given twice."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                archive.writestr(name, content)
    return file.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    """A tar file of one member."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def mailed(content: bytes) -> bytes:
    """A message with an attachment."""
    message = email.message.EmailMessage()
    message["From"], message["Date"], message["Subject"] = "a@b.example", "Mon, 23 Nov 2020 10:00:00 +0000", "hello"
    message.set_content("attached")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename="x.bin")
    return message.as_bytes()


def in_base64(before: bytes, content: bytes, behind: bytes) -> bytes:
    """A picture as text in text."""
    return before + b"data:image/jpeg;base64," + base64.b64encode(content) + behind


def deep(content: bytes) -> bytes:
    """A picture in a zip in a message in a zip in a packed tar file."""
    return gzip.compress(tarred("a", zipped(("b > c", mailed(zipped(("\nd", content)))))))


FILM = draw_video([1, 2])
# Each takes the picture and gives a file that holds it once, byte for byte.
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "plain > name": lambda known: known,
    "a zip > of zips": lambda known: zipped(("x", zipped(("\\> y", known)))),
    "names.zip": lambda known: zipped(("same", b"1"), ("same", known), ("z" * 5_000, b"2")),
    "deep": deep,
    "mailbox": lambda known: b"From a@b.example Mon Nov 23 10:00:00 2020\n" + mailed(known) + b"\n",
    "page.html": lambda known: in_base64(b'<html><img src="', known, b'"></html>'),
    "drawing.svg": lambda known: in_base64(b'<svg xmlns="..."><image href="', known, b'"/></svg>'),
    "program": lambda known: b"MZ" + bytes(range(256)) * 20 + known + b"end",
    "behind a picture": lambda known: picture(1, "PNG") + known,
    "behind a film": lambda known: FILM + known,
    "in a film": lambda known: FILM + struct.pack(">I4s", 8 + len(known), b"free") + known,
    "zip behind a film": lambda known: FILM + zipped(("inner", known)),
    "behind a tar file": lambda known: tarred("a", b"b") + known,
    "behind a packed tar file": lambda known: bz2.compress(tarred("a", b"b")) + known,
    "behind a zip": lambda known: zipped(("a", b"b")) + known,
    "backup.ab": lambda known: b"ANDROID BACKUP\n5\n0\nnone\n" + tarred("apps/x/f/a", known),
}  # fmt: skip


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    """The way by the digest of what is hidden so."""
    return {hashlib.md5(picture(100 + number)).hexdigest(): way for number, way in enumerate(WAYS)}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for each way, as the place where the test runs."""
    for number, (way, hide) in enumerate(WAYS.items()):
        (tmp_path / way).write_bytes(hide(picture(100 + number)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(workers: int) -> dict[str, ItemHashes]:
    """All items of the tree, by locator."""
    with Darkroom(workers=workers) as darkroom:
        answers = list(darkroom.develop(open_sources(["."])))
    rows = {str(item.locator): hashes for item, hashes in answers}
    assert len(rows) == len(answers), "no locator twice"
    return rows


def test_each_is_found_once_and_taken_back(tree: Path, known: dict[str, str]) -> None:
    """Whatever the number of workers, the account is the same; and a locator alone gives the same digests."""
    rows = told(2)
    found = {
        locator: known[hashes.md5.hex()] for locator, hashes in rows.items() if hashes.md5 and hashes.md5.hex() in known
    }
    assert sorted(found.values()) == sorted(WAYS)
    assert all(rows[locator].pdq is not None for locator in found)
    unread = {
        locator: hashes.reason for locator, hashes in rows.items() if hashes.reason not in {None, Reason.NOT_MEDIA}
    }
    assert unread == {"./drawing.svg": Reason.UNSUPPORTED}
    assert told(1) == rows
    again = {str(item.locator): hashes for item, hashes in hash_sources(Asked(sorted(found)), workers=2)}
    assert {locator: hashes.md5 for locator, hashes in again.items() if locator in found} == {
        locator: rows[locator].md5 for locator in found
    }
