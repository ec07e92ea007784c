"""Rows of the ledger: one made from numbers, verified whole, and fifty proofs from it; and a whole store, verified."""

import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify as verify_whole
from unseen.ledger import KeyFolder, LedgerWriter, Note, SigningKey, TileReader, prove, verify_ledger
from unseen.ledger.canonical import to_bytes
from unseen.model import Item, ItemHashes, Locator, Match, State
from unseen.scan import Choose, Clock, scan
from unseen.store import Run, ScanSession

__all__ = ["fifty_proofs", "verify", "verify_store"]

_KEY = SigningKey("unseen.00000000000000be", bytes(range(32)))
_AT = "2026-11-23T02:40:00Z"
# A scan seals every few seconds; here once for each ten thousand entries.
_BATCH = 10_000


def verify(entries: int, *, rounds: int) -> list[dict[str, Any]]:
    """Signature, every tile and every entry."""

    def once(folder: Path, _turn: int) -> None:
        assert verify_ledger(folder, pinned=[_KEY.public]).checkpoint.size == entries

    return _measure(entries, rounds, once)


def fifty_proofs(entries: int, *, rounds: int) -> list[dict[str, Any]]:
    """Proofs of entries drawn from a seed, each checked as it is made, by a reader that has read nothing yet."""

    def once(folder: Path, turn: int) -> None:
        draw, reader = random.Random(turn), TileReader(folder, entries)
        note = Note.parse((folder / "checkpoint").read_bytes())
        for _ in range(50):
            prove(reader, note, draw.randrange(entries)).to_bytes()

    return _measure(entries, rounds, once)


def verify_store(records: int) -> list[dict[str, Any]]:
    """`unseen verify`: the ledger, and every row of SQL against its entry. Items are made from numbers, by a scan."""
    with tempfile.TemporaryDirectory() as scratch:
        store, keys = Path(scratch) / "store", Path(scratch) / "keys"
        before = time.process_time()
        with open_recorded(store, keys=keys) as opened:
            key = str(KeyFolder(keys).load(opened.recorder.origin).public)  # type: ignore[union-attr]  # it keeps one
            with ScanSession(opened, bytes(32), settings="{}", at_utc=_AT, run=Run()) as session:
                clock = Clock(time.monotonic, lambda: _AT)
                told = scan(_items(records), darkroom=_Numbers(), matcher=_NoMatch(), session=session, clock=clock)
                assert sum(1 for _ in told) == 0
        making = time.process_time() - before
        before = time.process_time()
        found = verify_whole(str(store), key=key)
        seconds = time.process_time() - before
        assert found.records is not None
        assert found.records.by_type["item"] == records
        size_mb = (store / "unseen.db").stat().st_size / 1e6
    notes = {"records": records, "making_s": making, "sqlite_mb": size_mb}
    return [{"name": "unseen", "seconds": [seconds], "notes": notes, "versions": {}}]


class _Numbers:
    """Stands in for the darkroom: hashes of an item that follow from its name."""

    def develop(self, items: Iterable[Item], /, *, choose: Choose) -> Iterator[tuple[Item, ItemHashes]]:
        for item in items:
            # Asked as it always is: looking up what an earlier run has done is part of a scan.
            choose([item.locator])
            digest = sha256(str(item.locator).encode()).digest()
            yield (
                item,
                ItemHashes(
                    size_bytes=len(digest), sha256=digest, sha1=digest[:20], md5=digest[:16], pdq=digest, pdq_quality=90
                ),
            )


class _NoMatch:
    """Stands in for the lists: holds nothing."""

    def match(self, batch: Sequence[ItemHashes], /) -> list[tuple[Match, ...]]:
        return [() for _ in batch]

    def is_finding(self, matches: Sequence[Match], /) -> bool:
        return bool(matches)


def _items(count: int) -> Iterator[Item]:
    for n in range(count):
        yield Item(Locator.of_file(f"exhibit/{n:08}.jpg"), State.ALLOCATED, lambda: b"")


def _measure(entries: int, rounds: int, once: Callable[[Path, int], None]) -> list[dict[str, Any]]:
    """CPU time of one core, round by round; what it took to make the ledger stands in the notes."""
    seconds = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "ledger"
        before = time.process_time()
        _make(folder, KeyFolder(Path(scratch) / "keys"), entries)
        making = time.process_time() - before
        for turn in range(rounds):
            before = time.process_time()
            once(folder, turn)
            seconds.append(time.process_time() - before)
    return [{"name": "unseen", "seconds": seconds, "notes": {"entries": entries, "making_s": making}, "versions": {}}]


def _make(folder: Path, keys: KeyFolder, entries: int) -> None:
    keys.make(_KEY)
    with LedgerWriter.open(folder, keys, _KEY.name) as writer:
        while writer.size < entries:
            until = min(entries, writer.size + _BATCH)
            writer.append((_entry(n) for n in range(writer.size, until)), start=writer.size)
            writer.seal()


def _entry(n: int) -> bytes:
    """A record of an item, of the length that such records have."""
    return to_bytes(
        {"at": "2026-11-23T02:40:00Z", "c": f"{n:064x}", "n": n, "outcome": "no_match", "type": "item", "v": 1}
    )
