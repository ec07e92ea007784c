"""Letters leave at least once, in order, on a verdict that counts; and what came of each attempt stays on record."""

from collections.abc import Iterator

import pytest
from sqlalchemy.dialects import postgresql
from tests.stores import on_both
from tests.unit.found import found, match
from tests.unit.stand_ins import open_writable

from unseen.errors import UsageError
from unseen.model import Decision
from unseen.store import (
    Claim,
    Letter,
    LetterState,
    Queued,
    Sending,
    Store,
    channels_waiting,
    claim_next,
    list_letters,
    queue_letters,
    record_verdicts,
    settle,
)
from unseen.store.outbox.delivering import _claiming

NOW = "2026-11-23T12:00:00Z"


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A store that may be written."""
    with open_writable(place) as store:
        yield store


@pytest.fixture
def finding(store: Store) -> str:
    """A finding that was confirmed."""
    (finding_id,) = found(store, {"item": [match("known")]}, number=0, at_utc=NOW)
    decide(store, finding_id, Decision.CONFIRMED)
    return finding_id


def decide(store: Store, finding: str, decision: Decision) -> None:
    """Record what somebody decided."""
    record_verdicts(store, [finding], decision, by="D. Okafor", reason="compared", at_utc=NOW)


def letter(finding: str, target: str = "42-one md5", **content: object) -> Letter:
    """A letter about a target."""
    return Letter(
        kind="feedback", channel="known", target=target, finding=finding, content=content or {"stance": "for"}, by="D."
    )


def claim(store: Store, *, lease_s: int = 600) -> Claim | None:
    """Take the next letter."""
    return claim_next(store, kind="feedback", channel="known", lease_s=lease_s, at_utc=NOW)


def end(store: Store, taken: Claim | None, outcome: Sending, *, again_in_s: int = 0) -> None:
    """Keep what came of it."""
    assert taken is not None
    settle(store, taken, outcome, status=200, answer="<ok/>", again_in_s=again_in_s, at_utc=NOW)


def only(store: Store) -> Queued:
    """The one letter there is."""
    (queued,) = list_letters(store)
    return queued


@on_both
def test_a_letter_is_claimed_by_one_and_settled(store: Store, finding: str) -> None:
    """While it is in hand nobody else gets it; then its receipt is kept, and it never comes again."""
    ((number, is_new),) = queue_letters(store, [letter(finding)], at_utc=NOW)
    taken = claim(store)
    assert channels_waiting(store, kind="feedback") == ["known"]
    assert (is_new, taken and taken.number, taken and taken.attempts) == (True, number, 0)
    assert claim(store) is None
    end(store, taken, Sending.ACCEPTED)
    assert claim(store) is None
    queued = only(store)
    assert (queued.state, [one.answer for one in queued.deliveries]) == (LetterState.SENT, ["<ok/>"])
    assert channels_waiting(store, kind="feedback") == []


@on_both
def test_a_claim_that_lapsed_is_taken_over(store: Store, finding: str) -> None:
    """Whoever died with a letter in hand loses the claim, and the letter is not lost."""
    queue_letters(store, [letter(finding)], at_utc=NOW)
    first, second = claim(store, lease_s=-1), claim(store)
    assert first is not None
    assert second is not None
    assert (first.number, first.claim_no + 1) == (second.number, second.claim_no)


@pytest.mark.parametrize("late", [Sending.FAILED, Sending.UNKNOWN, Sending.REFUSED])
def test_a_late_failure_changes_nothing(store: Store, finding: str, late: Sending) -> None:
    """It is on record; but the letter stays with whoever has it in hand now."""
    queue_letters(store, [letter(finding)], at_utc=NOW)
    slow, present = claim(store, lease_s=-1), claim(store)
    end(store, slow, late)
    assert claim(store) is None
    assert only(store).state is LetterState.PENDING
    end(store, present, Sending.ACCEPTED)
    assert [one.outcome for one in only(store).deliveries] == [late, Sending.ACCEPTED]


@on_both
def test_a_late_success_counts(store: Store, finding: str) -> None:
    """What arrived has arrived; and the failure of the other attempt does not undo it."""
    queue_letters(store, [letter(finding)], at_utc=NOW)
    slow, present = claim(store, lease_s=-1), claim(store)
    end(store, slow, Sending.ACCEPTED)
    end(store, present, Sending.REFUSED)
    assert only(store).state is LetterState.SENT


@pytest.mark.parametrize("outcome", [Sending.FAILED, Sending.UNKNOWN])
def test_what_did_not_surely_arrive_is_sent_again_when_it_is_due(store: Store, finding: str, outcome: Sending) -> None:
    """Not before, by the clock of SQL."""
    queue_letters(store, [letter(finding)], at_utc=NOW)
    end(store, claim(store), outcome, again_in_s=0)
    again = claim(store)
    assert again is not None
    assert again.attempts == 1
    end(store, again, outcome, again_in_s=3600)
    assert claim(store) is None
    assert only(store).state is LetterState.PENDING


def test_what_was_refused_is_not_sent_again(store: Store, finding: str) -> None:
    """It stays visible, with the answer; queued once more it is another letter."""
    queue_letters(store, [letter(finding)], at_utc=NOW)
    end(store, claim(store), Sending.REFUSED)
    assert claim(store) is None
    ((_, is_new),) = queue_letters(store, [letter(finding)], at_utc=NOW)
    assert is_new
    assert [one.state for one in list_letters(store)] == [LetterState.REFUSED, LetterState.PENDING]


def test_the_same_letter_is_queued_once(store: Store, finding: str) -> None:
    """However often somebody says so, pending or sent; another content is another letter."""
    ((number, _),) = queue_letters(store, [letter(finding)], at_utc=NOW)
    assert queue_letters(store, [letter(finding)], at_utc=NOW) == [(number, False)]
    end(store, claim(store), Sending.ACCEPTED)
    assert queue_letters(store, [letter(finding)], at_utc=NOW) == [(number, False)]
    ((other, is_new),) = queue_letters(store, [letter(finding, stance="against")], at_utc=NOW)
    assert (other != number, is_new) == (True, True)


@on_both
def test_letters_about_one_target_leave_in_order(store: Store, finding: str) -> None:
    """The service keeps the last that it hears: a newer one must not be overtaken by an older one."""
    queue_letters(store, [letter(finding, stance="for"), letter(finding, stance="against")], at_utc=NOW)
    queue_letters(store, [letter(finding, "another")], at_utc=NOW)
    first, other = claim(store), claim(store)
    assert first is not None
    assert other is not None
    assert (first.letter.content, other.letter.target) == ({"stance": "for"}, "another")
    assert claim(store) is None
    end(store, first, Sending.FAILED, again_in_s=3600)
    assert claim(store) is None


@on_both
@pytest.mark.parametrize("then", [Decision.CLEARED, Decision.REOPENED])
def test_a_letter_goes_with_the_verdict_that_it_rests_on(store: Store, finding: str, then: Decision) -> None:
    """Once another verdict says something else it is put aside, on record, and never sent."""
    queue_letters(store, [letter(finding)], at_utc=NOW)
    decide(store, finding, then)
    assert claim(store) is None
    assert only(store).state is LetterState.OVERTAKEN


def test_a_letter_stands_on_what_is_decided_not_on_who_decided(store: Store, finding: str) -> None:
    """Where a second person decides the same, there is nothing to put aside."""
    queue_letters(store, [letter(finding)], at_utc=NOW)
    decide(store, finding, Decision.CONFIRMED)
    assert claim(store) is not None


@on_both
def test_a_letter_is_put_aside_when_a_match_came_since(store: Store, finding: str) -> None:
    """A verdict that was given without knowing a match says nothing of it."""
    queue_letters(store, [letter(finding)], at_utc=NOW)
    found(store, {"item": [match("newer")]}, number=1, at_utc=NOW)
    assert claim(store) is None
    assert only(store).state is LetterState.OVERTAKEN


def test_nothing_is_queued_without_a_verdict(store: Store) -> None:
    """All letters or none: one finding that nobody decided on keeps the others back."""
    decided, undecided = found(store, {"a": [match("known")], "b": [match("known")]}, number=0, at_utc=NOW)
    decide(store, decided, Decision.CLEARED)
    with pytest.raises(UsageError, match="nobody has decided"):
        queue_letters(store, [letter(decided), letter(undecided)], at_utc=NOW)
    assert list(list_letters(store)) == []


def test_claiming_is_written_for_many_at_once() -> None:
    """Where SQL has many writers, those who come second pass over what the first takes, by the clock of SQL."""
    text = str(_claiming("feedback", "known", 600).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # the library's own
    assert "FOR UPDATE SKIP LOCKED" in text
    assert "RETURNING" in text
    assert text.count("clock_timestamp()") == 3


def test_long_answers_are_cut(store: Store, finding: str) -> None:
    """A receipt is for people; a service that answers with a book gets a page."""
    queue_letters(store, [letter(finding)], at_utc=NOW)
    taken = claim(store)
    assert taken is not None
    settle(store, taken, Sending.UNKNOWN, status=500, answer="x" * 10_000, again_in_s=0, at_utc=NOW)
    assert [len(one.answer) for one in only(store).deliveries] == [4_000]
