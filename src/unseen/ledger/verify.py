"""The checker, apart from the writer: reads a ledger's files and says whether they are what was signed.

It shares with the writer only the meaning of the bytes: hashes, notes, checkpoints, and where tiles lie.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unseen.errors import LedgerBrokenError, MalformedError
from unseen.ledger.checkpoint import Checkpoint, Signed, follow_rotations, statement_in, verify_signatures
from unseen.ledger.merkle import HASH_BYTES, TILE_WIDTH, Frontier, leaf_hash, range_root, root_of
from unseen.ledger.note import NOTE_BYTES_MAX, Malformed, Note, VerifierKey
from unseen.ledger.tiles import CHECKPOINT_NAME, PUBLIC_KEY_NAME, TileReader, read_limited, tile_path

__all__ = ["Verified", "verify_ledger"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a ledger turned out to be. That it was made at all means that everything checked held."""

    checkpoint: Checkpoint
    note: Note
    pinned: bool
    """Whether the key came from outside. If not, whoever holds the files could have replaced key and files together."""
    key: VerifierKey
    """The key that signed: the pinned one, or the last to which it handed over."""
    rotations: int
    """How many times a key handed over on the way from the pinned one."""
    signed: Signed
    """The signatures of that key and of the witnesses."""


def verify_ledger(
    folder: Path,
    *,
    pinned: Sequence[VerifierKey] = (),
    witnesses: Sequence[VerifierKey] = (),
    earlier: Sequence[Note] = (),
    each: Callable[[int, bytes], None] | None = None,
) -> Verified:
    """Check signatures, tiles against the root, and every entry against its leaf.

    Args:
        folder: Where the checkpoint and the tiles lie.
        pinned: Public keys that came by another way than the ledger; one of them must have signed, or have handed over
            to the one that did. Empty: the key beside the data is used, and the result says so.
        witnesses: Public keys of witnesses whose cosignatures are to be checked; none is required.
        earlier: Checkpoints that were kept elsewhere: beside the key, by a witness, on paper. The ledger must continue
            each of them. Their signatures are not looked at: whoever kept them vouches for them.
        each: Called with the index and the bytes of every entry, in order, after it agreed with its leaf. The root is
            compared at the end only: what `each` was given counts when this function has returned.

    Raises:
        LedgerBrokenError: The first thing that is wrong, with its index and both digests.
        MalformedError: Checkpoint, key or a rotation record are not what their format promises.
        StoreError: A file cannot be read.
    """
    note = _read_note(folder)
    head = Checkpoint.parse(note.text)
    keys = tuple(pinned) or (_read_key(folder),)
    # Names first what is plainly wrong; who must have signed is known only after the keys were followed.
    verify_signatures(note, keys)
    statements: list[bytes] = []
    reader = TileReader(folder, head.size)
    _verify_tree(reader, head, each, statements)
    for kept in earlier:
        _verify_continues(reader, head, Checkpoint.parse(kept.text))
    last = [follow_rotations(key, head.origin, statements) for key in keys]
    signed = verify_signatures(note, [*(key for key, _ in last), *witnesses])
    for key, rotations in last:
        if key in signed.by:
            return Verified(head, note, bool(pinned), key, rotations, signed)
    raise LedgerBrokenError(
        "the checkpoint is not signed by the " + ("pinned key" if pinned else "key beside it"),
        expected=" or ".join(f"{key.name} {key.id.hex()}" for key, _ in last),
        found=", ".join(f"{one.name} {one.key_id.hex()}" for one in note.signatures),
    )


