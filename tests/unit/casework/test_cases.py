"""Steps of cases that look at more than the case itself."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.stores import on_both
from tests.unit.found import found, match

from unseen import store as stores
from unseen.casework.cases.facts import add_facts
from unseen.casework.cases.verbs import act, list_cases, parse_due, show_case
from unseen.casework.findings import decide
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import CaseOutcome, Decision, EventKind, Facts, Subject, SubjectKind
from unseen.store import record
from unseen.store.cases import gather

AT = "2026-11-23T12:00:00Z"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def bring(place: str) -> Callable[..., list[str]]:
    """A scan of some items, all of which are found, and come into the case of an account."""
    scans = iter(range(1, 100))

    def scan(*names: str, account: str = "a") -> list[str]:
        with open_recorded(place) as store:
            ids = found(store, {name: [match("known")] for name in names}, number=next(scans), at_utc=AT)
            with record(store, at_utc=AT) as page:
                gather(page, [(one, Facts(subject=Subject(SubjectKind.ACCOUNT, account))) for one in ids])
        return ids

    return scan


def end(place: str, case: int, outcome: CaseOutcome) -> None:
    """A person ends a case."""
    act(place, case, EventKind.CLOSED, by="Ann", text="why", outcome=outcome)


def numbers(place: str) -> list[int]:
    """Of all cases."""
    return sorted(account.case.id for account in list_cases(place, everything=True))


@on_both
def test_a_case_ends_as_merged_only_where_another_has_its_findings(place: str, bring: Callable[..., list[str]]) -> None:
    """Each finding stands in another case that is open: otherwise nobody would ever report it."""
    bring("one", "two")
    (first,) = numbers(place)
    with pytest.raises(UsageError, match="no other case that is open: 2"):
        end(place, first, CaseOutcome.MERGED)
    bring("one", account="b")
    with pytest.raises(UsageError, match="no other case that is open: 1"):
        end(place, first, CaseOutcome.MERGED)
    bring("two", account="c")
    _, second, third = numbers(place)
    end(place, third, CaseOutcome.NOT_OURS)
    with pytest.raises(UsageError, match="no other case that is open: 1"):
        end(place, first, CaseOutcome.MERGED)
    act(place, third, EventKind.REOPENED, by="Ann", text="why")
    end(place, first, CaseOutcome.MERGED)
    assert {account.case.id for account in list_cases(place)} == {second, third}


@on_both
def test_nothing_slips_between_the_look_and_the_end(
    place: str, bring: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verdict that is taken back while somebody ends the case as cleared is seen before that is recorded."""
    ids = bring("one")
    (case,) = numbers(place)
    decide(place, ids, Decision.CLEARED, by="Ann", reason="a test card")
    add = stores.add_case_event

    def slowly(*arguments: object, **others: object) -> None:
        monkeypatch.setattr(stores, "add_case_event", add)
        decide(place, ids, Decision.REOPENED, by="Bob", reason="it is none")
        add(*arguments, **others)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(stores, "add_case_event", slowly)
    with pytest.raises(UsageError, match="nobody has cleared: 1"):
        end(place, case, CaseOutcome.CLEARED)
    assert show_case(place, case).case.is_open


def known_of(place: str, finding: str) -> Facts | None:
    """What is known of a finding by the newest event of its only case."""
    (case,) = numbers(place)
    facts = [event.facts for event in show_case(place, case).case.events if event.finding == finding]
    return facts[-1]


def test_names_stay_with_what_they_were_said_of(place: str, bring: Callable[..., list[str]]) -> None:
    """A name of a container is none of the item in it, whichever was said first; what holds for both is merged."""
    (one,) = bring("a.zip")
    whose = Subject(SubjectKind.ACCOUNT, "a")
    said = [
        Facts(subject=whose, original_name="holiday.zip", about="a.zip", ip="192.0.2.7", port=7),
        # Nothing about names: the container's stays the container's.
        Facts(subject=whose, about="a.zip > b.jpg", uploaded_at_utc="2026-11-01T00:00:00Z"),
        Facts(subject=whose),
        Facts(subject=whose, original_name="b.jpg", about="a.zip > b.jpg"),
    ]
    known = []
    for facts in said:
        with open_recorded(place) as store, record(store, at_utc=AT) as page:
            gather(page, [(one, facts)])
        known.append(known_of(place, one))
    when = "2026-11-01T00:00:00Z"
    first = Facts(subject=whose, original_name="holiday.zip", about="a.zip", ip="192.0.2.7", port=7)
    assert known[0] == first
    assert known[1] == known[2] == replace(first, uploaded_at_utc=when)
    assert known[3] == replace(first, original_name="b.jpg", about="a.zip > b.jpg", uploaded_at_utc=when)


def test_facts_of_an_account_alone_come_to_its_case(
    place: str, bring: Callable[..., list[str]], tmp_path: Path
) -> None:
    """A row without an item is about the case of its account, once; rows about nobody here are kept nowhere."""
    bring("one", "two")
    rows = [
        {"subject": "account:a", "account": {"screenName": "somebody"}},
        {"subject": "account:z", "account": {"screenName": "nobody"}},
        {"item": "three", "subject": "account:y", "ip": "192.0.2.9"},
    ]
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (changed,) = add_facts(place, str(file), by="Ann")
    assert (str(changed.subject), changed.findings) == ("account:a", 0)
    assert add_facts(place, str(file), by="Ann") == []
    (case,) = numbers(place)
    events = show_case(place, case).case.events
    (told,) = [event for event in events if event.kind is EventKind.ACCOUNT]
    assert (told.by, told.facts and told.facts.account) == ("Ann", '{"screenName": "somebody"}')
    assert len([event for event in events if event.finding]) == 2


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "99999999999d", "soon", ""])
def test_no_time_is_refused_in_words(text: str) -> None:
    """What no calendar holds, and what is no time at all, is told as that."""
    with pytest.raises(UsageError, match=r"no time|past"):
        parse_due(text, now=NOW)
