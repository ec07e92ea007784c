"""Cases in the store: every event a record, whoever comes second is told, and nothing to sort people by."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Integer, LargeBinary, text
from tests.unit.found import found, match
from tests.unit.stand_ins import open_writable

from unseen.casework.cases.course import check, fold
from unseen.errors import UsageError
from unseen.model import CaseEvent, Decision, EventKind, Facts, Subject, SubjectKind
from unseen.store import (
    Store,
    add_case_event,
    cases_of_findings,
    count_without_case,
    erase,
    found_items,
    list_cases,
    list_findings,
    read_case,
    record,
    record_verdicts,
    same_content,
)
from unseen.store.cases import gather
from unseen.store.schema import case_events, metadata

NOW = "2026-11-23T12:00:00Z"
LATER = "2026-11-24T12:00:00Z"
ACCOUNT = Subject(SubjectKind.ACCOUNT, "4711")
OTHER = Subject(SubjectKind.ACCOUNT, "9")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store."""
    with open_writable(tmp_path / "store") as opened:
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


def test_a_finding_in_no_case_is_counted(store: Store) -> None:
    """What an older version has found is told; what accuses nobody is not."""
    found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    assert count_without_case(store) == 2
    bring(store, [finding.id for finding in list_findings(store)][:1])
    assert count_without_case(store) == 1


def test_every_finding_has_an_item_to_export(store: Store) -> None:
    """Also one whose item was erased is given, without what is gone: an export leaves nothing out in silence."""
    ids = found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    with store.read() as connection:
        erased = connection.scalars(text("SELECT id FROM items WHERE locator = :l"), {"l": b"a"}).all()
    erase(store, list(erased), reason="why", at_utc=LATER)
    items = found_items(store, ids)
    assert set(items) == set(ids)
    assert sorted((item.md5 is None, item.first_seen_at_utc) for item in items.values()) == [(False, NOW), (True, NOW)]


def test_of_two_operators_the_second_is_told(tmp_path: Path) -> None:
    """Two who take one case do not both have it: the second is refused by how the case stands by then."""
    with open_writable(tmp_path / "store") as one:
        bring(one, found(one, {"a": [match("known")]}, number=1, at_utc=NOW))
        case_id = only(one)[0].case
        step(one, case_id, EventKind.TAKEN)
        with pytest.raises(UsageError, match="is Ann's"):
            step(one, case_id, EventKind.TAKEN, by="Bob")
        assert fold(read_case(one, case_id)).owner == "Ann"


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


def test_there_is_nothing_to_sort_people_by() -> None:
    """No column of a case holds a number but identifiers, and no name of a column in the store speaks of rank."""
    numbers = {column.name for column in case_events.c if isinstance(column.type, Integer)}
    assert numbers == {"id", "case_id"}
    assert {column.name for column in case_events.c if isinstance(column.type, LargeBinary)} == {"salt"}
    rank = re.compile(
        r"score|rank|risk|severity|priority|grade|danger|level|weight|rating|probab|categor", re.IGNORECASE
    )
    columns = [f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.c]
    assert [name for name in columns if rank.search(name)] == []
