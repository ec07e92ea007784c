"""Cases in the store: one row for each event, added and never changed."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, and_, exists, insert, select

from unseen.model import CaseEvent, CaseOutcome, EventKind, Facts, Subject, SubjectKind
from unseen.store.cases.reading import events_of
from unseen.store.engine import Store
from unseen.store.ledger.entries import Page, record
from unseen.store.ledger.rows import MATCH_COLUMNS, case_event_value
from unseen.store.schema import case_events, finding_matches
from unseen.store.verdicts import verdicts_of

__all__ = ["add_case_event", "add_facts", "gather", "note_event", "reopen_cleared", "reopen_overtaken"]

# Facts that are said of an item, or of the container around it, and of none but that.
_NAMES = frozenset({"original_name", "file"})
# Names of events that SQL has for words of its own.
_COLUMNS = {"by": "done_by", "to": "offered_to"}


def gather(page: Page, found: Sequence[tuple[str, Facts]], *, by: str | None = None) -> dict[int, int]:
    """Bring findings to the cases of their subjects, in the transaction that records them.

    A subject without a case gets one; one whose case has ended gets it reopened. A finding that is in its case already
    changes nothing, unless other facts are known of it now. Where only the source is known, a finding that stands in
    any case stays there: it has somebody already. What was known before and is not said again stays known.

    Args:
        page: Of the transaction.
        found: Ids of findings, and what is known of the item of each.
        by: Name of whoever says so; None for a scan.

    Returns:
        For each case in which something is known now that was not: of how many findings.
    """
    changed: dict[int, int] = {}
    # Looked up once for each call: a case may hold a hundred thousand findings.
    cases: dict[Subject, tuple[int, bool]] = {}
    accounts: dict[int, str | None] = {}
    for finding_id, facts in found:
        subject = facts.subject
        known = _facts_by_case(page.connection, finding_id)
        if known and subject.kind is SubjectKind.SOURCE:
            continue
        if subject not in cases:
            cases[subject] = _case_of(page, subject)
        case_id, has_ended = cases[subject]
        if facts.account is not None and accounts.setdefault(case_id, _account_known(page, case_id)) != facts.account:
            packed_account = _pack_facts(Facts(subject=subject, account=facts.account), None)
            _append(page, case_id, EventKind.ACCOUNT, {"facts": packed_account, "done_by": by})
            changed.setdefault(case_id, 0)
            accounts[case_id] = facts.account
        packed = _pack_facts(replace(facts, account=None), known.get(case_id))
        if known.get(case_id) == packed:
            continue
        if has_ended and case_id not in known:
            _append(page, case_id, EventKind.REOPENED, {"text": "a finding that had not been known"})
            cases[subject] = case_id, False
        _append(page, case_id, EventKind.FINDING, {"finding_id": finding_id, "facts": packed, "done_by": by})
        changed[case_id] = changed.get(case_id, 0) + 1
    return changed


def add_facts(store: Store, found: Sequence[tuple[str, Facts]], *, by: str, at_utc: str) -> dict[int, int]:
    """Record what a person learned of findings, in a transaction of its own; see `gather`.

    Raises:
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        return gather(page, found, by=by)


def reopen_overtaken(page: Page, ids: Sequence[str], *, since: int) -> None:
    """Reopen ended cases of findings whose verdict has just been overtaken by a match that nobody had seen.

    Args:
        page: Of the transaction that records the matches.
        ids: Of findings.
        since: Number that the first entry of the transaction has: what is older was known.
    """
    earlier = finding_matches.alias()
    is_known = exists().where(
        earlier.c.finding_id == finding_matches.c.finding_id,
        earlier.c.ledger_n < since,
        and_(*(earlier.c[name] == finding_matches.c[name] for name in MATCH_COLUMNS)),
    )
    overtaken = [finding_id for finding_id, one in verdicts_of(page.connection, ids).items() if not one.is_current]
    for finding_id in overtaken:
        of_finding = finding_matches.c.finding_id == finding_id
        news = select(finding_matches.c.id).where(of_finding, finding_matches.c.ledger_n >= since, ~is_known).limit(1)
        if page.connection.execute(news).first() is None:
            continue
        for case_id in _facts_by_case(page.connection, finding_id):
            if _has_ended(page.connection, case_id):
                _append(page, case_id, EventKind.REOPENED, {"text": "a match that was not known when it ended"})


def reopen_cleared(page: Page, ids: Sequence[str], *, by: str) -> None:
    """Reopen cases that had ended as cleared and hold a finding of which somebody now says otherwise.

    Args:
        page: Of the transaction that records the verdicts.
        ids: Of findings.
        by: Name of whoever decided.
    """
    for finding_id in ids:
        for case_id in _facts_by_case(page.connection, finding_id):
            if _outcome(page.connection, case_id) == CaseOutcome.CLEARED:
                told = {"text": "a finding of it is no longer cleared", "done_by": by}
                _append(page, case_id, EventKind.REOPENED, told)


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


