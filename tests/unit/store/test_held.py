"""Hashes in blocks: every value that may be compared, with its item, whatever shape its row has."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.stores import on_both
from tests.unit.rechecks import Drawing, keep_items, put_file

from unseen.casework.proof.recording import open_recorded
from unseen.errors import StoreError
from unseen.model import QUALITY_MIN, Entry, ItemHashes, Reason, Signal, VideoMode
from unseen.store import Store, held_blocks, held_items
from unseen.store.schema import items

ALL = [signal.value for signal in Signal]
END = 1 << 40


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A store with a list."""
    with open_recorded(place) as opened:
        put_file(opened, "far", [Entry("far", "md5", bytes(16))])
        yield opened


def comparable(hashes: ItemHashes) -> set[bytes]:
    """Every PDQ that may be compared, as policy has it."""
    values = {variant.pdq for variant in hashes.variants if variant.pdq_quality >= QUALITY_MIN}
    values |= {frame.pdq for frame in hashes.vpdq or () if frame.pdq_quality >= QUALITY_MIN}
    return values | ({hashes.pdq} if hashes.pdq is not None and (hashes.pdq_quality or 0) >= QUALITY_MIN else set())


@on_both
@pytest.mark.parametrize("rows_at_once", [1, 7, 1_000])
def test_blocks_hold_what_items_hold(store: Store, rows_at_once: int) -> None:
    """Variants with and without times, frames, digests alone, nothing at all; in blocks of any size, once each."""
    drawing = Drawing(1)
    given = {f"place {n}": drawing.item() for n in range(60)}
    nothing = ItemHashes(size_bytes=0, sha256=None, sha1=None, md5=None, reason=Reason.UNREADABLE)
    given["locked"] = nothing
    keep_items(store, given, number=1)
    numbers = range(END)[:1_000]
    held = {one.number: one for one in held_items(store, numbers)}
    assert {str(one.item.locator): replace(one.hashes, size_bytes=0) for one in held.values()} == {
        name: replace(hashes, size_bytes=0) for name, hashes in given.items()
    }
    pdqs: dict[int, list[bytes]] = {}
    digests: dict[tuple[Signal, int], bytes] = {}
    keyframes: list[int] = []
    count = 0
    for block in held_blocks(store, 0, END, signals=ALL, rows_at_once=rows_at_once):
        for number, value in zip(block.pdq_items.tolist(), block.pdqs, strict=True):
            pdqs.setdefault(number, []).append(value.tobytes())
        for signal, (values, owners) in block.digests.items():
            digests |= {(signal, n): value.tobytes() for n, value in zip(owners.tolist(), values, strict=True)}
        keyframes += block.keyframes
        count += block.count
    assert count == len(given) - 1
    for number, one in held.items():
        assert set(pdqs.get(number, [])) == comparable(one.hashes)
        assert digests.get((Signal.SHA256, number)) == one.hashes.sha256
        assert digests.get((Signal.SHA1, number)) == one.hashes.sha1
        assert digests.get((Signal.MD5, number)) == one.hashes.md5
    fast = [number for number, one in held.items() if one.hashes.vpdq and one.hashes.video_mode is VideoMode.FAST]
    assert sorted(keyframes) == fast


@pytest.mark.parametrize("packed", [b"\x01" + bytes(36), b"\x01" + bytes(38), b"\x02\0" + bytes(46), b"\x09"])
def test_a_torn_row_is_an_error_and_never_a_shorter_one(store: Store, packed: bytes) -> None:
    """Whatever cannot be unpacked whole stops the recheck: half of the hashes would be half of an answer."""
    drawing = Drawing(2)
    keep_items(store, {f"place {n}": drawing.item() for n in range(3)}, number=1)
    with store.write() as connection:
        connection.execute(items.update().values(variants=packed))
    with pytest.raises(StoreError, match=r"torn|version"):
        list(held_blocks(store, 0, END, signals=ALL))
