"""A rehearsal that is kept: the whole course, at a desk of our own."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.casework.filing.filings import decide_case, furnish, held, settings_for

from unseen.casework.cases.verbs import show_case
from unseen.casework.filing.sending.rehearsing import check_connection
from unseen.casework.filing.sending.working import Working, send
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.store import Sending, list_cases, receipts_of


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing keys beside the store."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))


def test_a_rehearsal_goes_to_the_receipt_and_nothing_has_been_reported(tmp_path: Path) -> None:
    """On a port of this machine: receipts of two rehearsals are told apart, and a case is as unreported as before."""
    store = furnish(tmp_path, cases=2)
    how = Working(settings=settings_for(tmp_path, "rehearsal"), kept=held())
    with pytest.raises(UsageError, match="the settings name the rehearsal"):
        list(send(store, replace(how, is_production=True)))
    with pytest.raises(UsageError, match="nothing to check"):
        check_connection(how.settings, is_production=False)
    with open_recorded(store) as opened:
        cases = [events[0].case for events in list_cases(opened)]
    receipts = []
    for case in cases:
        filing = decide_case(tmp_path, store, case, environment="rehearsal")
        (worked,) = list(send(store, how))
        assert (worked.filing, worked.outcome) == (filing, Sending.ACCEPTED)
        with open_recorded(store) as opened:
            receipts += receipts_of(opened, case)
        assert show_case(store, case).case.forwarded == ()
    assert {one.channel for one in receipts} == {"rehearsal"}
    assert len({one.report_id for one in receipts}) == 2
    decide_case(tmp_path, store, cases[0])
