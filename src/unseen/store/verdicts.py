"""Verdicts in the store: one row for each decision, added and never changed. The newest of a finding counts.

It counts until a match comes that accuses and was not on record when it was given. A match is the same one where list,
entry, signal and distance are the same; matches that are gone since (a list was taken out) change nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, literal, select

from unseen.errors import UsageError
from unseen.model import Decision, Verdict
from unseen.store.engine import Store
from unseen.store.ledger.rows import MATCH_COLUMNS as _MATCH_COLUMNS
from unseen.store.schema import finding_matches, findings, lists, verdict_matches, verdicts

__all__ = [
    "PREFIX_CHARS_MIN",
    "newest_verdicts",
    "read_verdict",
    "resolve",
    "verdict_history",
    "verdicts_of",
]

# Fewer could be a slip of the finger; git draws the line at the same place.
PREFIX_CHARS_MIN = 4
# Parameters of one statement; SQLite takes some thirty thousand.
_IDS_AT_ONCE = 1_000


# What was put on a list because of this very verdict is no news, and neither is what accuses nobody.
_ACCUSING = (
    finding_matches.c.entry != finding_matches.c.finding_id,
    finding_matches.c.list.not_in(select(lists.c.name).where(lists.c.list_class.in_(("cleared", "known_file")))),
)


def verdict_history(store: Store, prefixes: Sequence[str]) -> dict[str, tuple[Verdict, ...]]:
    """Give every verdict on these findings, oldest first, by the id of the finding in full.

    Raises:
        UsageError: No finding begins so, or several do.
        StoreError: The store cannot be read.
    """
    with store.read() as connection:
        ids = resolve(connection, prefixes)
        newest = verdicts_of(connection, ids)
        history = {}
        for finding_id in ids:
            rows = select(verdicts, literal(value=False).label("is_current"))
            earlier = [
                read_verdict(row)
                for row in connection.execute(rows.where(verdicts.c.finding_id == finding_id).order_by(verdicts.c.id))
            ]
            history[finding_id] = (*earlier[:-1], newest[finding_id]) if earlier else ()
        return history


def verdicts_of(connection: Connection, ids: Sequence[str]) -> Mapping[str, Verdict]:
    """Give the newest verdict of each of these findings that has one."""
    found: dict[str, Verdict] = {}
    for at in range(0, len(ids), _IDS_AT_ONCE):
        rows = newest_verdicts(verdicts.c.finding_id.in_(ids[at : at + _IDS_AT_ONCE]))
        found.update((row.finding_id, read_verdict(row)) for row in connection.execute(rows))
    return found


def newest_verdicts(which: ColumnElement[bool] | None = None) -> Select[Any]:
    """The statement for the newest verdict of each finding, one row for each that has one.

    Args:
        which: Narrows the rows of `verdicts` to those of some findings; all where there is none.
    """
    newest = select(func.max(verdicts.c.id).label("id")).group_by(verdicts.c.finding_id)
    if which is not None:
        newest = newest.where(which)
    known = exists().where(
        verdict_matches.c.verdict_id == verdicts.c.id,
        and_(*(verdict_matches.c[name] == finding_matches.c[name] for name in _MATCH_COLUMNS)),
    )
    news = exists().where(finding_matches.c.finding_id == verdicts.c.finding_id, ~known, *_ACCUSING)
    return select(verdicts, (~news).label("is_current")).where(verdicts.c.id.in_(newest))


def read_verdict(row: Row[Any]) -> Verdict:
    """Read a row of `newest_verdicts`, or of anything that holds its columns."""
    return Verdict(
        decision=Decision(row.decision),
        by=row.decided_by,
        reason=row.reason,
        at_utc=row.at_utc,
        is_current=bool(row.is_current),
    )


def resolve(connection: Connection, prefixes: Sequence[str]) -> list[str]:
    """Give the ids that begin so, each once.

    Raises:
        UsageError: No finding begins so, or several do.
    """
    return list(dict.fromkeys(_resolve_one(connection, prefix) for prefix in prefixes))


def _resolve_one(connection: Connection, prefix: str) -> str:
    wanted = prefix.strip().lower()
    if len(wanted) < PREFIX_CHARS_MIN or not set(wanted) <= set("0123456789abcdef"):
        raise UsageError(
            f"{prefix[:80]!r} is no id of a finding",
            hint=f"give its first hexadecimal digits, {PREFIX_CHARS_MIN} at least: `unseen findings` prints them",
        )
    # "g" is what follows the last hexadecimal digit: all that begin so lie between.
    rows = select(findings.c.id).where(findings.c.id >= wanted, findings.c.id < wanted + "g").limit(2)
    found = list(connection.scalars(rows))
    if not found:
        raise UsageError(f"no finding begins with {wanted}", hint="`unseen findings` prints the ids there are")
    if len(found) > 1 and found[0] != wanted:
        raise UsageError(f"several findings begin with {wanted}", hint="give more digits of the one that is meant")
    return str(found[0])
