"""What tests of the ledger share: entries, keys and small ledgers, made from numbers."""

import random
from pathlib import Path

from unseen.ledger import KeyFolder, LedgerWriter, SigningKey, VerifierKey
from unseen.ledger.canonical import to_bytes

__all__ = ["ORIGIN", "append", "entry", "keys_in", "naive_root", "seed"]

ORIGIN = "unseen.0123456789abcdef"


def seed(number: int) -> bytes:
    """Thirty-two bytes that are the same in every run."""
    return random.Random(number).randbytes(32)


def entry(index: int, **more: str | int) -> bytes:
    """A record of a length that varies."""
    return to_bytes({"n": index, "type": "item", "v": 1, "note": "x" * (index * 7 % 50), **more})


def keys_in(folder: Path, number: int = 1) -> tuple[KeyFolder, VerifierKey]:
    """A folder with a key for `ORIGIN`, and its public half."""
    keys = KeyFolder(folder)
    return keys, (keys.load(ORIGIN) or keys.make(SigningKey(ORIGIN, seed(number)))).public


def append(folder: Path, keys: KeyFolder, count: int) -> None:
    """Append records in one go, and sign."""
    with LedgerWriter.open(folder, keys, ORIGIN) as writer:
        writer.append((entry(index) for index in range(writer.size, writer.size + count)), start=writer.size)
        writer.seal()


def naive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1, word for word."""
    from hashlib import sha256

    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()
