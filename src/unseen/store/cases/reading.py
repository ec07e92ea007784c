"""Cases as the store holds them. Nothing is written here."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, literal, select

from unseen.errors import UsageError
from unseen.model import CaseEvent, CaseOutcome, EventKind, Facts, Gathered, InNoCase, ListClass, Subject, SubjectKind
from unseen.store.engine import Store
from unseen.store.schema import case_events, finding_matches, findings, lists

__all__ = [
    "cases_of_findings",
    "count_without_case",
    "describe_cases",
    "events_of",
    "gathered_by",
    "list_cases",
    "read_case",
    "same_content",
]

_ROWS_AT_ONCE = 1_000


def list_cases(store: Store) -> Iterator[list[CaseEvent]]:
    """Give the events of each case, oldest first; cases in the order in which they were opened.

    Constant memory, but for the events of one case.
    """
    rows = select(case_events).order_by(case_events.c.case_id, case_events.c.id)
    with store.read() as connection:
        result = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(rows)
        for _, group in groupby(result, key=lambda row: row.case_id):
            yield [_read(row) for row in group]


def read_case(store: Store, case_id: int) -> list[CaseEvent]:
    """Give the events of a case, oldest first.

    Raises:
        UsageError: There is no such case.
    """
    with store.read() as connection:
        return events_of(connection, case_id)


def cases_of_findings(store: Store, ids: Sequence[str]) -> dict[str, list[int]]:
    """In which cases each of these findings stands."""
    found: dict[str, list[int]] = {}
    with store.read() as connection:
        for at in range(0, len(ids), _ROWS_AT_ONCE):
            some = case_events.c.finding_id.in_(ids[at : at + _ROWS_AT_ONCE])
            rows = select(case_events.c.finding_id, case_events.c.case_id).where(some).distinct()
            for finding_id, case_id in connection.execute(rows.order_by(case_events.c.case_id)):
                found.setdefault(finding_id, []).append(case_id)
    return found


def count_without_case(store: Store) -> int:
    """How many findings of known material stand in no case: an older version of this program made none."""
    others = select(lists.c.name).where(lists.c.list_class != ListClass.CSAM.value)
    accusing = exists().where(finding_matches.c.finding_id == findings.c.id, finding_matches.c.list.not_in(others))
    in_case = exists().where(case_events.c.finding_id == findings.c.id)
    with store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(findings).where(accusing, ~in_case)) or 0)


def gathered_by(store: Store, scans: Sequence[int]) -> Iterator[Gathered | InNoCase]:
    """Say into which cases the findings of these scans came, oldest case first, and how many stand in none.

    Also cases in which a finding stood before: whoever reads it learns who has them all.
    """
    of_scans = select(finding_matches.c.finding_id).where(finding_matches.c.scan_id.in_(scans)).distinct()
    held = select(case_events.c.case_id, func.count(case_events.c.finding_id.distinct()).label("findings"))
    in_case = select(case_events.c.finding_id).where(case_events.c.finding_id.is_not(None))
    others = of_scans.where(finding_matches.c.finding_id.not_in(in_case)).subquery()
    with store.read() as connection:
        yield from _described(connection, held.where(case_events.c.finding_id.in_(of_scans)))
        if left := connection.scalar(select(func.count()).select_from(others)):
            yield InNoCase(findings=left)


def describe_cases(store: Store, counted: Mapping[int, int]) -> Iterator[Gathered]:
    """Say whose some cases are, and who has them: those of these numbers, with a count of findings for each."""
    numbers = sorted(counted)
    with store.read() as connection:
        for at in range(0, len(numbers), _ROWS_AT_ONCE):
            some = case_events.c.case_id.in_(numbers[at : at + _ROWS_AT_ONCE])
            for one in _described(connection, select(case_events.c.case_id, literal(0).label("findings")).where(some)):
                yield replace(one, findings=counted[one.case])


def _described(connection: Connection, counted: Select[Any]) -> Iterator[Gathered]:
    held = counted.group_by(case_events.c.case_id).subquery()
    owner = _newest(held.c.case_id, case_events.c.done_by, EventKind.TAKEN, EventKind.ACCEPTED)
    # Of an event that opens a case again: none.
    outcome = _newest(held.c.case_id, case_events.c.outcome, EventKind.CLOSED, EventKind.REOPENED)
    opened = case_events.alias()
    rows = (
        select(held, opened.c.subject_kind, opened.c.subject, owner.label("owner"), outcome.label("outcome"))
        .join_from(held, opened, opened.c.id == held.c.case_id)
        .order_by(held.c.case_id)
    )
    for row in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(rows):
        yield Gathered(
            case=row.case_id,
            subject=Subject(SubjectKind(row.subject_kind), row.subject),
            findings=row.findings,
            owner=row.owner,
            outcome=None if row.outcome is None else CaseOutcome(row.outcome),
        )


def _newest(case_id: ColumnElement[int], column: ColumnElement[Any], *kinds: EventKind) -> Any:
    """What the newest event of these kinds says in a column, for each case of another statement."""
    is_such = case_events.c.kind.in_([kind.value for kind in kinds])
    rows = select(column).where(case_events.c.case_id == case_id, is_such).order_by(case_events.c.id.desc()).limit(1)
    return rows.scalar_subquery()


def same_content(store: Store, case_id: int) -> dict[bytes, list[int]]:
    """Of the contents in a case that stand in other cases too: by SHA-256, those cases. A fact to follow up.

    In one pass over the findings of the store, however many hold the same.
    """
    theirs = findings.alias()
    mine = select(case_events.c.finding_id).where(case_events.c.case_id == case_id)
    contents = select(findings.c.sha256).where(findings.c.id.in_(mine))
    rows = (
        select(theirs.c.sha256, case_events.c.case_id)
        .join_from(theirs, case_events, case_events.c.finding_id == theirs.c.id)
        .where(theirs.c.sha256.in_(contents), case_events.c.case_id != case_id)
        .distinct()
        .order_by(theirs.c.sha256, case_events.c.case_id)
    )
    found: dict[bytes, list[int]] = {}
    with store.read() as connection:
        for sha256, other in connection.execute(rows):
            found.setdefault(sha256, []).append(other)
    return found


def events_of(connection: Connection, case_id: int) -> list[CaseEvent]:
    """Give the events of a case, oldest first, within a transaction.

    Raises:
        UsageError: There is no such case.
    """
    rows = select(case_events).where(case_events.c.case_id == case_id).order_by(case_events.c.id)
    events = [_read(row) for row in connection.execute(rows)]
    if not events:
        raise UsageError(f"there is no case {case_id}", hint="`unseen case ls` names them")
    return events


def _read(row: Row[Any]) -> CaseEvent:
    subject = None if row.subject is None else Subject(SubjectKind(row.subject_kind), row.subject)
    return CaseEvent(
        id=row.id,
        case=row.case_id,
        kind=EventKind(row.kind),
        at_utc=row.at_utc,
        by=row.done_by,
        to=row.offered_to,
        text=row.text,
        due_at_utc=row.due_at_utc,
        outcome=None if row.outcome is None else CaseOutcome(row.outcome),
        finding=row.finding_id,
        facts=None if row.facts is None else _read_facts(row.facts),
        subject=subject,
        answers=row.answers,
    )


def _read_facts(text: str) -> Facts:
    known = json.loads(text)
    kind, name = known.pop("subject")
    return Facts(subject=Subject(SubjectKind(kind), name), **known)
