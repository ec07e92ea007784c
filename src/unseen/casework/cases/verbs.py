"""`unseen case`: see which cases wait, and move them on. Every step is a named person's and is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from unseen import store as stores
from unseen.casework.cases.course import LIMITS, Alarm, Case, Limits, alarms, check, due, fold, in_order
from unseen.casework.cases.filed import filing_alarms
from unseen.casework.given.persons import same_person, stated_name, stated_reason
from unseen.casework.proof.clock import in_utc, now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.standing import count_missing
from unseen.errors import LedgerBrokenError, UsageError
from unseen.model import CaseEvent, CaseOutcome, EventKind, Finding

__all__ = ["CaseAccount", "act", "check_complete", "count_without_case", "list_cases", "parse_due", "show_case"]

# What each step must state besides whose it is.
_NEEDS: Mapping[EventKind, tuple[str, ...]] = {
    EventKind.OFFERED: ("to", "text"),
    EventKind.DECLINED: ("text",),
    EventKind.NEXT_ACTION: ("text", "due_at_utc"),
    EventKind.ESCALATED: ("text",),
    EventKind.ESCALATION_ENDED: ("text",),
    EventKind.NOTED: ("text",),
    EventKind.FORWARDED: ("text",),
    EventKind.CLOSED: ("text", "outcome"),
    EventKind.REOPENED: ("text",),
}
_SPANS = {"h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class CaseAccount:
    """A case and what there is to say about it now.

    Attributes:
        case: Where it stands.
        due_at_utc: Until when its next action is to be done; None of one that has ended.
        alarms: What is wrong with how it is looked after.
        findings: Its findings; empty in a list of cases.
        elsewhere: Of its contents, by SHA-256, which other cases hold the same; empty in a list of cases.
    """

    case: Case
    due_at_utc: str | None
    alarms: tuple[Alarm, ...]
    findings: tuple[Finding, ...] = ()
    elsewhere: tuple[tuple[bytes, tuple[int, ...]], ...] = ()


def list_cases(
    location: str, *, everything: bool = False, owner: str | None = None, limits: Limits = LIMITS
) -> list[CaseAccount]:
    """Give the cases that wait: where a child may be in danger first, then what is overdue, then the oldest.

    Args:
        location: Path of the store.
        everything: Those that have ended, too.
        owner: Only those of this person.
        limits: When silence becomes an alarm.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    now = datetime.now(UTC)
    with open_to_read(location) as opened:
        # Without their events: of a hundred thousand cases only how they stand is held.
        cases = [replace(fold(events), events=()) for events in stores.list_cases(opened)]
        of_filings = filing_alarms(opened, now=now)
    shown = [case for case in cases if everything or case.is_open or case.id in of_filings]
    wanted = [case for case in shown if owner is None or _is_of(case, owner)]
    return [_account(case, now=now, limits=limits, of_filings=of_filings) for case in in_order(wanted, now=now)]


def count_without_case(location: str) -> int:
    """How many findings of known material stand in no case, so that nobody is asked about them.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        return stores.count_without_case(opened)


def check_complete(location: str) -> None:
    """Refuse a store that is older than what was signed: cases of later would be gone without a trace.

    Raises:
        LedgerBrokenError: Records that were signed are not there.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        if missing := count_missing(opened):
            raise LedgerBrokenError(
                f"an older copy of the store was put back: {missing:,} records that were signed are gone",
                hint="cases may be missing from this list: restore the newest copy, and `unseen verify` it",
            )


