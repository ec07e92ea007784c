"""Pictures made to pass for something else are hashed as what every viewer shows."""

import io
import struct
import tarfile
import zipfile
from functools import partial

import numpy as np
import pytest
from PIL import Image
from tests.unit.clips import draw_video

from unseen.darkroom import Darkroom
from unseen.model import Item, Locator, State


def _jpeg() -> bytes:
    coarse = Image.fromarray(np.random.default_rng(5).integers(0, 256, (9, 12, 3), dtype=np.uint8))
    drawn = io.BytesIO()
    coarse.resize((400, 300), Image.Resampling.BICUBIC).save(drawn, "JPEG", quality=85)
    return drawn.getvalue()


def _remark(content: dict[int, bytes]) -> bytes:
    """The picture with a remark behind its first two bytes that puts some bytes at stated places of the file."""
    remark = bytearray(60_000)
    for offset, written in content.items():
        remark[offset - 6 : offset - 6 + len(written)] = written
    drawn = _jpeg()
    return drawn[:2] + struct.pack(">HH", 0xFFFE, len(remark) + 2) + bytes(remark) + drawn[2:]


_SUPERBLOCK = struct.pack("<IIIIIII", 64, 64, 0, 0, 0, 1, 0) + bytes(28) + b"\x53\xef\1\0"
_DISGUISES = {
    "image of macOS": _jpeg() + b"koly" + bytes(508),
    "fixed disk of Hyper-V": _jpeg() + b"conectix" + bytes(504),
    "disk": _remark({446: struct.pack("<B3xB3xII", 0, 7, 10, 50) + bytes(48) + b"\x55\xaa"}),
    "disk with a second table": _remark({512: b"EFI PART"}),
    "ext": _remark({1024: _SUPERBLOCK}),
    "ISO 9660": _remark({32_768: b"\1CD001\1"}),
    "tar": _remark({257: b"ustar\00000"}),
    "zip": _jpeg() + b"PK\5\6" + bytes(18),
}


@pytest.mark.parametrize("disguise", _DISGUISES)
def test_a_picture_in_disguise_is_hashed_as_a_picture(disguise: str) -> None:
    """Whatever else its bytes may be taken for, on its own and in an archive alike."""
    picture = _DISGUISES[disguise]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner", picture)
    contents = {"alone": picture, "packed": packed.getvalue()}
    items = [Item(Locator.of_file(name), State.ALLOCATED, partial(bytes, each)) for name, each in contents.items()]
    with Darkroom(workers=1) as darkroom:
        answers = {str(item.locator): hashes for item, hashes in darkroom.develop(items)}
    assert answers["alone"].pdq is not None
    assert answers["packed > inner"].pdq == answers["alone"].pdq


@pytest.mark.parametrize(("codec", "container"), [("libx264", "mp4"), ("mpeg1video", "mpeg")])
def test_a_film_in_disguise_is_hashed_as_a_film(codec: str, container: str) -> None:
    """An archive behind it is looked into too, also where nothing tells the end of the film."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner", _jpeg())
    film = draw_video([1, 2], codec=codec, container=container, rate=25) + packed.getvalue()
    with Darkroom(workers=1) as darkroom:
        item = Item(Locator.of_file("film"), State.ALLOCATED, partial(bytes, film))
        answers = {str(item.locator): hashes for item, hashes in darkroom.develop([item])}
    assert answers["film"].vpdq
    assert [answers[name].pdq is not None for name in answers if name.endswith("inner")] == [True]


def test_what_lies_in_something_has_its_state() -> None:
    """A picture in an archive that nothing lists any more is not said to be a file of the archive around it."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.jpg", _jpeg())
    with tarfile.open(fileobj=outer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("empty"))
    item = Item(Locator.of_file("x"), State.ALLOCATED, partial(bytes, outer.getvalue() + inner.getvalue()))
    with Darkroom(workers=1) as darkroom:
        states = {str(each.locator): each.state for each, _ in darkroom.develop([item])}
    ((place, state),) = [each for each in states.items() if each[0].endswith("a.jpg")]
    assert place.count(" > ") == 2
    assert state is State.ORPHAN
    assert states["x"] is State.ALLOCATED
