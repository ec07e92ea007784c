"""The one writer of a ledger's files: entries in, tiles on disk, then a signed checkpoint over them.

Order is what makes it safe to be killed at any moment: tiles first, brought to the disk, then the checkpoint in one
rename, then the memory beside the key, then the removal of what nobody needs any more. Until the rename the old
checkpoint holds, and everything it covers is still there.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unseen.errors import LedgerBrokenError, SigningKeyError, StoreError
from unseen.ledger.checkpoint import Checkpoint, verify_signatures
from unseen.ledger.keys import KeyFolder, SigningKey
from unseen.ledger.merkle import EMPTY_ROOT, TILE_WIDTH, Frontier, leaf_hash, range_root
from unseen.ledger.note import NOTE_BYTES_MAX, Note, Signature, VerifierKey
from unseen.ledger.tiles import (
    CHECKPOINT_NAME,
    PUBLIC_KEY_NAME,
    TileReader,
    pack_entries,
    read_limited,
    sync_folder,
    tile_path,
    write_whole,
)

__all__ = ["LedgerWriter"]

_RESTORED = "an older state was put back in place: restore the newest copy, or begin a new store"


class LedgerWriter:
    """Appends to a ledger and signs it. Made by `open`; one at a time, whatever the number of processes."""

    def __init__(self, folder: Path, key: SigningKey, keys: KeyFolder) -> None:
        self.folder = folder
        self.note: Note | None = None
        """The checkpoint as it stands on disk; None before the first."""
        self._key = key
        self._keys = keys
        self._failed = False
        self._touched: set[Path] = set()
        self._sealed = Checkpoint(key.name, 0, EMPTY_ROOT)
        self._frontier = Frontier()
        self._pending: list[bytes] = []

    @classmethod
    @contextmanager
    def open(cls, folder: Path, keys: KeyFolder, origin: str) -> Iterator["LedgerWriter"]:
        """Open a ledger for writing, made if there is none; waits while another process writes.

        The checkpoint must be signed by the key of `origin` or one that it follows, the tiles must lead to its root,
        and it must be at least as large as, and consistent with, the last one that this machine's key signed.

        Raises:
            LedgerBrokenError: Any of that fails; nothing will be signed.
            SigningKeyError: There is no key of that name, or it cannot be trusted.
            StoreError: The folder cannot be read or written.
        """
        _load_key(keys, origin)
        with _locked(folder):
            # Again, now that nobody else writes: while this waited, the key may have handed over to another.
            writer = cls(folder, _load_key(keys, origin), keys)
            writer._load()
            yield writer

    @property
    def key(self) -> VerifierKey:
        """The public half of the key that this writer signs with."""
        return self._key.public

    @property
    def size(self) -> int:
        """How many entries there are, those that no checkpoint covers yet included."""
        return self._frontier.size

    @property
    def sealed(self) -> Checkpoint:
        """What the last checkpoint says; size 0 before the first."""
        return self._sealed

    def append(self, entries: Iterable[bytes], *, start: int) -> None:
        """Add entries, of which the first has the index `start`. Full tiles go to the disk at once.

        Raises:
            LedgerBrokenError: `start` is not the number of entries here: records are missing, or there twice.
            UsageError: An entry is longer than a bundle can hold.
            StoreError: The disk is full or refuses; what was signed before still verifies.
        """
        if start != self.size:
            raise LedgerBrokenError(
                "records do not follow the ledger", index=start, expected=f"entry {self.size}", found=f"entry {start}"
            )
        with self._failing():
            for entry in entries:
                pack_entries([entry])
                self._pending.append(entry)
                for level, index, data in self._frontier.append(leaf_hash(entry)):
                    if level == 0:
                        self._write("entries", index, TILE_WIDTH, pack_entries(self._pending))
                        self._pending.clear()
                    self._write(level, index, TILE_WIDTH, data)

    def require(self, count: int) -> None:
        """Refuse to go on where the records that the ledger is made from are fewer than what was signed.

        Raises:
            LedgerBrokenError: `count` is smaller than the size of the last checkpoint.
        """
        if count < self._sealed.size:
            raise LedgerBrokenError(
                "records are missing that were signed",
                index=count,
                expected=f"{self._sealed.size} entries",
                found=f"{count} entries",
                hint=_RESTORED,
            )

    def seal(self) -> Note:
        """Sign what was appended; returns the checkpoint, or the last one where nothing is new.

        Raises:
            StoreError: The disk is full or refuses; what was signed before still verifies.
        """
        if self.note is not None and self.size == self._sealed.size and self.note.signed_by(self._key.public):
            return self.note
        with self._failing():
            before = self._sealed.size
            for level, row in enumerate(self._frontier.edge):
                if row:
                    self._write(level, self.size >> 8 * (level + 1), len(row), b"".join(row))
            if self._pending:
                self._write("entries", self.size // TILE_WIDTH, len(self._pending), pack_entries(self._pending))
            for folder in self._touched:
                sync_folder(folder)
            self._touched.clear()
            head = Checkpoint(self._key.name, self.size, self._frontier.root())
            self._publish(Note(str(head), (self._key.sign(str(head)),)), head)
            self._remove_replaced(before)
        assert self.note is not None
        return self.note

    def rotate(self, key: SigningKey) -> bytes:
        """Hand over to another key, with which this writer signs from now on.

        Nobody else can sign meanwhile: no two keys ever follow one, and none signs after it has handed over.

        Returns:
            The statement, signed by both. It must be among the entries before the next checkpoint.

        Raises:
            SigningKeyError: It is the same key.
            StoreError: The folder of the keys cannot be written.
        """
        with self._failing():
            statement = self._keys.rotate(key)
            self._key = key
        return statement

    def attach(self, cosignature: Signature, witness: VerifierKey) -> Note:
        """Add a witness's cosignature to the checkpoint; returns it.

        Raises:
            LedgerBrokenError: It does not hold for this checkpoint, or there is none.
        """
        if self.note is None:
            raise LedgerBrokenError("there is no checkpoint to cosign yet")
        note = Note(self.note.text, (*self.note.signatures, cosignature))
        if witness not in verify_signatures(note, [witness]).by:
            raise LedgerBrokenError(f"the cosignature is not of {witness.name}")
        if cosignature not in self.note.signatures:
            with self._failing():
                self._publish(note, self._sealed)
        return self.note

    def _load(self) -> None:
        """Take up where the checkpoint on disk stands, if everything says that it is ours and the newest."""
        data = read_limited(self.folder / CHECKPOINT_NAME, NOTE_BYTES_MAX)
        if data is not None:
            self.note = Note.parse(data, "checkpoint")
            self._sealed = self._own(self.note)
        reader = TileReader(self.folder, self._sealed.size)
        self._frontier = Frontier(self._sealed.size, reader.edge())
        if self._frontier.root() != self._sealed.root:
            raise LedgerBrokenError(
                "the tiles do not lead to the signed root",
                expected=self._sealed.root.hex(),
                found=self._frontier.root().hex(),
            )
        self._compare_with_memory(reader)
        if self.size % TILE_WIDTH:
            self._pending = reader.bundle(self.size // TILE_WIDTH)
        for at, (entry, leaf) in enumerate(zip(self._pending, (*self._frontier.edge, [])[0], strict=False)):
            if leaf_hash(entry) != leaf:
                index = self.size - len(self._pending) + at
                raise LedgerBrokenError(
                    f"entry {index} is not what was signed",
                    index=index,
                    expected=leaf.hex(),
                    found=leaf_hash(entry).hex(),
                )

    def _own(self, note: Note) -> Checkpoint:
        """The head that a note states, if it is of this ledger and signed by its key or one before it."""
        head = Checkpoint.parse(note.text)
        if head.origin != self._key.name:
            raise LedgerBrokenError("the checkpoint is of another ledger", expected=self._key.name, found=head.origin)
        if not verify_signatures(note, [self._key.public, *self._keys.former(self._key.name)]).by:
            raise LedgerBrokenError(f"the checkpoint is not signed by the key of {head.origin}")
        return head

    def _compare_with_memory(self, reader: TileReader) -> None:
        last = self._keys.last_seen(self._key.name)
        if last is None:
            return
        seen = self._own(last)
        if seen.size > self._sealed.size:
            raise LedgerBrokenError(
                "the ledger is older than what its key has signed",
                index=self._sealed.size,
                expected=f"{seen.size} entries",
                found=f"{self._sealed.size} entries",
                hint=_RESTORED,
            )
        root = range_root(reader, 0, seen.size)
        if root != seen.root:
            raise LedgerBrokenError(
                f"the first {seen.size} entries are not those that were signed",
                expected=seen.root.hex(),
                found=root.hex(),
                hint=_RESTORED,
            )

    def _write(self, level: int | str, index: int, width: int, data: bytes) -> None:
        path = self.folder / tile_path(level, index, width)
        write_whole(path, data)
        # A new folder is itself a name in the one above.
        self._touched |= {parent for parent in path.parents if parent.is_relative_to(self.folder)}

    def _publish(self, note: Note, head: Checkpoint) -> None:
        public = f"{self._key.public}\n".encode()
        before = read_limited(self.folder / PUBLIC_KEY_NAME, NOTE_BYTES_MAX)
        # A former key leads to this one by the record of it, which this checkpoint is the first to cover: so it goes
        # first. Only a ledger that is new has no key beside it that could lead anywhere.
        if before is None:
            write_whole(self.folder / PUBLIC_KEY_NAME, public)
        write_whole(self.folder / CHECKPOINT_NAME, note.to_bytes())
        if before not in {None, public} and note.signed_by(self._key.public):
            write_whole(self.folder / PUBLIC_KEY_NAME, public)
        sync_folder(self.folder)
        self._keys.remember(self._key.name, note)
        self.note, self._sealed = note, head

    def _remove_replaced(self, before: int) -> None:
        """Remove tiles that were not full and have wider ones now; older checkpoints are provable from those."""
        for level in range(len(self._frontier.edge)):
            now = self.size >> 8 * (level + 1)
            for index in range(before >> 8 * (level + 1), now + 1):
                for kind in (level, "entries") if level == 0 else (level,):
                    keep = (self.size >> 8 * level) % TILE_WIDTH if index == now else 0
                    _clear((self.folder / tile_path(kind, index, 1)).parent, str(keep))

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Whatever fails in here leaves memory and disk apart: this writer then does nothing any more."""
        if self._failed:
            raise StoreError(
                "writing to the ledger failed before", hint="open it again: it goes on where it was signed"
            )
        self._failed = True
        yield
        self._failed = False


def _load_key(keys: KeyFolder, origin: str) -> SigningKey:
    key = keys.load(origin)
    if key is None:
        raise SigningKeyError(f"there is no key of {origin} in {keys.folder}", hint="restore it from its backup")
    return key


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.absolute().parent)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _clear(folder: Path, keep: str) -> None:
    """Remove all but one file of a folder of narrow tiles, and the folder with the last; failing here harms nothing."""
    with suppress(OSError):
        for path in list(folder.iterdir()) if folder.is_dir() else []:
            if path.name != keep:
                path.unlink()
        if keep == "0":
            folder.rmdir()
