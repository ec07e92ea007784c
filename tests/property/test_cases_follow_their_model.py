"""Where a case stands, and which case a finding stands in, against definitions that are slow and plain."""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.found import found, match
from tests.unit.stand_ins import open_writable

from unseen.casework.cases.course import FIRST_ACTION, Case, check, fold
from unseen.errors import UsageError
from unseen.model import CaseEvent, CaseOutcome, EventKind, Facts, Subject, SubjectKind
from unseen.store import Store, add_case_event, count_without_case, gathered_by, list_cases, record, same_content
from unseen.store.cases import gather

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = ("Ann", "Bob")
K = EventKind


def _at(hours: int) -> str:
    return (BEGIN + timedelta(hours=hours)).isoformat()


drawn_events = st.lists(
    st.tuples(
        st.sampled_from([kind for kind in EventKind if kind is not EventKind.OPENED]),
        st.sampled_from(PEOPLE),
        st.sampled_from(PEOPLE),
        st.sampled_from(CaseOutcome),
        st.integers(0, 3),
        st.integers(-30, 30),
        st.none() | st.integers(1, 30),
    ),
    max_size=30,
)


Drawn = tuple[EventKind, str, str, CaseOutcome, int, int, int | None]


def lived(drawn: Sequence[Drawn]) -> list[CaseEvent]:
    """The events of those that can happen to a case, in their order, by a clock that goes as it likes."""
    subject = Subject(SubjectKind.ACCOUNT, "4711")
    events = [CaseEvent(id=1, case=1, kind=K.OPENED, at_utc=_at(0), subject=subject)]
    for number, (kind, by, to, outcome, finding, hours, back) in enumerate(drawn, start=2):
        event = CaseEvent(
            id=number,
            case=1,
            kind=kind,
            at_utc=_at(hours),
            by=None if kind is K.FINDING else by,
            to=to if kind is K.OFFERED else None,
            text=f"words {number}",
            due_at_utc=_at(hours + 5) if kind is K.NEXT_ACTION else None,
            outcome=outcome if kind is K.CLOSED else None,
            finding=f"{finding:032x}" if kind is K.FINDING else None,
            answers=max(1, number - back) if kind is K.FORWARDED and back is not None else None,
        )
        try:
            check(fold(events), event)
        except UsageError:
            continue
        events.append(event)
    return events


class Plain:
    """A case by its definition: each answer looks through all events anew."""

    def __init__(self, events: list[CaseEvent]) -> None:
        self.events = events
        self.begins = self.last(K.OPENED, K.REOPENED)
        assert self.begins is not None

    def last(self, *kinds: EventKind, since: int = 0) -> int | None:
        """Place of the last event of these kinds."""
        places = [at for at, event in enumerate(self.events) if event.kind in kinds and at >= since]
        return places[-1] if places else None

    def moment(self, at: int) -> str:
        """The earliest that any event from this one on says."""
        return min(event.at_utc for event in self.events[at:])

    def said(self, *kinds: EventKind, since: int = 0) -> CaseEvent | None:
        """The last event of these kinds."""
        at = self.last(*kinds, since=since)
        return None if at is None else self.events[at]

    def untold(self) -> str | None:
        """Since when there is something of which nobody outside has heard."""
        assert self.begins is not None
        begun = self.events[self.begins].id
        left = [event.answers or event.id for event in self.events[self.begins :] if event.kind is K.FORWARDED]
        told = max((number for number in left if number > begun), default=None)
        if told is None:
            return self.moment(self.begins)
        known = {event.finding for event in self.events if event.id <= told}
        news = [at for at, event in enumerate(self.events) if event.finding not in {None, *known}]
        return self.moment(news[0]) if news else None

    def agrees(self, case: Case) -> None:
        """Compare every answer."""
        assert self.begins is not None
        ended = self.said(K.CLOSED, since=self.begins)
        owner = self.said(K.TAKEN, K.ACCEPTED)
        answered = self.said(K.OFFERED, K.TAKEN, K.ACCEPTED, K.DECLINED, K.CLOSED)
        offered = answered is not None and answered.kind is K.OFFERED
        action = self.said(K.NEXT_ACTION, since=self.begins)
        danger = self.said(K.ESCALATED, K.ESCALATION_ENDED)
        by_person = [at for at, event in enumerate(self.events) if event.by is not None]
        assert case.is_open == (ended is None)
        assert case.outcome == (ended.outcome if ended else None)
        assert case.owner == (owner.by if owner else None)
        assert case.offered_to == (answered.to if answered and offered else None)
        expected = None if ended else action.text if action else FIRST_ACTION
        assert case.next_action == expected
        assert (case.due_at_utc is None) == (ended is not None or action is None)
        assert case.danger == (danger.text if danger and danger.kind is K.ESCALATED else None)
        forwarded = [event.text for event in self.events[self.begins :] if event.kind is K.FORWARDED]
        assert list(case.forwarded) == forwarded
        assert list(case.findings) == list(dict.fromkeys(event.finding for event in self.events if event.finding))
        assert case.known_at_utc == self.moment(self.begins)
        assert case.untold_since_utc == self.untold()
        assert case.moved_at_utc == (self.moment(by_person[-1]) if by_person else None)


