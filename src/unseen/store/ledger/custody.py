"""What the ledger commits to of rows about custody, and these rows again, as `rows` has the others."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from unseen.store.ledger.opened import Opened, fetch
from unseen.store.schema import custody_acts, preserved

__all__ = ["act_value", "open_acts", "open_preserved", "preserved_value"]

Row = Mapping[str, Any]


def act_value(row: Row) -> dict[str, Any]:
    """What an entry `custody_act` commits to: the row of `custody_acts`, without what is empty in it."""
    return {name: value for name, value in row.items() if name not in {"id", "salt"} and value is not None}


def preserved_value(row: Row) -> dict[str, Any]:
    """What an entry `content_preserved` commits to: the row of `preserved`, without what is empty in it."""
    return {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in row.items()
        if name not in {"id", "salt"} and value is not None
    }


def open_acts(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Opened]:
    """Rows of `custody_acts`, those that hold for every condition."""
    query = select(custody_acts).where(*which).order_by(custody_acts.c.id)
    for row in fetch(connection, query, custody_acts.c.keys()):
        yield Opened(row["id"], "custody_act", row["salt"], act_value(row))


def open_preserved(connection: Connection) -> Iterator[Opened]:
    """Rows of `preserved`."""
    for row in fetch(connection, select(preserved).order_by(preserved.c.id), preserved.c.keys()):
        yield Opened(row["id"], "content_preserved", row["salt"], preserved_value(row))
