"""The row of rechecks: new entries against what a store holds, from the command to its answer."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unseen.casework.proof.recording import open_recorded
from unseen.model import Entry, How, Item, ItemHashes, ListClass, Locator, Reason, Screened, State, Variant
from unseen.scan import screen_item
from unseen.store import ListOrigin, Run, ScanSession, add_list

__all__ = ["recheck"]

Codes = npt.NDArray[np.uint8]

_AT = "2026-11-23T02:40:00Z"
_HASHES_PER_PICTURE = 16
_BATCH = 5_000
_ORIENTATIONS = ("original", "rotate90", "rotate180", "rotate270", "flipx", "flipy", "plus", "minus")
_HOWS = tuple(How(orientation=name, convention=convention) for convention in ("full", "512") for name in _ORIENTATIONS)
# Farther than this from an entry a picture is not planted: some at every distance that counts.
_PLANTED = 32
_RADIUS_BITS = 31


def recheck(hashes: int, entries: int) -> list[dict[str, Any]]:
    """`unseen recheck` of pictures with all their readings, digests besides, after one list of PDQs was taken in.

    Pictures are numbers, all unlike; each of some lies at another distance from an entry, by its last reading.
    """
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(scratch) / "store"
        environment = {**os.environ, "UNSEEN_KEYS": str(Path(scratch) / "keys")}
        known = np.random.default_rng(3).integers(0, 256, (entries, 32), dtype=np.uint8)
        began = time.process_time()
        with open_recorded(store, keys=Path(scratch) / "keys") as opened:
            with ScanSession(opened, bytes(32), settings="{}", at_utc=_AT, run=Run()) as session:
                for batch in _batches(hashes // _HASHES_PER_PICTURE, known):
                    session.commit(batch, seconds=0, at_utc=_AT)
                session.finish(entries_searchable=0, entries_not_searchable=0, seconds=0, at_utc=_AT)
            offered = (Entry(f"entry {number}", "pdq", value.tobytes()) for number, value in enumerate(known))
            origin = ListOrigin("numbers", "text", lambda: bytes(32))
            add_list(opened, "known", offered, list_class=ListClass.CSAM, origin=origin, at_utc=_AT, is_distinct=True)
        making = time.process_time() - began
        began = time.monotonic()
        command = [str(Path(sys.executable).with_name("unseen")), "recheck", "--store", str(store), "--json"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            found = child.stdout.read().count(b'"type": "finding"')
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        assert (child.returncode, found) == (1, min(_PLANTED, hashes // _HASHES_PER_PICTURE)), (child.returncode, found)
        notes = {
            "pictures": hashes // _HASHES_PER_PICTURE,
            "entries": entries,
            "making_s": making,
            "elapsed_s": time.monotonic() - began,
            "peak_mb": used.ru_maxrss / 1e3,
            "store_mb": (store / "unseen.db").stat().st_size / 1e6,
        }
    return [{"name": "unseen", "seconds": [used.ru_utime + used.ru_stime], "notes": notes, "versions": {}}]


def _batches(pictures: int, known: Codes) -> Iterator[list[Screened]]:
    draw = np.random.default_rng(7)
    for first in range(0, pictures, _BATCH):
        count = min(_BATCH, pictures - first)
        codes = draw.integers(0, 256, (count, _HASHES_PER_PICTURE, 32), dtype=np.uint8)
        for number in range(first, min(first + count, _PLANTED)):
            codes[number - first, -1] = _away(known[number], number % (_RADIUS_BITS + 1))
        digests = draw.bytes(32 * count)
        yield [_screened(first + at, codes[at], digests[32 * at : 32 * at + 32]) for at in range(count)]


def _away(code: Codes, bits: int) -> Codes:
    mask = (1 << bits) - 1
    flipped = int.from_bytes(code.tobytes(), "big") ^ mask
    return np.frombuffer(flipped.to_bytes(32, "big"), np.uint8)


def _screened(number: int, codes: Codes, digest: bytes) -> Screened:
    first, *others = codes
    variants = tuple(Variant(how, code.tobytes(), 100) for how, code in zip(_HOWS[1:], others, strict=True))
    item = Item(Locator.of_file(f"uploads/{number:09}.jpg"), State.ALLOCATED, lambda: Reason.UNREADABLE)
    hashes = ItemHashes(
        size_bytes=number,
        sha256=digest,
        sha1=digest[:20],
        md5=digest[:16],
        pdq=first.tobytes(),
        pdq_quality=100,
        variants=variants,
    )
    return screen_item(item, hashes, (), is_finding=False)
