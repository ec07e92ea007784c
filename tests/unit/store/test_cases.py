"""Cases in the store: every event a record, whoever comes second is told, and nothing to sort people by."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.stores import on_both
from tests.unit.found import found, match
from tests.unit.stand_ins import open_writable

from unseen.casework.cases.course import check, fold
from unseen.errors import UsageError
from unseen.model import CaseEvent, CaseOutcome, Decision, EventKind, Facts, Gathered, InNoCase, Subject, SubjectKind
from unseen.store import (
    Store,
    add_case_event,
    add_facts,
    cases_of_findings,
    count_without_case,
    describe_cases,
    erase,
    found_items,
    gathered_by,
    list_cases,
    list_findings,
    read_case,
    record,
    record_verdicts,
    same_content,
)
from unseen.store.cases import gather

NOW = "2026-11-23T12:00:00Z"
LATER = "2026-11-24T12:00:00Z"
ACCOUNT = Subject(SubjectKind.ACCOUNT, "4711")
OTHER = Subject(SubjectKind.ACCOUNT, "9")


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A new store."""
    with open_writable(place) as opened:
        yield opened


def bring(store: Store, ids: Sequence[str], subject: Subject = ACCOUNT, at_utc: str = NOW) -> None:
    """Gather findings into the case of a subject."""
    with record(store, at_utc=at_utc) as page:
        gather(page, [(finding_id, Facts(subject=subject)) for finding_id in ids])


def step(store: Store, case_id: int, kind: EventKind, **values: str) -> None:
    """Record what somebody does."""

    def is_possible(events: Sequence[CaseEvent], new: CaseEvent) -> None:
        check(fold(events), new)

    add_case_event(store, case_id, kind, values={"by": "Ann", **values}, check=is_possible, at_utc=LATER)


def only(store: Store) -> list[CaseEvent]:
    """The events of the one case."""
    (events,) = list_cases(store)
    return events


@on_both
def test_findings_gather_by_subject(store: Store) -> None:
    """Findings of one subject stand in one case, whatever scan brought them; those of another in another."""
    first = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    second = found(store, {"b": [match("known")]}, number=2, at_utc=NOW)
    third = found(store, {"c": [match("known")]}, number=3, at_utc=NOW)
    bring(store, first)
    bring(store, second)
    bring(store, third, OTHER)
    one, other = (fold(events) for events in list_cases(store))
    assert (one.subject, one.findings) == (ACCOUNT, (*first, *second))
    assert (other.subject, other.findings) == (OTHER, tuple(third))
    assert cases_of_findings(store, [*first, *third]) == {first[0]: [one.id], third[0]: [other.id]}


def test_a_finding_that_is_seen_again_changes_nothing(store: Store) -> None:
    """The same finding with the same facts is one event, however often it is seen."""
    ids = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    bring(store, ids)
    before = only(store)
    bring(store, ids, at_utc=LATER)
    assert only(store) == before


def test_a_new_finding_reopens_a_case_that_had_ended(store: Store) -> None:
    """A case with an outcome is open again as soon as its subject has a finding that nobody had known."""
    bring(store, found(store, {"a": [match("known")]}, number=1, at_utc=NOW))
    case_id = only(store)[0].case
    step(store, case_id, EventKind.CLOSED, outcome="not_ours", text="why")
    assert not fold(only(store)).is_open
    bring(store, found(store, {"b": [match("known")]}, number=2, at_utc=NOW), at_utc=LATER)
    case = fold(only(store))
    assert case.is_open
    assert case.known_at_utc == LATER
    assert len(case.findings) == 2


@on_both
def test_a_match_unknown_when_it_ended_reopens_a_case(store: Store) -> None:
    """A cleared finding that matches anew opens its ended case again, once; the same matches again do not."""
    ids = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    bring(store, ids)
    case_id = only(store)[0].case
    record_verdicts(store, ids, Decision.CLEARED, by="Ann", reason="a test card", at_utc=NOW)
    step(store, case_id, EventKind.CLOSED, outcome="cleared", text="a test card")
    found(store, {"a": [match("known")]}, number=2, at_utc=LATER)
    assert not fold(only(store)).is_open
    found(store, {"a": [match("known"), match("other")]}, number=3, at_utc=LATER)
    assert fold(only(store)).is_open
    step(store, case_id, EventKind.CLOSED, outcome="not_ours", text="by order")
    found(store, {"a": [match("known"), match("other")]}, number=4, at_utc=LATER)
    assert not fold(only(store)).is_open


