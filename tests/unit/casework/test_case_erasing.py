"""Cases are erased after their time, by two persons, against no hold; what is left proves that it was so."""

import signal
import subprocess
import sys
from collections.abc import Sequence

import pytest
from sqlalchemy import insert, select, text
from tests.stores import on_both
from tests.unit.casework.contents import reread
from tests.unit.found import found, match
from tests.unit.kept import held_on_disk

from unseen.casework.custody import erasing
from unseen.casework.custody.erasing import (
    approve_erasure,
    list_clocks,
    propose_erasure,
    read_period,
    set_period,
    withdraw_erasure,
)
from unseen.casework.custody.holds import lift_hold, set_hold
from unseen.casework.custody.preserving import preserve, set_preserving
from unseen.casework.custody.views import announce_view, record_view
from unseen.casework.filing.sending.ways import PRODUCTION
from unseen.casework.kept.erasing import erase_expired
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import HeldError, LedgerBrokenError, UsageError
from unseen.model import Decision, EventKind, Facts, Subject, SubjectKind
from unseen.store import (
    Answered,
    FilingFile,
    Letter,
    Sending,
    Store,
    add_case_event,
    begin_step,
    claim_next,
    decide_filing,
    end_step,
    list_cases,
    list_findings,
    preserved_of,
    queue_letters,
    record,
    record_case_export,
    record_verdicts,
    settle,
)
from unseen.store.cases import gather
from unseen.store.schema import case_events

LONG_AGO = "2020-11-23T12:00:00Z"
ACCOUNT = Subject(SubjectKind.ACCOUNT, "harbour-4711")
OTHER = Subject(SubjectKind.ACCOUNT, "bridge-9")
WHY = {"by": "D. Okafor", "reason": "a year since the receipt"}
SECOND = {"by": "M. Silva", "reason": "checked"}


@pytest.fixture
def path(place: str) -> str:
    """Where the store is, of either kind."""
    return place


def left_in(path: str, values: Sequence[bytes]) -> set[bytes]:
    """Which of these values lie in a file of a store; of one on a server only its own files can be looked at."""
    with open_recorded(path) as store:
        folder = store.path
    return held_on_disk(folder, values)


def bring(store: Store, ids: Sequence[str], subject: Subject, at_utc: str = LONG_AGO) -> int:
    """Gather findings into the case of a subject; gives its number."""
    with record(store, at_utc=at_utc) as page:
        gather(page, [(one, Facts(subject=subject, ip="192.0.2.77", original_name="pier.jpg")) for one in ids])
    return next(events[0].case for events in list_cases(store) if events[0].subject == subject)


def step(store: Store, case_id: int, kind: EventKind, at_utc: str = LONG_AGO, **values: str) -> None:
    """Record what somebody does."""
    add_case_event(store, case_id, kind, values={"by": "Ann", **values}, check=lambda *_: None, at_utc=at_utc)


def end(store: Store, case_id: int, at_utc: str = LONG_AGO) -> None:
    """Hand a case to an authority, and end it."""
    step(store, case_id, EventKind.FORWARDED, at_utc, text="State police, 2020-17")
    step(store, case_id, EventKind.CLOSED, at_utc, outcome="reported", text="with the police")


@pytest.fixture
def cases(path: str) -> tuple[int, int]:
    """Two cases that ended long ago and share a finding; the first holds another one alone, and has been exported."""
    with open_recorded(path) as store:
        own, shared = found(store, {"harbour": [match("known")], "both": [match("known")]}, number=1, at_utc=LONG_AGO)
        record_verdicts(store, [own], Decision.CONFIRMED, by="Ann", reason="compared", at_utc=LONG_AGO)
        first, second = bring(store, [own, shared], ACCOUNT), bring(store, [shared], OTHER)
        record_case_export(
            store, first, form="csv", sha256=bytes(32), path="/mnt/export-7f", by="Ann", reason="asked", at_utc=LONG_AGO
        )
        for case_id in (first, second):
            end(store, case_id)
    announced = announce_view(path, own, by="Ann", asked_by="Bob", reason="the court asks for it")
    record_view(path, announced.id, by="Ann", extent="whole")
    return first, second


