"""What a backup by iTunes or the Finder says of its files: what they were called, and how they are locked.

Source of the formats: Manifest.db is SQLite with a table `Files` (fileID, domain, relativePath, flags, file), the last
a keyed archive with size, class of protection and the file's locked key. Manifest.mbdb, before iOS 10, is a list of
records as J. Bédrune and J. Sigwald published it (Hack in the Box Amsterdam, 2011); a file is called by the SHA-1 of
`domain-path`.
"""

import hashlib
import plistlib
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from unseen.model import Reason, Times, UnreadError

__all__ = ["SQLITE_MAGIC", "Described", "Listed", "read_records", "read_table", "warm_up"]

SQLITE_MAGIC = b"SQLite format 3\0"
# Bytes 18 and 19: what writes and reads it. With a journal beside it SQLite opens it only where it lies.
_WAL, _PLAIN = b"\2\2", b"\1\1"
# flags = 1: ordinary files; folders and links have nothing to be read.
_ROWS = "SELECT fileID, domain, relativePath, file FROM Files WHERE flags = 1 ORDER BY domain, relativePath, fileID"
# A row has some 500 bytes; a description with all of its attributes some thousands.
_CELL_BYTES_MAX = 16 << 20
# Steps of SQLite's machine, of which a million files take some hundred million; a table may be made to count for ever.
_STEPS, _STEPS_MAX = 1_000_000, 10_000_000_000
_RECORDS_MAGIC = b"mbdb\5\0"
# Mode, inode, user, group, three times, size, class of protection, number of properties.
_RECORD = struct.Struct(">HQIIIIIQBB")
_IS_FILE, _KIND = 0x8000, 0xF000
_NO_TEXT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Described:
    """What an index says of a file."""

    size_bytes: int
    locked_key: bytes | None
    times: Times


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that an index names.

    Attributes:
        name: In the backup, 40 digits of an honest one.
        address: On the phone: `domain/path`.
        described: None where that cannot be read.
    """

    name: str
    address: str
    described: Described | None


def warm_up() -> None:
    """Use what the libraries load when it is first used."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("CREATE TABLE Files (fileID TEXT, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)")
        made.execute("INSERT INTO Files VALUES ('a', 'b', 'c', 1, x'00')")
        made.commit()
        data = made.serialize()
    for _ in read_table(data):
        pass
    hashlib.sha1(b"", usedforsecurity=False)


def read_table(data: bytes) -> Iterator[Listed]:
    """The files that a Manifest.db names, ordered by domain and path.

    Raises:
        UnreadError: It is damaged, or made to be counted for ever.
    """
    if data[18:20] == _WAL:
        data = data[:18] + _PLAIN + data[20:]
    steps = iter(range(_STEPS_MAX // _STEPS))
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(data)
            connection.text_factory = _text
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _CELL_BYTES_MAX)
            connection.set_progress_handler(lambda: next(steps, None) is None, _STEPS)
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            if [row[2] for row in connection.execute("PRAGMA main.table_list('Files')")] != ["table"]:
                # A view computes its rows, and a virtual table has code of its own.
                raise UnreadError(Reason.UNREADABLE)
            for name, domain, path, archive in connection.execute(_ROWS):
                described = _describe(archive if isinstance(archive, bytes) else b"")
                yield Listed(str(name), f"{domain}/{path}", described)
    except (sqlite3.Error, ValueError, OverflowError) as error:
        raise UnreadError(Reason.UNREADABLE) from error


def read_records(data: bytes) -> Iterator[Listed]:
    """The files that a Manifest.mbdb names, in its order.

    Raises:
        UnreadError: It is damaged.
    """
    if not data.startswith(_RECORDS_MAGIC):
        raise UnreadError(Reason.UNREADABLE)
    at = len(_RECORDS_MAGIC)
    while at < len(data):
        texts: list[bytes] = []
        for _ in range(5):
            text, at = _read_text(data, at)
            texts.append(text)
        domain, path, _link, _digest, key = texts
        if at + _RECORD.size > len(data):
            raise UnreadError(Reason.TRUNCATED)
        mode, _, _, _, modified_s, accessed_s, changed_s, size_bytes, of_class, count = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        for _ in range(2 * count):
            _, at = _read_text(data, at)
        if mode & _KIND != _IS_FILE:
            continue
        times = Times(modified_ns=modified_s * 10**9, accessed_ns=accessed_s * 10**9, changed_ns=changed_s * 10**9)
        locked = of_class.to_bytes(4, "little") + key[4:] if key else None
        name = hashlib.sha1(domain + b"-" + path, usedforsecurity=False).hexdigest()
        yield Listed(name, f"{_text(domain)}/{_text(path)}", Described(size_bytes, locked, times))


def _read_text(data: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(data[at : at + 2], "big")
    start = at + 2
    if size == _NO_TEXT:
        size = 0
    if start + size > len(data):
        raise UnreadError(Reason.TRUNCATED)
    return data[start : start + size], start + size


def _text(packed: bytes) -> str:
    return packed.decode("utf-8", "surrogateescape")


def _describe(archive: bytes) -> Described | None:
    # How many objects it holds, as it says: a list of so many is made at once, and each takes a byte at least.
    if int.from_bytes(archive[-24:-16], "big") > len(archive):
        return None
    try:
        loaded = plistlib.loads(archive, fmt=plistlib.FMT_BINARY)
        objects = loaded["$objects"]
        root = objects[loaded["$top"]["root"].data]
        locked = objects[root["EncryptionKey"].data]["NS.data"] if "EncryptionKey" in root else None
        return Described(int(root["Size"]), None if locked is None else bytes(locked), _times(root))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return None


def _times(root: dict[str, Any]) -> Times:
    seconds = (root.get(name) for name in ("LastModified", "LastStatusChange", "Birth"))
    modified_ns, changed_ns, born_ns = (each * 10**9 if isinstance(each, int) else None for each in seconds)
    return Times(modified_ns=modified_ns, changed_ns=changed_ns, born_ns=born_ns)
