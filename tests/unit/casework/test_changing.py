"""Lists change, and what was found by them says so; what people have judged becomes a list."""

from pathlib import Path

import pytest
from tests.unit.found import found, match

from unseen.casework.findings import decide, list_findings, show_findings
from unseen.casework.known.changing import apply_pages, decide_entry, list_from_findings, show_entry
from unseen.casework.known.loading import load_known
from unseen.casework.lists import list_lists
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import ListError, UsageError
from unseen.model import (
    ChangePage,
    Decision,
    EntryDecision,
    ItemHashes,
    ListChange,
    ListClass,
    Mark,
    Opinion,
    Published,
    Stance,
    Status,
    Withdrawn,
)
from unseen.store import Change, erase, list_entries, open_store, stage_page

NOW = "2026-11-23T12:00:00Z"
CHANGE = Change(list_class=ListClass.CSAM, file_format="service", origin="a", at_utc=NOW)


def entry(name: str, number: int, *opinions: Opinion) -> Published:
    """An entry with one digest."""
    return Published(entry=name, publisher="p", hashes=(("sha256", bytes([number]) * 32),), opinions=opinions)


def sync(place: str, *changes: Published | Withdrawn) -> ListChange:
    """Apply one page."""
    with open_recorded(place) as store:
        stage_page(store, "live", ChangePage(changes=changes, checkpoint="1", is_last=True))
        return apply_pages(store, "live", CHANGE)


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A store with a list of a service, and three findings: by one entry, by another, and by both."""
    path = str(tmp_path / "store")
    sync(path, *(entry(f"e{number}", number) for number in range(5)))
    with open_recorded(path) as store:
        by_one, by_other = match("live", "e1"), match("live", "e2")
        found(store, {"a": [by_one], "b": [by_other], "c": [by_one, by_other]}, number=1, at_utc=NOW)
    return path


def resting(place: str) -> dict[str, str | None]:
    """Of each item, whether what it rests on was withdrawn."""
    return {str(finding.locator): finding.rests_on_withdrawn for finding in list_findings(place)}


def test_a_withdrawal_names_the_findings_that_it_touches(place: str) -> None:
    """Wholly where nothing else is left, partly where something is; the others are as they were."""
    assert resting(place) == {"a": None, "b": None, "c": None}
    change = sync(place, Withdrawn(entry="e1", publisher="p"))
    assert change.findings == 2
    assert resting(place) == {"a": "wholly", "b": None, "c": "partly"}
    assert {str(one.locator) for one in list_findings(place, marked=Mark.WITHDRAWN)} == {"a", "c"}
    ((shown, _), *_) = show_findings(place, [one.id for one in list_findings(place, marked=Mark.WITHDRAWN)])
    assert Mark.WITHDRAWN in shown.matches[0].marks_now


def test_a_hash_that_comes_back_or_only_changes_its_label_accuses_as_before(place: str) -> None:
    """What counts is whether the hash stands, not in which row."""
    sync(place, Withdrawn(entry="e1", publisher="p"))
    sync(place, entry("e1", 1, Opinion("m", Stance.FOR)))
    assert resting(place) == {"a": None, "b": None, "c": None}


def test_an_entry_with_another_hash_no_longer_carries_what_its_old_hash_found(place: str) -> None:
    """A corrected entry is a withdrawn hash; what the new one finds rests on the new one."""
    change = sync(place, entry("e1", 77))
    assert (change.replaced, change.findings) == (1, 2)
    assert resting(place) == {"a": "wholly", "b": None, "c": "partly"}
    with open_recorded(place) as store:
        found(store, {"a": [match("live", "e1")]}, number=2, at_utc=NOW)
    assert resting(place)["a"] is None


def test_a_dispute_reaches_what_was_found_before_it(place: str) -> None:
    """Past findings say so, and are found by it."""
    sync(place, entry("e2", 2, Opinion("m", Stance.AGAINST)))
    assert {str(one.locator) for one in list_findings(place, marked=Mark.DISPUTED)} == {"b", "c"}
    assert resting(place) == {"a": None, "b": None, "c": None}


def test_a_person_quarantines_and_releases(place: str) -> None:
    """Past findings say so; the history names everybody, and the store verifies."""
    has_changed, account = decide_entry(place, "live", "e1", EntryDecision.QUARANTINED, by="D. Okafor", reason="a logo")
    assert (has_changed, account.marks) == (True, (Mark.QUARANTINED,))
    assert {str(one.locator) for one in list_findings(place, marked=Mark.QUARANTINED)} == {"a", "c"}
    decide_entry(place, "live", "e1", EntryDecision.RELEASED, by="A. Berg", reason="no logo")
    assert [one.by for one in show_entry(place, "live", "e1").decisions] == ["D. Okafor", "A. Berg"]
    assert list(list_findings(place, marked=Mark.QUARANTINED)) == []
    with pytest.raises(UsageError):
        decide_entry(place, "live", "e1", EntryDecision.QUARANTINED, by=" ", reason="a logo")
    with pytest.raises(ListError):
        show_entry(place, "live", "e9")
    verify(place)


def judge(place: str, decision: Decision) -> list[str]:
    """Decide about the first two findings."""
    ids = [finding.id for finding in list_findings(place)][:2]
    decide(place, ids, decision, by="D. Okafor", reason="seen")
    return ids


def test_a_list_of_cleared_hashes_is_made_of_cleared_findings(place: str) -> None:
    """Digests, and PDQs of use, under the finding's id; it shows beside later matches, and reopens no verdict."""
    ids = judge(place, Decision.CLEARED)
    made = list_from_findings(place, "wrong", by="D. Okafor", reason="seen", list_class="cleared")
    assert (made.change.added, dict(made.left_out)) == (2, {})
    with open_store(place, read_only=True) as store:
        entries = list(list_entries(store, "wrong"))
        assert {one.entry for one in entries} == set(ids)
        assert {one.signal for one in entries} == {"sha256", "sha1", "md5"}
        assert {one.labels[0].scheme for one in entries} == {"unseen.verdict"}
        digest = next(bytes(one.value) for one in entries if (one.entry, one.signal) == (ids[0], "sha256"))
        matcher = load_known(store, []).matcher(31)
        [matches] = matcher.match([ItemHashes(size_bytes=1, sha256=digest, sha1=None, md5=None)])
    assert [(one.list, one.entry, one.marks, one.ground) for one in matches] == [
        ("wrong", ids[0], (Mark.CLEARED,), None)
    ]
    assert not matcher.is_finding(matches)
    with open_recorded(place) as store:
        (first, *_) = list_findings(place)
        known = [*first.matches, match("wrong", ids[0])]
        found(store, {str(first.locator): known}, number=3, at_utc=NOW)
    assert next(iter(list_findings(place))).status is Status.CLEARED


