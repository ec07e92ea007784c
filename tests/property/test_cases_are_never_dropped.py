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
        ([(EventKind.FORWARDED, None), (EventKind.FINDING, None)], 72.1, Alarm.UNFORWARDED),
    ],
)
def test_each_alarm_has_its_hour(change: list[tuple[EventKind, str | None]], hours: float, alarm: Alarm) -> None:
    """An alarm is silent until its limit, and raised behind it; to be unowned is one from the first moment."""
    events = [opened()]
    for number, (kind, to) in enumerate(change, start=2):
        finding = f"{number:032x}" if kind is EventKind.FINDING else None
        events.append(
            CaseEvent(id=number, case=1, kind=kind, at_utc=_at(0), by="Ann", to=to, text="why", finding=finding)
        )
    case = fold(events)
    assert alarm in alarms(case, now=BEGIN + timedelta(hours=hours))
    assert (alarm is Alarm.UNOWNED) == (alarm in alarms(case, now=BEGIN + timedelta(hours=hours - 0.2)))


def test_what_came_after_it_was_forwarded_is_forwarded_too() -> None:
    """A case ends as reported only where somebody outside has heard of all of it; the same finding again is no news."""
    events = [opened()]

    def then(kind: EventKind, finding: int | None = None) -> Case:
        named = None if finding is None else f"{finding:032x}"
        by = "Ann" if finding is None else None
        number = len(events) + 1
        events.append(CaseEvent(id=number, case=1, kind=kind, at_utc=_at(number), finding=named, by=by, text="police"))
        return fold(events)

    end = CaseEvent(
        id=99, case=1, kind=EventKind.CLOSED, at_utc=_at(99), by="Ann", text="so", outcome=CaseOutcome.REPORTED
    )
    then(EventKind.FINDING, 1)
    check(then(EventKind.FORWARDED), end)
    check(then(EventKind.FINDING, 1), end)
    with pytest.raises(UsageError, match="came after it was forwarded"):
        check(then(EventKind.FINDING, 2), end)
    check(then(EventKind.FORWARDED), end)


jumps = st.lists(st.integers(-200, 200), min_size=1, max_size=12)


@given(jumps, st.integers(0, 50))
def test_no_jump_of_a_clock_makes_a_case_younger(jumped: list[int], later: int) -> None:
    """However the clock goes, a case is as old as its ledger allows at least, and further events only make it older."""
    events = [opened(hours=jumped[0])]
    for number, hours in enumerate(jumped[1:], start=2):
        events.append(CaseEvent(id=number, case=1, kind=EventKind.NOTED, at_utc=_at(hours), by="Ann", text="seen"))
    known = [fold(events[:count]).known_at_utc for count in range(1, len(events) + 1)]
    assert known == sorted(known, reverse=True)
    assert known[-1] == min(event.at_utc for event in events)
    now = BEGIN + timedelta(hours=later)
    found = alarms(fold(events), now=now)
    # Where no moment can be right, that is told; otherwise every clock has run since a moment that is past.
    assert (Alarm.CLOCK in found) == (datetime.fromisoformat(_at(jumped[-1])) > now + LIMITS.clock)


def test_a_span_that_was_stated_by_a_wrong_clock_is_kept_as_a_span() -> None:
    """What was due in four hours of a clock ten years ahead is due four hours after the clock was right again."""
    ahead = 24 * 3_650
    due = {EventKind.NEXT_ACTION: _at(ahead + 4)}
    kinds = (EventKind.TAKEN, 0), (EventKind.NEXT_ACTION, ahead), (EventKind.OFFERED, ahead), (EventKind.NOTED, 1)
    events = [opened()]
    for number, (kind, hours) in enumerate(kinds, start=2):
        events.append(
            CaseEvent(
                id=number, case=1, kind=kind, at_utc=_at(hours), by="Ann", to="Bob", text="so", due_at_utc=due.get(kind)
            )
        )
    case = fold(events)
    assert alarms(case, now=BEGIN + timedelta(hours=4.9)) == ()
    assert alarms(case, now=BEGIN + timedelta(hours=5.1)) == (Alarm.OVERDUE,)
    assert Alarm.IN_LIMBO in alarms(case, now=BEGIN + timedelta(hours=25.1))


@pytest.mark.parametrize("written", ["D. Okafor", "d. okafor", " D.\u00a0Okafor", "\uff24. Oka\u200bfor", "D.  Okafor"])
def test_a_person_is_one_however_the_name_is_written(written: str) -> None:
    """Whoever is offered a case can take it over by their name in any spelling, and is not offered their own."""
    events = [opened()]
    events.append(CaseEvent(id=2, case=1, kind=EventKind.OFFERED, at_utc=_at(1), by="Ann", to="D. Okafor", text="so"))
    accepted = CaseEvent(id=3, case=1, kind=EventKind.ACCEPTED, at_utc=_at(2), by=written)
    check(fold(events), accepted)
    again = CaseEvent(id=4, case=1, kind=EventKind.OFFERED, at_utc=_at(3), by="Ann", to="D. Okafor", text="so")
    with pytest.raises(UsageError, match="already"):
        check(fold([*events, accepted]), again)
