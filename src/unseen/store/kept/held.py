"""Hashes that a store still holds, in blocks, for whoever compares them again. No item is read for it.

Python's work for each row is what bounds this: rows come from the driver's own cursor, and whatever has one shape is
taken apart by numpy, thousands of items at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Row, Select, select

from unseen.model import QUALITY_MIN, Item, ItemHashes, Reason, Signal, State
from unseen.store.engine import Store
from unseen.store.findings import read_locator
from unseen.store.schema import items, scans
from unseen.store.variants import (
    ACQUISITION_VERSION,
    FRAME_BYTES,
    FRAMES_VERSION,
    KEYFRAMES,
    VARIANT_BYTES,
    VARIANTS_VERSION,
    unpack_altered,
    unpack_frames,
    unpack_plugged_in,
    unpack_variants,
)

__all__ = ["Held", "HeldItem", "held_blocks", "held_items"]

# Some five megabytes of rows, whose hashes fill as much again.
_ROWS_AT_ONCE = 8_000
_ITEMS_PER_QUERY = 500
_DIGESTS = (Signal.MD5, Signal.SHA1, Signal.SHA256)
_NOTHING = np.empty((0, 32), np.uint8)

Numbers = npt.NDArray[np.int64]
Values = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The hashes of some items.

    Attributes:
        last: Number of the last item of the block, whether it has hashes or not.
        count: How many items have hashes.
        pdqs: uint8[m, 32]: every PDQ that may be compared, of pictures, their variants, and frames of videos.
        pdq_items: int64[m]: the item of each.
        digests: By signal uint8[k, size_bytes], and int64[k]: the item of each.
        plugged_in: Item, signal and value of what hashers of a licensee made.
        keyframes: Items that are videos of which keyframes alone were hashed.
    """

    last: int
    count: int
    pdqs: Values
    pdq_items: Numbers
    digests: Mapping[Signal, tuple[Values, Numbers]]
    plugged_in: Sequence[tuple[int, str, bytes]]
    keyframes: Sequence[int]


@dataclass(frozen=True, slots=True)
class HeldItem:
    """An item as its scan kept it.

    Attributes:
        item: Can be named and told, and not opened.
    """

    number: int
    scan_id: int
    item: Item
    hashes: ItemHashes


def held_blocks(
    store: Store, after: int, end: int, *, signals: Sequence[str], rows_at_once: int = _ROWS_AT_ONCE
) -> Iterator[Held]:
    """Give the hashes of all items numbered above `after` and below `end`, in order; constant memory.

    Each block is read by itself, so that nobody's log waits for the end of it. What rechecks have copied is left out.

    Args:
        store: The store.
        after: Number of the last item that is not wanted any more.
        end: Number of the first that is not wanted yet.
        signals: Which are wanted; the others are not read.
        rows_at_once: How many rows are read together.

    Raises:
        StoreError: The store cannot be read, or a row is torn.
    """
    perceptual = Signal.PDQ in signals
    digests = [signal for signal in _DIGESTS if signal in signals]
    columns = [items.c.id, *(items.c[signal.value] for signal in digests)]
    columns += [items.c.pdq, items.c.pdq_quality, items.c.variants] if perceptual else []
    columns += [items.c.plugged_in]
    copies = select(scans.c.id).where(scans.c.is_recheck == 1)
    query = select(*columns).where(items.c.id < end, items.c.scan_id.not_in(copies))
    query = query.order_by(items.c.id).limit(rows_at_once)
    while rows := _fetch(store, query.where(items.c.id > after)):
        numbers, *rest = (list(column) for column in zip(*rows, strict=True))
        after = numbers[-1]
        yield _block(np.array(numbers, np.int64), dict(zip(digests, rest, strict=False)), rest[len(digests) :])


def held_items(store: Store, numbers: Sequence[int]) -> Iterator[HeldItem]:
    """Give some items with all their hashes, in the order of their numbers.

    Raises:
        StoreError: The store cannot be read, or a row is torn.
    """
    wanted = sorted(set(numbers))
    for at in range(0, len(wanted), _ITEMS_PER_QUERY):
        rows = select(items).where(items.c.id.in_(wanted[at : at + _ITEMS_PER_QUERY])).order_by(items.c.id)
        with store.read() as connection:
            found = connection.execute(rows).all()
        yield from map(_item, found)


def _fetch(store: Store, query: Select[Any]) -> Sequence[Any]:
    with store.read() as connection:
        result = connection.execute(query)
        cursor = result.cursor
        assert cursor is not None
        rows = cursor.fetchall()
        result.close()
        return rows


def _block(numbers: Numbers, digests: Mapping[Signal, Sequence[Any]], rest: Sequence[Sequence[Any]]) -> Held:
    *perceptual, plugged_in = rest
    has_hash = np.zeros(len(numbers), bool)
    by_signal = {}
    for signal, values in digests.items():
        has = np.fromiter((value is not None for value in values), bool, len(values))
        found = np.frombuffer(b"".join(filter(None, values)), np.uint8).reshape(-1, signal.size_bytes)
        by_signal[signal] = found, numbers[has]
        has_hash |= has
    pdqs, owners, keyframes = _pdqs(numbers, *perceptual) if perceptual else (_NOTHING, numbers[:0], [])
    has_hash |= np.isin(numbers, owners)
    extra = [
        (int(number), signal, value)
        for number, text in zip(numbers, plugged_in, strict=True)
        if text is not None
        for signal, value in unpack_plugged_in(text)
    ]
    return Held(int(numbers[-1]), int(has_hash.sum()), pdqs, owners, by_signal, extra, keyframes)