def _verify_tree(
    reader: TileReader, head: Checkpoint, each: Callable[[int, bytes], None] | None, statements: list[bytes]
) -> None:
    """Check entries, every level of tiles, and the root."""
    rest, row = _verify_entries(reader, each, statements)
    edge, level = [rest], 1
    while row:
        for index in range(-(-len(row) // TILE_WIDTH)):
            expected = row[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
            found = reader.tile(level, index)
            if found != b"".join(expected):
                at = next(at for at, one in enumerate(expected) if found[at * HASH_BYTES :][:HASH_BYTES] != one)
                raise LedgerBrokenError(
                    f"{tile_path(level, index, len(expected))} does not follow from the tiles below it",
                    index=(index * TILE_WIDTH + at) * TILE_WIDTH**level,
                    expected=expected[at].hex(),
                    found=found[at * HASH_BYTES :][:HASH_BYTES].hex(),
                )
        full = len(row) // TILE_WIDTH * TILE_WIDTH
        edge.append(row[full:])
        row = [root_of(row[at : at + TILE_WIDTH]) for at in range(0, full, TILE_WIDTH)]
        level += 1
    root = Frontier(head.size, edge).root()
    if root != head.root:
        raise LedgerBrokenError(
            "the entries do not lead to the signed root", expected=head.root.hex(), found=root.hex()
        )


def _verify_entries(
    reader: TileReader, each: Callable[[int, bytes], None] | None, statements: list[bytes]
) -> tuple[list[bytes], list[bytes]]:
    """Check entries against level 0; returns the leaves of the tile that is not full, and the roots of full ones."""
    rest: list[bytes] = []
    roots: list[bytes] = []
    for tile in range(-(-reader.size // TILE_WIDTH)):
        entries = reader.bundle(tile)
        leaves = [leaf_hash(entry) for entry in entries]
        stored = reader.tile(0, tile)
        first = tile * TILE_WIDTH
        if b"".join(leaves) != stored:
            at = next(at for at, leaf in enumerate(leaves) if stored[at * HASH_BYTES :][:HASH_BYTES] != leaf)
            raise LedgerBrokenError(
                f"entry {first + at} is not the one in {tile_path(0, tile, len(leaves))}",
                index=first + at,
                expected=stored[at * HASH_BYTES :][:HASH_BYTES].hex(),
                found=leaves[at].hex(),
            )
        for index, entry in enumerate(entries, first):
            if each is not None:
                each(index, entry)
            statements += statement_in(entry)
        if len(leaves) == TILE_WIDTH:
            roots.append(root_of(leaves))
        else:
            rest = leaves
    return rest, roots


def _verify_continues(reader: TileReader, head: Checkpoint, kept: Checkpoint) -> None:
    """Check that a tree, which was verified before, begins with that of a checkpoint kept elsewhere."""
    if kept.origin != head.origin:
        raise LedgerBrokenError(
            "the ledger is not the one of the kept checkpoint", expected=kept.origin, found=head.origin
        )
    if kept.size > head.size:
        raise LedgerBrokenError(
            "the ledger is older than a checkpoint that was kept",
            index=head.size,
            expected=f"{kept.size} entries",
            found=f"{head.size} entries",
            hint="an older state was put back in place, or entries were removed",
        )
    root = range_root(reader, 0, kept.size)
    if root != kept.root:
        raise LedgerBrokenError(
            f"the first {kept.size} entries are not those of the kept checkpoint",
            expected=kept.root.hex(),
            found=root.hex(),
        )


def _read_note(folder: Path) -> Note:
    data = read_limited(folder / CHECKPOINT_NAME, NOTE_BYTES_MAX)
    if data is None:
        raise LedgerBrokenError(f"there is no {folder / CHECKPOINT_NAME}")
    return Note.parse(data, "checkpoint")


def _read_key(folder: Path) -> VerifierKey:
    data = read_limited(folder / PUBLIC_KEY_NAME, NOTE_BYTES_MAX)
    if data is None:
        raise LedgerBrokenError(f"there is no {folder / PUBLIC_KEY_NAME}", hint="give the public key: --key")
    if not data.endswith(b"\n"):
        raise MalformedError("public key", Malformed.KEY_LINE)
    try:
        return VerifierKey.parse(data.decode())
    except UnicodeDecodeError as error:
        raise MalformedError("public key", Malformed.NOT_UTF8) from error
