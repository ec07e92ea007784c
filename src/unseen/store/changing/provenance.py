"""Where an entry comes from, and how it stands: everything on record under one identifier of a list, but no value."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, select

from unseen.errors import ListError
from unseen.model import EntryAccount, EntryRow, Import
from unseen.store.changing.decisions import entry_history
from unseen.store.changing.staging import read_opinion
from unseen.store.engine import Store
from unseen.store.lists import find_list, read_labels
from unseen.store.schema import entries, ledger, openings, opinions

__all__ = ["read_entry_account"]


def read_entry_account(store: Store, name: str, entry: str) -> EntryAccount:
    """Read all that is known of an entry; of a list that came as a file, this reads the whole list.

    Raises:
        ListError: There is no such list, or it never held such an entry.
        StoreError: The store cannot be read.
    """
    with store.read() as connection:
        info = find_list(connection, name)
        which = entries.c.list_id == info.record, entries.c.entry == entry
        found = connection.execute(select(entries).where(*which).order_by(entries.c.id)).mappings().all()
        if not found:
            raise ListError(
                f"list {name!r} holds no entry {entry!r}", hint="matches name the entries that they rest on"
            )
        changes = {n for row in found for n in (row["added_n"], row["withdrawn_n"]) if n is not None}
        imports = _read_imports(connection, changes)
        rows = [
            EntryRow(
                signal=row["signal"],
                publisher=row["publisher"] or None,
                published_at=row["published_at"],
                labels=read_labels(row["labels"]),
                added=imports[row["added_n"]],
                withdrawn=None if row["withdrawn_n"] is None else imports[row["withdrawn_n"]],
            )
            for row in found
        ]
        columns = (opinions.c[name] for name in ("publisher", "holder", "stance", "signal", "reasons"))
        said = select(*columns).where(opinions.c.list_id == info.record, opinions.c.entry == entry)
        held = connection.execute(said.where(opinions.c.withdrawn_n.is_(None)).order_by(opinions.c.id)).all()
        return EntryAccount(
            list=info.name,
            list_class=info.list_class.value,
            version=info.version,
            entry=entry,
            rows=tuple(sorted(rows, key=lambda row: row.withdrawn is not None)),
            opinions=tuple((row[0] or None, read_opinion(row[1:])) for row in held),
            decisions=entry_history(connection, info.record, entry),
        )


def _read_imports(connection: Connection, numbers: Iterable[int]) -> dict[int, Import]:
    """What the ledger says of these changes."""
    query = (
        select(ledger.c.n, ledger.c.entry, openings.c.value)
        .join_from(ledger, openings, openings.c.n == ledger.c.n, isouter=True)
        .where(ledger.c.n.in_(sorted(numbers)))
    )
    found = {}
    for number, stated, value in connection.execute(query):
        hidden = {} if value is None else json.loads(value)
        by = hidden.get("accepted_by") or hidden.get("by")
        found[number] = Import(record=number, at_utc=json.loads(stated)["at"], by=by, origin=hidden.get("origin"))
    return found