def ids_of(path: str) -> list[str]:
    """Locators of all findings that are left."""
    with open_recorded(path) as store:
        return sorted(str(one.locator) for one in list_findings(store))


@on_both
def test_two_persons_erase_a_case_and_the_ledger_stays_whole(path: str, cases: tuple[int, int]) -> None:
    """What the records said leaves every file of the store; what is in another case stays; all of it verifies."""
    first, second = cases
    proposed = propose_erasure(path, first, **WHY)
    gone = approve_erasure(path, proposed.id, **SECOND)
    assert (gone.erased.findings, gone.erased.staying, gone.is_off_disk) == (1, 1, True)
    assert ids_of(path) == ["both"]
    values = [b"harbour-4711", b"/mnt/export-7f", b"the court asks for it"]
    assert left_in(path, values) == set()
    with open_recorded(path) as store:
        assert [events[0].case for events in list_cases(store)] == [second]
    verified = verify(path)
    assert verified.records is not None
    assert verified.records.erased == gone.erased.records
    assert [one.case.id for one in list_clocks(path)] == [second]


@pytest.mark.parametrize(
    "name", ["D. Okafor", "d okafor", " OKAFOR, D ", "D. \u00d3kafor", "D.\u200dOkafor", "d.okafor"]
)
def test_nobody_approves_what_they_proposed(path: str, cases: tuple[int, int], name: str) -> None:
    """However the name is spelled: in other letters, with accents, turned round, or with marks that nobody sees."""
    proposed = propose_erasure(path, cases[0], **WHY)
    with pytest.raises(UsageError, match="may be the same person"):
        approve_erasure(path, proposed.id, by=name, reason="checked")
    assert ids_of(path) == ["both", "harbour"]


@on_both
def test_a_hold_beats_a_proposal_and_an_approval(path: str, cases: tuple[int, int]) -> None:
    """On the case or on a finding of it, set before or in between; once it is lifted the proposal still stands."""
    first, _ = cases
    proposed = propose_erasure(path, first, **WHY)
    with open_recorded(path) as store:
        finding = next(one.id for one in list_findings(store) if str(one.locator) == "both")
    for held in ({"case": first}, {"finding": finding}):
        hold = set_hold(path, **held, by="Court", reason="an order")
        assert next(one.clock.holds for one in list_clocks(path) if one.case.id == first) == (hold.act.id,)
        with pytest.raises(HeldError, match=f"hold {hold.act.id}"):
            approve_erasure(path, proposed.id, **SECOND)
        with pytest.raises(HeldError):
            propose_erasure(path, first, **WHY)
        lift_hold(path, hold.act.id, by="Court", reason="over")
    assert approve_erasure(path, proposed.id, **SECOND).erased.findings == 1
    verify(path)


def test_a_proposal_is_settled_once(path: str, cases: tuple[int, int]) -> None:
    """There is one at a time; what was taken back or carried out is not approved, nor what is no proposal."""
    first, second = cases
    proposed = propose_erasure(path, first, **WHY)
    with pytest.raises(UsageError, match="is proposed already"):
        propose_erasure(path, first, **SECOND)
    withdraw_erasure(path, proposed.id, **WHY)
    with pytest.raises(UsageError, match="no proposal to erase that waits"):
        approve_erasure(path, proposed.id, **SECOND)
    again = propose_erasure(path, first, **WHY)
    approve_erasure(path, again.id, **SECOND)
    for number in (again.id, first, second):
        with pytest.raises(UsageError):
            approve_erasure(path, number, **SECOND)


def test_what_moved_since_it_was_proposed_is_not_erased(path: str, cases: tuple[int, int]) -> None:
    """Whoever approves knows the case that was proposed: a step of anybody in between takes the ground from it."""
    proposed = propose_erasure(path, cases[0], **WHY)
    with open_recorded(path) as store:
        step(store, cases[0], EventKind.NOTED, text="the police ask for it")
    with pytest.raises(UsageError, match="has moved since it was proposed"):
        approve_erasure(path, proposed.id, **SECOND)


