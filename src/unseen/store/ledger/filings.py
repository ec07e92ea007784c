"""What the ledger commits to of rows about filings, and these rows again, as `rows` has the others."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from unseen.store.ledger.opened import Opened, fetch
from unseen.store.schema import (
    filing_answers,
    filing_decisions,
    filing_files,
    filing_policies,
    filing_steps,
    filings,
)

__all__ = ["filing_row_value", "open_all_filing_rows", "open_filing_rows"]

# Of which type the entry of a row of each table is.
_TABLES = {
    "filing_policy": filing_policies,
    "filing_decided": filings,
    "filing_file": filing_files,
    "filing_decision": filing_decisions,
    "filing_step": filing_steps,
    "filing_answer": filing_answers,
}


def filing_row_value(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry about a filing commits to: the row of its table, without what is empty in it."""
    kept = {name: value for name, value in row.items() if name not in {"id", "salt"} and value is not None}
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in kept.items()}


def open_all_filing_rows(connection: Connection) -> list[Iterator[Opened]]:
    """Rows of each of these tables."""
    return [open_filing_rows(connection, kind) for kind in _TABLES]


def open_filing_rows(connection: Connection, kind: str, *which: ColumnElement[bool]) -> Iterator[Opened]:
    """Rows about filings whose entries are of one type, those that hold for every condition."""
    table = _TABLES[kind]
    for row in fetch(connection, select(table).where(*which).order_by(table.c.id), table.c.keys()):
        yield Opened(row["id"], kind, row["salt"], filing_row_value(row))
