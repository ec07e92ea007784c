"""Pages of a service, kept as they come and not applied yet. A sync that was killed goes on behind the last of them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from unseen.errors import StoreError
from unseen.model import ChangePage, Opinion, Published, Refused, Stance, Withdrawn
from unseen.store.engine import Store, bulk_insert
from unseen.store.lists import labels_text
from unseen.store.schema import staged, syncs

__all__ = [
    "Content",
    "Staging",
    "clear_staged",
    "discard_staged",
    "read_checkpoint",
    "read_content",
    "read_opinion",
    "read_refusals",
    "read_staging",
    "stage_page",
]

_DELETED_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class Staging:
    """What is staged for one list.

    Attributes:
        begins_anew: Whether it is a complete copy.
        is_complete: Whether the service had no more.
    """

    begins_anew: bool
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a staged row says of an entry.

    Attributes:
        hashes: Pairs of signal and value.
        labels: As the column of `entries` has them.
        opinions: Each as (holder, stance, signal, reasons) in the columns of `opinions`.
    """

    hashes: frozenset[tuple[str, bytes]]
    labels: str | None
    opinions: frozenset[tuple[str, str, str | None, str | None]]


def stage_page(store: Store, name: str, page: ChangePage) -> None:
    """Keep a page and its checkpoint: both or neither. Nothing changes in the list.

    Args:
        store: Open for writing; needs no ledger, because nothing is stated yet.
        name: Of the list, which need not exist.
        page: The next one behind `read_checkpoint`.

    Raises:
        StoreError: The store cannot be written.
    """
    with store.write() as connection:
        row = {"checkpoint": page.checkpoint, "is_complete": int(page.is_last)}
        known = connection.execute(select(syncs.c.list).where(syncs.c.list == name)).first() is not None
        if page.begins_anew and known:
            # What was staged before is part of the copy that now comes whole.
            _forget(connection, name)
            row["begins_anew"] = 1
        if known:
            connection.execute(update(syncs).where(syncs.c.list == name).values(row))
        else:
            connection.execute(insert(syncs).values(list=name, **{"begins_anew": int(page.begins_anew), **row}))
        first = (connection.execute(select(func.max(staged.c.id))).scalar_one() or 0) + 1
        rows = (*(_row(one) for one in page.changes), *(_refused(one) for one in page.refused))
        bulk_insert(connection, staged, ((number, name, *row) for number, row in enumerate(rows, first)))


def read_checkpoint(store: Store, name: str) -> str | None:
    """Where the client is to go on; None where nothing was ever fetched, or all was discarded."""
    with store.read() as connection:
        return connection.execute(select(syncs.c.checkpoint).where(syncs.c.list == name)).scalar_one_or_none()


def discard_staged(store: Store, name: str) -> None:
    """Forget what is staged for a list, and the checkpoint: the next sync begins from nothing."""
    with store.write() as connection:
        _forget(connection, name)
        connection.execute(delete(syncs).where(syncs.c.list == name))


def read_staging(connection: Connection, name: str) -> Staging | None:
    """What is staged for a list; None where nothing was ever fetched."""
    row = connection.execute(select(syncs).where(syncs.c.list == name)).mappings().first()
    return None if row is None else Staging(bool(row["begins_anew"]), bool(row["is_complete"]))


def clear_staged(connection: Connection, name: str) -> None:
    """Forget what is staged, because it was applied; the checkpoint stays."""
    _forget(connection, name)
    connection.execute(update(syncs).where(syncs.c.list == name).values(begins_anew=0))


def read_refusals(connection: Connection, name: str) -> Iterator[Refused]:
    """What could not be read, in the order in which it came."""
    query = select(staged.c.entry, staged.c.content).where(staged.c.list == name, staged.c.is_refused == 1)
    return (Refused(position, why) for position, why in connection.execute(query.order_by(staged.c.id)))


def read_content(text: str) -> Content:
    """Read the column `content` of an entry that is published.

    Raises:
        StoreError: Somebody altered it.
    """
    try:
        hashes, labels, opinions = json.loads(text)
        return Content(
            frozenset((signal, bytes.fromhex(value)) for signal, value in hashes),
            labels,
            frozenset((holder, stance, signal, reasons) for holder, stance, signal, reasons in opinions),
        )
    except (TypeError, ValueError) as error:
        raise StoreError(f"what was staged was altered: {error}", hint="discard it and fetch the list anew") from error


def read_opinion(row: Sequence[Any]) -> Opinion:
    """Read (holder, stance, signal, reasons) of a row of `opinions`."""
    holder, stance, signal, reasons = row
    return Opinion(holder, Stance(stance), signal, tuple(json.loads(reasons)) if reasons else ())


def _forget(connection: Connection, name: str) -> None:
    """Delete what is staged, some rows at a time: SQLite holds the number of every row that one statement deletes."""
    of_list = staged.c.list == name
    last = connection.execute(select(func.max(staged.c.id)).where(of_list)).scalar_one()
    first = connection.execute(select(func.min(staged.c.id)).where(of_list)).scalar_one()
    for at in range(first or 0, (last or -1) + 1, _DELETED_AT_ONCE):
        connection.execute(delete(staged).where(of_list, staged.c.id.between(at, at + _DELETED_AT_ONCE - 1)))


def _row(change: Published | Withdrawn) -> tuple[object, ...]:
    publisher = change.publisher or ""
    content = _write_content(change) if isinstance(change, Published) else None
    return change.entry, publisher, change.at_utc, content, 0


def _refused(one: Refused) -> tuple[object, ...]:
    return one.position, "", None, one.why, 1


def _write_content(change: Published) -> str:
    hashes = [[signal, value.hex()] for signal, value in change.hashes]
    opinions = [
        [one.holder, one.stance.value, one.signal, _json(one.reasons) if one.reasons else None]
        for one in change.opinions
    ]
    return _json([hashes, labels_text(change.labels), opinions])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
