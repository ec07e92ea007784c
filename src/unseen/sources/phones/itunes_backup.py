"""Encrypted backups by iTunes and the Finder, as one folder: files are decrypted and called what the phone called them.

Source of the format: see `unseen.sources.phones.keybag`; Manifest.db is SQLite with a table `Files` (fileID, domain,
relativePath, flags, file), the last a keyed archive with size, class of protection and the file's locked key.
"""

import plistlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from unseen.model import ByteSource, Reason, Times, UnreadError
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import Part
from unseen.sources.phones.folder import read_folder
from unseen.sources.phones.keybag import Keys, read_manifest
from unseen.sources.phones.signatures import MANIFEST_BYTES_MAX

__all__ = ["unpack", "warm_up"]

# Some 500 bytes for each file of a phone.
_INDEX_BYTES_MAX = 1 << 30
_BLOCK_BYTES = 16
# flags = 1: ordinary files; folders and links have nothing to be read.
_ROWS = "SELECT fileID, domain, relativePath, file FROM Files WHERE flags = 1 ORDER BY domain, relativePath, fileID"


def warm_up() -> None:
    """Use what the libraries load when it is first used."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("CREATE TABLE Files (fileID TEXT, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)")
        data = made.serialize()
    for _ in _rows(data):
        pass
    _Decrypted(Part(_Nothing(), 0, 0), bytes(32), 0).read_at(0, 1)


class _Nothing:
    size_bytes = 0

    def read_at(self, _offset: int, _size: int) -> bytes:
        return b""


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give the files of an encrypted backup; nothing of one that is not, whose files speak for themselves."""
    files = read_folder(source)
    plist, index = files.pop("Manifest.plist", None), files.pop("Manifest.db", None)
    if plist is None or index is None:
        raise UnreadError(Reason.UNREADABLE)
    manifest = read_manifest(plist.read_at(0, min(plist.size_bytes, MANIFEST_BYTES_MAX)))
    if not manifest["IsEncrypted"]:
        return
    keys = Keys.open(manifest["BackupKeyBag"], context.secrets.passwords)
    if keys is None:
        # Manifest.plist has a row that says so.
        return
    key = keys.unwrap(bytes(manifest.get("ManifestKey", b"")))
    if key is None:
        raise UnreadError(Reason.UNSUPPORTED)
    if index.size_bytes > _INDEX_BYTES_MAX:
        raise UnreadError(Reason.TOO_LARGE)
    data = _Decrypted(index, key, index.size_bytes).read_at(0, index.size_bytes)
    for file_id, domain, path, archive in _rows(data):
        held = files.pop(f"{file_id[:2]}/{file_id}", None)
        found = _describe(archive)
        yield Member(
            layer="itunes",
            address=f"{domain}/{path}",
            open=partial(_open, held, found, keys),
            times=None if found is None else found.times,
        )
    # What the index does not name is noise that nobody can open.
    if files:
        yield Reason.ENCRYPTED


@dataclass(frozen=True, slots=True)
class _Described:
    """What the index says of a file."""

    size_bytes: int
    locked_key: bytes | None
    times: Times


class _Decrypted:
    """What AES-CBC under a zero initial vector hides, from any block on."""

    def __init__(self, hidden: ByteSource, key: bytes, size_bytes: int) -> None:
        self._hidden = hidden
        self._key = key
        self.size_bytes = min(size_bytes, hidden.size_bytes)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        stop = min(offset + size, self.size_bytes)
        if offset < 0 or stop <= offset:
            return b""
        first = offset // _BLOCK_BYTES * _BLOCK_BYTES
        before = max(0, first - _BLOCK_BYTES)
        hidden = self._hidden.read_at(before, -(-stop // _BLOCK_BYTES) * _BLOCK_BYTES - before)
        vector, hidden = (hidden[:_BLOCK_BYTES], hidden[_BLOCK_BYTES:]) if first else (bytes(_BLOCK_BYTES), hidden)
        hidden = hidden[: len(hidden) // _BLOCK_BYTES * _BLOCK_BYTES]
        plain = Cipher(AES(self._key), CBC(vector)).decryptor().update(hidden)
        return plain[offset - first : stop - first]


def _open(held: ByteSource | None, found: _Described | None, keys: Keys) -> ByteSource | Reason:
    if held is None:
        # It is named, and not there.
        return Reason.UNREADABLE
    if found is None:
        return Reason.UNREADABLE
    if found.locked_key is None:
        return held
    key = keys.unwrap(found.locked_key)
    if key is None:
        return Reason.ENCRYPTED
    return _Decrypted(held, key, found.size_bytes)


def _rows(data: bytes) -> Iterator[tuple[str, str, str, bytes]]:
    """The files that an index names, as text whatever type a cell has.

    Raises:
        UnreadError: It is damaged.
    """
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(data)
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            for file_id, domain, path, archive in connection.execute(_ROWS):
                yield str(file_id), str(domain), str(path), archive if isinstance(archive, bytes) else b""
    except (sqlite3.Error, ValueError, OverflowError) as error:
        raise UnreadError(Reason.UNREADABLE) from error


def _describe(archive: bytes) -> _Described | None:
    try:
        objects = plistlib.loads(archive)["$objects"]
        root = objects[plistlib.loads(archive)["$top"]["root"].data]
        locked = objects[root["EncryptionKey"].data]["NS.data"] if "EncryptionKey" in root else None
        return _Described(int(root["Size"]), None if locked is None else bytes(locked), _times(root))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return None


def _times(root: dict[str, Any]) -> Times:
    seconds = (root.get(name) for name in ("LastModified", "LastStatusChange", "Birth"))
    modified_ns, changed_ns, born_ns = (each * 10**9 if isinstance(each, int) else None for each in seconds)
    return Times(modified_ns=modified_ns, changed_ns=changed_ns, born_ns=born_ns)
