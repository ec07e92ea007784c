"""What comes to be known between a decision and its sending: it waits for a person, whatever the clock says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.casework.filing.filings import CONTENTS, decide_case, found, furnish, only_case, start, working

from unseen.casework.cases.verbs import show_case
from unseen.casework.filing.sending.deciding import turn
from unseen.casework.filing.sending.working import send
from unseen.casework.findings import decide as decide_findings
from unseen.casework.known.changing import apply_pages
from unseen.casework.proof.recording import open_recorded
from unseen.filing.rehearsal import RehearsalServer
from unseen.model import ChangePage, Decision, ListClass, Published, Withdrawn
from unseen.store import Change, Sending, stage_page

CHANGE = Change(
    list_class=ListClass.CSAM, file_format="text", origin="a service", at_utc="2026-11-23T08:00:00Z", by="M. Silva"
)
ENTRY = Published(entry="entry", publisher=None, hashes=(("sha256", b"e" * 32),))


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing keys beside the store."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))


@pytest.fixture
def line() -> Iterator[RehearsalServer]:
    """A desk without faults."""
    with start() as server:
        yield server


def furnish_listed(folder: Path) -> str:
    """A store with one case of two files, found by an entry that its list had before."""
    store = furnish(folder)
    change(store, ENTRY)
    with open_recorded(store) as opened:
        for number, (name, content) in enumerate(CONTENTS.items(), start=9):
            found(opened, str(folder / "held" / "account0" / name), content, number)
    return store


def change(store: str, *changes: Published | Withdrawn) -> None:
    """Have the list on which all findings rest change."""
    with open_recorded(store) as opened:
        stage_page(opened, "known", ChangePage(changes=changes, checkpoint="1", is_last=True))
        apply_pages(opened, "known", CHANGE)


def test_what_its_publisher_took_back_since_waits(tmp_path: Path, line: RehearsalServer) -> None:
    """Nothing leaves that rests on such entries alone, until a person has looked; then it goes."""
    store = furnish_listed(tmp_path)
    filing = decide_case(tmp_path, store)
    change(store, Withdrawn(entry="entry", publisher=None))
    (worked,) = list(send(store, working(tmp_path, line)))
    assert (worked.outcome, line.desk.opened) == (Sending.WAITS, 0)
    assert "was withdrawn after that was decided" in worked.why
    turn(store, filing, "go_on", by="D. Okafor", reason="asked the publisher")
    (worked,) = list(send(store, working(tmp_path, line)))
    assert (worked.outcome, len(line.desk.filed)) == (Sending.ACCEPTED, 1)


def test_what_a_person_confirmed_goes_whatever_was_taken_back(tmp_path: Path, line: RehearsalServer) -> None:
    """The verdict stands on more than the entry."""
    store = furnish_listed(tmp_path)
    ids = [finding.id for finding in show_case(store, only_case(store)).findings]
    decide_findings(store, ids, Decision.CONFIRMED, by="M. Silva", reason="known from another case")
    decide_case(tmp_path, store)
    change(store, Withdrawn(entry="entry", publisher=None))
    (worked,) = list(send(store, working(tmp_path, line)))
    assert worked.outcome is Sending.ACCEPTED


def test_a_clock_that_is_behind_hides_no_verdict(
    tmp_path: Path, line: RehearsalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was cleared after the decision waits, although its record bears an earlier date."""
    store = furnish(tmp_path)
    ids = [finding.id for finding in show_case(store, only_case(store)).findings]
    decide_case(tmp_path, store)
    monkeypatch.setattr("unseen.casework.findings.now_utc", lambda: "2001-01-01T00:00:00Z")
    decide_findings(store, ids[:1], Decision.CLEARED, by="M. Silva", reason="another picture")
    (worked,) = list(send(store, working(tmp_path, line)))
    assert (worked.outcome, line.desk.opened) == (Sending.WAITS, 0)
