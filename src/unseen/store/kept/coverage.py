"""What items were compared with when they were last compared, and what of the lists has changed since."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from unseen.model import Altered
from unseen.store.engine import Store
from unseen.store.ledger.rows import NEVER_KEPT
from unseen.store.lists import find_list
from unseen.store.schema import entries, entry_decisions, items, opinions, runs, scans

__all__ = [
    "Compared",
    "Gone",
    "compared",
    "count_gone",
    "count_looked_closer",
    "is_unfinished",
    "touched_entries",
    "unfinished_scans",
]

_NAMES_PER_QUERY = 500


@dataclass(frozen=True, slots=True)
class Compared:
    """What one scan, or one recheck of all before it, compared its items with.

    Attributes:
        scan_id: Its number. A recheck covers every item of a scan with a lower one.
        unfinished: Of a recheck, numbers of the scans that went on beside it, and which it does not cover.
        lists: By the number of the record of each list, the number up to which its changes, and what was said and
            decided of its entries, were known; and the number of its policy, or None.
        threshold_bits: Largest distance that counted.
        version: Of the program.
        signals: Of plugged-in hashers.
    """

    scan_id: int
    is_recheck: bool
    unfinished: frozenset[int]
    lists: Mapping[int, tuple[int, int | None]]
    threshold_bits: int
    version: str
    signals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Gone:
    """Items of one scan whose hashes cannot be compared again.

    Attributes:
        never_kept: They were not written.
        erased: They were, and their time has ended.
    """

    scan_id: int
    never_kept: int
    erased: int


def compared(store: Store) -> list[Compared]:
    """What each scan compared its items with: where it was resumed, no more than each of its runs did.

    A recheck that was not finished covers nothing. Nor does a scan whose conditions were erased.
    """
    query = (
        select(scans.c.id, scans.c.is_recheck, scans.c.finished_at_utc, scans.c.settings, runs.c.conditions)
        .join_from(scans, runs, runs.c.scan_id == scans.c.id, isouter=True)
        .order_by(scans.c.id, runs.c.id)
    )
    by_scan: dict[int, list[Any]] = {}
    with store.read() as connection:
        for row in connection.execute(query):
            by_scan.setdefault(row.id, []).append(row)
    return [
        _compared(rows) for rows in by_scan.values() if not rows[0].is_recheck or rows[0].finished_at_utc is not None
    ]


def is_unfinished(store: Store, key: bytes) -> bool:
    """Whether a scan, or a recheck, of this key was begun and not finished."""
    rows = select(scans.c.id).where(scans.c.key == key, scans.c.finished_at_utc.is_(None))
    with store.read() as connection:
        return connection.execute(rows).first() is not None


def unfinished_scans(connection: Connection) -> list[int]:
    """Numbers of scans, other than rechecks, that may still add items."""
    rows = select(scans.c.id).where(scans.c.finished_at_utc.is_(None), scans.c.is_recheck == 0).order_by(scans.c.id)
    return list(connection.scalars(rows))


def count_gone(store: Store) -> list[Gone]:
    """Count by scan the items whose hashes were not kept, or not any more."""
    never = func.count().filter(items.c.hashes_sha256 == NEVER_KEPT)
    rows = (
        select(items.c.scan_id, never, func.count())
        .where(items.c.hashes_sha256.is_not(None), items.c.hash_salt.is_(None))
        .group_by(items.c.scan_id)
        .order_by(items.c.scan_id)
    )
    with store.read() as connection:
        return [Gone(scan_id, count, total - count) for scan_id, count, total in connection.execute(rows)]


def count_looked_closer(store: Store) -> int:
    """How many scans looked for altered copies, of which a recheck compares those again that were found."""
    rows = select(scans.c.settings).where(scans.c.is_recheck == 0)
    with store.read() as connection:
        asked = [json.loads(settings).get("altered", Altered.OFF) for settings in connection.scalars(rows)]
    return sum(altered != Altered.OFF for altered in asked)


def touched_entries(store: Store, name: str, since: int) -> dict[str, dict[int, bytes]]:
    """Entries of a list that stand, and of which something else than their coming has changed since a record.

    Whoever decided about one, or has another opinion, may let it count again. A frame that went leaves less of its
    video to be shown: the others may be enough now.

    Returns:
        By signal, the values of their rows by key.
    """
    with store.read() as connection:
        list_id = find_list(connection, name).record
        decided = select(entry_decisions.c.entry).where(
            entry_decisions.c.list_id == list_id, entry_decisions.c.id > since
        )
        said = select(opinions.c.entry).where(
            opinions.c.list_id == list_id, (opinions.c.added_n > since) | (opinions.c.withdrawn_n > since)
        )
        gone = select(entries.c.entry).where(entries.c.list_id == list_id, entries.c.withdrawn_n > since)
        names = sorted({name for query in (decided, said, gone) for name in connection.scalars(query)})
        touched: dict[str, dict[int, bytes]] = {}
        for at in range(0, len(names), _NAMES_PER_QUERY):
            stand = select(entries.c.signal, entries.c.id, entries.c.value).where(
                entries.c.list_id == list_id,
                entries.c.withdrawn_n.is_(None),
                entries.c.entry.in_(names[at : at + _NAMES_PER_QUERY]),
            )
            for signal, row, value in connection.execute(stand):
                touched.setdefault(signal, {})[row] = value
        return touched


def _compared(rows: Sequence[Any]) -> Compared:
    first = rows[0]
    settings = json.loads(first.settings)
    conditions = [json.loads(row.conditions or "{}") for row in rows]
    by_run = [_lists(one) for one in conditions]
    of_all = {
        record: min((one[record] for one in by_run), key=lambda pair: pair[0])
        for record in set.intersection(*(set(one) for one in by_run))
        if len({one[record][1] for one in by_run}) == 1
    }
    return Compared(
        scan_id=first.id,
        is_recheck=bool(first.is_recheck),
        unfinished=frozenset(conditions[0].get("unfinished", ())),
        lists=of_all,
        threshold_bits=min(int(one.get("threshold_bits", 0)) for one in conditions),
        version=" ".join(sorted({str(one.get("version")) for one in conditions})),
        signals=frozenset(settings.get("plugged_in", ())),
    )


def _lists(conditions: Mapping[str, Any]) -> dict[int, tuple[int, int | None]]:
    # A list that was never changed has the version that took it in. Whoever says when they began to read lists has
    # read every change before that.
    read_from = int(conditions.get("as_of", 0))
    return {
        one["record"]: (max(one.get("version") or one["record"], read_from - 1), one.get("policy"))
        for one in conditions.get("lists", ())
        if one.get("record") is not None
    }
