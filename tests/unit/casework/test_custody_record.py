"""The custody record of a case: who had what in hand, in the order of the ledger, and nothing left out."""

from pathlib import Path

import pytest
from sqlalchemy import select
from tests.unit.casework.contents import reread
from tests.unit.casework.stores import furnish
from tests.unit.found import found, match

from unseen.casework.cases.verbs import act
from unseen.casework.custody.holds import set_hold
from unseen.casework.custody.preserving import open_content, preserve, set_preserving
from unseen.casework.custody.record import read_custody, state
from unseen.casework.custody.views import announce_view, record_view
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import Decision, EventKind, Facts, Subject, SubjectKind
from unseen.store import list_cases, list_findings, open_store, record, record_case_export, record_verdicts
from unseen.store.cases import gather
from unseen.store.schema import case_events, custody_acts, filing_steps, filings

NOW = "2026-11-23T12:00:00Z"
WHY = {"by": "D. Okafor", "reason": "by law"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the store is."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    return str(tmp_path / "store")


def make_case(path: str) -> tuple[int, str]:
    """A case with one finding beside another case; gives its number and the id of its finding."""
    with open_recorded(path) as store:
        own, other = found(store, {"harbour": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
        with record(store, at_utc=NOW) as page:
            gather(page, [(own, Facts(subject=Subject(SubjectKind.ACCOUNT, "7")))])
            gather(page, [(other, Facts(subject=Subject(SubjectKind.ACCOUNT, "8")))])
        ((first, *_), _) = list_cases(store)
        record_verdicts(store, [other], Decision.CLEARED, by="Other", reason="of the other case", at_utc=NOW)
    return first.case, own


def test_everything_that_was_done_is_told_in_order(path: str) -> None:
    """Statements, hand-offs, verdicts, views, contents kept and opened, holds and exports; nothing of another case."""
    case_id, finding = make_case(path)
    state(path, case_id, {"examiner": "D. Okafor", "exhibit": "JD/1", "basis": "warrant 88"}, by="D. Okafor")
    state(path, case_id, {"exhibit": "JD/2", "examiner": None, "basis": None}, by="D. Okafor")
    act(path, case_id, EventKind.TAKEN, by="D. Okafor")
    for to, answer in (("Bob", EventKind.DECLINED), ("M. Silva", EventKind.ACCEPTED)):
        act(path, case_id, EventKind.OFFERED, by="D. Okafor", to=to, text="leave")
        act(path, case_id, answer, by=to, text="no time" if to == "Bob" else None)
    record_view(path, announce_view(path, finding, asked_by="Court", **WHY).id, by="D. Okafor", extent="part")
    set_preserving(path, is_on=True, **WHY)
    with open_recorded(path) as store:
        one = next(each for each in list_findings(store) if each.id == finding)
        assert {tried.reason for tried in preserve(store, [one], reread(), **WHY)} == {None}
        with open_content(store, one, by="D. Okafor", reason="filing 7"):
            pass
        record_verdicts(store, [finding], Decision.CONFIRMED, by="Ann", reason="compared", at_utc=NOW)
        record_case_export(
            store, case_id, form="csv", sha256=bytes(32), path="/out", by="Ann", reason="asked", at_utc=NOW
        )
    hold = set_hold(path, case=case_id, by="Court", reason="an order")
    custody = read_custody(path, case_id)
    assert custody.stated == {"examiner": ("D. Okafor",), "exhibit": ("JD/1", "JD/2"), "basis": ("warrant 88",)}
    assert [(one.to, one.answer) for one in custody.hand_offs] == [("Bob", "declined"), ("M. Silva", "accepted")]
    assert custody.holds == (hold.act.id,)
    told = [line.what for line in custody.lines]
    steps = ["case_taken", "case_offered", "case_declined", "case_offered", "case_accepted"]
    later = ["view_announced", "viewed", "content_preserved", "content_opened", "finding_confirmed", "case_exported"]
    begun = ["scanned", "case_opened", "case_finding", "stated", "stated", "stated", "stated"]
    assert told == [*begun, *steps, *later, "held"]
    assert [line.record for line in custody.lines] == sorted(line.record for line in custody.lines)
    assert "of the other case" not in str(custody)


def test_the_record_of_a_case_with_everything_leaves_nothing_out(tmp_path: Path) -> None:
    """Each row of the tables about a case stands in its record: of events, acts, filings and the calls for them."""
    furnish(tmp_path / "store", tmp_path / "keys")
    with open_store(tmp_path / "store", read_only=True) as store, store.read() as connection:
        expected: set[int] = set()
        for table in (case_events, custody_acts, filings, filing_steps):
            expected.update(connection.scalars(select(table.c.id)))
        ((opened, *_),) = list_cases(store)
    assert expected <= {line.record for line in read_custody(str(tmp_path / "store"), opened.case).lines}


def test_nothing_is_stated_of_no_case(path: str) -> None:
    """A statement needs a case and something to state; a record needs a case that there is, or was."""
    case_id, _ = make_case(path)
    with pytest.raises(UsageError, match="nothing is stated"):
        state(path, case_id, {"examiner": None}, by="A")
    with pytest.raises(UsageError, match="there is no case 999"):
        state(path, 999, {"examiner": "A"}, by="A")
    with pytest.raises(UsageError, match="there is no case 999"):
        read_custody(path, 999)