def note_event(page: Page, case_id: int, kind: EventKind, values: Mapping[str, str | int | None]) -> None:
    """Record that something happened to a case because of something else, in the transaction of that.

    Args:
        page: Of the transaction.
        case_id: Of the case.
        kind: What happened.
        values: As for `add_case_event`, without any check; and `answers`, of what was forwarded.
    """
    _append(page, case_id, kind, {_COLUMNS.get(name, name): value for name, value in values.items()})


def _append(page: Page, case_id: int | None, kind: EventKind, values: Mapping[str, Any]) -> int:
    number = page.next
    row = dict.fromkeys(case_events.c.keys()) | {"case_id": number if case_id is None else case_id}
    row |= {"kind": kind.value, "at_utc": page.at_utc, **values}
    recorded, salt = page.commit_to("case_event", {"case": row["case_id"], "kind": kind.value}, case_event_value(row))
    assert recorded == number
    page.connection.execute(insert(case_events).values({**row, "id": number, "salt": salt}))
    return number if case_id is None else case_id


def _case_of(page: Page, subject: Subject) -> tuple[int, bool]:
    """The case of a subject, made where there is none, and whether it has ended."""
    opened = (
        select(case_events.c.case_id)
        .where(case_events.c.subject_kind == subject.kind.value, case_events.c.subject == subject.id)
        .order_by(case_events.c.case_id.desc())
        .limit(1)
    )
    case_id = page.connection.execute(opened).scalar_one_or_none()
    if case_id is None:
        row = {"subject_kind": subject.kind.value, "subject": subject.id}
        return _append(page, None, EventKind.OPENED, row), False
    return int(case_id), _has_ended(page.connection, case_id)


def _has_ended(connection: Connection, case_id: int) -> bool:
    return _outcome(connection, case_id) is not None


def _outcome(connection: Connection, case_id: int) -> str | None:
    """How a case has ended; None while it waits."""
    # Of an event that opens it again: none.
    turns = (
        select(case_events.c.outcome)
        .where(case_events.c.case_id == case_id, case_events.c.kind.in_([EventKind.CLOSED, EventKind.REOPENED]))
        .order_by(case_events.c.id.desc())
        .limit(1)
    )
    return connection.execute(turns).scalar_one_or_none()


def _account_known(page: Page, case_id: int) -> str | None:
    """What is known of the account by the newest event that says so."""
    newest = (
        select(case_events.c.facts)
        .where(case_events.c.case_id == case_id, case_events.c.kind == EventKind.ACCOUNT.value)
        .order_by(case_events.c.id.desc())
        .limit(1)
    )
    facts = page.connection.execute(newest).scalar_one_or_none()
    return None if facts is None else str(json.loads(facts)["account"])


def _facts_by_case(connection: Connection, finding_id: str) -> dict[int, str | None]:
    """In which cases a finding stands, and what is known of it by the newest event of each."""
    rows = select(case_events.c.case_id, case_events.c.facts).where(case_events.c.finding_id == finding_id)
    return {row.case_id: row.facts for row in connection.execute(rows.order_by(case_events.c.id))}


def _pack_facts(facts: Facts, before: str | None) -> str:
    known = {name: value for name, value in asdict(facts).items() if value is not None and name != "subject"}
    merged = known if before is None else _merged(json.loads(before), known)
    return json.dumps({**merged, "subject": [facts.subject.kind.value, facts.subject.id]}, sort_keys=True)


def _merged(earlier: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """What is said now, and what was known before and goes on to hold beside it."""
    if earlier.get("about") != known.get("about"):
        # What was said of a container is no name of what lies in it: the one about which names are known stays.
        if _NAMES & known.keys():
            earlier = {name: value for name, value in earlier.items() if name not in {*_NAMES, "about"}}
        elif _NAMES & earlier.keys():
            known = {name: value for name, value in known.items() if name != "about"}
    says_address = "ip" in known or "ipCaptureEvent" in json.loads(known.get("file", "{}"))
    if says_address and known.get("ip") != earlier.get("ip"):
        # A port is one of its address: with another it would accuse somebody else.
        earlier = {name: value for name, value in earlier.items() if name not in {"ip", "port"}}
    if says_address and "ipCaptureEvent" in (file := json.loads(earlier.get("file", "{}"))):
        del file["ipCaptureEvent"]
        earlier |= {"file": json.dumps(file)}
    return {**earlier, **known}