@given(drawn_events)
def test_a_case_stands_where_its_definition_says(drawn: list[Drawn]) -> None:
    """After each event that could happen, folding gives what looking through all of them gives."""
    events = lived(drawn)
    for count in range(1, len(events) + 1):
        Plain(events[:count]).agrees(fold(events[:count]))


# A scan sees some of four items, and was told an account, or the source only; or somebody ends the case of an account.
steps = st.lists(
    st.one_of(
        st.tuples(st.just("scan"), st.sets(st.integers(0, 3), min_size=1), st.sampled_from(["a", "b", None])),
        st.tuples(st.just("close"), st.just(frozenset[int]()), st.sampled_from(["a", "b", None])),
    ),
    max_size=8,
)


class Register:
    """Which findings each subject's case holds, and which cases have ended: in sets, and nothing else."""

    def __init__(self) -> None:
        self.held: dict[Subject, set[str]] = {}
        self.ended: set[Subject] = set()

    def scan(self, ids: Sequence[str], subject: Subject) -> None:
        """A finding without anybody goes to whom was said; one with somebody only where an account is named."""
        for one in ids:
            has_somebody = any(one in held for held in self.held.values())
            if subject.kind is SubjectKind.SOURCE and has_somebody:
                continue
            held = self.held.setdefault(subject, set())
            if one not in held:
                self.ended.discard(subject)
            held.add(one)


def subject_of(name: str | None) -> Subject:
    """The account, or the source that was scanned."""
    return Subject(SubjectKind.SOURCE, "uploads") if name is None else Subject(SubjectKind.ACCOUNT, name)


def as_stored(store: Store) -> tuple[dict[Subject, set[str]], set[Subject]]:
    """The same of a store."""
    cases = [fold(events) for events in list_cases(store)]
    assert len({case.subject for case in cases}) == len(cases)
    return {case.subject: set(case.findings) for case in cases}, {case.subject for case in cases if not case.is_open}


@settings(max_examples=25)
@given(steps)
def test_findings_stand_where_the_register_says(drawn: list[tuple[str, frozenset[int], str | None]]) -> None:
    """Whatever is scanned and ended, in whatever order: each finding is in the cases of the register and no other."""
    folder = tempfile.mkdtemp()
    register = Register()
    try:
        with open_writable(Path(folder) / "store") as store:
            for number, (what, items, name) in enumerate(drawn, start=1):
                subject = subject_of(name)
                if what == "scan":
                    ids = found(
                        store, {str(one): [match("known")] for one in sorted(items)}, number=number, at_utc=_at(0)
                    )
                    with record(store, at_utc=_at(number)) as page:
                        gather(page, [(one, Facts(subject=subject)) for one in ids])
                    register.scan(ids, subject)
                elif subject in register.held and subject not in register.ended:
                    (case,) = [events[0].case for events in list_cases(store) if events[0].subject == subject]
                    ended: dict[str, str | None] = {"by": "Ann", "text": "why", "outcome": "not_ours"}
                    add_case_event(store, case, K.CLOSED, values=ended, check=lambda *_: None, at_utc=_at(number))
                    register.ended.add(subject)
                assert as_stored(store) == (register.held, register.ended)
                assert count_without_case(store) == 0
            check_others(store, register)
    finally:
        shutil.rmtree(folder)


def check_others(store: Store, register: Register) -> None:
    """Who else has a file, and who has the findings of all scans: by sets."""
    cases = {case.subject: case for case in map(fold, list_cases(store))}
    for subject, case in cases.items():
        others = {cases[one].id for one in cases if one != subject and register.held[one] & register.held[subject]}
        assert set().union(*same_content(store, case.id).values()) == others
    told = {one.subject: one.findings for one in gathered_by(store, range(1_000)) if hasattr(one, "subject")}
    assert told == {subject: len(held) for subject, held in register.held.items()}
