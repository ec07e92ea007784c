"""The rows of one change of a list: added as they come, withdrawn at the end, and stated in the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, func, select, update

from unseen.store.engine import bulk_insert
from unseen.store.ledger.digests import ENTRY_COLUMNS, OPINION_COLUMNS, RowDigest, digest_rows
from unseen.store.ledger.entries import Page
from unseen.store.schema import entries, lists, opinions

__all__ = ["ChangedRows"]

# Numbers of the rows that a change withdraws, worked out before anything is withdrawn.
_scratch = MetaData()
_GOING = {
    table: Table(f"going_{table.name}", _scratch, Column("id", Integer, primary_key=True), prefixes=["TEMPORARY"])
    for table in (entries, opinions)
}
_ROWS_HELD = 5_000


class ChangedRows:
    """What one change adds and withdraws. Nothing of it is known to the ledger before `settle`.

    Attributes:
        connection: Of the transaction.
        list_id: Number of the list.
        number: That the change will have in the ledger.
        added: Digest of the entries added so far.
        opinions_added: And of the opinions.
    """

    def __init__(self, page: Page, list_id: int) -> None:
        self.connection, self.list_id, self.number = page.connection, list_id, page.next
        self.added, self.opinions_added = RowDigest(), RowDigest()
        self._page = page
        self._next = {table: _next_id(page.connection, table) for table in (entries, opinions)}
        self._held: dict[Table, list[tuple[object, ...]]] = {}
        _scratch.drop_all(page.connection)
        _scratch.create_all(page.connection, checkfirst=False)

    def add(self, table: Table, rows: Sequence[tuple[str | bytes | None, ...]]) -> None:
        """Add rows of `entries` or `opinions`, each of the six fields that their digest takes."""
        (self.added if table is entries else self.opinions_added).add(rows)
        first = self._next[table]
        self._next[table] += len(rows)
        self._hold(table, [(at, self.list_id, *row, self.number, None) for at, row in enumerate(rows, first)])

    def withdraw(self, table: Table, ids: Iterable[int]) -> None:
        """Withdraw rows, when all that stands has been read."""
        self._hold(_GOING[table], [(number,) for number in ids])

    def count_withdrawn(self, table: Table) -> int:
        """How many rows are to be withdrawn, of those that were flushed."""
        return int(self.connection.execute(select(func.count()).select_from(_GOING[table])).scalar_one())

    def are_any(self) -> bool:
        """Whether there is any change."""
        going = sum(self.count_withdrawn(table) for table in _GOING)
        return bool(self.added.count + self.opinions_added.count + going)

    def flush(self) -> None:
        """Write what is held."""
        for table, rows in self._held.items():
            bulk_insert(self.connection, table, rows)
        self._held.clear()

    def settle(
        self,
        entry_count: int,
        *,
        counts: Mapping[str, int],
        hidden: Mapping[str, object],
        file_sha256: bytes | None = None,
    ) -> int:
        """Withdraw what is to go, and say in the ledger which rows came and went.

        Args:
            entry_count: How many rows stand afterwards.
            counts: To be stated.
            hidden: To be committed to; its `origin` is from now on that of the list.
            file_sha256: Of the file that the list now is; None where it is what its changes made of it.

        Returns:
            The number of the entry.
        """
        digests = {
            "added": self.added,
            "withdrawn": self._withdraw(entries, ENTRY_COLUMNS),
            "opinions_added": self.opinions_added,
            "opinions_withdrawn": self._withdraw(opinions, OPINION_COLUMNS),
        }
        of_list = lists.c.id == self.list_id
        row = self.connection.execute(select(lists).where(of_list)).mappings().one()
        changed = sha256(b"".join([row["sha256"], *(one.sha256() for one in digests.values())])).digest()
        values = {"entry_count": entry_count, "sha256": file_sha256 or changed, "version": self.number}
        self.connection.execute(update(lists).where(of_list).values(origin=hidden["origin"], **values))
        _scratch.drop_all(self.connection)
        stated: dict[str, object] = {
            "list": self.list_id,
            "name": row["name"],
            "previous": row["version"],
            "entries": entry_count,
            "sha256": (file_sha256 or changed).hex(),
            "counts": dict(counts),
        }
        stated |= {name: {"rows": one.count, "sha256": one.sha256().hex()} for name, one in digests.items()}
        return self._page.add("list_changed", stated, hidden=hidden)

    def _withdraw(self, table: Table, columns: Sequence[Column[Any]]) -> RowDigest:
        going = _GOING[table]
        wanted = table.c.id.in_(select(going.c.id))
        digest = digest_rows(self.connection, select(*columns).where(wanted).order_by(table.c.id))
        self.connection.execute(update(table).where(wanted).values(withdrawn_n=self.number))
        return digest

    def _hold(self, table: Table, rows: list[tuple[object, ...]]) -> None:
        if rows:
            held = self._held.setdefault(table, [])
            held += rows
            if len(held) >= _ROWS_HELD:
                bulk_insert(self.connection, table, held)
                held.clear()


def _next_id(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.max(table.c.id))).scalar_one() or 0) + 1