def test_nothing_goes_before_its_time(path: str) -> None:
    """Not what is open, nor what was reported yesterday; what was cleared is due at once; a period counts for all."""
    with open_recorded(path) as store:
        ids = found(store, {name: [match("known")] for name in "abc"}, number=1, at_utc=LONG_AGO)
        numbers = [bring(store, [one], Subject(SubjectKind.ACCOUNT, one[:8]), "2026-01-01T00:00:00Z") for one in ids]
        end(store, numbers[1], "2026-11-01T00:00:00Z")
        step(store, numbers[2], EventKind.CLOSED, "2026-11-01T00:00:00Z", outcome="cleared", text="a test card")
    stages = {one.case.id: (one.clock.stage.value, one.clock.until_utc) for one in list_clocks(path)}
    cleared, kept = "2026-11-01T00:00:00Z", "2027-11-01T00:00:00Z"
    assert [stages[number] for number in numbers] == [("open", None), ("running", kept), ("due", cleared)]
    for number, said in ((numbers[0], "is open"), (numbers[1], f"is kept until {kept}")):
        with pytest.raises(UsageError, match=said):
            propose_erasure(path, number, **WHY)
    propose_erasure(path, numbers[2], **WHY)
    with pytest.raises(UsageError, match="fewer than 365"):
        set_period(path, 30, by="A", reason="why")
    set_period(path, 3_650, by="A", reason="ten years by law")
    set_period(path, 1, is_shorter_meant=True, by="A", reason="a day by law")
    assert read_period(path)[0] == 1
    assert propose_erasure(path, numbers[1], **WHY).case == numbers[1]


def test_what_shall_still_leave_is_not_erased(path: str, cases: tuple[int, int]) -> None:
    """A letter that waits keeps its case whole: nothing of it is gone when it is refused."""
    with open_recorded(path) as store:
        own = next(one.id for one in list_findings(store) if str(one.locator) == "harbour")
        letter = Letter(kind="feedback", channel="known", target="e", finding=own, content={}, by="Ann")
        queue_letters(store, [letter], at_utc=LONG_AGO)
    proposed = propose_erasure(path, cases[0], **WHY)
    with pytest.raises(UsageError, match="shall still leave"):
        approve_erasure(path, proposed.id, **SECOND)
    assert ids_of(path) == ["both", "harbour"]
    verify(path)


def file_it(store: Store, case_id: int, finding: str, channel: str, at_utc: str) -> None:
    """Report a case, to its receipt."""
    decide_filing(
        store,
        case_id,
        channel=channel,
        report='{"about": "harbour-4711"}',
        files=[FilingFile(finding=finding, details="{}")],
        by="Ann",
        reason="known",
        at_utc=at_utc,
    )
    claim = claim_next(store, kind="filing", channel=channel, lease_s=600, at_utc=at_utc)
    assert claim is not None
    for call, report_id in (("submit", 7), ("finish", None)):
        step_id = begin_step(store, claim, call, None, lease_s=600, at_utc=at_utc)
        end_step(store, step_id, Answered(outcome="done", at_utc=at_utc, status=200, report_id=report_id))
    settle(store, claim, Sending.ACCEPTED, status=200, answer="7", again_in_s=0, at_utc=at_utc)


def test_time_runs_from_the_newest_receipt(path: str, cases: tuple[int, int]) -> None:
    """What an authority answers last starts the clock anew; what a test system answers does not."""
    first, _ = cases
    with open_recorded(path) as store:
        own = next(one.id for one in list_findings(store) if str(one.locator) == "harbour")
        file_it(store, first, own, "cybertipline-test", "2026-11-20T00:00:00Z")
    assert next(one.clock.stage for one in list_clocks(path) if one.case.id == first) == "due"
    with open_recorded(path) as store:
        file_it(store, first, own, "cybertipline", "2026-11-21T00:00:00Z")
    clock = next(one.clock for one in list_clocks(path) if one.case.id == first)
    assert (clock.stage, clock.from_utc, clock.until_utc) == (
        "running",
        "2026-11-21T00:00:00Z",
        "2027-11-21T00:00:00Z",
    )


@on_both
def test_what_was_filed_goes_with_its_case(path: str, cases: tuple[int, int]) -> None:
    """Report, calls and answers leave the files of the store, and what is left verifies."""
    first, _ = cases
    with open_recorded(path) as store:
        own = next(one.id for one in list_findings(store) if str(one.locator) == "harbour")
        file_it(store, first, own, "cybertipline", "2021-11-21T00:00:00Z")
    approve_erasure(path, propose_erasure(path, first, **WHY).id, **SECOND)
    assert left_in(path, [b"harbour-4711"]) == set()
    verify(path)


