"""`unseen recheck`: what it compares, what it leaves out because it was compared, and what it cannot see."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sqlalchemy import select
from tests.unit.casework.evidence import nearby
from tests.unit.rechecks import NOW, keep_items, put_file, sync
from tests.unit.stand_ins import PICTURE, hash_content

from unseen.casework.bundles import rerun, write_bundle
from unseen.casework.findings import decide
from unseen.casework.kept import rechecking
from unseen.casework.kept.erasing import erase_of_scans
from unseen.casework.kept.rechecking import (
    Changed,
    Fallen,
    Gone,
    ReadAgain,
    RecheckSettings,
    RecheckSummary,
    run_recheck,
)
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.casework.reporting import write_report
from unseen.errors import ListError
from unseen.model import Decision, Entry, Frame, Gathered, InNoCase, ItemHashes, ListPolicy, Retention, VideoMode
from unseen.store import cases_of_findings, list_cases, open_store, read_scan, set_policy
from unseen.store.schema import items, scans

ITEM = hash_content(PICTURE + b"a")
OTHER = hash_content(PICTURE + b"b")
Told = list[Changed | Fallen | ReadAgain | Gone | Gathered | InNoCase | RecheckSummary]


def digest(name: str, hashes: ItemHashes) -> Entry:
    """An entry that is the MD5 of an item."""
    assert hashes.md5 is not None
    return Entry(name, "md5", hashes.md5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a list and a scan of two pictures that match nothing in it."""
    with open_recorded(tmp_path / "store") as store:
        sync(store, "live", {"far": (("md5", bytes(16)),)})
        keep_items(store, {"a": ITEM, "b": OTHER}, number=1)
    return tmp_path / "store"


def recheck(path: Path, threshold_bits: int = 31) -> tuple[Told, RecheckSummary]:
    """Run it; gives the rows that it told, and the summary."""
    *told, summary = run_recheck(RecheckSettings(store=str(path), threshold_bits=threshold_bits))
    assert isinstance(summary, RecheckSummary)
    return told, summary


def names(told: Told) -> list[tuple[str, bool]]:
    """Places of the findings, and whether they are new."""
    return [(str(one.finding.locator), one.is_new) for one in told if isinstance(one, Changed)]


def first_scan(path: Path) -> int:
    """Number of the scan that the store was made with."""
    with open_store(path) as store, store.read() as connection:
        return int(connection.execute(select(scans.c.id).order_by(scans.c.id)).scalars().all()[0])


def add(path: Path, name: str, *entries: Entry) -> None:
    """Put a list from a file into the store."""
    with open_recorded(path) as store:
        put_file(store, name, entries)


def test_what_was_compared_is_not_compared_again(path: Path) -> None:
    """Neither what the scan had, nor what a recheck had since; only what came is looked at, and found once."""
    assert recheck(path)[1].entries_changed == 0
    with open_recorded(path) as store:
        assert ITEM.md5 is not None
        sync(store, "live", {"new": (("md5", ITEM.md5), ("md5", bytes(range(16))))})
    told, summary = recheck(path)
    assert (names(told), summary.entries_changed, summary.rechecked) == ([("a", True)], 2, 2)
    told, summary = recheck(path)
    assert (told, summary.entries_changed, summary.rechecked) == ([], 0, 0)


def test_what_was_compared_with_less_is_compared_again(path: Path) -> None:
    """A larger threshold, another policy, and another version of the program make whole lists new."""
    assert recheck(path)[1].entries_changed == 0
    assert recheck(path, threshold_bits=40)[1].entries_changed == 1
    assert recheck(path)[1].entries_changed == 0
    with open_recorded(path) as store:
        set_policy(store, "live", ListPolicy(near_bits=20), by="D. Okafor", reason="ours", at_utc=NOW)
    assert [recheck(path)[1].entries_changed for _ in range(2)] == [1, 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rechecking, "version", lambda _: "another")
        assert [recheck(path)[1].entries_changed for _ in range(2)] == [1, 0]


