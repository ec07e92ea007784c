"""Backups by iTunes and the Finder, as one folder: files are called what the phone called them, and decrypted.

Source of the format: see `unseen.sources.phones.itunes_index` and `unseen.sources.phones.keybag`. Nothing in the folder
depends on what its index says: what that does not name, or all if it cannot be read, is given as it lies there.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import MemoryRange
from unseen.sources.phones import itunes_index
from unseen.sources.phones.folder import read_folder
from unseen.sources.phones.itunes_index import SQLITE_MAGIC, Described, Listed, read_records, read_table
from unseen.sources.phones.journal import JOURNAL_BYTES_MAX, put_in
from unseen.sources.phones.keybag import Keys, read_manifest
from unseen.sources.phones.signatures import INDEX_NAMES, JOURNAL_NAME, MANIFEST_BYTES_MAX, PLIST_NAME

__all__ = ["TOPS", "Opener", "give_backup", "unpack", "warm_up"]

# Opens a file of a backup, or says why it cannot.
Opener = Callable[[], ByteSource | Reason]
# Files of a backup that say what the others are.
TOPS = (PLIST_NAME, *INDEX_NAMES, JOURNAL_NAME)

# Some 500 bytes for each file of a phone.
_INDEX_BYTES_MAX = 1 << 30
_BLOCK_BYTES = 16


def warm_up() -> None:
    """Use what the libraries load when it is first used."""
    itunes_index.warm_up()
    _Decrypted(MemoryRange(bytes(_BLOCK_BYTES)), bytes(32), _BLOCK_BYTES).read_at(0, 1)


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give every file of a backup once, those first that its index names."""
    files = read_folder(source)
    # What the walk through the folder gives too.
    tops = {name: files.pop(name) for name in TOPS if name in files}
    for name in [name for name in files if name.endswith("/")]:
        del files[name]
        yield Reason.UNREADABLE
    yield from give_backup(tops, {name: partial(_itself, part) for name, part in files.items()}, context)


def give_backup(
    tops: Mapping[str, ByteSource], files: Mapping[str, Opener], context: Context, *, prefix: str = ""
) -> Iterator[Member | Reason]:
    """Give every file of a backup once, those first that its index names.

    Args:
        tops: Those of `TOPS` that there are, by name.
        files: What opens each other file, by its name in the backup.
        context: What it is opened with.
        prefix: Stands before every address.
    """
    named: set[str] = set()
    is_encrypted = False
    try:
        if JOURNAL_NAME in tops and not _is_plain(tops.get(INDEX_NAMES[0])):
            # It was written beside what nobody can open as a table.
            yield Reason.UNREADABLE
        is_encrypted, keys, rows = _open_index(tops, context)
        if is_encrypted and keys is None:
            yield Reason.ENCRYPTED
        for listed in rows:
            if isinstance(listed, Reason):
                yield listed
            else:
                yield from _give(listed, files, named, keys, prefix)
    except UnreadError as error:
        yield error.reason
    except MemoryError:
        yield Reason.TOO_LARGE
    rest = [name for name in files if name not in named]
    for name in rest:
        yield Member(layer="itunes", address=prefix + name, open=partial(_open, files[name], None, None))
    if rest and is_encrypted:
        # Noise that nobody can open.
        yield Reason.ENCRYPTED


def _itself(content: ByteSource) -> ByteSource:
    return content


def _is_plain(table: ByteSource | None) -> bool:
    return table is not None and table.read_at(0, len(SQLITE_MAGIC)) == SQLITE_MAGIC


def _read_plain(table: ByteSource, journal: ByteSource | None) -> Iterator[Listed | Reason]:
    """What a table names, with the changes that stand beside it; without them where these cannot be read."""
    data = _whole(table)
    if journal is not None and journal.size_bytes:
        try:
            data = put_in(data, _whole(journal, JOURNAL_BYTES_MAX))
        except UnreadError as error:
            yield error.reason
    yield from read_table(data)


def _open_index(
    tops: Mapping[str, ByteSource], context: Context
) -> tuple[bool, Keys | None, Iterator[Listed] | Iterator[Listed | Reason]]:
    """Whether files are encrypted, what opens them, and what the index names: nothing where it cannot be opened."""
    table, records = (tops.get(name) for name in INDEX_NAMES)
    if table is not None and _is_plain(table):
        # Whatever Manifest.plist says.
        return False, None, _read_plain(table, tops.get(JOURNAL_NAME))
    plist = tops.get(PLIST_NAME)
    if plist is None:
        raise UnreadError(Reason.UNREADABLE)
    manifest = read_manifest(plist.read_at(0, min(plist.size_bytes, MANIFEST_BYTES_MAX)))
    is_encrypted = bool(manifest["IsEncrypted"])
    keys = Keys.open(manifest["BackupKeyBag"], context.secrets.passwords) if is_encrypted else None
    if table is None:
        assert records is not None
        rows = read_records(_whole(records)) if keys is not None or not is_encrypted else iter(())
        return is_encrypted, keys, rows
    if keys is None:
        if not is_encrypted:
            raise UnreadError(Reason.UNREADABLE)
        return True, None, iter(())
    key = keys.unwrap(bytes(manifest.get("ManifestKey", b"")))
    if key is None:
        raise UnreadError(Reason.UNSUPPORTED)
    return True, keys, read_table(_whole(_Decrypted(table, key, table.size_bytes)))


def _whole(index: ByteSource, bytes_max: int = _INDEX_BYTES_MAX) -> bytes:
    if index.size_bytes > bytes_max:
        raise UnreadError(Reason.TOO_LARGE)
    return index.read_at(0, index.size_bytes)


def _give(
    listed: Listed, files: Mapping[str, Opener], named: set[str], keys: Keys | None, prefix: str
) -> Iterator[Member]:
    """A file under the name that it had; the same bytes under a second one are no second item."""
    name = next((name for name in (f"{listed.name[:2]}/{listed.name}", listed.name) if name in files), None)
    if name in named and keys is None:
        return
    held = None if name is None or name in named else files[name]
    if name is not None:
        named.add(name)
    times = None if listed.described is None else listed.described.times
    opener = partial(_open, held, listed.described, keys)
    yield Member(layer="itunes", address=prefix + listed.address, open=opener, times=times)


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


def _open(opener: Opener | None, found: Described | None, keys: Keys | None) -> ByteSource | Reason:
    if opener is None:
        # It is named, and not there.
        return Reason.UNREADABLE
    held = opener()
    if keys is None or isinstance(held, Reason):
        return held
    if found is None:
        return Reason.UNREADABLE
    if found.locked_key is None:
        return held
    key = keys.unwrap(found.locked_key)
    if key is None:
        return Reason.ENCRYPTED
    # What is padded is a block longer at most: beyond that a size that is too small hides what follows.
    is_padding = 0 <= held.size_bytes - found.size_bytes <= _BLOCK_BYTES
    return _Decrypted(held, key, found.size_bytes if is_padding else held.size_bytes)
