"""One known picture after the other is hidden in its own way; each is found once, and its locator is taken back."""

import base64
import binascii
import bz2
import email.message
import gzip
import hashlib
import io
import lzma
import os
import shutil
import struct
import sys
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.faults import hiding
from tests.unit.clips import draw_video

from unseen.casework.given.locators import Asked
from unseen.casework.hashing import hash_sources
from unseen.darkroom import Darkroom
from unseen.model import ItemHashes, Reason
from unseen.sources import open_sources

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


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


def uuencoded(content: bytes) -> bytes:
    """A file in lines of text."""
    lines = (binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
    return b"begin 644 a b.jpg\n" + b"".join(lines) + b"`\nend\n"


def lying(archive: bytes) -> bytes:
    """A zip whose directory lies about everything: counts, sizes, checksums, names, methods, and where it lies."""
    data = bytearray(archive)
    at = data.index(b"PK\1\2")
    while data[at : at + 4] == b"PK\1\2":
        data[at + 10 : at + 28] = bytes(range(200, 218))
        data[at + 42 : at + 46] = b"\xff\xff\xff\x7f"
        name_bytes, extra_bytes, comment_bytes = struct.unpack_from("<HHH", data, at + 28)
        data[at + 46 : at + 46 + name_bytes] = b"/" * name_bytes
        at += 46 + name_bytes + extra_bytes + comment_bytes
    data[at + 8 : at + 12] = b"\xfe\xff\x01\0"
    return bytes(data)


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
    "behind a backup.ab": lambda known: b"ANDROID BACKUP\n5\n1\nnone\n" + zlib.compress(tarred("a", b"b")) + known,
    "behind a tar.xz": lambda known: lzma.compress(tarred("a", b"b")) + known,
    "behind a tar.zst, far": lambda known: zstd.compress(tarred("a", b"b")) + bytes(2 << 20) + known,
    "old.txt": lambda known: b"hello,\n" + uuencoded(known) + b"bye\n",
    "old.eml": lambda known: b"From: a@b.example\nSubject: b\n\nhello,\n" + uuencoded(known) + b"bye\n",
    "letter.rtf": lambda known: b"{\\rtf1 words{\\pict\\jpegblip\\picw200 " + known.hex().encode() + b"}}",
    "Thumbs.db": hiding.thumbs,
    "volume": hiding.lvm,
    "disk.dmg": hiding.dmg,
    "lies.zip": lambda known: lying(zipped(("b", b"2"), ("a", known))),
    **({"card": hiding.exfat} if shutil.which("mkfs.exfat", path=os.defpath + ":/sbin:/usr/sbin") else {}),
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
    told_lies = {name: reason for name, reason in unread.items() if name.startswith("./lies.zip")}
    assert unread.keys() - told_lies.keys() == {"./drawing.svg"}
    assert unread["./drawing.svg"] is Reason.UNSUPPORTED
    assert Reason.UNREADABLE in told_lies.values()
    assert told(1) == rows
    again = {str(item.locator): hashes for item, hashes in hash_sources(Asked(sorted(found)), workers=2)}
    assert {locator: hashes.md5 for locator, hashes in again.items() if locator in found} == {
        locator: rows[locator].md5 for locator in found
    }
