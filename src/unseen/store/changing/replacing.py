"""A list that comes as a file, anew: what stands in both stays, what is missing is withdrawn, what is new is added."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    case,
    func,
    literal,
    or_,
    select,
)

from unseen.model import Entry, ListClass
from unseen.store.changing.rows import ChangedRows
from unseen.store.engine import Store, bulk_insert, bulk_select
from unseen.store.ledger.entries import record
from unseen.store.lists import ListOrigin, labels_text, record_refusals
from unseen.store.schema import entries, lists

__all__ = ["replace_list"]

# Readers of lists make up an identifier of the place in the file; what stands at another place in the next is the same.
_PLACES = ("line ", "media ", "row ")

_scratch = MetaData()
_coming = Table(
    "coming",
    _scratch,
    Column("id", Integer, primary_key=True),
    Column("entry", Text),
    Column("signal", Text),
    Column("value", LargeBinary),
    Column("labels", Text),
    prefixes=["TEMPORARY"],
)
_known = Table("known", _scratch, Column("id", Integer, primary_key=True), prefixes=["TEMPORARY"])
_ROWS_HELD = 5_000

Row = tuple[Any, ...]


def replace_list(
    store: Store, name: str, offered: Iterable[Entry], *, list_class: ListClass, origin: ListOrigin, at_utc: str
) -> int | None:
    """Make of a list what a newer file of it says, as a change of the same list: in one transaction, or not at all.

    An entry is the same one where signal, value and labels are, and the identifier where the list gives its own. Where
    it does not, what is new is named by its place and the number of this change in the ledger.

    Args:
        store: Open for writing.
        name: Of the list.
        offered: What is in the file; whatever this raises undoes everything. Untouched where None is returned.
        list_class: What it is for.
        origin: Where it came from.
        at_utc: When, in ISO 8601.

    Returns:
        How many entries were left out as duplicates; None where there is no list of this name, class and format that
        came as a file.

    Raises:
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        connection = page.connection
        wanted = lists.c.name == name, lists.c.list_class == list_class.value, lists.c.format == origin.file_format
        row = connection.execute(select(lists).where(*wanted)).mappings().first()
        if row is None or _is_of_a_service(connection, row["id"]):
            return None
        made = ChangedRows(page, row["id"])
        _scratch.drop_all(connection)
        _scratch.create_all(connection, checkfirst=False)
        bulk_insert(connection, _coming, _numbered(offered))
        counts = _compare(made)
        _add(made)
        after = row["entry_count"] + made.added.count - made.count_withdrawn(entries)
        hidden = {"origin": origin.path} | ({} if origin.by is None else {"by": origin.by})
        told = {"added": made.added.count, "withdrawn": made.count_withdrawn(entries), "unchanged": counts.unchanged}
        told |= {"replaced": 0, "refused": origin.refused()[0]}
        made.settle(after, counts=told, hidden=hidden, file_sha256=origin.sha256())
        record_refusals(page, row["id"], origin)
        _scratch.drop_all(connection)
    return counts.duplicates


@dataclass(slots=True)
class _Counts:
    unchanged: int = 0
    duplicates: int = 0


def _is_of_a_service(connection: Connection, list_id: int) -> bool:
    query = select(entries.c.id).where(entries.c.list_id == list_id, entries.c.publisher.is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def _numbered(offered: Iterable[Entry]) -> Iterator[Row]:
    for number, one in enumerate(offered, 1):
        yield number, one.entry, one.signal, one.value, labels_text(one.labels)


def _compare(made: ChangedRows) -> _Counts:
    """Withdraw what is missing, and note what comes and is there already, or came before."""
    counts = _Counts()
    known: list[tuple[int]] = []
    standing = entries.c.list_id == made.list_id, entries.c.withdrawn_n.is_(None), entries.c.added_n < made.number
    streams = [_rows(made.connection, _keyed(_coming, 0)), _rows(made.connection, _keyed(entries, 1).where(*standing))]
    for _, group in groupby(merge(*streams), key=itemgetter(0, 1, 2, 3)):
        by_kind: tuple[list[int], list[int]] = ([], [])
        for row in group:
            by_kind[row[4]].append(row[5])
        coming, stand = by_kind
        if not coming:
            made.withdraw(entries, stand)
            continue
        counts.duplicates += len(coming) - 1
        counts.unchanged += bool(stand)
        known += [(number,) for number in coming[0 if stand else 1 :]]
        if len(known) >= _ROWS_HELD:
            bulk_insert(made.connection, _known, known)
            known.clear()
    bulk_insert(made.connection, _known, known)
    made.flush()
    return counts


def _add(made: ChangedRows) -> None:
    """Add what is new, in the order of the file."""
    columns = _coming.c.entry, _coming.c.signal, _coming.c.value, _coming.c.labels
    query = select(*columns).where(_coming.c.id.not_in(select(_known.c.id))).order_by(_coming.c.id)
    for rows in bulk_select(made.connection, query):
        made.add(entries, [(_name(row[0], made.number), *row[1:], None, None) for row in rows])
    made.flush()


def _name(entry: str, number: int) -> str:
    """Line 7 of this file is another entry than line 7 of the file before, which may stand."""
    return f"{entry} of record {number}" if entry.startswith(_PLACES) else entry


def _keyed(table: Table, kind: int) -> Select[Any]:
    """Rows by what makes them the same entry, in order."""
    places = or_(*(func.substr(table.c.entry, 1, len(place)) == place for place in _PLACES))
    key: list[ColumnElement[Any]] = [
        table.c.signal,
        table.c.value,
        func.coalesce(table.c.labels, ""),
        case((places, ""), else_=table.c.entry),
    ]
    return select(*key, literal(kind), table.c.id).order_by(*key, table.c.id)


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    for rows in bulk_select(connection, query):
        yield from rows
