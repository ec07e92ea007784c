"""What an image says of its own medium: the digests stored in it, and how much there is to go through."""

import os
import selectors
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from zlib import adler32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.docs.disks import make_disk
from tests.unit.sources.disks.images import need, run

from unseen.darkroom import Choose, Darkroom
from unseen.darkroom.reading.job import Desk, Job
from unseen.darkroom.reading.nodes import Node
from unseen.darkroom.reading.process import Reader
from unseen.darkroom.reading.room import ReadingRoom, ReadingRules
from unseen.darkroom.reading.wire import pack_stated, unpack_message
from unseen.darkroom.wire import Garbled, Inside
from unseen.model import Acquisition, Comparison, Item, ItemHashes, Locator, Reason, State, VideoMode
from unseen.sources import open_source
from unseen.sources.layers import LAYER_LIMITS, NO_SECRETS, Stated, Want


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An E01 image of a disk with a file, which stores MD5 and SHA-1."""
    need("ewfacquire")
    raw, folder = tmp_path / "disk.raw", tmp_path / "images"
    raw.write_bytes(make_disk({"A.TXT": b"text"}, {}))
    folder.mkdir()
    run("ewfacquire", "-q", "-u", "-c", "fast", "-d", "sha1", "-t", folder / "disk", raw)
    return folder / "disk.E01"


def _hashes_of(image: Path, choose: Choose | None = None) -> ItemHashes:
    with Darkroom(workers=1) as darkroom:
        answers = {
            str(item.locator): hashes for item, hashes in darkroom.develop(open_source(str(image)), choose=choose)
        }
    assert any(" > " in text for text in answers)
    return answers[str(image)]


def _forge_digest(image: Path) -> None:
    data = bytearray(image.read_bytes())
    start = data.index(b"digest".ljust(16, b"\0")) + 76
    # The MD5 in this section; another section holds it too, and they contradict each other now.
    data[start] ^= 1
    data[start + 76 : start + 80] = adler32(data[start : start + 76]).to_bytes(4, "little")
    image.write_bytes(data)


def test_an_image_that_holds_what_was_acquired_says_so(image: Path) -> None:
    """Not only a difference shows: each stored digest has its word, and the image no row."""
    hashes = _hashes_of(image)
    assert hashes.acquisition == Acquisition(md5=Comparison.VERIFIED, sha1=Comparison.VERIFIED)
    assert hashes.reason is Reason.NOT_MEDIA


def test_another_reason_hides_no_difference(image: Path) -> None:
    """An image that also changed while it was read has that reason, and its digests are said to differ all the same."""
    _forge_digest(image)
    assert _hashes_of(image).reason is Reason.HASH_MISMATCH

    def choose(locators: Sequence[Locator]) -> list[Want]:
        if any(len(locator.steps) > 1 for locator in locators):
            os.utime(image, ns=(1, 1))
        return [Want.TAKE] * len(locators)

    hashes = _hashes_of(image, choose)
    assert hashes.reason is Reason.CHANGED
    assert hashes.acquisition == Acquisition(md5=Comparison.MISMATCH, sha1=Comparison.VERIFIED)


def test_an_image_that_was_altered_is_changed_though_its_times_were_set_back(image: Path) -> None:
    """Bytes that were read already are others now; the time of the change was forged, and shows all the same."""
    before = image.stat()

    def choose(locators: Sequence[Locator]) -> list[Want]:
        if any(len(locator.steps) > 1 for locator in locators):
            with image.open("r+b") as file:
                file.seek(before.st_size // 2)
                file.write(b"\xff")
            os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
        return [Want.TAKE] * len(locators)

    assert _hashes_of(image, choose).reason is Reason.CHANGED
    assert image.stat().st_mtime_ns == before.st_mtime_ns


@given(
    st.integers(0, 255),
    st.integers(0, 1 << 62),
    st.none() | st.builds(Acquisition, md5=st.sampled_from(Comparison), sha1=st.sampled_from(Comparison)),
)
def test_what_is_said_of_a_medium_round_trips(depth: int, size_bytes: int, acquisition: Acquisition | None) -> None:
    """As readers write it, so the parent reads it; half a comparison is garbled."""
    event = Stated(depth, size_bytes, acquisition)
    packed = pack_stated(event)
    assert unpack_message(packed) == event
    if acquisition is not None:
        for codes in (b"\0\1", b"\1\0", b"\5\1", b"\1\xff"):
            with pytest.raises(Garbled):
                unpack_message(packed[:3] + codes + packed[5:])


@dataclass(eq=False)
class _Clocked:
    """All of a reader that its deadline is set by."""

    deadline_at_s: float = 0.0


@pytest.mark.parametrize(
    ("stated_bytes", "allowed_bytes"), [(10, 1 << 20), (5 << 30, 1_100 << 20), (900 << 20, 900 << 20)]
)
def test_a_blank_disk_packed_into_little_is_given_time(stated_bytes: int, allowed_bytes: int) -> None:
    """A reader may be silent as long as its medium takes, and not longer than anything of that size could unpack to."""
    job = Job(Node(Item(Locator.of_file("disk.E01"), State.ALLOCATED, bytes)), (), 1 << 20, Inside.DISK)
    job.hear(Stated(0, stated_bytes, None), b"", None, Desk(lambda _: [], VideoMode.FAST), lambda *_: None)
    rules = ReadingRules(
        readers_max=1, limits=LAYER_LIMITS, secrets=NO_SECRETS, deadline_s=120.0, unsafe_no_sandbox=False
    )
    reader = _Clocked()
    ReadingRoom(rules, selectors.DefaultSelector(), lambda: 1_000.0)._restart_clock(cast("Reader", reader), job)
    assert reader.deadline_at_s == 1_000.0 + 120.0 + allowed_bytes / 10_000_000


def test_what_is_said_out_of_turn_is_garbled() -> None:
    """A reader speaks of the container that it is in, and of no other."""
    job = Job(Node(Item(Locator.of_file("disk.E01"), State.ALLOCATED, bytes)), (), 1 << 20, Inside.DISK)
    with pytest.raises(Garbled):
        job.hear(Stated(1, 1, None), b"", None, Desk(lambda _: [], VideoMode.FAST), lambda *_: None)
