"""How matches of a list are weighed is a named person's to set, on record, and takes effect from the next scan on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.casework.evidence import Evidence, entries_for, make_evidence, put_list, scan_items

from unseen.casework.known.policies import set_policy, show_policy
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.casework.reporting import read_report
from unseen.errors import ListError, ThresholdError, UsageError
from unseen.model import Ground, ListClass, ListPolicy, Weight
from unseen.model.report import Stated
from unseen.store import ListOrigin, add_list, list_findings, open_store, remove_list

STRICT = {"near": "lead", "corroborated_by": []}
WHEN = "2026-11-23T12:00:00Z"


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """A store with a list, and findings by it."""
    return make_evidence(tmp_path)


def change(evidence: Evidence, changes: Mapping[str, Any] = STRICT, **options: Any) -> ListPolicy:
    """Set the policy of the list."""
    given = {"by": "D. Okafor", "reason": "as measured"} | options
    return set_policy(evidence.store, "known", changes, **given).policy


def grounds(store: str) -> dict[str, Ground | None]:
    """What each near match stands on, by its entry."""
    with open_store(store, read_only=True) as opened:
        return {
            match.entry: match.ground
            for finding in list_findings(opened)
            for match in finding.matches
            if match.signal == "pdq"
        }


def test_the_default_holds_until_somebody_sets_another(evidence: Evidence) -> None:
    """Nobody's name stands under it."""
    shown = show_policy(evidence.store, "known")
    assert (shown.policy, shown.history) == (ListPolicy(), ())


def test_what_is_not_named_stays_as_it_is(evidence: Evidence) -> None:
    """And every policy that ever held is kept, with who set it and why."""
    assert change(evidence, {"near_bits": 20}) == ListPolicy(near_bits=20)
    assert change(evidence, {"near": "lead"}) == ListPolicy(near_bits=20, near=Weight.LEAD)
    assert change(evidence, {"publisher": "X"}, anew=True, by="R. Silva") == ListPolicy(publisher="X")
    history = show_policy(evidence.store, "known").history
    assert [one.by for one in history] == ["D. Okafor", "D. Okafor", "R. Silva"]
    assert history[0].policy == ListPolicy(near_bits=20)
    verify(evidence.store)


def test_a_policy_takes_effect_from_the_next_scan_on(evidence: Evidence) -> None:
    """What was found before stands on what it stood on; a report names the policy of its own scan."""
    before = grounds(evidence.store)
    assert set(before.values()) == {Ground.NEAR_CORROBORATED}
    change(evidence)
    assert grounds(evidence.store) == before
    with open_recorded(evidence.store) as store:
        scan_items(store, key=bytes([2]) * 32)
    assert set(grounds(evidence.store).values()) == {Ground.LEAD}


def test_a_policy_outlives_the_entries_of_its_list(evidence: Evidence) -> None:
    """A list that is taken out and in again is weighed as before."""
    change(evidence, {"near_bits": 7})
    with open_recorded(evidence.store) as store:
        remove_list(store, "known", at_utc=WHEN)
        origin = ListOrigin("/lists/known", "jsonl", lambda: bytes(32))
        add_list(store, "known", [], list_class=ListClass.CSAM, origin=origin, at_utc=WHEN)
    assert show_policy(evidence.store, "known").policy == ListPolicy(near_bits=7)


@pytest.mark.parametrize(
    ("changes", "options", "error"),
    [
        ({"near_bits": 32}, {}, ThresholdError),
        ({"publisher": "two\nlines"}, {}, UsageError),
        (STRICT, {"by": " "}, UsageError),
        (STRICT, {"reason": ""}, UsageError),
    ],
)
def test_what_cannot_be_a_policy_is_refused(
    evidence: Evidence, changes: dict[str, Any], options: dict[str, str], error: type[Exception]
) -> None:
    """Nothing is on record then."""
    with pytest.raises(error):
        change(evidence, changes, **options)
    assert show_policy(evidence.store, "known").history == ()


def test_only_lists_that_can_accuse_have_a_policy(evidence: Evidence) -> None:
    """Matches of the others are leads, or nothing, whatever anybody sets."""
    with open_recorded(evidence.store) as store:
        origin = ListOrigin("/lists/reported", "jsonl", lambda: bytes(32))
        add_list(store, "reported", [], list_class=ListClass.USER_REPORTED, origin=origin, at_utc=WHEN)
    with pytest.raises(UsageError, match="of class user_reported, which no policy changes"):
        set_policy(evidence.store, "reported", STRICT, by="D. Okafor", reason="why")
    with pytest.raises(ListError):
        show_policy(evidence.store, "nothing")
    with pytest.raises(ListError):
        set_policy(evidence.store, "nothing", STRICT, by="D. Okafor", reason="why")


@pytest.mark.parametrize(
    ("file", "ground"), [(bytes(range(32)), Ground.LEAD), (bytes(32), Ground.NEAR_CORROBORATED)], ids=["same", "other"]
)
def test_one_file_under_two_names_is_one_source(evidence: Evidence, file: bytes, ground: Ground) -> None:
    """A list that was taken in twice does not corroborate itself; another list does."""
    with open_recorded(evidence.store) as store:
        put_list(store, "again", entries_for(), file=file)
    for name in ("known", "again"):
        asked = {"near": "lead", "corroborated_by": ["publisher"]}
        set_policy(evidence.store, name, asked, by="D. Okafor", reason="why")
    with open_recorded(evidence.store) as store:
        scan_items(store, key=bytes([2]) * 32)
    assert set(grounds(evidence.store).values()) == {ground}


def test_a_report_names_the_policy_of_its_scan(evidence: Evidence) -> None:
    """Not the one that holds when it is written."""
    change(evidence, {"near_bits": 7})
    with open_recorded(evidence.store) as store:
        scan_items(store, key=bytes([2]) * 32)
    change(evidence, {"near_bits": 8})
    with open_store(evidence.store, read_only=True) as store:
        reports = [read_report(store, scan, stated=Stated(), at_utc=WHEN) for scan in (None, 2)]
    assert [one.policy for report in reports for one in report.lists] == [ListPolicy(near_bits=7), ListPolicy()]
