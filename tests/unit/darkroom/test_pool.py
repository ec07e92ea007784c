"""The pool loses nothing, doubles nothing and leaks nothing."""

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unseen.darkroom import Darkroom, develop
from unseen.darkroom.warmup import drawn_pictures
from unseen.decoding import Limits
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
    outermost = [(item, hashes) for item, hashes in darkroom.develop(items) if len(item.locator.steps) == 1]
    answers = {int(str(item.locator)): hashes for item, hashes in outermost}
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


def test_a_file_that_goes_on_changing_is_changed(darkroom: Darkroom, tmp_path: Path) -> None:
    """Read again once; if it changed again it is `changed`, with the digests of what was read and without a PDQ."""
    path = tmp_path / "log"
    path.write_bytes(b"text")
    times = iter(range(1, 100))

    class Meddler:
        """Touches the file whenever the darkroom looks at its clock, so at every step."""

        def __call__(self) -> float:
            path.write_bytes(b"text" * next(times))
            return 0.0

    darkroom._clock_s, before = Meddler(), darkroom._clock_s
    try:
        [(_, hashes)] = darkroom.develop([item_of("log", path)])
    finally:
        darkroom._clock_s = before
    assert hashes.reason is Reason.CHANGED
    assert hashes.sha256 is not None
    assert hashes.pdq is None


def test_a_file_that_changed_once_is_read_again(darkroom: Darkroom, tmp_path: Path) -> None:
    """The second reading is of the file as it came to rest."""
    path = tmp_path / "log"
    path.write_bytes(b"text")
    clock, changes = darkroom._clock_s, iter([b"text and more"])

    def meddle_once() -> float:
        content = next(changes, None)
        if content is not None:
            path.write_bytes(content)
        return clock()

    darkroom._clock_s = meddle_once
    try:
        [(_, hashes)] = darkroom.develop([item_of("log", path)])
    finally:
        darkroom._clock_s = clock
    assert hashes == develop(b"text and more")


def test_a_file_removed_while_open_is_read_all_the_same(darkroom: Darkroom, tmp_path: Path) -> None:
    """The descriptor outlives the name."""
    path = tmp_path / "file"
    path.write_bytes(b"text")
    descriptor = os.open(path, os.O_RDONLY)
    path.unlink()
    [(_, hashes)] = darkroom.develop([item_of("file", descriptor)])
    assert hashes == develop(b"text")


def test_fifos_and_devices_are_unsupported(darkroom: Darkroom, tmp_path: Path) -> None:
    """Whatever is no ordinary file is closed again, not read."""
    os.mkfifo(tmp_path / "fifo")
    fifo = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    items = [item_of("fifo", fifo), item_of("device", Path("/dev/zero"))]
    assert [hashes.reason for _, hashes in darkroom.develop(items)] == [Reason.UNSUPPORTED] * 2


def test_a_picture_that_does_not_fit_into_memory_is_too_large() -> None:
    """The worker's memory is bounded; the item is said, digested, and the worker goes on."""
    file = io.BytesIO()
    Image.new("RGBA", (64, 64)).save(file, "PNG")
    data = file.getvalue()
    # 3,600 megapixels in a few hundred bytes: admitted by the limits here, and by no memory that a worker has.
    limits = Limits(pixels_max=1 << 40)
    at = data.index(b"IHDR") + 4
    header = bytearray(data[at - 4 : at + 13])
    header[4:12] = struct.pack(">II", 60_000, 60_000)
    data = data[: at - 4] + bytes(header) + struct.pack(">I", zlib.crc32(bytes(header))) + data[at + 17 :]
    with Darkroom(workers=1, limits=limits) as darkroom:
        answers = [hashes for _, hashes in darkroom.develop([item_of("0", data), item_of("1", b"text")])]
    assert [hashes.reason for hashes in answers] == [Reason.TOO_LARGE, Reason.NOT_MEDIA]
    assert answers[0].sha256 is not None


def test_a_hasher_that_is_plugged_in_works_in_locked_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by its entry point, loaded before the lock, its values read under its name."""
    (tmp_path / "toyhash.py").write_text(_TOY_HASHER)
    metadata = tmp_path / "toyhash-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: toyhash\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[unseen.hashers]\ntoy = toyhash:ToyHasher\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Darkroom(workers=1) as darkroom:
        items = [item_of("0", drawn_pictures()[1]), item_of("1", b"text")]
        extras = [hashes.extra for _, hashes in darkroom.develop(items)]
    assert extras == [(("toy", b"toy!"),), ()]


_TOY_HASHER = """
class ToyHasher:
    signal, size_bytes, threshold = "toy", 4, 0

    def hash_pixels(self, pixels):
        return b"toy!"

    def distances(self, query, values):
        return (values != list(query)).sum(axis=1)
"""
