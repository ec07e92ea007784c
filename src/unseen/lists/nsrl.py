"""The NSRL's Reference Data Set, version 3: an SQLite file with one row for each file of each software package.

Source of the format: the schema that NIST publishes beside each release (`RDS_..._minimal.schema.sql`). Minimal sets
hold a table FILE, whole ones a table METADATA of which FILE is a view; both have the digests as hexadecimal text.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from unseen.errors import ListError
from unseen.lists.notes import Notes
from unseen.lists.stream import STANDARD_INPUT
from unseen.lists.values import BadValueError, UnspecificValueError, parse_value
from unseen.model import Entry, Signal

__all__ = ["RdsFile", "is_sqlite", "read_rds"]

_MAGIC = b"SQLite format 3\x00"
# Whoever still writes has one of these beside it, and the file alone is not all that was written.
_UNFINISHED = ("-wal", "-journal")
_ROWS_PER_FETCH = 10_000
_BLOCK_BYTES = 1 << 20
# A page cache for the sort that SQLite does on disk where no index gives the order.
_CACHE_KIB = 64 * 1024


class RdsFile:
    """An SQLite file of the Reference Data Set, open for one reading; nothing is ever written to it or beside it.

    Attributes:
        name: Its path as given.
        head: Nothing: there is no text to guess by.
    """

    head = ""

    def __init__(self, path: str | Path) -> None:
        self.name = str(path)
        self._path = Path(path).absolute()
        self._sha256 = b""
        for suffix in _UNFINISHED:
            beside = self._path.with_name(self._path.name + suffix)
            if beside.exists() and beside.stat().st_size:
                raise ListError(
                    f"{self.name} is being written, or was left half-written: {beside.name} lies beside it",
                    hint="open it once with sqlite3 and close it again, or fetch it anew",
                )
        self._stamp = self._stat()

    @property
    def sha256(self) -> bytes:
        """Digest of the file, once all its rows were read."""
        return self._sha256

    def digests(self) -> Iterator[object]:
        """Every SHA-256 as it stands there, in ascending order of its text; equal ones follow each other.

        Raises:
            ListError: The file cannot be read, is damaged, has no such rows, or was changed meanwhile.
        """
        try:
            # `immutable`: SQLite then takes no lock and writes no file beside it.
            uri = f"{self._path.as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                for pragma in ("query_only = ON", "trusted_schema = OFF", f"cache_size = -{_CACHE_KIB}"):
                    connection.execute(f"PRAGMA {pragma}")
                table = _table(connection)
                if table is None:
                    raise ListError(
                        f"{self.name} is an SQLite file without the tables of the NSRL's Reference Data Set, version 3",
                        hint="of other SQLite files, export the hashes as CSV",
                    )
                # The primary key of minimal sets begins with this column: its index gives the order without a sort.
                cursor = connection.execute(f"SELECT sha256 FROM {table} ORDER BY sha256")  # noqa: S608  # our own words
                while rows := cursor.fetchmany(_ROWS_PER_FETCH):
                    for (text,) in rows:
                        yield text
        except sqlite3.Error as error:
            raise ListError(f"cannot read {self.name}: {error}", hint="is the file whole?") from error
        self._sha256 = self._digest()

    def _digest(self) -> bytes:
        try:
            with self._path.open("rb", buffering=0) as file:
                digest = hashlib.sha256()
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
        except OSError as error:
            raise ListError(f"cannot read {self.name}: {error.strerror or error}") from error
        if self._stat() != self._stamp:
            raise ListError(f"{self.name} was changed while it was read", hint="run the same command again")
        return digest.digest()

    def _stat(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise ListError(f"cannot read {self.name}: {error.strerror or error}") from error
        return found.st_ino, found.st_size, found.st_mtime_ns

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open between readings."""

    def __enter__(self) -> Self:
        return self


def is_sqlite(path: str | Path) -> bool:
    """Whether an ordinary file begins as SQLite's do."""
    if str(path) == STANDARD_INPUT:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return os.pread(descriptor, len(_MAGIC), 0) == _MAGIC
    except OSError:
        # A pipe, or a directory.
        return False
    finally:
        os.close(descriptor)


def read_rds(file: RdsFile, notes: Notes) -> Iterator[Entry]:
    """Read each different SHA-256 once, in ascending order, in constant memory.

    MD5 and SHA-1 are left where they are: every item has a SHA-256, and nobody can make two files with the same one.
    """
    before: object = None
    count = 0
    for text in file.digests():
        if text == before:
            continue
        before = text
        count += 1
        try:
            # Of anything but text, the text cannot be 64 digits either.
            value = parse_value(Signal.SHA256.value, text if isinstance(text, str) else repr(text))
        except UnspecificValueError:
            notes.passed_over["empty_file"] += 1
        except BadValueError as problem:
            notes.refuse(count, problem)
        else:
            yield Entry(f"row {count}", Signal.SHA256.value, value)


def _table(connection: sqlite3.Connection) -> str | None:
    """The table, or else the view, that has the digests."""
    for table in ("METADATA", "FILE"):
        columns = {row[1].lower() for row in connection.execute(f"PRAGMA table_info({table})")}
        if {"sha256", "sha1", "md5"} <= columns:
            return table
    return None
