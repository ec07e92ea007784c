"""A row as whoever compares it with its entry has it, and rows by name."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select

from unseen.store.engine import bulk_select

__all__ = ["Kept", "Opened", "fetch"]

_ROWS_PER_FETCH = 2_000


class Kept(NamedTuple):
    """What is left of the hashes of an item that matched nothing.

    Attributes:
        salt: None once they were erased, or where they were never written.
        value: What `commitment` commits to together with the salt.
    """

    salt: bytes | None
    value: dict[str, Any]
    commitment: bytes


class Opened(NamedTuple):
    """A row that opens a commitment.

    Attributes:
        number: Of the entry.
        kind: What the entry says its type is; None for whatever has no table of its own.
        value: Or its text, of those that are kept as text.
        hashes: Of an item whose hashes can be erased without its row; None for all else.
    """

    number: int
    kind: str | None
    salt: bytes
    value: dict[str, Any] | str
    hashes: Kept | None = None


def fetch(connection: Connection, query: Select[Any], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give rows by name, in constant memory."""
    for rows in bulk_select(connection, query, _ROWS_PER_FETCH):
        for row in rows:
            yield dict(zip(names, row, strict=True))