def test_one_cleared_finding_is_added_to_what_was_cleared_before(place: str) -> None:
    """Naming findings adds these; naming none makes the list anew, and what was reopened is withdrawn."""
    first, second = judge(place, Decision.CLEARED)
    for finding_id, count in ((first, 3), (second, 6)):
        made = list_from_findings(
            place, "wrong", by="D. Okafor", reason="seen", list_class="cleared", ids=[finding_id[:8]]
        )
        assert made.change.entries_after == count
    decide(place, [first], Decision.REOPENED, by="D. Okafor", reason="not sure")
    made = list_from_findings(place, "wrong", by="D. Okafor", reason="seen", list_class="cleared")
    assert (made.change.withdrawn, made.change.unchanged) == (1, 1)


def test_a_list_of_class_csam_is_made_of_findings_of_such_lists_only(place: str) -> None:
    """Whoever confirms what users reported, or what nobody knows the list of, has not made a csam list of it."""
    judge(place, Decision.CONFIRMED)
    made = list_from_findings(place, "ours", by="D. Okafor", reason="seen")
    assert (made.change.entries_after, dict(made.left_out)) == (0, {"not_csam": 2})
    assert {info.name: info.list_class for info in list_lists(place)}["ours"] is ListClass.CSAM


def test_the_name_of_another_list_is_not_taken(place: str) -> None:
    """A list of a service is not written over by what was judged here."""
    judge(place, Decision.CONFIRMED)
    with pytest.raises(ListError, match="format"):
        list_from_findings(place, "live", by="D. Okafor", reason="seen")
    with pytest.raises(UsageError):
        list_from_findings(place, "ours", by="D. Okafor", reason="seen", list_class="known_file")


def test_provenance_outlives_the_erasure_of_where_a_change_came_from(place: str) -> None:
    """What was erased is said to be unknown; the entry is not."""
    with open_recorded(place) as store:
        erase(store, [show_entry(place, "live", "e1").version], reason="over", at_utc=NOW)
    (row,) = show_entry(place, "live", "e1").rows
    assert (row.added.origin, row.added.at_utc) == (None, NOW)
    verify(place)


def test_what_found_nothing_goes_without_touching_anything(place: str) -> None:
    """A change touches what was found by it, however many entries went beside."""
    sync(place, *(entry(f"x{number}", number) for number in range(30)))
    gone = (Withdrawn(entry=f"x{number}", publisher="p") for number in range(25))
    change = sync(place, *gone, Withdrawn(entry="e2", publisher="p"))
    assert (change.withdrawn, change.findings) == (26, 2)
