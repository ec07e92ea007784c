"""What phones keep, as a scan meets it: stores of thumbnails, and images of whole file systems."""

import io
import random
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from tests.unit.sources.archives.programs import run_program
from tests.unit.sources.carving.drawn import picture, written
from tests.unit.sources.phones.backups import android_backup, tar_of

from unseen.darkroom import Darkroom, develop
from unseen.model import Item, ItemHashes, Locator, Reason, State
from unseen.sources import open_source

FIRST, SECOND = written(picture(1), "JPEG"), written(picture(2), "JPEG")
_NOISE = random.Random(7)
# Android: fields of 10,000 bytes, each a byte that says whether it is used, its number and length. Apple: pieces of one
# size, padded with zeros, of a file with neither head nor table.
THUMBDATA = b"".join(
    (b"\1" + number.to_bytes(8, "big") + len(jpeg).to_bytes(4, "big") + jpeg).ljust(10_000, b"\0")
    for number, jpeg in enumerate((FIRST, SECOND))
)
ITHMB = b"".join(_NOISE.randbytes(16) + jpeg.ljust(20_000, b"\0") for jpeg in (FIRST, SECOND))
STORES = {
    "DCIM/.thumbnails/.thumbdata3--1967290299": THUMBDATA,
    "DCIM/.thumbnails/.thumbdata5-1763508120_0": bytes(4) + THUMBDATA,
    "data/com.miui.gallery/files/MicroThumbs/imageblob0.blob": _NOISE.randbytes(100) + FIRST + SECOND,
    "PhotoData/Thumbnails/120x120.ithmb": ITHMB,
    "Photos/Thumbs/F1024_1.ithmb": ITHMB,
}
# Of a film or a song, as `.ithmb` files of old iPods and phones hold it: 5, 6 and 5 bits for each point.
BARE = (b"\x1f\xf8" * 3_000 + b"\x00\x1f" * 3_000) * 4


def _screened(items: list[Item]) -> dict[str, tuple[State, ItemHashes]]:
    with Darkroom(workers=1) as darkroom:
        return {str(item.locator): (item.state, hashes) for item, hashes in darkroom.develop(items)}


def _packed(name: str, content: bytes) -> dict[str, tuple[State, ItemHashes]]:
    return _screened([Item(Locator.of_file(name), State.ALLOCATED, partial(bytes, content))])


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data, None if data else zipfile.ZIP_STORED)
    return buffer.getvalue()


@pytest.fixture(params=["folder", "zip", "ab"])
def found(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, tuple[State, ItemHashes]]:
    """Answers for all stores, by locator behind what they lie in."""
    if request.param == "folder":
        for name, data in STORES.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        return {
            key.removeprefix(f"{tmp_path}/"): each for key, each in _screened([*open_source(str(tmp_path))]).items()
        }
    if request.param == "zip":
        answers = _packed("phone.zip", _zipped(STORES))
        return {key.removeprefix("phone.zip > "): each for key, each in answers.items()}
    answers = _packed("phone.ab", android_backup(tar_of(STORES)))
    return {key.removeprefix("phone.ab > backup.tar > "): each for key, each in answers.items()}


def test_stores_of_thumbnails_give_their_pictures(found: dict[str, tuple[State, ItemHashes]]) -> None:
    """Each picture to the byte, `carved`, wherever the store lies and whatever it is called."""
    sought = {develop(jpeg).sha256 for jpeg in (FIRST, SECOND)}
    for name in STORES:
        inside = [each for locator, each in found.items() if locator.startswith(f"{name} > ")]
        assert {state for state, _ in inside} == {State.CARVED}
        assert {hashes.sha256 for _, hashes in inside} == sought
        assert all(hashes.pdq is not None for _, hashes in inside)


def test_bare_pixels_are_digested_alone() -> None:
    """No size and no order of colours stands anywhere: nothing is made up, and it is documented."""
    answers = _packed("F1019_1.ithmb", BARE)
    assert {locator: hashes.reason for locator, (_, hashes) in answers.items()} == {"F1019_1.ithmb": Reason.NOT_MEDIA}


def test_an_image_of_a_file_system_in_a_zip_has_the_paths_of_the_phone(tmp_path: Path) -> None:
    """Each file once, folders left out, what is encrypted a row; the archive behind all that lies in it."""
    (tmp_path / "secret.jpg").write_bytes(FIRST)
    base = tmp_path / "phone.zip"
    files = {
        "private/var/mobile/Media/DCIM/100APPLE/IMG_0001.JPG": FIRST,
        "private/var/mobile/Library/SMS/Attachments/ab/11/x/ü.jpg": SECOND,
        "data/media/0/DCIM/Camera/b.jpg": SECOND,
    }
    base.write_bytes(_zipped({"private/var/mobile/": b"", **files}))
    run_program("7z", "a", "-tzip", "-psecret", "-mem=AES256", "phone.zip", "secret.jpg", cwd=tmp_path)
    answers = _screened([*open_source(str(base))])
    assert {locator.removeprefix(f"{base} > "): hashes.reason for locator, (_, hashes) in answers.items()} == {
        **dict.fromkeys(files),
        "secret.jpg": Reason.ENCRYPTED,
        str(base): Reason.NOT_MEDIA,
    }
    assert list(answers)[-1] == str(base)
    for name, data in files.items():
        assert answers[f"{base} > {name}"][1].pdq == develop(data).pdq


def test_a_folder_by_an_extraction_tool_is_read_by_its_files(tmp_path: Path) -> None:
    """A description (`.ufd`) beside an archive or the segments of an image: what it describes is found without it."""
    (tmp_path / "phone.ufd").write_text("[DeviceInfo]\nModel=x\n[Dumps]\nFileDump=files.zip\nImage=dump_001.bin\n")
    (tmp_path / "files.zip").write_bytes(_zipped({"DCIM/a.jpg": FIRST}))
    (tmp_path / "dump_001.bin").write_bytes(bytes(5_000) + SECOND + bytes(5_000))
    answers = _screened([*open_source(str(tmp_path))])
    assert answers[f"{tmp_path}/files.zip > DCIM/a.jpg"][1].pdq == develop(FIRST).pdq
    assert answers[f"{tmp_path}/dump_001.bin > @5000+{len(SECOND)}"][1].pdq == develop(SECOND).pdq
    assert answers[f"{tmp_path}/phone.ufd"][1].reason is Reason.NOT_MEDIA
