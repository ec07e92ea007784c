"""Where a case stands, from its events alone; and what may happen to it next. Pure: no clock, no store.

Count, kind or labels of the files never decide anything here: nobody can tell from them who is harmless. The order of
cases is by danger on record, then by clocks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from unseen.errors import UsageError
from unseen.model.cases import CaseEvent, CaseOutcome, EventKind, Subject

__all__ = ["FIRST_ACTION", "LIMITS", "Alarm", "Case", "Limits", "alarms", "check", "due", "fold", "in_order"]


class Alarm(StrEnum):
    """What is wrong with how a case is looked after. Closed."""

    UNOWNED = "unowned"
    # Its next action is not done in time, or there is none.
    OVERDUE = "overdue"
    # Nobody outside has heard of it.
    UNFORWARDED = "unforwarded"
    # No person has done anything about it.
    STALLED = "stalled"
    # Offered, and neither accepted nor declined.
    IN_LIMBO = "in_limbo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When silence about a case becomes an alarm. Our own choice, on the side of haste: no law gives hours.

    Attributes:
        first_action: From knowledge to the first thing that a person does.
        forward: From knowledge to when somebody outside must have heard.
        stall: Between two things that persons do.
        hand_over: From offer to acceptance.
    """

    first_action: timedelta = timedelta(hours=24)
    forward: timedelta = timedelta(hours=72)
    stall: timedelta = timedelta(days=7)
    hand_over: timedelta = timedelta(hours=24)


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
    case = Case(id=first.case, subject=first.subject, known_at_utc=first.at_utc, next_action=FIRST_ACTION)
    for event in events[1:]:
        case = _after(case, event)
    # All at once: a case may hold a hundred thousand.
    findings = dict.fromkeys(event.finding for event in events if event.finding is not None)
    moved = [event.at_utc for event in events if event.by is not None]
    moved_at_utc = moved[-1] if moved else None
    return replace(case, findings=tuple(findings), events=tuple(events), moved_at_utc=moved_at_utc)


def _after(case: Case, event: CaseEvent) -> Case:
    match event.kind:
        case EventKind.TAKEN | EventKind.ACCEPTED:
            return replace(case, owner=event.by, offered_to=None, offered_at_utc=None)
        case EventKind.OFFERED:
            return replace(case, offered_to=event.to, offered_at_utc=event.at_utc)
        case EventKind.DECLINED:
            return replace(case, offered_to=None, offered_at_utc=None)
        case EventKind.NEXT_ACTION:
            return replace(case, next_action=event.text, due_at_utc=event.due_at_utc)
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
            anew = replace(case, known_at_utc=event.at_utc, forwarded=(), next_action=FIRST_ACTION)
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
            _demand(event.to != case.owner, case, f"is {case.owner}'s already")
        case EventKind.ACCEPTED | EventKind.DECLINED:
            waiting = f"waits for {case.offered_to} to answer" if case.offered_to else "was offered to nobody"
            _demand(case.offered_to == event.by, case, waiting)
        case EventKind.NEXT_ACTION:
            _demand(case.owner is not None, case, "has no owner who could do anything: take it first")
        case EventKind.ESCALATION_ENDED:
            _demand(case.danger is not None, case, "is not escalated")
        case EventKind.CLOSED if event.outcome is CaseOutcome.REPORTED:
            _demand(bool(case.forwarded), case, "was forwarded to nobody: record where it went first")
        case _:
            pass


def alarms(case: Case, *, now: datetime, limits: Limits = LIMITS) -> tuple[Alarm, ...]:
    """What is wrong with how an open case is looked after; nothing of one that has ended.

    Args:
        case: The case.
        now: With a time zone.
        limits: When silence becomes an alarm.
    """
    if not case.is_open:
        return ()
    known = _moment(case.known_at_utc)
    moved = known if case.moved_at_utc is None else max(known, _moment(case.moved_at_utc))
    found = {
        Alarm.UNOWNED: case.owner is None,
        Alarm.OVERDUE: now > due(case, limits=limits),
        Alarm.UNFORWARDED: not case.forwarded and now > known + limits.forward,
        Alarm.STALLED: now > moved + limits.stall,
        Alarm.IN_LIMBO: case.offered_at_utc is not None and now > _moment(case.offered_at_utc) + limits.hand_over,
    }
    return tuple(alarm for alarm in Alarm if found[alarm])


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
