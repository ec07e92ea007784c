"""Sets as the NSRL publishes them, made small: the tables of its version 3."""

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

__all__ = ["make_set"]

_COLUMNS = (
    "sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL,"
    " file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL, package_id INTEGER NOT NULL"
)
_MINIMAL = f"CREATE TABLE FILE ({_COLUMNS}, PRIMARY KEY (sha256, sha1, md5, file_name, file_size, package_id))"
_WHOLE = f"CREATE TABLE METADATA (object_id INTEGER PRIMARY KEY, key_hash VARCHAR, {_COLUMNS})"


def make_set(path: Path, contents: Iterable[bytes], *, is_whole: bool = False) -> Path:
    """Write a set in which every content stands twice, in two packages, and return its path."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_WHOLE if is_whole else _MINIMAL)
        connection.execute("CREATE TABLE PKG (package_id INTEGER, name VARCHAR)")
        table = "METADATA" if is_whole else "FILE"
        if is_whole:
            connection.execute(
                "CREATE VIEW FILE AS SELECT sha256, sha1, md5, file_name, file_size, package_id FROM METADATA"
            )
        connection.executemany(
            f"INSERT INTO {table} (sha256, sha1, md5, crc32, file_name, file_size, package_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (*_digests(content), f"{content[:8].hex()}.dll", len(content), package)
                for content in contents
                for package in (1, 2)
            ),
        )
    return path


def _digests(content: bytes) -> tuple[str, ...]:
    three = (hashlib.new(name, content).hexdigest().upper() for name in ("sha256", "sha1", "md5"))
    return (*three, "00000000")
