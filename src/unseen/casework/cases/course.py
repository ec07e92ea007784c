"""Where a case stands, from its events alone; and what may happen to it next. Pure: no clock, no store.

Count, kind or labels of the files never decide anything here: nobody can tell from them who is harmless. The order of
cases is by danger on record, then by clocks.

Clocks of machines jump. What the ledger has later cannot have happened earlier: a moment that is later than that of any
later event is a fault of the clock, and counts as that one. So a case never grows younger, and where nothing has
followed yet, that it lies ahead of now is an alarm of its own.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from unseen.casework.given.persons import same_person
from unseen.casework.proof.clock import in_utc
from unseen.errors import UsageError
from unseen.model.cases import CaseEvent, CaseOutcome, EventKind, Subject

__all__ = ["FIRST_ACTION", "LIMITS", "Alarm", "Case", "Limits", "alarms", "check", "due", "fold", "in_order"]


class Alarm(StrEnum):
    """What is wrong with how a case is looked after. Closed."""

    UNOWNED = "unowned"
    # Its next action is not done in time, or there is none.
    OVERDUE = "overdue"
    # Nobody outside has heard of it, or of a finding that came later.
    UNFORWARDED = "unforwarded"
    # No person has done anything about it.
    STALLED = "stalled"
    # Offered, and neither accepted nor declined.
    IN_LIMBO = "in_limbo"
    # A report about it does not go on before a person has decided how; or nobody sends one that was decided on.
    FILING_WAITS = "filing_waits"
    FILING_UNSENT = "filing_unsent"
    # Moments that it goes by lie ahead of now: the clock has jumped, and no other alarm can be trusted.
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When silence about a case becomes an alarm. Our own choice, on the side of haste: no law gives hours.

    Attributes:
        first_action: From knowledge to the first thing that a person does.
        forward: From knowledge to when somebody outside must have heard.
        stall: Between two things that persons do.
        hand_over: From offer to acceptance.
        clock: How far the clocks of two machines may be apart.
    """

    first_action: timedelta = timedelta(hours=24)
    forward: timedelta = timedelta(hours=72)
    stall: timedelta = timedelta(days=7)
    hand_over: timedelta = timedelta(hours=24)
    clock: timedelta = timedelta(minutes=10)


LIMITS = Limits()
# What every case waits for until its owner says otherwise.
FIRST_ACTION = "take it, and look into its findings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Where a case stands.

    Attributes:
        id: Its name: the number of the entry in the ledger that opened it.
        subject: Whose it is.
        known_at_utc: Since when it has been known, or, after its end, known anew: the clock runs from here.
        findings: Ids, in the order in which they came.
        owner: Who looks after it.
        offered_to: Who has not answered a hand-over yet.
        offered_at_utc: Since when.
        next_action: What is to be done; while the case is open there is always something.
        due_at_utc: Until when, where the owner said so; see `due`.
        danger: Why a child may be in danger now.
        forwarded: Where it went, in order.
        untold_since_utc: Since when it holds something that nobody outside has heard of; None where there is nothing.
        outcome: How it ended; None while it is open.
        outcome_by: Who ended it.
        outcome_reason: Why.
        moved_at_utc: When a person last did anything about it; None where nobody ever has.
        events: All, oldest first.
    """

    id: int
    subject: Subject
    known_at_utc: str
    findings: tuple[str, ...] = ()
    owner: str | None = None
    offered_to: str | None = None
    offered_at_utc: str | None = None
    next_action: str | None = None
    due_at_utc: str | None = None
    danger: str | None = None
    forwarded: tuple[str, ...] = ()
    untold_since_utc: str | None = None
    outcome: CaseOutcome | None = None
    outcome_by: str | None = None
    outcome_reason: str | None = None
    moved_at_utc: str | None = None
    events: tuple[CaseEvent, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its outcome."""
        return self.outcome is None


def fold(events: Sequence[CaseEvent]) -> Case:
    """Say where a case stands.

    Args:
        events: All of one case, oldest first; the first opened it.
    """
    first = events[0]
    assert first.kind is EventKind.OPENED
    assert first.subject is not None
    moments = _moments(events)
    known = moments[0]
    case = Case(id=first.case, subject=first.subject, known_at_utc=known, untold_since_utc=known)
    case = replace(case, next_action=FIRST_ACTION)
    findings: dict[str, tuple[int, str]] = {}
    moved_at_utc = None
    begun = told_to = first.id
    for event, at_utc in zip(events, moments, strict=True):
        if event.finding is None:
            case = _after(case, event, at_utc)
        elif event.finding not in findings:
            # Not one value for each: a case may hold a hundred thousand.
            findings[event.finding] = event.id, at_utc
            case = case if case.untold_since_utc is not None else replace(case, untold_since_utc=at_utc)
        if event.kind is EventKind.REOPENED:
            begun = event.id
        elif event.kind is EventKind.FORWARDED and (told := event.answers or event.id) > begun:
            # A report speaks of what was known when somebody decided on it, and not of what came meanwhile.
            told_to = max(told_to, told)
            later = (since for number, since in findings.values() if number > told_to)
            case = replace(case, untold_since_utc=min(later, default=None))
        moved_at_utc = moved_at_utc if event.by is None else at_utc
    return replace(case, findings=tuple(findings), events=tuple(events), moved_at_utc=moved_at_utc)


def _moments(events: Sequence[CaseEvent]) -> list[str]:
    """When each event was at the latest: none is later than what the ledger has behind it."""
    latest = list(accumulate((event.at_utc for event in reversed(events)), min))
    return latest[::-1]