def test_a_scan_that_goes_on_beside_a_recheck_is_not_covered_by_it(path: Path) -> None:
    """What it adds later was compared with the lists that it began with, and no others."""
    with open_recorded(path) as store, store.write() as connection:
        connection.execute(scans.update().values(finished_at_utc=None))
    add(path, "new", digest("e", ITEM))
    assert [recheck(path)[1].entries_changed for _ in range(2)] == [1, 1]


def test_a_larger_threshold_keeps_what_it_found(path: Path) -> None:
    """A recheck with a smaller one does not say that a finding lost its ground."""
    assert ITEM.pdq is not None
    add(path, "near", Entry("e", "pdq", nearby(ITEM.pdq, 40)))
    assert names(recheck(path, threshold_bits=50)[0]) == [("a", True)]
    assert recheck(path)[0] == []


def test_what_is_gone_is_counted_and_never_called_clean(path: Path) -> None:
    """By scan: what was never kept, and what is erased."""
    with open_recorded(path) as store:
        unkept = keep_items(store, {"c": hash_content(b"c")}, number=2, retention=Retention(0))
    add(path, "new", digest("e", ITEM), digest("f", hash_content(b"c")))
    (first,) = [one.scan for one in erase_of_scans(str(path), [first_scan(path)], by="D. Okafor", reason="returned")]
    told, summary = recheck(path)
    assert told == [Gone(first, never_kept=0, erased=2), Gone(unkept, never_kept=1, erased=0)]
    assert (summary.never_kept, summary.erased, summary.findings) == (1, 2, 0)


def test_a_finding_of_a_recheck_outlives_the_hashes_of_its_scan(path: Path, tmp_path: Path) -> None:
    """Its item is copied with it: it can be reported, given away and matched again when the scan's hashes are gone."""
    add(path, "new", digest("e", ITEM))
    told, summary = recheck(path)
    erase_of_scans(str(path), [first_scan(path)], by="D. Okafor", reason="returned")
    assert recheck(path)[1].items_gone == 0
    reports = write_report(str(path), folder=str(tmp_path / "reports"), scan_id=summary.scan)
    assert reports[0].scan == summary.scan
    write_bundle(str(path), folder=str(tmp_path / "bundle"), scan_id=summary.scan)
    assert rerun(str(tmp_path / "bundle"), store=str(path)).holds
    assert len(names(told)) == 1
    assert verify(str(path)).records is not None


def test_the_newest_scan_is_no_recheck(path: Path) -> None:
    """Reports are about scans, unless somebody asks for a recheck by its number."""
    summary = recheck(path)[1]
    with open_store(path) as store:
        assert read_scan(store).id != summary.scan
        assert read_scan(store, summary.scan).id == summary.scan


def test_a_finding_without_ground_waits_for_a_decision(path: Path) -> None:
    """A decision of before counts for nothing: it was made by what is gone."""
    add(path, "new", digest("e", ITEM))
    changed, gathered = recheck(path)[0]
    assert isinstance(changed, Changed)
    assert isinstance(gathered, Gathered)
    decide(str(path), [changed.finding.id], Decision.CONFIRMED, by="D. Okafor", reason="seen")
    add(path, "new", digest("e", hash_content(b"else")))
    for open_ones in (1, 1):
        told, summary = recheck(path)
        assert [type(one) for one in told] == [Fallen]
        assert summary.fallen_open == open_ones
    decide(str(path), [changed.finding.id], Decision.CLEARED, by="D. Okafor", reason="withdrawn")
    told, summary = recheck(path)
    assert (len(told), summary.fallen_open) == (1, 0)


def test_a_finding_whose_item_is_gone_is_told(path: Path) -> None:
    """Nobody can say whether it still holds."""
    add(path, "new", digest("e", ITEM))
    recheck(path)
    with open_recorded(path) as store, store.write() as connection:
        connection.execute(items.delete().where(items.c.sha256 == ITEM.sha256))
    assert recheck(path)[1].items_gone == 1


