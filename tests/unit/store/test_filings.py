"""Filings in the store: decided once, in one hand at a time, every call on record before it is made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.stores import on_both
from tests.unit.found import found, match
from tests.unit.stand_ins import open_writable

import unseen.store
from unseen.errors import ClaimLostError, UsageError
from unseen.model import Facts, Subject, SubjectKind
from unseen.store import (
    Answered,
    Claim,
    FilingFile,
    FilingTurn,
    LetterState,
    Sending,
    Store,
    begin_step,
    cases_with_letters,
    claim_next,
    decide_filing,
    end_step,
    erase,
    filed_findings,
    keep_claim,
    list_cases,
    read_filing,
    read_steps,
    read_turns,
    receipts_of,
    record,
    settle,
    turn_filing,
)
from unseen.store.cases import gather
from unseen.store.engine import open_store

NOW = "2026-11-23T12:00:00Z"
WAY = "cybertipline"


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A store that may be written."""
    with open_writable(place) as store:
        yield store


@pytest.fixture
def filing(store: Store) -> int:
    """A filing about the one finding of a case."""
    (finding_id,) = found(store, {"item": [match("known")]}, number=0, at_utc=NOW)
    with record(store, at_utc=NOW) as page:
        gather(page, [(finding_id, Facts(subject=Subject(SubjectKind.ACCOUNT, "4711")))])
    return decide(store)


def decide(store: Store) -> int:
    """Decide that the case shall be reported."""
    ((opened, event, *_),) = list_cases(store)
    assert event.finding is not None
    files = [FilingFile(finding=event.finding, details="{}")]
    told = {"channel": WAY, "report": "{}", "by": "D. Okafor", "reason": "known", "at_utc": NOW}
    return decide_filing(store, opened.case, files=files, **told)  # type: ignore[arg-type]  # texts, all of them


def claim(store: Store, *, lease_s: int = 600) -> Claim:
    """Take the letter."""
    taken = claim_next(store, kind="filing", channel=WAY, lease_s=lease_s, at_utc=NOW)
    assert taken is not None
    return taken


def step(store: Store, taken: Claim, call: str, outcome: str = "done", *, report_id: int | None = None) -> None:
    """Make a call that comes to something."""
    number = begin_step(store, taken, call, None, lease_s=600, at_utc=NOW)
    end_step(store, number, Answered(outcome=outcome, at_utc=NOW, answer=b"<done/>", report_id=report_id))


def end(store: Store, taken: Claim, outcome: Sending) -> None:
    """Settle a claim."""
    settle(store, taken, outcome, status=200, answer="so", again_in_s=0, at_utc=NOW)


@on_both
def test_a_finding_is_on_its_way_once(store: Store, filing: int) -> None:
    """Of two who decide the same the second is told; what was taken back may be decided anew."""
    finding = read_filing(store, filing).files[0].finding
    with pytest.raises(UsageError, match=f"is on its way already, by filing {filing}"):
        decide(store)
    assert filed_findings(store, [finding], channel=WAY) == {finding: (filing, LetterState.PENDING)}
    turn_filing(store, filing, FilingTurn.TAKE_BACK, by="D. Okafor", reason="too early", at_utc=NOW)
    assert read_filing(store, filing).state is LetterState.WITHDRAWN
    assert decide(store) > filing


@on_both
def test_no_call_is_begun_by_whoever_has_lost_the_letter(store: Store, filing: int) -> None:
    """Neither after a lapse, nor once a person has decided; and nothing is on record of what was not begun."""
    slow = claim(store, lease_s=-1)
    present = claim(store)
    for lost in (slow, present):
        if lost is present:
            turn_filing(store, filing, FilingTurn.TAKE_BACK, by="D. Okafor", reason="stop", at_utc=NOW)
        with pytest.raises(ClaimLostError):
            begin_step(store, lost, "submit", None, lease_s=600, at_utc=NOW)
        with pytest.raises(ClaimLostError):
            keep_claim(store, lost, lease_s=600)
    assert read_steps(store, filing) == []


def test_what_came_of_a_call_is_kept_whoever_has_the_letter(store: Store, filing: int) -> None:
    """It happened: the next one goes on from there."""
    slow = claim(store)
    number = begin_step(store, slow, "submit", None, lease_s=-1, at_utc=NOW)
    claim(store)
    end_step(store, number, Answered(outcome="done", at_utc=NOW, report_id=2**40))
    (only,) = read_steps(store, filing)
    assert only.answered is not None
    assert (only.call, only.answered.outcome, only.answered.report_id) == ("submit", "done", 2**40)