@pytest.mark.parametrize("decision", [Decision.CONFIRMED, Decision.REOPENED])
def test_a_verdict_that_is_taken_back_reopens_a_case(store: Store, decision: Decision) -> None:
    """A case that ended because all was cleared is open again when something is not; one that ended otherwise stays."""
    ids = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    bring(store, ids)
    bring(store, ids, OTHER)
    cleared, other = (events[0].case for events in list_cases(store))
    record_verdicts(store, ids, Decision.CLEARED, by="Ann", reason="a test card", at_utc=NOW)
    step(store, cleared, EventKind.CLOSED, outcome="cleared", text="a test card")
    step(store, other, EventKind.CLOSED, outcome="not_ours", text="by order")
    record_verdicts(store, ids, Decision.CLEARED, by="Ann", reason="again", at_utc=NOW)
    assert not fold(read_case(store, cleared)).is_open
    record_verdicts(store, ids, decision, by="Bob", reason="it is none", at_utc=LATER)
    case = fold(read_case(store, cleared))
    assert (case.is_open, case.events[-1].by, case.known_at_utc) == (True, "Bob", LATER)
    assert not fold(read_case(store, other)).is_open
    record_verdicts(store, ids, decision, by="Bob", reason="still", at_utc=LATER)
    assert fold(read_case(store, cleared)) == case


def test_where_nobody_said_whose_it_is_a_finding_stays_with_whom_it_has(store: Store) -> None:
    """A scan that knows the source only takes no finding into a second case; one that is in none gets the source's."""
    ids = found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    bring(store, ids[:1])
    bring(store, ids, Subject(SubjectKind.SOURCE, "uploads"))
    one, other = (fold(events) for events in list_cases(store))
    assert (one.subject, one.findings) == (ACCOUNT, (ids[0],))
    assert (other.subject.kind, other.findings) == (SubjectKind.SOURCE, (ids[1],))


def test_of_many_findings_each_is_brought_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand findings of one ended case reopen it once, stand in it in order, and none is looked for twice."""
    bring(store, found(store, {"first": [match("known")]}, number=1, at_utc=NOW))
    step(store, only(store)[0].case, EventKind.CLOSED, outcome="not_ours", text="why")
    ids = found(store, {f"{n:04}": [match("known")] for n in range(1_000)}, number=2, at_utc=NOW)
    asked: list[Any] = []
    with record(store, at_utc=LATER) as page:
        execute = page.connection.execute

        def count(*given: Any, **more: Any) -> Any:
            asked.append(given)
            return execute(*given, **more)

        monkeypatch.setattr(page.connection, "execute", count)
        gather(page, [(finding_id, Facts(subject=ACCOUNT)) for finding_id in ids])
        monkeypatch.undo()
    events = only(store)
    assert [event.kind for event in events].count(EventKind.REOPENED) == 1
    assert fold(events).findings[1:] == tuple(ids)
    assert len(asked) < 2.1 * len(ids)


@on_both
def test_a_finding_in_no_case_is_counted(store: Store) -> None:
    """What an older version has found is told; what accuses nobody is not."""
    found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    assert count_without_case(store) == 2
    bring(store, [finding.id for finding in list_findings(store)][:1])
    assert count_without_case(store) == 1


@on_both
def test_every_finding_has_an_item_to_export(store: Store) -> None:
    """Also one whose item was erased is given, without what is gone: an export leaves nothing out in silence."""
    ids = found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    with store.read() as connection:
        erased = connection.scalars(text("SELECT id FROM items WHERE locator = :l"), {"l": b"a"}).all()
    erase(store, list(erased), reason="why", at_utc=LATER)
    items = found_items(store, ids)
    assert set(items) == set(ids)
    assert sorted((item.md5 is None, item.first_seen_at_utc) for item in items.values()) == [(False, NOW), (True, NOW)]


def facts_of(store: Store) -> list[Facts | None]:
    """What is known of the findings of the one case, in the order of its events."""
    return [event.facts for event in only(store) if event.finding is not None]


def test_facts_that_come_later_are_added(store: Store) -> None:
    """What was known stays, what is new is added by the name of whoever said so, and the same again changes nothing."""
    ids = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    with record(store, at_utc=NOW) as page:
        gather(page, [(ids[0], Facts(subject=ACCOUNT, ip="192.0.2.7", port=50_000))])
    told = Facts(subject=ACCOUNT, original_name="a.jpg")
    case_id = only(store)[0].case
    assert add_facts(store, [(ids[0], told)], by="Ann", at_utc=LATER) == {case_id: 1}
    assert add_facts(store, [(ids[0], told)], by="Ann", at_utc=LATER) == {}
    known = Facts(subject=ACCOUNT, ip="192.0.2.7", port=50_000, original_name="a.jpg")
    assert facts_of(store)[1:] == [known]
    assert only(store)[-1].by == "Ann"
    assert fold(only(store)).findings == tuple(ids)
    (described,) = describe_cases(store, {case_id: 1})
    assert (described.subject, described.findings, described.owner) == (ACCOUNT, 1, None)


def test_a_port_goes_with_its_address(store: Store) -> None:
    """Another address without a port has none: the port of the one before would accuse somebody else."""
    ids = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    for ip, port in (("192.0.2.7", 50_000), ("192.0.2.8", None)):
        add_facts(store, [(ids[0], Facts(subject=ACCOUNT, ip=ip, port=port))], by="Ann", at_utc=NOW)
    assert facts_of(store)[-1] == Facts(subject=ACCOUNT, ip="192.0.2.8")


@on_both
def test_a_scan_says_who_has_its_findings(store: Store) -> None:
    """Each case with the number of this scan's findings, who has it and how it ended; and how many are in none."""
    first = found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    bring(store, first)
    step(store, only(store)[0].case, EventKind.TAKEN)
    again = found(store, {"b": [match("known")], "c": [match("known")], "d": [match("known")]}, number=2, at_utc=NOW)
    bring(store, again[1:2], OTHER)
    step(store, max(event[0].case for event in list_cases(store)), EventKind.CLOSED, outcome="not_ours", text="why")
    with store.read() as connection:
        newest = connection.scalar(text("SELECT max(id) FROM scans"))
    one, other, none = gathered_by(store, [int(newest or 0)])
    assert isinstance(one, Gathered)
    assert isinstance(other, Gathered)
    assert (one.subject, one.findings, one.owner, one.outcome) == (ACCOUNT, 1, "Ann", None)
    assert (other.subject, other.findings, other.owner, other.outcome) == (OTHER, 1, None, CaseOutcome.NOT_OURS)
    assert none == InNoCase(findings=1)


