"""Cases in the store: one row for each event, added and never changed."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from unseen.model import CaseEvent, CaseOutcome, EventKind, Facts, Subject
from unseen.store.cases.reading import events_of
from unseen.store.engine import Store
from unseen.store.ledger.entries import Page, record
from unseen.store.ledger.rows import case_event_value
from unseen.store.schema import case_events

__all__ = ["add_case_event", "gather"]

# Names of events that SQL has for words of its own.
_COLUMNS = {"by": "done_by", "to": "offered_to"}


def gather(page: Page, found: Sequence[tuple[str, Facts]]) -> None:
    """Bring findings to the cases of their subjects, in the transaction that records them.

    A subject without an open case gets one; one whose case has ended gets it reopened. A finding that is in its case
    already changes nothing, unless other facts are known of it now.

    Args:
        page: Of the transaction.
        found: Ids of findings, and what is known of the item of each.
    """
    for finding_id, facts in found:
        events = _events_of_subject(page.connection, facts.subject)
        packed = _pack_facts(facts)
        if not events:
            opened = {"subject_kind": facts.subject.kind.value, "subject": facts.subject.id}
            case_id = _append(page, None, EventKind.OPENED, opened)
        else:
            case_id = int(events[0].case_id)
            before = [row for row in events if row.finding_id == finding_id]
            if before and before[-1].facts == packed:
                continue
            kinds = [row.kind for row in events if row.kind in {EventKind.CLOSED, EventKind.REOPENED}]
            if not before and kinds and kinds[-1] == EventKind.CLOSED:
                _append(page, case_id, EventKind.REOPENED, {"text": "a finding that had not been known"})
        _append(page, case_id, EventKind.FINDING, {"finding_id": finding_id, "facts": packed})


def add_case_event(
    store: Store,
    case_id: int,
    kind: EventKind,
    *,
    values: Mapping[str, str | None],
    check: Callable[[Sequence[CaseEvent], CaseEvent], None],
    at_utc: str,
) -> None:
    """Record that something happened to a case.

    Args:
        store: Open for writing.
        case_id: Of the case.
        kind: What happened.
        values: `by`, `to`, `text`, `due_at_utc`, `outcome`, as far as the kind has them.
        check: Given all events so far and the new one, before anything is written; raises where it cannot happen. Both
            are read and written in one transaction: of two people who do the same, the second is told.
        at_utc: When, in ISO 8601.

    Raises:
        UsageError: There is no such case, or `check` refuses.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        events = events_of(page.connection, case_id)
        outcome = values.get("outcome")
        new = CaseEvent(
            id=page.next,
            case=case_id,
            kind=kind,
            at_utc=at_utc,
            by=values.get("by"),
            to=values.get("to"),
            text=values.get("text"),
            due_at_utc=values.get("due_at_utc"),
            outcome=None if outcome is None else CaseOutcome(outcome),
        )
        check(events, new)
        _append(page, case_id, kind, {_COLUMNS.get(name, name): value for name, value in values.items()})


def _append(page: Page, case_id: int | None, kind: EventKind, values: Mapping[str, Any]) -> int:
    number = page.next
    row = dict.fromkeys(case_events.c.keys()) | {"case_id": number if case_id is None else case_id}
    row |= {"kind": kind.value, "at_utc": page.at_utc, **values}
    recorded, salt = page.commit_to("case_event", {"case": row["case_id"], "kind": kind.value}, case_event_value(row))
    assert recorded == number
    page.connection.execute(insert(case_events).values({**row, "id": number, "salt": salt}))
    return number if case_id is None else case_id


def _events_of_subject(connection: Connection, subject: Subject) -> list[Row[Any]]:
    """Rows of the newest case of a subject, oldest first."""
    opened = (
        select(case_events.c.case_id)
        .where(case_events.c.subject_kind == subject.kind.value, case_events.c.subject == subject.id)
        .order_by(case_events.c.case_id.desc())
        .limit(1)
    )
    case_id = connection.execute(opened).scalar_one_or_none()
    if case_id is None:
        return []
    rows = select(case_events).where(case_events.c.case_id == case_id).order_by(case_events.c.id)
    return list(connection.execute(rows))


def _pack_facts(facts: Facts) -> str:
    known = {name: value for name, value in asdict(facts).items() if value is not None and name != "subject"}
    return json.dumps({"subject": [facts.subject.kind.value, facts.subject.id], **known}, sort_keys=True)
