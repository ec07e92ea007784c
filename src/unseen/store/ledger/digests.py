"""Digests of the rows of lists: those that a change added, and those that it withdrew."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from unseen.store.engine import bulk_select
from unseen.store.schema import entries, opinions

__all__ = ["ENTRY_COLUMNS", "OPINION_COLUMNS", "Changes", "RowDigest", "digest_changes", "digest_rows"]

_ENTRY = ("entry", "signal", "value", "labels", "publisher", "published_at")
ENTRY_COLUMNS = tuple(entries.c[name] for name in _ENTRY)
OPINION_COLUMNS = tuple(opinions.c[name] for name in ("entry", "publisher", "holder", "stance", "signal", "reasons"))
# What comes as a file has neither publisher nor date, and is digested as it was before there was such a thing.
_SHORT = 4
_NOTHING = (None, None)

Rows = Sequence[tuple[Any, ...]]


class RowDigest:
    """Counts rows of a list, and digests them.

    Of each row: the lengths in bytes of its fields as decimal digits, each behind a blank, then a line feed, then the
    fields one behind the other. In place of the length of NULL stands a hyphen. Where the last two fields are NULL,
    they are left out, and any other NULL counts as empty.
    """

    __slots__ = ("_digest", "count")

    def __init__(self) -> None:
        self._digest = sha256()
        self.count = 0

    def add(self, rows: Sequence[Sequence[str | bytes | None]]) -> None:
        """Take rows of six fields each."""
        parts: list[bytes] = []
        for row in rows:
            if row[_SHORT:] == _NOTHING:
                fields = [one if isinstance(one, bytes) else (one or "").encode() for one in row[:_SHORT]]
                parts += [b"".join([b" %d" % len(field) for field in fields]), b"\n", *fields]
            else:
                full = [None if one is None else one if isinstance(one, bytes) else one.encode() for one in row]
                lengths = [b" -" if field is None else b" %d" % len(field) for field in full]
                parts += [b"".join(lengths), b"\n", *(field for field in full if field is not None)]
        self._digest.update(b"".join(parts))
        self.count += len(rows)

    def sha256(self) -> bytes:
        """The digest of all rows taken."""
        return self._digest.digest()


# By number of the list and of its change: the digest of its rows.
Changes = Mapping[tuple[int, int], RowDigest]


def digest_rows(connection: Connection, query: Select[Any]) -> RowDigest:
    """Digest rows of `ENTRY_COLUMNS` or `OPINION_COLUMNS`, in the order of the query; constant memory."""
    digest = RowDigest()
    for rows in bulk_select(connection, query):
        digest.add(rows)
    return digest


def digest_changes(connection: Connection, table: Table) -> tuple[Changes, Changes]:
    """Read all of `entries` or `opinions` once; by list and change, a digest of rows added, and one of rows withdrawn.

    Constant memory, apart from one digest for each change.
    """
    columns = ENTRY_COLUMNS if table is entries else OPINION_COLUMNS
    added: dict[tuple[int, int], RowDigest] = {}
    withdrawn: dict[tuple[int, int], RowDigest] = {}
    query = select(table.c.list_id, table.c.added_n, table.c.withdrawn_n, *columns).order_by(table.c.id)
    for rows in bulk_select(connection, query):
        for key, run in groupby(rows, key=itemgetter(0, 1)):
            some = list(run)
            added.setdefault(key, RowDigest()).add([row[3:] for row in some])
            for row in some:
                if row[2] is not None:
                    withdrawn.setdefault((row[0], row[2]), RowDigest()).add([row[3:]])
    return added, withdrawn
