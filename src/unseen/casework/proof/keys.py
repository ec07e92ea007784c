"""`unseen key`: show the key that a store is signed with, and hand over to a new one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from unseen.casework.proof.places import key_folder, open_to_read
from unseen.casework.proof.recording import Bookkeeper, open_recorded
from unseen.errors import SigningKeyError, StoreError
from unseen.ledger import KeyFolder
from unseen.store import read_entry

__all__ = ["Rotated", "ShownKey", "rotate_key", "show_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownKey:
    """The key of a store.

    Attributes:
        origin: Name of the ledger and of its key.
        key: The public key, as `--key` takes it.
        former: Public keys that it follows, oldest first.
        path: The file with the secret.
    """

    origin: str
    key: str
    former: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """A change of keys that is on record and sealed.

    Attributes:
        origin: Name of the ledger.
        former: The public key that handed over.
        key: The one that signs from now on.
        size: Number of entries under the first checkpoint that it signed.
    """

    origin: str
    former: str
    key: str
    size: int


def show_key(location: str, *, keys: Path | None = None) -> ShownKey:
    """Say by which key a store is signed on this machine. From the secret, not from any copy of its public half.

    Raises:
        StoreError: There is no store, or nothing was recorded in it yet.
        SigningKeyError: The key does not lie on this machine, or cannot be trusted.
    """
    folder = KeyFolder(keys or key_folder())
    with open_to_read(location) as store:
        first = read_entry(store, 0)
    if first is None:
        raise StoreError(f"nothing was recorded in {location} yet", hint="its first record makes a key")
    origin = str(json.loads(first)["origin"])
    key = folder.load(origin)
    if key is None:
        raise SigningKeyError(
            f"the key of {origin} is not in {folder.folder}",
            hint="it is where the store is written; beside the data lies only what anybody could have put there",
        )
    # Line three of a statement names the key that handed over.
    former = tuple(one.decode().split("\n")[2] for one in folder.rotations(origin))
    return ShownKey(origin=origin, key=str(key.public), former=former, path=str(folder.folder / f"{origin}.key"))


def rotate_key(location: str, *, keys: Path | None = None, note: Callable[[str], None] = lambda _: None) -> Rotated:
    """Have the key of a store hand over to a new one; both sign the record of it.

    Raises:
        StoreError: There is no store, or a disk refuses.
        SigningKeyError: The key does not lie on this machine: only it can hand over.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    with open_recorded(location, create=False, keys=keys, note=note) as store:
        bookkeeper = store.recorder
        assert isinstance(bookkeeper, Bookkeeper)
        former, key = bookkeeper.rotate()
        assert bookkeeper.sealed is not None
        size = bookkeeper.sealed.size
    return Rotated(origin=bookkeeper.origin, former=str(former), key=str(key), size=size)
