"""What somebody who watches a store asks about it: counts and moments, and never whose anything is."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from unseen.store.engine import Store
from unseen.store.schema import items, ledger, lists, not_screened, outbox, scans

__all__ = ["Figures", "read_figures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts and moments of one state of a store.

    Attributes:
        letters: Of each kind of letters: how many wait, and since when the oldest does; None where none waits.
        lists_changed: Of each list by name: the bytes of the entry of the ledger that states its newest change.
        scanned_at_utc: When the newest scan was finished; None where there is none.
        items: How many it screened.
        not_screened: How many of these it could not screen, by reason.
    """

    letters: Mapping[str, tuple[int, str | None]]
    lists_changed: Mapping[str, bytes]
    scanned_at_utc: str | None = None
    items: int = 0
    not_screened: Mapping[str, int]


def read_figures(store: Store) -> Figures:
    """Read what there is to watch.

    Raises:
        StoreError: The store cannot be read.
    """
    changed = select(lists.c.name, ledger.c.entry).join_from(lists, ledger, ledger.c.n == lists.c.version)
    newest = (
        select(scans.c.id, scans.c.finished_at_utc)
        .where(scans.c.finished_at_utc.is_not(None), scans.c.is_recheck == 0)
        .order_by(scans.c.id.desc())
        .limit(1)
    )
    with store.read() as connection:
        letters = _letters(connection)
        lists_changed = {row.name: row.entry for row in connection.execute(changed.order_by(lists.c.name))}
        scan = connection.execute(newest).first()
        if scan is None:
            return Figures(letters=letters, lists_changed=lists_changed, not_screened={})
        count = select(func.count()).select_from(items).where(items.c.scan_id == scan.id)
        by_reason = (
            select(not_screened.c.reason, func.count().label("items"))
            .join_from(not_screened, items, items.c.id == not_screened.c.item_id)
            .where(items.c.scan_id == scan.id)
            .group_by(not_screened.c.reason)
        )
        return Figures(
            letters=letters,
            lists_changed=lists_changed,
            scanned_at_utc=scan.finished_at_utc,
            items=int(connection.scalar(count) or 0),
            not_screened={row.reason: row.items for row in connection.execute(by_reason)},
        )


def _letters(connection: Connection) -> dict[str, tuple[int, str | None]]:
    waits = outbox.c.state == "pending"
    kinds = connection.scalars(select(outbox.c.kind).distinct().order_by(outbox.c.kind)).all()
    rows = select(outbox.c.kind, func.count().label("letters"), func.min(outbox.c.at_utc).label("since"))
    waiting = {row.kind: row for row in connection.execute(rows.where(waits).group_by(outbox.c.kind))}
    return {kind: (waiting[kind].letters, waiting[kind].since) if kind in waiting else (0, None) for kind in kinds}
