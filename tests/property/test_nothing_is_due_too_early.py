"""Laws of the clock by which reported cases are kept, and of names where two persons must act."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from unseen.casework.cases.course import Case, fold
from unseen.casework.custody.clocks import Stage, read_clock
from unseen.casework.given.persons import same_person
from unseen.model import CaseEvent, CaseOutcome, EventKind, Subject, SubjectKind

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = st.integers(0, 24 * 365 * 5)
MOMENTS = st.lists(HOURS, max_size=5)
DAYS = st.integers(1, 36_500)
NAMES = st.text(st.characters(categories=("Lu", "Ll", "Zs", "Pd", "Po", "Nd")), min_size=1, max_size=20)


def text_of(hours: int) -> str:
    """So many hours after the start, as records have it."""
    return (START + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def case_of(forwarded: list[int], outcome: CaseOutcome | None, ended: int) -> Case:
    """A case that was handed over then, and ended so."""
    events = [
        CaseEvent(
            id=1,
            case=1,
            kind=EventKind.OPENED,
            at_utc=text_of(0),
            subject=Subject(SubjectKind.ACCOUNT, "7"),
        )
    ]
    for number, hours in enumerate(forwarded, start=2):
        events.append(
            CaseEvent(id=number, case=1, kind=EventKind.FORWARDED, at_utc=text_of(hours), by="A", text="police")
        )
    if outcome is not None:
        events.append(
            CaseEvent(id=99, case=1, kind=EventKind.CLOSED, at_utc=text_of(ended), by="A", text="x", outcome=outcome)
        )
    return fold(events)


CASES = st.builds(case_of, MOMENTS, st.none() | st.sampled_from(CaseOutcome), HOURS)


@given(case=CASES, receipts=MOMENTS, days=DAYS, now=HOURS, holds=st.lists(st.integers(1, 9), max_size=2))
def test_what_is_due_has_ended_its_time_and_is_not_held(
    case: Case, receipts: list[int], days: int, now: int, holds: list[int]
) -> None:
    """No open case is due, none under a hold, and none less than its whole period after any receipt or hand-over."""
    moment = START + timedelta(hours=now)
    clock = read_clock(case, [text_of(one) for one in receipts], days=days, holds=holds, now=moment)
    if clock.stage is Stage.DUE:
        assert not case.is_open
        assert not holds
        started = [text_of(one) for one in receipts]
        started += [event.at_utc for event in case.events if event.kind is EventKind.FORWARDED]
        assert all(datetime.fromisoformat(one) + timedelta(days=days) <= moment for one in started)
        assert started or case.outcome in {CaseOutcome.CLEARED, CaseOutcome.MERGED, CaseOutcome.NOT_OURS}


@given(case=CASES, receipts=st.lists(HOURS, min_size=1, max_size=5), more=HOURS, days=DAYS, now=HOURS)
def test_a_further_receipt_never_shortens_a_time(
    case: Case, receipts: list[int], more: int, days: int, now: int
) -> None:
    """Where a clock runs from a receipt, whatever an authority answers later keeps the case as long, or longer."""
    moment = START + timedelta(hours=now)
    texts = [text_of(one) for one in receipts]
    before = read_clock(case, texts, days=days, holds=[], now=moment)
    after = read_clock(case, [*texts, text_of(more)], days=days, holds=[], now=moment)
    assert before.until_utc is not None
    assert after.until_utc is not None
    assert after.until_utc >= before.until_utc
    assert before.stage is Stage.DUE or after.stage is not Stage.DUE


@given(name=NAMES)
def test_no_spelling_of_a_name_makes_a_second_person(name: str) -> None:
    """In other letters, with marks between, or turned round, a name is the same person's; and it is its own."""
    assert same_person(name, name)
    assert same_person(name, name.upper().lower())
    assert same_person(name, f" {name}. ")
    assert same_person(name, "\u200b".join(name))
    words = name.split()
    assert same_person(" ".join(words), " ".join(reversed(words)))


@given(one=NAMES, other=NAMES)
def test_whether_two_are_one_does_not_depend_on_who_is_first(one: str, other: str) -> None:
    """The comparison is the same both ways."""
    assert same_person(one, other) == same_person(other, one)
