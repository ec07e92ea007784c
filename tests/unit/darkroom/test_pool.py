"""The pool loses nothing, doubles nothing and leaks nothing."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unseen.darkroom import Darkroom, develop
from unseen.darkroom.warmup import drawn_pictures
from unseen.model import Item, Locator, Reason, State


def item_of(name: str, content: int | bytes | Reason | Path) -> Item:
    """An item that opens as the given descriptor, bytes, reason or file."""

    def give() -> int | bytes | Reason:
        return os.open(content, os.O_RDONLY) if isinstance(content, Path) else content

    return Item(Locator.of_file(name), State.ALLOCATED, give)


@pytest.fixture(scope="module")
def darkroom() -> Iterator[Darkroom]:
    """Two locked workers, shared by tests that leave them sound."""
    with Darkroom(workers=2) as darkroom:
        yield darkroom


def test_the_darkroom_answers_as_develop_does(darkroom: Darkroom) -> None:
    """What comes out of a locked worker equals what the same bytes give in this process, variants included."""
    drawn = drawn_pictures()
    items = [item_of(str(index), data) for index, data in enumerate(drawn)]
    answers = {int(str(item.locator)): hashes for item, hashes in darkroom.develop(items)}
    assert answers == {index: develop(data) for index, data in enumerate(drawn)}


def test_every_item_is_answered_exactly_once(darkroom: Darkroom) -> None:
    """Pictures, text, nothing, directories and refusals: as many answers as items, each for its own."""
    file = io.BytesIO()
    Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64).astype(np.uint8)).save(file, "PNG")
    contents: list[int | bytes | Reason | Path] = [
        b"",
        b"text",
        file.getvalue(),
        file.getvalue()[:50],
        Reason.UNREADABLE,
        Path("/"),
    ] * 50
    items = [item_of(str(index), content) for index, content in enumerate(contents)]
    answers = list(darkroom.develop(items))
    assert sorted(int(str(item.locator)) for item, _ in answers) == list(range(len(items)))
    by_kind = {int(str(item.locator)) % 6: hashes.reason for item, hashes in answers}
    assert by_kind[0] is by_kind[1] is Reason.NOT_MEDIA
    assert by_kind[4] is Reason.UNREADABLE
    assert by_kind[5] is Reason.UNSUPPORTED


def test_descriptors_do_not_leak(darkroom: Darkroom, tmp_path: Path) -> None:
    """After two thousand items as many descriptors are open as before."""
    path = tmp_path / "text"
    path.write_bytes(b"text")
    before = len(os.listdir("/proc/self/fd"))
    assert sum(1 for _ in darkroom.develop(item_of(str(index), path) for index in range(2000))) == 2000
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_large_file_is_digested_whole(darkroom: Darkroom, tmp_path: Path) -> None:
    """An ordinary file far above any buffer has the digests that hashlib gives it."""
    path = tmp_path / "large"
    path.write_bytes(b"0123456789abcdef" * (3 << 16))
    [(_, hashes)] = darkroom.develop([item_of("large", path)])
    assert hashes == develop(path.read_bytes())
    assert hashes.size_bytes == path.stat().st_size