def test_a_video_that_comes_near_is_to_be_read_again(path: Path) -> None:
    """Keyframes within the margin: a scan would look between them. One that was looked at throughout is not."""
    code = bytes(range(32))
    frames = tuple(Frame(n, float(n), nearby(code, 40), 100) for n in range(2))
    plain = replace(hash_content(b"v"), reason=None, vpdq=frames, video_mode=VideoMode.FAST)
    afar = replace(plain, vpdq=(Frame(0, 0.0, nearby(code, 60), 100),))
    with open_recorded(path) as store:
        held = {"fast": plain, "thorough": replace(plain, video_mode=VideoMode.THOROUGH), "afar": afar}
        keep_items(store, held, number=2)
    add(path, "new", Entry("e", "pdq", code))
    told, summary = recheck(path)
    assert [str(one.locator) for one in told if isinstance(one, ReadAgain)] == ["fast"]
    assert (summary.read_again, summary.findings) == (1, 0)


class PluggedIn:
    """A hasher as a licensee would plug it in."""

    signal, size_bytes, threshold = "house", 2, 1

    def hash_pixels(self, pixels: npt.NDArray[np.uint8]) -> bytes | None:
        """Unused: nothing is decoded here."""
        raise NotImplementedError

    def distances(self, query: bytes, values: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Sum of differences."""
        apart = values.astype(np.int64) - np.frombuffer(query, np.uint8).astype(np.int64)
        return np.asarray(np.abs(apart).sum(axis=1), np.int64)


def test_hashes_of_a_plugged_in_hasher_are_kept_and_compared(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is still plugged in."""
    with open_recorded(path) as store:
        held = {"near": b"\x01\x02", "far": b"\x09\x02"}
        for number, (name, value) in enumerate(held.items(), 2):
            hashes = replace(hash_content(name.encode()), extra=(("house", value),))
            keep_items(store, {name: hashes}, number=number)
    add(path, "new", Entry("e", "house", b"0103"))
    assert names(recheck(path)[0]) == []
    monkeypatch.setattr(rechecking, "load_hashers", lambda: (PluggedIn(),))
    assert names(recheck(path)[0]) == [("near", True)]


def test_a_recheck_of_a_store_without_lists_is_refused(path: Path) -> None:
    """There is nothing to compare with; findings would all seem to have lost their ground."""
    from unseen.casework.lists import remove_list

    remove_list(str(path), "live")
    with pytest.raises(ListError, match="holds no list"):
        recheck(path)


def test_a_recheck_holds_two_contents_of_one_place(path: Path) -> None:
    """Both are findings, each in a scan of its own, and both scans are finished."""
    with open_recorded(path) as store:
        keep_items(store, {"a": OTHER}, number=2)
    add(path, "new", digest("e", ITEM), digest("f", OTHER))
    told, summary = recheck(path)
    assert sorted(names(told)) == [("a", True), ("a", True), ("b", True)]
    with open_store(path) as store, store.read() as connection:
        assert None not in connection.scalars(select(scans.c.finished_at_utc)).all()
    assert recheck(path)[0] == []
    assert summary.findings == 3


def test_a_new_finding_comes_into_the_case_of_its_scan(path: Path) -> None:
    """That of the subject that the scan was told, else of its source, here a list of paths; and it stays there."""
    with open_recorded(path) as store:
        keep_items(store, {"c": hash_content(b"c")}, number=2, subject="account:7")
    add(path, "new", digest("e", ITEM), digest("f", hash_content(b"c")))
    told = recheck(path)[0]
    ids = {str(one.finding.locator): one.finding.id for one in told if isinstance(one, Changed)}
    with open_store(path) as store:
        cases = cases_of_findings(store, list(ids.values()))
        subjects = {str(events[0].subject) for events in list_cases(store)}
    assert {name: len(cases[ids[name]]) for name in ("a", "c")} == {"a": 1, "c": 1}
    assert subjects == {"source:-", "account:7"}
    add(path, "more", digest("g", ITEM))
    assert names(recheck(path)[0]) == [("a", False)]
    with open_store(path) as store:
        assert cases_of_findings(store, list(ids.values())) == cases
