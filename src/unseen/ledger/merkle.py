"""The Merkle tree of RFC 6962: hashes, roots, proofs and how they are checked. Nothing about files or keys.

Leaves are numbered from 0; a tree of size n holds the first n. A node at (level, index) covers the leaves
[index * 2^level, (index + 1) * 2^level).
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

from unseen.errors import LedgerBrokenError, UsageError

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "TILE_WIDTH",
    "Frontier",
    "NodeReader",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "range_root",
    "root_of",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32
# 2^8: a tile of C2SP tlog-tiles holds the hashes of eight levels of the tree.
TILE_WIDTH = 256
EMPTY_ROOT = sha256(b"").digest()


class NodeReader(Protocol):
    """Whatever knows the hashes of complete subtrees."""

    def node(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree at (level, index)."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children into their parent (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over a row of hashes of equal subtrees; an odd last one rises as it is.

    Equal to the recursive definition of RFC 6962, which splits at the largest power of two: in both, a node without a
    right sibling is handed up unchanged.
    """
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return row[0]


class Frontier:
    """The right edge of a growing tree: for each tile level, the hashes of the tile that is not yet full.

    Holds at most 255 hashes for each level, whatever the size, and is all that appending needs.
    """

    def __init__(self, size: int = 0, edge: Sequence[Sequence[bytes]] = ()) -> None:
        self.size = size
        self.edge: list[list[bytes]] = [list(hashes) for hashes in edge]

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf hash; returns the tiles that it filled, as (tile level, tile index, 8192 bytes)."""
        filled: list[tuple[int, int, bytes]] = []
        self.size += 1
        carried, level = leaf, 0
        while True:
            if level == len(self.edge):
                self.edge.append([])
            row = self.edge[level]
            row.append(carried)
            if len(row) < TILE_WIDTH:
                return filled
            filled.append((level, (self.size >> 8 * (level + 1)) - 1, b"".join(row)))
            carried, level = root_of(row), level + 1
            row.clear()

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        above: bytes | None = None
        for row in self.edge:
            # Subtrees within a row fall apart into complete ones by the binary digits of its length.
            end = len(row)
            for bit in range(8):
                if len(row) >> bit & 1:
                    start = end - (1 << bit)
                    peak = root_of(row[start:end])
                    above = peak if above is None else node_hash(peak, above)
                    end = start
        return EMPTY_ROOT if above is None else above


def range_root(reader: NodeReader, start: int, end: int) -> bytes:
    """The root over leaves [start, end), a subtree of an RFC 6962 tree; (0, n) gives the root of any older size."""
    count = end - start
    if count == 0:
        return EMPTY_ROOT
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return reader.node(level, start >> level)
    middle = start + _split(count)
    return node_hash(range_root(reader, start, middle), range_root(reader, middle, end))


def inclusion_proof(reader: NodeReader, index: int, size: int) -> list[bytes]:
    """The audit path of a leaf (RFC 6962 section 2.1.1), from the leaf's sibling up."""
    if not 0 <= index < size:
        raise UsageError(f"entry {index} is not in a ledger of {size} entries")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(reader, middle, end))
            end = middle
        else:
            path.append(range_root(reader, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(reader: NodeReader, old: int, new: int) -> list[bytes]:
    """The proof that a tree of `new` leaves begins with the tree of its first `old` (RFC 6962 section 2.1.2)."""
    if not 0 <= old <= new:
        raise UsageError(f"no proof leads from {old} entries to {new}")
    if old in {0, new}:
        return []
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_root(reader, middle, end))
            end = middle
        else:
            path.append(range_root(reader, start, middle))
            start, whole = middle, False
    return ([] if whole else [range_root(reader, start, end)]) + path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf stands at an index of a tree (RFC 9162 section 2.1.3.2).

    Raises:
        LedgerBrokenError: It does not, or the proof is too short or too long.
    """
    position, last, found = index, size - 1, leaf
    bad_length = LedgerBrokenError(
        f"proof of entry {index} in {size} has the wrong length: {len(proof)} hashes", index=index
    )
    if not 0 <= index < size:
        raise LedgerBrokenError(f"entry {index} is not in a ledger of {size} entries", index=index)
    for step in proof:
        if last == 0:
            raise bad_length
        if position & 1 or position == last:
            found = node_hash(step, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, step)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise bad_length
    if found != root:
        raise LedgerBrokenError(
            f"entry {index} does not lead to the root", index=index, expected=root.hex(), found=found.hex()
        )


def verify_consistency(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> None:
    """Check that a tree begins with an older one (RFC 9162 section 2.1.4.2); each is (size, root).

    Raises:
        LedgerBrokenError: It does not: something before the older size was altered, or the tree has shrunk.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if new_size < old_size:
        raise LedgerBrokenError(f"the ledger has shrunk from {old_size} entries to {new_size}")
    if old_size in {0, new_size}:
        expected = EMPTY_ROOT if old_size == 0 else new_root
        if proof or old_root != expected:
            raise _inconsistent(old_size, new_size, old_root, expected)
        return
    steps = list(proof)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise LedgerBrokenError(f"proof from {old_size} entries to {new_size} is empty")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    from_old = from_new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise LedgerBrokenError(f"proof from {old_size} entries to {new_size} is too long")
        if position & 1 or position == last:
            from_old, from_new = node_hash(step, from_old), node_hash(step, from_new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            from_new = node_hash(from_new, step)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise LedgerBrokenError(f"proof from {old_size} entries to {new_size} is too short")
    if from_old != old_root:
        raise _inconsistent(old_size, new_size, old_root, from_old)
    if from_new != new_root:
        raise _inconsistent(old_size, new_size, new_root, from_new)


def _split(count: int) -> int:
    """The largest power of two below a count of at least two."""
    return 1 << (count - 1).bit_length() - 1


def _inconsistent(old_size: int, new_size: int, expected: bytes, found: bytes) -> LedgerBrokenError:
    return LedgerBrokenError(
        f"the ledger of {new_size} entries does not begin with that of {old_size}",
        expected=expected.hex(),
        found=found.hex(),
        hint="an entry was altered after it had been signed",
    )
