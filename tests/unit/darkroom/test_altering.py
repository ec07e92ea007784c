"""Pictures are altered where pixels may live, and nowhere else."""

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.darkroom.test_pool import item_of

from unseen.darkroom import CATALOGUE, UNALTERED, Darkroom, develop
from unseen.darkroom.altering import making
from unseen.decoding import LIMITS
from unseen.model import ItemHashes, Reason
from unseen.sources.layers import MemoryRange

SEED = 7
NUMBERS = range(UNALTERED, len(CATALOGUE) + 1)


def draw(seed: int, size: tuple[int, int] = (320, 240)) -> bytes:
    """A picture of soft patches as a PNG file."""
    patches = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def darkroom() -> Iterator[Darkroom]:
    """Two locked workers that can alter."""
    with Darkroom(workers=2, altering_seed=SEED) as darkroom:
        yield darkroom


def alter_all(darkroom: Darkroom, content: bytes, tmp_path: Path) -> dict[int, ItemHashes]:
    """The hashes of every altered copy of one file, by number."""
    path = tmp_path / "picture"
    path.write_bytes(content)
    items = [replace(item_of("picture", path), alteration=number) for number in NUMBERS]
    return {item.alteration: hashes for item, hashes in darkroom.develop(items)}


def test_a_locked_worker_alters_in_every_way(darkroom: Darkroom, tmp_path: Path) -> None:
    """Behind the lock, without files, each alteration has the hashes that it has in a free process."""
    content = draw(1)
    found = alter_all(darkroom, content, tmp_path)
    assert darkroom.sandbox.seccomp
    source = MemoryRange(content)
    assert found == {number: making.develop_altered(source, number, seed=SEED, limits=LIMITS) for number in NUMBERS}


def test_alterations_differ_and_the_first_is_none(tmp_path: Path, darkroom: Darkroom) -> None:
    """The unaltered copy has the hashes of the file itself; no two alterations make the same copy."""
    content = draw(2, (620, 460))
    found = alter_all(darkroom, content, tmp_path)
    assert found[UNALTERED] == develop(content)
    assert {hashes.sha256 for hashes in found.values()} == {develop(content).sha256}
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    copies = {making.alter(picture, number, (SEED, number)) for number in NUMBERS if number > UNALTERED}
    assert len(copies) == len(CATALOGUE) - 1


def test_the_seed_decides_what_is_drawn(tmp_path: Path) -> None:
    """The same seed gives the same noise on the same bytes, and another seed another."""
    number = 1 + next(at for at, one in enumerate(CATALOGUE) if (one.kind, one.amount) == ("noise", 60))
    source = MemoryRange(draw(3))
    first, again, other = (making.develop_altered(source, number, seed=seed, limits=LIMITS) for seed in (1, 1, 2))
    assert first == again
    assert (first.pdq, first.variants) != (other.pdq, other.variants)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (5, 4000)])
def test_pictures_of_any_shape_can_be_altered(size: tuple[int, int]) -> None:
    """Shares of a side of one pixel are at least one pixel."""
    picture = Image.new("RGB", size, "red")
    for number in NUMBERS:
        if number > UNALTERED:
            copy = Image.open(io.BytesIO(making.alter(picture, number)))
            assert min(copy.size) > 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.NOT_MEDIA),
        (b"text" * 1000, Reason.NOT_MEDIA),
        (draw(4)[:600], Reason.TRUNCATED),
        (b"PK\x03\x04" + bytes(200), Reason.UNSUPPORTED),
        (b"\x00\x00\x00\x18ftypisom" + bytes(200), Reason.UNSUPPORTED),
    ],
)
def test_what_is_no_whole_picture_has_a_reason(
    darkroom: Darkroom, tmp_path: Path, content: bytes, reason: Reason
) -> None:
    """Text, archives, videos and torn pictures are altered in no way, and each answer says why."""
    found = alter_all(darkroom, content, tmp_path)
    assert len(found) == len(CATALOGUE)
    assert {hashes.reason for hashes in found.values()} == {reason}


def test_a_picture_too_large_to_be_doubled_is_too_large(darkroom: Darkroom, tmp_path: Path) -> None:
    """Beyond the limit nothing is altered: the largest alteration must fit the memory of a worker."""
    file = io.BytesIO()
    Image.new("L", (5001, 5000)).save(file, "PNG")
    found = alter_all(darkroom, file.getvalue(), tmp_path)
    assert {hashes.reason for hashes in found.values()} == {Reason.TOO_LARGE}
    long = io.BytesIO()
    Image.new("L", (32_001, 2)).save(long, "PNG")
    wide = alter_all(darkroom, long.getvalue(), tmp_path)
    assert {wide[number].reason for number in NUMBERS if number > UNALTERED} == {Reason.TOO_LARGE}


def test_no_file_is_made_while_pictures_are_altered(
    darkroom: Darkroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers cannot open any file, and the parent opens none for writing."""
    opened: list[tuple[object, int]] = []
    true_open = os.open

    def watch(path: str, flags: int, *rest: int, **options: int) -> int:
        opened.append((path, flags))
        return true_open(path, flags, *rest, **options)

    content = draw(5)
    path = tmp_path / "picture"
    path.write_bytes(content)
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(os, "open", watch)
    items = [replace(item_of("picture", path), alteration=number) for number in NUMBERS]
    assert len(list(darkroom.develop(items))) == len(CATALOGUE)
    assert opened
    assert all(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) == 0 for _, flags in opened)
    assert sorted(tmp_path.rglob("*")) == before
    assert darkroom.sandbox.seccomp


def test_workers_of_a_scan_cannot_alter(tmp_path: Path) -> None:
    """A worker that was not started for it draws nothing: an item that asks all the same ends as a crash, told."""
    path = tmp_path / "picture"
    path.write_bytes(draw(6))
    with Darkroom(workers=1) as plain:
        [(_, hashes)] = plain.develop([replace(item_of("picture", path), alteration=2)])
    assert hashes.reason is Reason.DECODER_CRASHED
    assert hashes.pdq is None
