"""Verdicts in the store: on all the findings named or on none, never changed, and overtaken by what is new."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select, text
from tests.stores import on_both
from tests.unit.found import found, match
from tests.unit.stand_ins import open_writable

from unseen.errors import StoreError, UsageError
from unseen.model import Decision, Finding, Status
from unseen.store import Store, list_findings, name_findings, record_verdicts, verdict_history
from unseen.store.schema import findings, verdicts

NOW = "2026-11-23T12:00:00Z"
LATER = "2026-11-24T12:00:00Z"


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A new store."""
    with open_writable(place) as opened:
        yield opened


def decide(store: Store, ids: list[str], decision: Decision = Decision.CLEARED, reason: str = "why") -> list[str]:
    """Record a verdict of somebody."""
    return record_verdicts(store, ids, decision, by="D. Okafor", reason=reason, at_utc=NOW)


def only(store: Store) -> Finding:
    """The one finding of a store."""
    (finding,) = list_findings(store)
    return finding


def test_a_new_finding_is_open(store: Store) -> None:
    """Nobody has decided about it."""
    found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    assert (only(store).verdict, only(store).status) == (None, Status.OPEN)


def test_a_later_scan_shows_the_verdict(store: Store) -> None:
    """The same item with the same matches keeps what was decided, a cleared one too, and stays a finding."""
    (finding_id,) = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    decide(store, [finding_id])
    assert found(store, {"a": [match("known")]}, number=2, at_utc=LATER) == [finding_id]
    assert only(store).status is Status.CLEARED
    assert only(store).matches == (match("known"),)


@on_both
@pytest.mark.parametrize(
    "more",
    [match("other"), match("known", "another entry"), match("known", distance_bits=7)],
    ids=["list", "entry", "distance"],
)
def test_a_match_unknown_at_the_time_opens_the_finding_again(store: Store, more: object) -> None:
    """Another list, another entry or another distance: the verdict was about something else, and is still shown."""
    (finding_id,) = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    decide(store, [finding_id])
    found(store, {"a": [match("known"), more]}, number=2, at_utc=LATER)  # type: ignore[list-item]  # all are matches
    now = only(store)
    assert now.status is Status.OPEN
    assert now.verdict is not None
    assert (now.verdict.decision, now.verdict.is_current) == (Decision.CLEARED, False)
    found(store, {"a": [match("known")]}, number=3, at_utc=LATER)
    assert only(store).status is Status.OPEN, "a scan without the new list must not hide what it found"
    decide(store, [finding_id], Decision.CONFIRMED)
    assert only(store).status is Status.CONFIRMED


def test_fewer_matches_change_nothing(store: Store) -> None:
    """A list that was taken out, or not searched this time, takes nothing from a verdict."""
    (finding_id,) = found(store, {"a": [match("known"), match("other")]}, number=1, at_utc=NOW)
    decide(store, [finding_id])
    found(store, {"a": [match("other")]}, number=2, at_utc=LATER)
    assert only(store).status is Status.CLEARED


@on_both
def test_rows_given_the_number_of_erased_ones_are_news(store: Store) -> None:
    """A verdict is about matches, not about numbers of rows that may be given again."""
    (finding_id,) = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    decide(store, [finding_id])
    with store.write() as connection:
        connection.execute(text("DELETE FROM finding_matches"))
    found(store, {"a": [match("other")]}, number=2, at_utc=LATER)
    assert only(store).status is Status.OPEN


def test_history_keeps_every_verdict_and_only_the_newest_counts(store: Store) -> None:
    """Oldest first."""
    (finding_id,) = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    assert verdict_history(store, [finding_id]) == {finding_id: ()}
    given = [Decision.CLEARED, Decision.CONFIRMED, Decision.REOPENED]
    for decision in given:
        decide(store, [finding_id], decision, reason=decision.value)
    (history,) = verdict_history(store, [finding_id[:8]]).values()
    assert [(one.decision, one.reason) for one in history] == [(decision, decision.value) for decision in given]
    assert [one.is_current for one in history] == [False, False, True]
    assert only(store).status is Status.OPEN


def test_all_findings_named_are_decided_or_none(store: Store) -> None:
    """One that does not exist takes the others with it; one that is named twice is decided once."""
    ids = found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    with pytest.raises(UsageError, match="no finding begins with"):
        decide(store, [*ids, "f" * 32])
    with store.read() as connection:
        assert connection.execute(select(verdicts)).all() == []
    assert decide(store, [ids[1], ids[0], ids[1][:9]]) == [ids[1], ids[0]]
    assert [one.id for one in name_findings(store, [ids[1], ids[0]])] == [ids[1], ids[0]]
    with store.read() as connection:
        assert len(connection.execute(select(verdicts)).all()) == 2


@on_both
def test_a_prefix_names_one_finding_or_none(store: Store) -> None:
    """Ambiguous, too short or no digits: refused, and the whole id is never ambiguous."""
    row = {"locator": b"", "state": "allocated", "first_seen_at_utc": NOW}
    names = ["abcd" + "0" * 28, "abcde" + "0" * 27, "abcdf" + "0" * 27]
    with store.write() as connection:
        for at, name in enumerate(names):
            connection.execute(insert(findings).values(id=name, sha256=bytes([at]) * 32, **row))
    assert decide(store, ["ABCDE"]) == [names[1]]
    assert decide(store, [" abcdf0 "]) == [names[2]]
    assert decide(store, [names[0]]) == [names[0]]
    for refused, why in (("abcd", "several"), ("abc", "no id"), ("", "no id"), ("abcg", "no id"), ("%%%%", "no id")):
        with pytest.raises(UsageError, match=why):
            decide(store, [refused])


@on_both
def test_a_finding_with_a_verdict_cannot_go_by_the_way(store: Store) -> None:
    """Deleting its row is refused while a verdict speaks of it."""
    (finding_id,) = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    decide(store, [finding_id])
    with pytest.raises(StoreError, match=r"(?i)foreign key"), store.write() as connection:
        connection.execute(text("DELETE FROM findings"))
