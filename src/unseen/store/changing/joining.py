"""What is staged beside what stands, entry by entry, in constant memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, Table, literal, select, tuple_

from unseen.store.changing.staging import Content, read_content
from unseen.store.engine import bulk_select
from unseen.store.schema import entries, opinions, staged

__all__ = ["Pair", "pair"]

Row = tuple[Any, ...]

# Which of three streams a row comes from; staged ones are seen first.
_STAGED, _STANDING, _OPINION = range(3)


@dataclass(slots=True)
class Pair:
    """One entry of one publisher, as it is to be and as it stands.

    Attributes:
        is_named: Whether any staged page names it.
        content: As it is to be; None where it was withdrawn, or is not named.
        published_at: As the service says.
        rows: By signal, value and labels, the standing rows of `entries`.
        opinions: By their columns, the standing rows of `opinions`.
    """

    entry: str
    publisher: str
    is_named: bool = False
    content: Content | None = None
    published_at: str | None = None
    rows: dict[tuple[str, bytes, str | None], int] = field(default_factory=dict)
    opinions: dict[tuple[str, str, str | None, str | None], int] = field(default_factory=dict)


def pair(connection: Connection, name: str, list_id: int, number: int, *, is_whole: bool) -> Iterator[Pair]:
    """Give each entry that is staged, and what stands of it; ordered by identifier and publisher.

    Args:
        connection: Of `Store.write`.
        name: Of the list.
        list_id: Its number.
        number: Of the change that is being made: rows that it adds meanwhile do not come back here.
        is_whole: Whether entries that stand and are not staged are given too.
    """
    standing = [_standing(list_id, number), _opinions(list_id, number)]
    if not is_whole:
        standing = [
            _only_staged(query, table, name) for query, table in zip(standing, (entries, opinions), strict=True)
        ]
    streams = [_rows(connection, query) for query in (_staged(name), *standing)]
    for (entry, publisher), rows in groupby(merge(*streams), key=itemgetter(0, 1)):
        found = Pair(entry, publisher)
        for row in rows:
            _put(found, row)
        yield found


def _put(found: Pair, row: Row) -> None:
    match row[2]:
        case 0:
            # The newest of several counts: they come in the order in which they were staged.
            found.is_named = True
            found.published_at = row[4]
            found.content = None if row[5] is None else read_content(row[5])
        case 1:
            found.rows[row[4], row[5], row[6]] = row[3]
        case _:
            found.opinions[row[4], row[5], row[6], row[7]] = row[3]


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    for rows in bulk_select(connection, query):
        yield from rows


def _staged(name: str) -> Select[Any]:
    key = staged.c.entry, staged.c.publisher
    columns = staged.c.id, staged.c.published_at, staged.c.content
    query = select(*key, literal(_STAGED), *columns).where(staged.c.list == name, staged.c.is_refused == 0)
    return query.order_by(*key, staged.c.id)


def _standing(list_id: int, number: int) -> Select[Any]:
    key = entries.c.entry, entries.c.publisher
    columns = entries.c.id, entries.c.signal, entries.c.value, entries.c.labels
    query = select(*key, literal(_STANDING), *columns)
    which = entries.c.list_id == list_id, entries.c.publisher.is_not(None), entries.c.withdrawn_n.is_(None)
    return query.where(*which, entries.c.added_n < number).order_by(*key, entries.c.id)


def _opinions(list_id: int, number: int) -> Select[Any]:
    key = opinions.c.entry, opinions.c.publisher
    columns = opinions.c.id, opinions.c.holder, opinions.c.stance, opinions.c.signal, opinions.c.reasons
    query = select(*key, literal(_OPINION), *columns)
    which = opinions.c.list_id == list_id, opinions.c.withdrawn_n.is_(None), opinions.c.added_n < number
    return query.where(*which).order_by(*key, opinions.c.id)


def _only_staged(query: Select[Any], table: Table, name: str) -> Select[Any]:
    """The same rows, of entries that are staged: looked up one by one, where a join would read the whole list."""
    named = select(staged.c.entry, staged.c.publisher).where(staged.c.list == name)
    return query.where(tuple_(table.c.entry, table.c.publisher).in_(named))