@on_both
def test_kept_contents_go_with_their_keys(path: str, cases: tuple[int, int]) -> None:
    """The key leaves every file of the store, and the file goes; what is kept of a finding in another case stays."""
    set_preserving(path, is_on=True, **WHY)
    with open_recorded(path) as store:
        ids = [one.id for one in list_findings(store)]
        assert {one.reason for one in preserve(store, list(list_findings(store)), reread())} == {None}
        wrapped = {one.finding_id: one.wrapped_key for one in preserved_of(store, ids).values()}
        own = next(one.id for one in list_findings(store) if str(one.locator) == "harbour")
    assert left_in(path, [wrapped[own]]) == ({wrapped[own]} if "://" not in path else set())
    gone = approve_erasure(path, propose_erasure(path, cases[0], **WHY).id, **SECOND)
    with open_recorded(path) as store:
        assert (len(gone.erased.files), len(list((store.path / "contents").iterdir()))) == (1, 1)
    assert left_in(path, [wrapped[own]]) == set()
    assert verify(path).contents == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM custody_acts WHERE kind = 'erasure_proposed'",
        "DELETE FROM case_events WHERE id = (SELECT max(id) FROM case_events)",
        "UPDATE findings SET state = 'deleted'",
        "UPDATE custody_acts SET done_by = 'M. Silva' WHERE kind = 'erasure_proposed'",
        "DELETE FROM openings WHERE n = (SELECT max(n) FROM openings)",
    ],
)
def test_any_other_loss_is_noticed_after_an_erasure(path: str, cases: tuple[int, int], statement: str) -> None:
    """What nobody approved to erase is missed, the proposal and its reason among it."""
    approve_erasure(path, propose_erasure(path, cases[0], **WHY).id, **SECOND)
    verify(path)
    with open_recorded(path) as store, store.write() as connection:
        assert connection.execute(text(statement)).rowcount
    with pytest.raises(LedgerBrokenError):
        verify(path)


@on_both
def test_what_was_erased_cannot_be_put_back(path: str, cases: tuple[int, int]) -> None:
    """An event of an erased case is noticed, however true it is."""
    with open_recorded(path) as store, store.read() as connection:
        rows = select(case_events).where(case_events.c.case_id == cases[0])
        row = connection.execute(rows).mappings().first()
    assert row is not None
    approve_erasure(path, propose_erasure(path, cases[0], **WHY).id, **SECOND)
    with open_recorded(path) as store, store.write() as connection:
        connection.execute(insert(case_events).values(dict(row)))
    with pytest.raises(LedgerBrokenError, match="was erased"):
        verify(path)


_KILLED = """
import os, signal, sys
from unseen import store
from unseen.casework.custody.erasing import approve_erasure
from unseen.store.ledger import entries
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
{where} = die
approve_erasure(sys.argv[1], int(sys.argv[2]), by="M. Silva", reason="checked")
"""


@pytest.mark.parametrize(("where", "is_gone"), [("entries._erase_findings", False), ("store.empty_log", True)])
def test_an_erasure_that_is_killed_is_whole_or_nothing(
    path: str, cases: tuple[int, int], where: str, is_gone: bool
) -> None:
    """Killed among the rows, nothing of it happened; killed after them, the next command clears the log."""
    proposed = propose_erasure(path, cases[0], **WHY)
    script = [sys.executable, "-c", _KILLED.format(where=where), path, str(proposed.id)]
    done = subprocess.run(script, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    erase_expired(path)
    assert ids_of(path) == (["both"] if is_gone else ["both", "harbour"])
    verify(path)
    assert (left_in(path, [b"harbour-4711"]) == set()) is is_gone
    if not is_gone:
        approve_erasure(path, proposed.id, **SECOND)
        assert left_in(path, [b"harbour-4711"]) == set()


def test_only_the_desk_that_officers_read_starts_the_clock() -> None:
    """What custody takes for a report is what went to production; no test and no rehearsal counts."""
    assert {PRODUCTION.channel} == erasing._REPORTING
