"""What a report that has arrived means for its case."""

from pathlib import Path

import pytest
from tests.stores import on_both
from tests.unit.casework.filing.filings import decide_case, furnish, start, working
from tests.unit.found import found, match

from unseen.casework.cases.verbs import act, show_case
from unseen.casework.filing.sending.listing import show_filing
from unseen.casework.filing.sending.working import send
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import UsageError
from unseen.model import CaseOutcome, EventKind, Facts
from unseen.store import record
from unseen.store.cases import gather

LATER = "2026-11-23T09:00:00Z"


@on_both
def test_what_came_after_the_decision_still_has_to_be_reported(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filing covers what it holds: the case waits on until a later finding was reported, or cleared, too."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    store = furnish(tmp_path, place=place)
    filing = decide_case(tmp_path, store)
    case = show_filing(store, filing).filing.case
    with open_recorded(store) as opened:
        (later,) = found(opened, {"later.jpg": [match("known")]}, number=99, at_utc=LATER)
        with record(opened, at_utc=LATER) as page:
            gather(page, [(later, Facts(subject=show_case(store, case).case.subject))])
    with start() as line:
        list(send(store, working(tmp_path, line)))
    account = show_case(store, case)
    assert len(account.case.forwarded) == 1
    assert account.case.untold_since_utc == LATER
    assert account.case.next_action == "report what this filing does not hold: findings, 1"
    with pytest.raises(UsageError, match="came after it was forwarded"):
        act(store, case, EventKind.CLOSED, by="Ann", text="done", outcome=CaseOutcome.REPORTED)
    verify(store)
