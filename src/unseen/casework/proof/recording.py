"""Keep the ledger of a store: make entries, hide what may have to be erased, and seal them under the store's key.

The SQL rows and their entries are one transaction, kept by `unseen.store`. Sealing comes after it: tiles and a signed
checkpoint under STORE/ledger/. Whatever was kept and not sealed, because the process was killed in between, is sealed
when the store is opened the next time.
"""

import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from unseen.casework.kept.expiring import Erased, erase_when_due
from unseen.casework.proof.clock import CLOCK_SOURCE, now_utc
from unseen.casework.proof.places import LEDGER_FOLDER, key_folder, open_to_write
from unseen.errors import LedgerBrokenError, SigningKeyError, StoreError, UnseenError, UsageError
from unseen.ledger import (
    Checkpoint,
    KeyFolder,
    LedgerWriter,
    SigningKey,
    TileReader,
    VerifierKey,
    commitment,
    leaf_hash,
)
from unseen.ledger.canonical import SALT_BYTES, to_bytes
from unseen.ledger.keys import SEED_BYTES
from unseen.ledger.tiles import ENTRY_BYTES_MAX
from unseen.store import (
    Store,
    count_entries,
    entries_of_type,
    has_records,
    read_entries,
    read_entry,
    record,
)

__all__ = ["SEAL_ENTRIES", "SEAL_SECONDS", "Bookkeeper", "keyed_digest", "ledger_origin", "open_recorded", "seal"]

# Sealing waits a dozen times for the disk (some 20 ms in all) while decoders work on what they have. Until then a
# record is in SQL, whole, and nobody can prove it yet.
SEAL_SECONDS = 10.0
SEAL_ENTRIES = 25_000

_ORIGIN_BYTES = 8
_SALTS_AT_ONCE = 1_024
# Nothing that is signed begins so: what the key makes for one purpose says nothing for another.
_KEYED_FOR = b"unseen keyed digest\0"


@contextmanager
def open_recorded(
    location: str | Path,
    *,
    create: bool = True,
    keys: Path | None = None,
    note: Callable[[str], None] = lambda _: None,
    on_erased: Callable[[Erased], None] | None = None,
) -> Iterator[Store]:
    """Open a store for writing, with its ledger; seal what was kept on leaving.

    Hashes whose date has come are erased first.

    Args:
        location: The store's directory, or its address on a server.
        create: Whether to make a store where there is none.
        keys: Folder of signing keys; None for `key_folder()`.
        note: Told what a person should know: that a key was made, that hashes were erased.
        on_erased: Told what was erased, in place of `note`.

    Raises:
        StoreError: The store cannot be opened or written.
        SigningKeyError: There is no key to seal with, and none can be made.
        LedgerBrokenError: The ledger is not what was signed, or older: nothing is written.
    """
    with open_to_write(location, create=create) as store:
        bookkeeper = Bookkeeper(store, KeyFolder(keys or key_folder()), note=note)
        bookkeeper.on_erased = on_erased or partial(_tell_erased, note)
        try:
            bookkeeper.erase_when_due()
            yield store
        except BaseException:
            # What was kept is sealed even so, if it can be; the first error is the one to hear of.
            with suppress(UnseenError):
                bookkeeper.seal()
            raise
        bookkeeper.seal()


def seal(store: Store) -> str:
    """Seal what an open store has kept; gives the checkpoint as summaries print it: size, colon, root."""
    assert isinstance(store.recorder, Bookkeeper)
    sealed = store.recorder.seal()
    return f"{sealed.size}:{sealed.root.hex()}"


def keyed_digest(store: Store, secret: bytes) -> bytes:
    """Digest a secret so that nobody without the signing key of an open store can find it by guessing.

    Returns:
        32 bytes, the same for the same secret until the key hands over to another.

    Raises:
        SigningKeyError: The key is missing, or cannot be trusted.
    """
    assert isinstance(store.recorder, Bookkeeper)
    return store.recorder.keyed_digest(secret)


