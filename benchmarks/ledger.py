"""Rows of the ledger: one made from numbers, verified whole, and fifty proofs from it."""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unseen.ledger import KeyFolder, LedgerWriter, Note, SigningKey, TileReader, prove, verify_ledger
from unseen.ledger.canonical import to_bytes

__all__ = ["fifty_proofs", "verify"]

_KEY = SigningKey("unseen.00000000000000be", bytes(range(32)))
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