def _pdqs(
    numbers: Numbers, pdqs: Sequence[bytes | None], qualities: Sequence[int | None], packed: Sequence[bytes | None]
) -> tuple[Values, Numbers, list[int]]:
    """Every PDQ that may be compared, with its item, and the videos of which only keyframes were seen."""
    clear = np.fromiter(
        (pdq is not None and (quality or 0) >= QUALITY_MIN for pdq, quality in zip(pdqs, qualities, strict=True)),
        bool,
        len(pdqs),
    )
    values = [_matrix(b"".join(pdqs[at] or b"" for at in np.flatnonzero(clear).tolist()))]
    owners, keyframes = [numbers[clear]], []
    kinds = np.fromiter((blob[0] if blob else 0 for blob in packed), np.uint8, len(packed))
    for at in np.flatnonzero(kinds == FRAMES_VERSION).tolist():
        blob = packed[at] or b""
        frames = _frames(blob)
        values.append(frames)
        owners.append(np.full(len(frames), numbers[at]))
        if blob[1:2] == KEYFRAMES:
            keyframes.append(int(numbers[at]))
    for at in np.flatnonzero(~np.isin(kinds, _KINDS)).tolist():
        unpack_variants(packed[at])
    at_variants = np.flatnonzero(kinds == VARIANTS_VERSION)
    more, places = _variants([packed[at] or b"" for at in at_variants.tolist()])
    return np.concatenate([*values, more]), np.concatenate([*owners, numbers[at_variants[places]]]), keyframes


def _frames(blob: bytes) -> Values:
    rows = np.frombuffer(blob[2 : 2 + (len(blob) - 2) // FRAME_BYTES * FRAME_BYTES], np.uint8).reshape(-1, FRAME_BYTES)
    # A torn value is an error, and no shorter video.
    if len(rows) * FRAME_BYTES != len(blob) - 2:
        unpack_frames(blob)
    distinct: Values = np.unique(rows[rows[:, _FRAME_QUALITY_AT] >= QUALITY_MIN, _FRAME_PDQ_AT:], axis=0)
    return distinct


# What may be packed beside a PDQ; whatever else there is, unpacking says why it cannot be read.
_KINDS = (0, ACQUISITION_VERSION, FRAMES_VERSION, VARIANTS_VERSION)
# Where they stand in what `unseen.store.variants` packs.
_FRAME_QUALITY_AT, _FRAME_PDQ_AT = 6, 15
_PRESENT_AT, _QUALITY_AT, _PDQ_AT = 3, 4, 5


def _variants(blobs: Sequence[bytes]) -> tuple[Values, Numbers]:
    """The PDQs of all variants that may be compared, and the blob of each."""
    sizes = np.fromiter(map(len, blobs), np.int64, len(blobs))
    counts = (sizes - 1) // VARIANT_BYTES
    starts = np.cumsum(sizes) - sizes
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.repeat(starts + 1, counts) + within * VARIANT_BYTES
    owner = np.repeat(np.arange(len(blobs)), counts)
    joined = np.frombuffer(b"".join(blobs), np.uint8)
    # Where nothing optional stands behind any variant of a blob, each has the size of the first. That is nearly always.
    is_plain = (sizes - 1) % VARIANT_BYTES == 0
    is_plain[owner[joined[at + _PRESENT_AT] != 0]] = False
    chosen = is_plain[owner] & (joined[at + _QUALITY_AT] >= QUALITY_MIN)
    windows = np.lib.stride_tricks.sliding_window_view(joined, 32) if len(joined) >= 32 else _NOTHING
    values, owners = [windows[at[chosen] + _PDQ_AT]], [owner[chosen]]
    for odd in np.flatnonzero(~is_plain).tolist():
        pdqs = [variant.pdq for variant in unpack_variants(blobs[odd]) if variant.pdq_quality >= QUALITY_MIN]
        values.append(_matrix(b"".join(pdqs)))
        owners.append(np.full(len(pdqs), odd))
    return np.concatenate(values), np.concatenate(owners)


def _matrix(joined: bytes) -> Values:
    return np.frombuffer(joined, np.uint8).reshape(-1, 32)


def _item(row: Row[Any]) -> HeldItem:
    video = unpack_frames(row.variants)
    hashes = ItemHashes(
        size_bytes=row.size_bytes or 0,
        sha256=row.sha256,
        sha1=row.sha1,
        md5=row.md5,
        pdq=row.pdq,
        pdq_quality=row.pdq_quality,
        variants=unpack_variants(row.variants),
        vpdq=video[0] if video else None,
        video_mode=video[1] if video else None,
        extra=unpack_plugged_in(row.plugged_in),
        altered=unpack_altered(row.altered),
        reason=None if row.reason is None else Reason(row.reason),
    )
    item = Item(read_locator(row.locator), State(row.state), lambda: Reason.UNREADABLE)
    return HeldItem(row.id, row.scan_id, item, hashes)
