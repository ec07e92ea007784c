"""Names on discs: those that Rock Ridge keeps, and what damage makes of them."""

import os
import random
from pathlib import Path

import pytest
from tests.unit.sources.filesystems.images import found_in, run

from unseen.sources.filesystems.sleuthkit.iso import rock_ridge_names
from unseen.sources.layers import MemoryRange

_FILES = {
    "/A folder of ours/and one below/holiday picture.jpeg": os.urandom(5_000),
    "/A folder of ours/Holiday Picture.jpeg": os.urandom(600),
    f"/{'long ' * 48}.bin": os.urandom(70),
    "/\u00fcber.bin": os.urandom(100),
    "/plain.txt": b"plain\n",
}


@pytest.fixture
def disc(tmp_path: Path) -> bytes:
    """A disc whose names are in Rock Ridge alone."""
    for path, data in _FILES.items():
        file = tmp_path / "tree" / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    run("genisoimage", "-quiet", "-R", "-o", tmp_path / "disc", tmp_path / "tree")
    return (tmp_path / "disc").read_bytes()


def test_rock_ridge_gives_the_names_that_users_gave(disc: bytes) -> None:
    """Long names, in folders too, and those that go on in another area of the disc."""
    assert {path: data for path, (_, data) in found_in(disc).items()} == _FILES


def test_damaged_names_leave_names_by_which_files_can_be_told_apart(disc: bytes) -> None:
    """Whatever becomes of the entries that hold names, reading them ends, and no two files of a folder share one."""
    draw = random.Random(5)
    for _ in range(300):
        broken = bytearray(disc)
        for signature in (b"NM", b"CE", b"SP"):
            at = -1
            while (at := broken.find(signature, at + 1)) >= 0:
                if draw.random() < 0.5:
                    broken[at + 2 + draw.randrange(6)] = draw.randrange(256)
        for names in rock_ridge_names(MemoryRange(bytes(broken))).values():
            assert len(set(names.values())) == len(names)


def test_a_file_that_takes_anothers_name_keeps_its_own(disc: bytes) -> None:
    """Where Rock Ridge gives two files of a folder one name, the second is called as the disc calls it."""
    broken = disc.replace(b"plain.txt", b"\xc3\xbcber.bin")
    assert len(broken) == len(disc)
    found = {path: data for path, (_, data) in found_in(broken).items()}
    assert sorted(set(found) - set(_FILES)) in (["/PLAIN.TXT"], ["/__BER.BIN"])
    assert set(found.values()) == set(_FILES.values())


def test_names_that_go_on_in_a_circle_end(disc: bytes) -> None:
    """An area that continues in itself is read a few times, and not for ever."""
    broken = bytearray(disc)
    at = broken.find(b"CE\x1c\x01")
    block, offset = (int.from_bytes(broken[at + skipped : at + skipped + 4], "little") for skipped in (4, 12))
    area = block * 2_048 + offset
    broken[area : area + 28] = broken[at : at + 28]
    assert rock_ridge_names(MemoryRange(bytes(broken)))[""]["PLAIN.TXT"] == "plain.txt"
