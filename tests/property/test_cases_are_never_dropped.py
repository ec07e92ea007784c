"""Cases under anything that people can do to them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.casework.cases.course import Alarm, Case, Limits, alarms, check, fold, in_order
from unseen.errors import UsageError
from unseen.model import CaseEvent, CaseOutcome, EventKind, Subject, SubjectKind

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = ("Ann", "Bob", "Carla")
LIMITS = Limits()
_BY_PERSON = [kind for kind in EventKind if kind not in {EventKind.OPENED, EventKind.FINDING}]


def _at(hours: float) -> str:
    return (BEGIN + timedelta(hours=hours)).isoformat()


def opened(number: int = 1, hours: float = 0.0) -> CaseEvent:
    """The event that begins a case."""
    subject = Subject(SubjectKind.ACCOUNT, str(number))
    return CaseEvent(id=number, case=number, kind=EventKind.OPENED, at_utc=_at(hours), subject=subject)


steps = st.lists(
    st.tuples(
        st.sampled_from(_BY_PERSON), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.sampled_from(CaseOutcome)
    ),
    max_size=25,
)


def lived(drawn: list[tuple[EventKind, str, str, CaseOutcome]]) -> tuple[list[CaseEvent], list[CaseEvent]]:
    """A case to which everything happened that could; and what was refused."""
    events, refused = [opened()], []
    for hours, (kind, by, to, outcome) in enumerate(drawn, start=1):
        event = CaseEvent(
            id=hours + 1,
            case=1,
            kind=kind,
            at_utc=_at(hours),
            by=by,
            to=to if kind is EventKind.OFFERED else None,
            text="words",
            due_at_utc=_at(hours + 5) if kind is EventKind.NEXT_ACTION else None,
            outcome=outcome if kind is EventKind.CLOSED else None,
        )
        try:
            check(fold(events), event)
        except UsageError:
            refused.append(event)
        else:
            events.append(event)
    return events, refused


@given(steps)
def test_a_case_ends_only_by_a_person_with_a_reason(drawn: list[tuple[EventKind, str, str, CaseOutcome]]) -> None:
    """A case without outcome has a next action; one that has ended has a name and a reason for it."""
    events, _ = lived(drawn)
    case = fold(events)
    if case.is_open:
        assert case.next_action
    else:
        assert case.outcome_by in PEOPLE
        assert case.outcome_reason
        assert any(event.kind is EventKind.CLOSED for event in events)


@given(steps)
def test_a_case_changes_hands_only_by_acceptance(drawn: list[tuple[EventKind, str, str, CaseOutcome]]) -> None:
    """The owner is whoever took a case that had none, or accepted what was offered to them; never anybody else."""
    events, _ = lived(drawn)
    for count in range(1, len(events)):
        before, after, event = fold(events[:count]), fold(events[: count + 1]), events[count]
        if before.owner != after.owner:
            assert after.owner == event.by
            assert (event.kind is EventKind.TAKEN and before.owner is None) or (
                event.kind is EventKind.ACCEPTED and before.offered_to == event.by
            )


@given(steps)
def test_nobody_is_reported_to_nobody(drawn: list[tuple[EventKind, str, str, CaseOutcome]]) -> None:
    """A case that ended as reported was forwarded somewhere since it was last known."""
    events, _ = lived(drawn)
    case = fold(events)
    if case.outcome is CaseOutcome.REPORTED:
        assert case.forwarded


@given(steps, st.integers(0, 24 * 60))
def test_an_open_case_left_alone_raises_an_alarm(
    drawn: list[tuple[EventKind, str, str, CaseOutcome]], hours: int
) -> None:
    """Past every limit each open case raises alarms, whatever was done to it before; one that has ended raises none."""
    events, _ = lived(drawn)
    case = fold(events)
    later = BEGIN + timedelta(hours=hours)
    assert bool(alarms(case, now=later)) <= case.is_open
    if case.is_open and later > BEGIN + timedelta(hours=40) + LIMITS.stall:
        assert {Alarm.OVERDUE, Alarm.STALLED} <= set(alarms(case, now=later))


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 500), st.booleans()), min_size=2, max_size=12))
def test_the_number_of_files_never_moves_a_case(cases: list[tuple[int, int, bool]]) -> None:
    """The order is by danger, being overdue, and age alone: more findings or fewer change no place."""
    now = BEGIN + timedelta(hours=100)

    def some(counted: bool) -> list[Case]:
        made = []
        for number, (hours, count, is_danger) in enumerate(cases, start=1):
            first = opened(number, hours / 3)
            events = [first]
            for each in range(count if counted else 1):
                finding = CaseEvent(
                    id=1_000 + each, case=number, kind=EventKind.FINDING, at_utc=first.at_utc, finding=f"{each:032x}"
                )
                events.append(finding)
            if is_danger:
                danger = CaseEvent(
                    id=9_000, case=number, kind=EventKind.ESCALATED, at_utc=first.at_utc, by="Ann", text="now"
                )
                events.append(danger)
            made.append(fold(events))
        return made

    many, few = in_order(some(counted=True), now=now), in_order(some(counted=False), now=now)
    assert [case.id for case in many] == [case.id for case in few]
    for one, other in pairwise(many):
        assert (one.danger is None) <= (other.danger is None)
        if (one.danger is None) == (other.danger is None):
            overdue = [Alarm.OVERDUE in alarms(case, now=now) for case in (one, other)]
            assert overdue[0] >= overdue[1]
            assert overdue[0] != overdue[1] or one.known_at_utc <= other.known_at_utc


@pytest.mark.parametrize(
    ("change", "hours", "alarm"),
    [
        ([], 0.1, Alarm.UNOWNED),
        ([], 24.1, Alarm.OVERDUE),
        ([], 72.1, Alarm.UNFORWARDED),
        ([], 24 * 7 + 0.1, Alarm.STALLED),
        ([(EventKind.OFFERED, "Bob")], 24.1, Alarm.IN_LIMBO),
    ],
)
def test_each_alarm_has_its_hour(change: list[tuple[EventKind, str]], hours: float, alarm: Alarm) -> None:
    """An alarm is silent until its limit, and raised behind it; to be unowned is one from the first moment."""
    events = [opened()]
    for number, (kind, to) in enumerate(change, start=2):
        events.append(CaseEvent(id=number, case=1, kind=kind, at_utc=_at(0), by="Ann", to=to, text="why"))
    case = fold(events)
    assert alarm in alarms(case, now=BEGIN + timedelta(hours=hours))
    assert (alarm is Alarm.UNOWNED) == (alarm in alarms(case, now=BEGIN + timedelta(hours=hours - 0.2)))
