"""Volumes of BitLocker: what a password opens is what was encrypted; without one they are `encrypted`."""

from functools import partial

import pytest
from tests.unit.sources.carving.drawn import picture, written
from tests.unit.sources.disks.bitlocker import make_bitlocker
from tests.unit.sources.filesystems.images import run

from unseen.darkroom import Darkroom
from unseen.model import Item, ItemHashes, Locator, Reason, State
from unseen.sources.disks.encryption.bitlocker import open_bitlocker
from unseen.sources.layers import MemoryRange, Secrets

PASSWORD = "pässword, correct"
PICTURE = written(picture(4, 300, 200), "JPEG")


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An NTFS volume with a picture."""
    folder = tmp_path_factory.mktemp("ntfs")
    (folder / "volume").write_bytes(bytes(8 << 20))
    (folder / "picture").write_bytes(PICTURE)
    run("mkntfs", "-F", "-Q", "-q", "-s", "512", folder / "volume")
    run("ntfscp", folder / "volume", folder / "picture", "A.JPG")
    return (folder / "volume").read_bytes()


def screened(data: bytes, *passwords: str) -> dict[str, ItemHashes]:
    """All items of a volume, behind the lock."""
    with Darkroom(workers=1, secrets=Secrets(passwords)) as darkroom:
        item = Item(Locator.of_file("x"), State.ALLOCATED, partial(bytes, data))
        return {str(each.locator): hashes for each, hashes in darkroom.develop([item])}


@pytest.mark.parametrize("password", [PASSWORD, None])
def test_a_volume_that_opens_is_the_one_that_was_encrypted(volume: bytes, password: str | None) -> None:
    """With its password, and with none where BitLocker was suspended: every sector but those of its own description."""
    data = make_bitlocker(volume, password=password)
    opened = open_bitlocker(MemoryRange(data), ("wrong", *filter(None, [password])))
    assert opened is not None
    assert opened.size_bytes == len(volume)
    assert opened.read_at(0, 5 << 20) == volume[: 5 << 20]
    found = screened(data, *filter(None, [password]))
    (place,) = [name for name in found if name.endswith("/A.JPG")]
    assert found[place].pdq is not None


def test_a_volume_that_nothing_opens_is_encrypted(volume: bytes) -> None:
    """It has a row, and nothing is made of noise."""
    found = screened(make_bitlocker(volume, password=PASSWORD), "wrong", "111111-" * 7 + "111111")
    assert found["x"].reason is Reason.ENCRYPTED
    assert list(found) == ["x"]


def test_a_description_that_is_broken_harms_nothing(volume: bytes) -> None:
    """Whatever is wrong with it, the volume has a row."""
    whole = make_bitlocker(volume, password=None)
    for at in (5 << 20, (5 << 20) + 16, (5 << 20) + 64, (5 << 20) + 120, (5 << 20) + 160):
        data = bytearray(whole)
        for block in range(3):
            data[at + (block << 20) : at + (block << 20) + 8] = b"\xff" * 8
        opened = open_bitlocker(MemoryRange(bytes(data)), ())
        assert opened is None or opened.read_at(0, 512)
