"""`unseen findings`: who decides says who they are and why."""

from pathlib import Path

import pytest
from tests.unit.found import found, match

from unseen.casework.findings import decide, list_findings, show_findings
from unseen.casework.proof.recording import open_recorded
from unseen.errors import StoreError, UsageError
from unseen.model import Decision, Status

NOW = "2026-11-23T12:00:00Z"


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A store with two findings."""
    with open_recorded(tmp_path / "store") as store:
        found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    return str(tmp_path / "store")


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        ("", "why"),
        (" \t ", "why"),
        ("name", ""),
        ("name", "\n"),
        ("n" * 201, "why"),
        ("name", "w" * 4001),
        ("two\nlines", "why"),
        ("name", "a\x1b[2Jb"),
        ("name\udcff", "why"),
        ("name", "\u202eyhw"),
        ("name", "one\u2028two"),
    ],
)
def test_a_verdict_needs_a_name_and_a_reason(place: str, by: str, reason: str) -> None:
    """Empty, endless, or not what it looks like: refused, and nothing is recorded."""
    ids = [finding.id for finding in list_findings(place)]
    with pytest.raises(UsageError):
        decide(place, ids, Decision.CLEARED, by=by, reason=reason)
    assert [finding.verdict for finding in list_findings(place)] == [None, None]


def test_names_and_reasons_of_all_scripts_are_kept_as_given(place: str) -> None:
    """Joiners, which some scripts need, included; blanks around them are not part of them."""
    first, _ = [finding.id for finding in list_findings(place)]
    (decided,) = decide(place, [first], Decision.CONFIRMED, by=" علی‌رضا ", reason="同一文件 ")
    assert decided.verdict is not None
    assert (decided.verdict.by, decided.verdict.reason) == ("علی‌رضا", "同一文件")


def test_findings_are_told_apart_by_where_they_stand(place: str) -> None:
    """Open, confirmed, cleared: each finding is in exactly one of these lists."""
    first, second = [finding.id for finding in list_findings(place)]
    decide(place, [first], Decision.CLEARED, by="name", reason="why")
    standing = {status: [finding.id for finding in list_findings(place, status=status)] for status in Status}
    assert standing == {Status.OPEN: [second], Status.CONFIRMED: [], Status.CLEARED: [first]}
    ((finding, history),) = show_findings(place, [first[:6]])
    assert (finding.id, len(history)) == (first, 1)


def test_deciding_names_something_that_is_there(place: str, tmp_path: Path) -> None:
    """No finding at all, or no store, is refused; a store is not made by deciding in it."""
    with pytest.raises(UsageError):
        decide(place, [], Decision.CLEARED, by="name", reason="why")
    with pytest.raises(StoreError):
        decide(str(tmp_path / "none"), ["abcd"], Decision.CLEARED, by="name", reason="why")
    assert not (tmp_path / "none").exists()