def show_case(location: str, case_id: int, *, limits: Limits = LIMITS) -> CaseAccount:
    """Give one case with its findings, and which other cases hold the same content.

    Raises:
        UsageError: There is no such case.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        case = fold(stores.read_case(opened, case_id))
        findings = tuple(stores.mark_findings(opened, stores.name_findings(opened, case.findings)))
        same = stores.same_content(opened, case_id)
        of_filings = filing_alarms(opened, now=datetime.now(UTC))
    elsewhere = tuple((sha256, tuple(others)) for sha256, others in same.items())
    account = _account(case, now=datetime.now(UTC), limits=limits, of_filings=of_filings)
    return replace(account, findings=findings, elsewhere=elsewhere)


def act(
    location: str,
    case_id: int,
    kind: EventKind,
    *,
    by: str,
    to: str | None = None,
    text: str | None = None,
    due_at_utc: str | None = None,
    outcome: CaseOutcome | None = None,
) -> CaseAccount:
    """Record a step of a named person.

    Args:
        location: Path of the store.
        case_id: Of the case.
        kind: Which step.
        by: Name of whoever takes it.
        to: Whom a hand-over is offered to.
        text: Next action, reason, note, or where it was forwarded to.
        due_at_utc: Until when the next action is to be done.
        outcome: How it ends.

    Returns:
        The case as it stands afterwards.

    Raises:
        UsageError: There is no such case, it cannot take this step as it stands, or something is not said.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    values = {
        "by": stated_name(by),
        "to": None if to is None else stated_name(to),
        "text": None if text is None else stated_reason(text),
        "due_at_utc": due_at_utc,
        "outcome": None if outcome is None else outcome.value,
    }
    for name in _NEEDS.get(kind, ()):
        if values[name] is None:
            raise UsageError(f"{kind.value} says no {name.removesuffix('_at_utc')}")

    with open_recorded(location, create=False) as opened:

        def is_possible(events: Sequence[CaseEvent], new: CaseEvent) -> None:
            # While nobody else can write: what is read here is still so when the step is recorded.
            case = fold(events)
            check(case, new)
            if new.outcome is CaseOutcome.CLEARED:
                _check_cleared(stores.name_findings(opened, case.findings), case.id)
            elif new.outcome is CaseOutcome.MERGED:
                _check_merged(opened, case)

        given = {name: value for name, value in values.items() if value is not None}
        stores.add_case_event(opened, case_id, kind, values=given, check=is_possible, at_utc=now_utc())
        case = fold(stores.read_case(opened, case_id))
        of_filings = filing_alarms(opened, now=datetime.now(UTC))
    return _account(case, now=datetime.now(UTC), limits=LIMITS, of_filings=of_filings)


def parse_due(text: str, *, now: datetime) -> str:
    """Read until when something is to be done: a moment in ISO 8601, or a span such as `4h` or `2d` from now.

    Raises:
        UsageError: It is neither, or lies in the past.
    """
    span = _SPANS.get(text[-1:])
    try:
        moment = now + int(text[:-1]) * span if span and text[:-1].isdigit() else datetime.fromisoformat(text)
        # No calendar holds the last hours of the year 9999 in every time zone.
        moment = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise UsageError(f"{text[:40]!r} is no time", hint="4h, 2d, or 2026-11-24T12:00:00+00:00")
    if moment <= now:
        raise UsageError(f"{text[:40]!r} lies in the past")
    return in_utc(moment)


def _is_of(case: Case, name: str) -> bool:
    return any(one is not None and same_person(one, name) for one in (case.owner, case.offered_to))


def _account(case: Case, *, now: datetime, limits: Limits, of_filings: Mapping[int, frozenset[Alarm]]) -> CaseAccount:
    until = in_utc(due(case, limits=limits)) if case.is_open else None
    return CaseAccount(case, until, alarms(case, now=now, limits=limits, of_filings=of_filings.get(case.id, ())))


def _check_merged(opened: stores.Store, case: Case) -> None:
    """A case goes on as another only where that holds its findings: nobody would report them otherwise."""
    elsewhere = stores.cases_of_findings(opened, case.findings)
    numbers = {number for some in elsewhere.values() for number in some} - {case.id}
    waiting = {one for one in numbers if fold(stores.read_case(opened, one)).is_open}
    alone = [finding for finding in case.findings if waiting.isdisjoint(elsewhere[finding])]
    if alone:
        raise UsageError(
            f"case {case.id} holds findings that stand in no other case that is open: {len(alone)}",
            hint="`unseen case facts FILE --by NAME` says whose they are, and so brings them into another case",
        )


def _check_cleared(findings: Sequence[Finding], case_id: int) -> None:
    """A case ends as cleared only where somebody has cleared each finding: a case is not a way around a verdict."""
    waiting = [finding.id for finding in findings if finding.status != "cleared"]
    if waiting:
        raise UsageError(
            f"case {case_id} holds findings that nobody has cleared: {len(waiting)}",
            hint=f"`unseen findings clear {waiting[0][:8]} --by NAME --reason TEXT`",
        )