class Bookkeeper:
    """Makes the entries of one store, and seals them. A `unseen.store.Recorder`.

    Attributes:
        origin: Name of the ledger and of its key: `unseen.` and sixteen hexadecimal digits.
        sealed: The last checkpoint.
        on_erased: Told which hashes were erased because their date had come.
    """

    def __init__(self, store: Store, keys: KeyFolder, *, note: Callable[[str], None] = lambda _: None) -> None:
        """Take up the ledger of a store, or begin it; seal what was kept and not sealed."""
        self._store = store
        self._keys = keys
        self._salts: list[bytes] = []
        self._sealed_at_s = time.monotonic()
        self._is_sealing = False
        self._is_erasing = False
        self.on_erased: Callable[[Erased], None] = lambda _: None
        self._rotations: set[str] = set()
        self.sealed: Checkpoint | None = None
        if keys.folder.absolute().is_relative_to(store.path.absolute()):
            raise SigningKeyError(
                f"the keys in {keys.folder} would lie inside the store", hint="set UNSEEN_KEYS to another place"
            )
        store.recorder = self
        self.origin = ledger_origin(store) or self._begin(note)
        self.seal()

    def hide(self, value: Mapping[str, Any], /) -> tuple[bytes, str]:
        """Draw a salt for a value; give it, and the commitment to both."""
        if not self._salts:
            drawn = os.urandom(SALT_BYTES * _SALTS_AT_ONCE)
            self._salts = [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]
        salt = self._salts.pop()
        return salt, commitment(salt, dict(value))

    def encode(self, entry: Mapping[str, Any], /) -> bytes:
        """Write an entry as canonical JSON."""
        encoded = to_bytes(dict(entry))
        # Before it is kept: a record that no bundle can hold would stop the ledger for good.
        if len(encoded) > ENTRY_BYTES_MAX:
            raise UsageError(f"a record has {len(encoded):,} bytes, at most {ENTRY_BYTES_MAX:,} fit")
        return encoded

    def kept(self) -> None:
        """Seal, if there is much to seal or it is long ago."""
        if self.sealed is None or self._is_sealing:
            return
        waiting = time.monotonic() - self._sealed_at_s
        if waiting >= SEAL_SECONDS or count_entries(self._store) - self.sealed.size >= SEAL_ENTRIES:
            self.seal()
            # A scan may go on for weeks, and another's date come meanwhile.
            self.erase_when_due()

    def erase_when_due(self) -> None:
        """Erase the hashes whose date has come."""
        if not self._is_erasing:
            self._is_erasing = True
            try:
                erase_when_due(self._store, tell=self.on_erased)
            finally:
                self._is_erasing = False

    def keyed_digest(self, secret: bytes) -> bytes:
        """See `keyed_digest`."""
        key = self._keys.load(self.origin)
        if key is None:
            raise SigningKeyError(f"the key of {self.origin} is not in {self._keys.folder}")
        return hmac.digest(key.seed, _KEYED_FOR + secret, hashlib.sha256)

    def seal(self) -> Checkpoint:
        """Bring every entry into tiles, and sign the tree; one process at a time.

        Returns:
            The checkpoint as it now stands.

        Raises:
            LedgerBrokenError: The ledger is not what was signed, or older than it.
            SigningKeyError: The key is missing, or cannot be trusted.
            StoreError: The disk is full or refuses; what was signed before still verifies.
        """
        with self._sealing() as writer:
            self._seal(writer)
        return self._sealed_now(writer)

    def rotate(self) -> tuple[VerifierKey, VerifierKey]:
        """Make a new key, have the present one hand over to it, put that on record, and seal with the new key.

        All of it while nobody else can sign. A process that dies half-way leaves the present key or the new one, never
        two that follow the same; what is missing on record is put there by whoever seals next, before they sign.

        Returns:
            The public halves of the key as it was, and as it is.

        Raises:
            LedgerBrokenError: The ledger is not what was signed, or older than it.
            SigningKeyError: The key is missing, or cannot be trusted.
            StoreError: A disk is full or refuses.
        """
        with self._sealing() as writer:
            before = writer.key
            writer.rotate(SigningKey(self.origin, os.urandom(SEED_BYTES)))
            self._seal(writer)
        self._sealed_now(writer)
        return before, writer.key

    @contextmanager
    def _sealing(self) -> Iterator[LedgerWriter]:
        with LedgerWriter.open(self._store.path / LEDGER_FOLDER, self._keys, self.origin) as writer:
            self._is_sealing = True
            try:
                yield writer
            finally:
                self._is_sealing = False

    def _seal(self, writer: LedgerWriter) -> None:
        # Before anything is signed: the key may have handed over to another while a scan goes on, or in a process that
        # died before it could say so.
        self._record_rotations()
        count = count_entries(self._store)
        writer.require(count)
        _compare_last(self._store, writer.folder, writer.size)
        writer.append(read_entries(self._store, writer.size, count), start=writer.size)
        writer.seal()

    def _sealed_now(self, writer: LedgerWriter) -> Checkpoint:
        self.sealed = writer.sealed
        self._sealed_at_s = time.monotonic()
        return self.sealed

    def _begin(self, note: Callable[[str], None]) -> str:
        """Begin the ledger of a new store: a key, and the entry that names it."""
        origin = f"unseen.{os.urandom(_ORIGIN_BYTES).hex()}"
        with record(self._store, at_utc=now_utc()) as page:
            # Another process may have been faster: then this transaction has waited for it.
            if page.next:
                return str(ledger_origin(self._store))
            if has_records(page.connection):
                raise LedgerBrokenError(
                    "the store holds records and no ledger", index=0, hint="restore the newest copy of the store"
                )
            key = self._make_key(origin)
            page.add("store_created", {"origin": origin, "key": str(key.public), "clock": CLOCK_SOURCE})
        note(
            f"made the signing key of this store: {self._keys.folder / origin}.key; keep a copy of it elsewhere, and"
            " give the .pub beside it to whoever shall verify"
        )
        return origin

    def _record_rotations(self) -> None:
        """Append the statements by which one key handed over to the next, as far as they are not on record yet."""
        statements = [one.decode() for one in self._keys.rotations(self.origin)]
        if self._rotations.issuperset(statements):
            return
        if (key := self._keys.load(self.origin)) is not None:
            self._keys.publish(key)
        with record(self._store, at_utc=now_utc()) as page:
            known = entries_of_type(page.connection, "key_rotated")
            recorded = {json.loads(entry)["statement"] for entry in known}
            for statement in statements:
                if statement not in recorded:
                    page.add("key_rotated", {"statement": statement})
        self._rotations.update(statements)

    def _make_key(self, origin: str) -> SigningKey:
        try:
            return self._keys.make(SigningKey(origin, os.urandom(SEED_BYTES)))
        except StoreError as error:
            raise SigningKeyError(
                f"no signing key can be made in {self._keys.folder}: {error}",
                hint="set UNSEEN_KEYS to a folder of yours outside the store: nothing is kept without a ledger",
            ) from error


def _tell_erased(note: Callable[[str], None], erased: Erased) -> None:
    if erased.items:
        note(f"erased the hashes of {erased.items:,} items of scan {erased.scan} that matched nothing: they were due")
    if not erased.is_off_disk:
        note("another process reads the store: what was erased leaves its log with the next command that writes")


def ledger_origin(store: Store) -> str | None:
    """Whose ledger a store keeps, as its first entry says; None for a new store."""
    entry = read_entry(store, 0)
    return None if entry is None else str(json.loads(entry)["origin"])


def _compare_last(store: Store, folder: Path, size: int) -> None:
    """Refuse to go on from records that are not those last signed; `unseen verify` compares them all."""
    if size and (entry := read_entry(store, size - 1)) != (signed := TileReader(folder, size).entry(size - 1)):
        raise LedgerBrokenError(
            "the store's records are not those that were signed",
            index=size - 1,
            expected=leaf_hash(signed).hex(),
            found="nothing" if entry is None else leaf_hash(entry).hex(),
            hint="run `unseen verify`; then restore the newest copy of the store",
        )
