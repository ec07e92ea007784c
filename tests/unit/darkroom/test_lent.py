"""What lies in no file is screened like a file: asked for by ranges, over sockets, by whoever needs them."""

import io
import os
import random
import tarfile
import threading
from collections.abc import Iterator

import pytest

from unseen.darkroom import Darkroom, develop
from unseen.darkroom.reading.intake import Intake
from unseen.darkroom.reading.job import Desk
from unseen.darkroom.reading.nodes import close
from unseen.darkroom.warmup import drawn_pictures
from unseen.model import ByteSource, Item, Locator, Reason, State, UnreadError, VideoMode
from unseen.sources.layers import MemoryRange, Want

NOISE = random.Random(1).randbytes(3 << 20)


class Counted:
    """A source that remembers the largest range it was asked for, and may fail from some byte on."""

    def __init__(self, data: bytes, fails_at: int | None = None) -> None:
        self._data = data
        self._fails_at = fails_at
        self.size_bytes = len(data)
        self.largest = 0

    def read_at(self, offset: int, size: int) -> bytes:
        """Give bytes, or fail."""
        self.largest = max(self.largest, size)
        if self._fails_at is not None and offset + size > self._fails_at:
            raise UnreadError(Reason.CHANGED)
        return self._data[offset : offset + size]


def _item(name: str, source: ByteSource) -> Item:
    return Item(Locator.of_file(name), State.ALLOCATED, lambda: source)


@pytest.fixture(scope="module")
def darkroom() -> Iterator[Darkroom]:
    """Two locked workers, shared."""
    with Darkroom(workers=2) as darkroom:
        yield darkroom


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def test_lent_bytes_have_the_hashes_of_a_file(darkroom: Darkroom) -> None:
    """Pictures, noise and nothing: the same hashes, in small pieces."""
    contents = {"picture": drawn_pictures()[0], "noise": NOISE, "nothing": b""}
    sources = {name: Counted(data) for name, data in contents.items()}
    answers = darkroom.develop([_item(name, source) for name, source in sources.items()])
    found = {str(item.locator): hashes for item, hashes in answers}
    assert found == {name: develop(data) for name, data in contents.items()}
    assert sources["noise"].largest <= 1 << 20


def test_containers_that_are_lent_are_looked_into(darkroom: Darkroom) -> None:
    """Members and the container itself are answered, nested ones too."""
    picture = drawn_pictures()[0]
    outer = _tar({"a/b.tar": _tar({"in.png": picture}), "noise": NOISE})
    found = {str(item.locator): hashes for item, hashes in darkroom.develop([_item("lent", MemoryRange(outer))])}
    assert set(found) >= {"lent", "lent > a/b.tar", "lent > a/b.tar > in.png", "lent > noise"}
    assert found["lent > a/b.tar > in.png"].pdq == develop(picture).pdq
    assert found["lent"].sha256 == develop(outer).sha256
    assert found["lent > noise"].md5 == develop(NOISE).md5


def test_a_source_that_fails_half_way_says_why(darkroom: Darkroom) -> None:
    """The reason that it gives is the item's."""
    answers = list(darkroom.develop([_item("torn", Counted(NOISE, fails_at=1 << 20)), _item("sound", Counted(NOISE))]))
    found = {str(item.locator): hashes for item, hashes in answers}
    assert (found["torn"].reason, found["torn"].sha256) == (Reason.CHANGED, None)
    assert found["sound"].sha256 == develop(NOISE).sha256


def test_lending_leaves_nothing_behind(darkroom: Darkroom) -> None:
    """No descriptor and no thread outlives its item."""
    tar = _tar({f"{number}": b"x" * number for number in range(20)})
    deque_of = list(darkroom.develop([_item("warm", MemoryRange(tar))]))
    assert len(deque_of) == 21
    descriptors, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    assert sum(1 for _ in darkroom.develop(_item(f"{n}", MemoryRange(tar)) for n in range(60))) == 60 * 21
    for thread in threading.enumerate():
        if thread.daemon and thread is not threading.current_thread():
            thread.join(5)
    assert len(os.listdir("/proc/self/fd")) <= descriptors + 2
    assert threading.active_count() <= threads + 2


def test_a_lent_container_that_is_soon_gone_through_waits_for_its_digests() -> None:
    """A reader that is faster than the worker that takes the digests leaves no container without them."""
    desk = Desk(lambda locators: [Want.TAKE] * len(locators), VideoMode.FAST)
    task = Intake([_item("lent", MemoryRange(b"bytes"))], desk).next_task()
    assert task is not None
    task.node.is_open = True
    close(task.node, None, desk.answers)
    assert not desk.answers
    assert task.node.own is None
