"""Values on their way to and from PostgreSQL: text that holds zero bytes, and rows many at once.

PostgreSQL keeps no text with the character U+0000; names in lists and answers of services come from anywhere. It is
kept as U+0001 U+0001, and U+0001 as U+0001 U+0002: reversible, and in the same order as before.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from sqlalchemy import Table

__all__ = ["adapt", "copy_rows"]


class _TextDumper(Dumper):
    def dump(self, obj: str) -> bytes:
        data = obj.encode()
        if b"\1" in data or b"\0" in data:
            return data.replace(b"\1", b"\1\2").replace(b"\0", b"\1\1")
        return data


class _TextLoader(Loader):
    def load(self, data: Buffer) -> str:
        text = str(data, "utf-8")
        return text.replace("\1\1", "\0").replace("\1\2", "\1") if "\1" in text else text


class _Cursor(psycopg.ServerCursor[tuple[Any, ...]]):
    def __del__(self, *_: object) -> None:
        """Say nothing: whoever stops reading half-way leaves it to the end of the transaction, which closes it."""


def adapt(driver: psycopg.Connection[Any]) -> None:
    """Have a connection write and read text in this way, and keep what was not read to its end from complaining."""
    driver.server_cursor_factory = _Cursor
    driver.adapters.register_dumper(str, _TextDumper)
    for name in ("text", "varchar"):
        driver.adapters.register_loader(name, _TextLoader)


def copy_rows(driver: psycopg.Connection[Any], table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert rows by COPY."""
    remaining = iter(rows)
    first = next(remaining, None)
    if first is None:
        return
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in chain((first,), remaining):
            copy.write_row(row)