def test_what_waits_goes_on_when_a_person_says_so(store: Store, filing: int) -> None:
    """Nobody claims it until then; whoever decides, and why, is on record with how far it had come."""
    taken = claim(store)
    step(store, taken, "submit", "unknown")
    end(store, taken, Sending.WAITS)
    assert claim_next(store, kind="filing", channel=WAY, lease_s=600, at_utc=NOW) is None
    assert cases_with_letters(store, LetterState.WAITS) == {read_filing(store, filing).case}
    turn_filing(store, filing, FilingTurn.GO_ON, by="D. Okafor", reason="no such report", at_utc=NOW)
    (decision,) = read_turns(store, filing)
    assert (decision.turn, decision.steps, decision.by) == (FilingTurn.GO_ON, 1, "D. Okafor")
    assert claim(store).number == taken.number
    with pytest.raises(UsageError, match="waits for nobody"):
        turn_filing(store, filing, FilingTurn.GO_ON, by="D. Okafor", reason="again", at_utc=NOW)


def test_a_late_arrival_counts_and_is_told_once(store: Store, filing: int) -> None:
    """A worker that was thought lost may have filed it: that is what is true, whatever was decided meanwhile."""
    slow = claim(store, lease_s=-1)
    end(store, claim(store), Sending.WAITS)
    told: list[int] = []
    for _ in range(2):
        settle(
            store,
            slow,
            Sending.ACCEPTED,
            status=200,
            answer="so",
            again_in_s=0,
            at_utc=NOW,
            beside=lambda page: told.append(page.next),
        )
    assert read_filing(store, filing).state is LetterState.SENT
    assert len(told) == 1
    with pytest.raises(UsageError, match="has ended: it is sent"):
        turn_filing(store, filing, FilingTurn.TAKE_BACK, by="D. Okafor", reason="no", at_utc=NOW)


@on_both
def test_receipts_say_which_report_about_which_findings(store: Store, filing: int) -> None:
    """One for each filing that arrived, the service's own answer byte for byte; none before."""
    one = read_filing(store, filing)
    taken = claim(store)
    step(store, taken, "submit", report_id=41)
    assert receipts_of(store, one.case) == []
    step(store, taken, "finish", "already_finished")
    (lost,) = receipts_of(store, one.case)
    assert (lost.report_id, lost.is_whole) == (41, False)
    step(store, taken, "finish")
    (receipt,) = receipts_of(store, one.case)
    assert (receipt.filing, receipt.report_id, receipt.is_whole) == (filing, 41, True)
    assert (receipt.answer, receipt.findings) == (b"<done/>", (one.files[0].finding,))


@on_both
def test_a_filing_is_erased_whole_or_not_at_all(store: Store, filing: int) -> None:
    """No call without its filing, no filing without its letter; and nothing that may still leave."""
    with store.read() as connection:
        numbers = list(connection.scalars(text("SELECT id FROM filings UNION SELECT id FROM filing_files")))
        letters = list(connection.scalars(text("SELECT id FROM outbox UNION SELECT id FROM deliveries")))
    with pytest.raises(UsageError, match="shall still leave"):
        erase(store, letters, reason="over", at_utc=NOW)
    turn_filing(store, filing, FilingTurn.TAKE_BACK, by="D. Okafor", reason="too early", at_utc=NOW)
    with pytest.raises(UsageError, match="or not at all"):
        erase(store, numbers, reason="over", at_utc=NOW)
    with store.read() as connection:
        turns = list(connection.scalars(text("SELECT id FROM filing_decisions UNION SELECT id FROM deliveries")))
    erase(store, [*numbers, *letters, *turns], reason="over", at_utc=NOW)
    with pytest.raises(UsageError, match="no filing"):
        read_filing(store, filing)


def test_letters_of_an_older_store_are_still_there(tmp_path: Path) -> None:
    """The tables that had to be made anew hold what they held, each attempt with its letter."""
    from alembic import command
    from alembic.config import Config

    (tmp_path / "store").mkdir()
    engine = create_engine(f"sqlite:///{tmp_path / 'store' / 'unseen.db'}")
    with engine.begin() as connection:
        connection.execute(text(f"PRAGMA application_id = {0x556E536E}"))
        config = Config()
        config.set_main_option("script_location", str(Path(unseen.store.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        nothing = "'f', 'now', x'00', x'00', 'allocated'"
        connection.execute(
            text(f"INSERT INTO findings (id, first_seen_at_utc, sha256, locator, state) VALUES ({nothing})")
        )
        connection.execute(text("INSERT INTO verdicts VALUES (1, 'f', 'confirmed', 'D.', 'so', 'now', x'00')"))
        values = "7, 'feedback', 'known', 'e', 'f', 1, '{}', 'D.', 'now', x'00', 'sent', 0, 0, 1"
        connection.execute(text(f"INSERT INTO outbox VALUES ({values})"))
        connection.execute(text("INSERT INTO deliveries VALUES (8, 7, 1, 'now', 'accepted', 200, 'ok', x'00')"))
    with open_store(tmp_path / "store") as store, store.read() as connection:
        row = connection.execute(text("SELECT id, verdict_id, filing_id, state, claim_no FROM outbox")).one()
        assert tuple(row) == (7, 1, None, "sent", 1)
        assert connection.execute(text("SELECT letter_id FROM deliveries")).scalar_one() == 7
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
