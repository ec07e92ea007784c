"""Verdicts are recorded here, with what follows from them for cases; see `unseen.store.verdicts` for what they say."""

from collections.abc import Sequence

from sqlalchemy import insert, select

from unseen.model import Decision
from unseen.store.cases import reopen_cleared
from unseen.store.engine import Store
from unseen.store.ledger.entries import record
from unseen.store.ledger.rows import MATCH_COLUMNS, verdict_value
from unseen.store.schema import finding_matches, verdict_matches, verdicts
from unseen.store.verdicts import resolve

__all__ = ["record_verdicts"]


def record_verdicts(
    store: Store, prefixes: Sequence[str], decision: Decision, *, by: str, reason: str, at_utc: str
) -> list[str]:
    """Record one decision on several findings: on all of them, or on none.

    A case that had ended because all its findings were cleared is opened again where one of them no longer is.

    Args:
        store: The store.
        prefixes: Ids of findings, or as much of each as names one finding only; each finding is taken once.
        decision: What was decided.
        by: Who decided.
        reason: Why.
        at_utc: When, in ISO 8601.

    Returns:
        The ids of the findings in full, in the order given.

    Raises:
        UsageError: No finding begins so, or several do.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        ids = resolve(page.connection, prefixes)
        for finding_id in ids:
            row = {"finding_id": finding_id, "decision": decision.value, "decided_by": by, "reason": reason}
            row["at_utc"] = at_utc
            columns = [finding_matches.c[name] for name in MATCH_COLUMNS]
            query = select(*columns).where(finding_matches.c.finding_id == finding_id).distinct().order_by(*columns)
            known = [dict(match) for match in page.connection.execute(query).mappings()]
            number, salt = page.commit_to("verdict", {}, verdict_value(row, known))
            page.connection.execute(insert(verdicts).values(id=number, salt=salt, **row))
            if known:
                page.connection.execute(insert(verdict_matches), [{"verdict_id": number, **match} for match in known])
        if decision is not Decision.CLEARED:
            reopen_cleared(page, ids, by=by)
    return ids