def _until(event: CaseEvent, at_utc: str) -> str | None:
    """Until when something is to be done that was stated as so long from then, by a clock that may have jumped."""
    if event.due_at_utc is None or event.at_utc == at_utc:
        return event.due_at_utc
    ahead = _moment(event.at_utc) - _moment(at_utc)
    return in_utc(_moment(event.due_at_utc) - ahead)


def _after(case: Case, event: CaseEvent, at_utc: str) -> Case:
    match event.kind:
        case EventKind.TAKEN | EventKind.ACCEPTED:
            return replace(case, owner=event.by, offered_to=None, offered_at_utc=None)
        case EventKind.OFFERED:
            return replace(case, offered_to=event.to, offered_at_utc=at_utc)
        case EventKind.DECLINED:
            return replace(case, offered_to=None, offered_at_utc=None)
        case EventKind.NEXT_ACTION:
            return replace(case, next_action=event.text, due_at_utc=_until(event, at_utc))
        case EventKind.ESCALATED:
            return replace(case, danger=event.text)
        case EventKind.ESCALATION_ENDED:
            return replace(case, danger=None)
        case EventKind.FORWARDED:
            return replace(case, forwarded=(*case.forwarded, event.text or ""))
        case EventKind.CLOSED:
            quiet = replace(case, next_action=None, due_at_utc=None, offered_to=None, offered_at_utc=None)
            return replace(quiet, outcome=event.outcome, outcome_by=event.by, outcome_reason=event.text)
        case EventKind.REOPENED:
            # Whoever had it has it again, and the clock begins anew: there is something that nobody has dealt with.
            anew = replace(case, known_at_utc=at_utc, forwarded=(), next_action=FIRST_ACTION)
            anew = replace(anew, untold_since_utc=at_utc)
            return replace(anew, outcome=None, outcome_by=None, outcome_reason=None)
        case _:
            return case


def check(case: Case, event: CaseEvent) -> None:
    """Refuse what cannot happen to a case as it stands: two people may be at work on it.

    Raises:
        UsageError: It cannot; the message says how the case stands.
    """
    kind = event.kind
    if kind is EventKind.REOPENED:
        _demand(not case.is_open, case, "is open")
        return
    _demand(case.is_open or kind in {EventKind.NOTED, EventKind.FINDING}, case, "has ended: reopen it first")
    match kind:
        case EventKind.TAKEN:
            _demand(case.owner is None, case, f"is {case.owner}'s: it can be offered, and accepted")
        case EventKind.OFFERED:
            is_owner = event.to is not None and case.owner is not None and same_person(event.to, case.owner)
            _demand(not is_owner, case, f"is {case.owner}'s already")
        case EventKind.ACCEPTED | EventKind.DECLINED:
            waiting = f"waits for {case.offered_to} to answer" if case.offered_to else "was offered to nobody"
            is_asked = case.offered_to is not None and event.by is not None
            _demand(is_asked and same_person(case.offered_to or "", event.by or ""), case, waiting)
        case EventKind.NEXT_ACTION:
            _demand(case.owner is not None, case, "has no owner who could do anything: take it first")
        case EventKind.ESCALATION_ENDED:
            _demand(case.danger is not None, case, "is not escalated")
        case EventKind.CLOSED if event.outcome is CaseOutcome.REPORTED:
            _demand(bool(case.forwarded), case, "was forwarded to nobody: record where it went first")
            is_told = case.untold_since_utc is None
            _demand(is_told, case, "holds findings that came after it was forwarded: forward these, too")
        case _:
            pass


def alarms(
    case: Case, *, now: datetime, limits: Limits = LIMITS, of_filings: Collection[Alarm] = ()
) -> tuple[Alarm, ...]:
    """What is wrong with how a case is looked after; of one that has ended only what reports about it raise.

    Args:
        case: The case.
        now: With a time zone.
        limits: When silence becomes an alarm.
        of_filings: Those that reports about it raise: see `filing_alarms`.
    """
    if not case.is_open:
        # A report that was decided on is somebody's still.
        return tuple(alarm for alarm in Alarm if alarm in of_filings)
    known, untold = _moment(case.known_at_utc), case.untold_since_utc
    moved = known if case.moved_at_utc is None else max(known, _moment(case.moved_at_utc))
    found = {
        Alarm.UNOWNED: case.owner is None,
        Alarm.OVERDUE: now > due(case, limits=limits),
        Alarm.UNFORWARDED: untold is not None and now > _moment(untold) + limits.forward,
        Alarm.STALLED: now > moved + limits.stall,
        Alarm.IN_LIMBO: case.offered_at_utc is not None and now > _moment(case.offered_at_utc) + limits.hand_over,
        Alarm.CLOCK: max(known, moved) > now + limits.clock,
    }
    return tuple(alarm for alarm in Alarm if found.get(alarm) or alarm in of_filings)


def due(case: Case, *, limits: Limits = LIMITS) -> datetime:
    """Until when the next action of an open case is to be done."""
    if case.due_at_utc is not None:
        return _moment(case.due_at_utc)
    return _moment(case.known_at_utc) + limits.first_action


def in_order(cases: Iterable[Case], *, now: datetime) -> list[Case]:
    """Put open cases first: where a child may be in danger now, then what is overdue, then the longest known."""

    def place(case: Case) -> tuple[bool, bool, bool, str, int]:
        is_overdue = Alarm.OVERDUE in alarms(case, now=now)
        return not case.is_open, case.danger is None, not is_overdue, case.known_at_utc, case.id

    return sorted(cases, key=place)


def _demand(is_so: bool, case: Case, otherwise: str) -> None:
    if not is_so:
        raise UsageError(f"case {case.id} {otherwise}", hint=f"`unseen case show {case.id}` says how it stands")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