def count_steps(store: Store, subjects: int) -> int:
    """How much SQLite does to say who else has one file, of this many subjects that hold it and one other each."""
    ids = found(store, {f"{n:05}": [match("known")] for n in range(2 * subjects)}, number=1, at_utc=NOW)
    with store.write() as connection:
        some = [{"d": b"d" * 32, "i": finding_id} for finding_id in ids[::2]]
        connection.execute(text("UPDATE findings SET sha256 = :d WHERE id = :i"), some)
    with record(store, at_utc=NOW) as page:
        gather(page, [(one, Facts(subject=Subject(SubjectKind.ACCOUNT, str(n // 2)))) for n, one in enumerate(ids)])
    ((first, *_), *_) = list_cases(store)
    steps = 0

    def step_on() -> int:
        nonlocal steps
        steps += 1
        return 0

    with store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(step_on, 1_000)
    try:
        (others,) = same_content(store, first.case).values()
    finally:
        driver.set_progress_handler(None, 0)
    assert len(others) == subjects - 1
    return steps


@pytest.mark.parametrize(("few", "many"), [(200, 2_000), pytest.param(1_000, 10_000, marks=pytest.mark.soak)])
def test_who_else_has_a_file_is_found_in_one_pass(tmp_path: Path, few: int, many: int) -> None:
    """Ten times as many subjects with one file cost ten times the work at most, and not a hundred times."""
    with open_writable(tmp_path / "few") as small, open_writable(tmp_path / "many") as large:
        assert count_steps(large, many) < 13 * count_steps(small, few)


@on_both
def test_of_two_operators_the_second_is_told(place: str) -> None:
    """Two who take one case do not both have it: the second is refused by how the case stands by then."""
    with open_writable(place) as one:
        bring(one, found(one, {"a": [match("known")]}, number=1, at_utc=NOW))
        case_id = only(one)[0].case
        step(one, case_id, EventKind.TAKEN)
        with pytest.raises(UsageError, match="is Ann's"):
            step(one, case_id, EventKind.TAKEN, by="Bob")
        assert fold(read_case(one, case_id)).owner == "Ann"


@on_both
def test_the_same_file_in_two_cases_is_a_fact_of_both(store: Store) -> None:
    """Content that several subjects hold is named in the case of each, by its digest."""
    ids = found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    with store.write() as connection:
        connection.execute(text("UPDATE findings SET sha256 = :d"), {"d": b"d" * 32})
    bring(store, ids[:1])
    bring(store, ids[1:], OTHER)
    first, second = (events[0].case for events in list_cases(store))
    assert same_content(store, first) == {b"d" * 32: [second]}
    assert same_content(store, second) == {b"d" * 32: [first]}


def test_a_finding_in_a_case_is_not_erased_by_the_way(store: Store) -> None:
    """To erase the records of a finding that stands in a case is refused."""
    ids = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    bring(store, ids)
    with store.read() as connection:
        numbers = connection.scalars(text("SELECT ledger_n FROM finding_matches")).all()
    with pytest.raises(UsageError, match="in a case"):
        erase(store, list(numbers), reason="why", at_utc=LATER)
