"""A recheck gives, item for item, what a scan of the same items by the lists of today would give."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.rechecks import NOW, Drawing, fresh_matches, keep_items, put_file, sync

from unseen.casework.kept.rechecking import Changed, Fallen, RecheckSettings, RecheckSummary, run_recheck
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.model import Entry, EntryDecision, EntryVerdict, ItemHashes, ListClass, Match
from unseen.scan import finding_id
from unseen.store import Store, decide_entry, list_findings, open_store, remove_list

Items = dict[str, ItemHashes]
Told = tuple[dict[str, Changed], dict[str, Fallen], RecheckSummary]


def recheck(path: Path) -> Told:
    """Run it; gives what it told by the id of the finding."""
    changed: dict[str, Changed] = {}
    fallen: dict[str, Fallen] = {}
    summary = None
    for told in run_recheck(RecheckSettings(store=str(path))):
        if isinstance(told, Changed):
            changed[told.finding.id] = told
        elif isinstance(told, Fallen):
            fallen[told.finding.id] = told
        elif isinstance(told, RecheckSummary):
            summary = told
    assert summary is not None
    return changed, fallen, summary


def essence(matches: tuple[Match, ...]) -> set[object]:
    """Everything about matches but how one is marked today, which is read when it is shown."""
    return {
        (one.list, one.entry, one.publisher, one.signal, one.distance_bits, one.ground, one.how, one.video)
        for one in matches
    }


def found(store: Store) -> dict[str, tuple[Match, ...]]:
    """Matches on record, by the id of the finding."""
    return {finding.id: finding.matches for finding in list_findings(store)}


def check_agreement(
    path: Path, items: Mapping[str, list[ItemHashes]], told: Told, before: Mapping[str, object]
) -> None:
    """Every item has the matches of a fresh scan on record, or is no finding; what changed was told, and only that."""
    changed, fallen, summary = told
    every = [(name, hashes) for name, contents in items.items() for hashes in contents]
    with open_store(path) as store:
        fresh = fresh_matches(store, [hashes for _, hashes in every])
        on_record = found(store)
    expected_changed, expected_fallen = set(), set()
    for (name, hashes), matches in zip(every, fresh, strict=True):
        assert hashes.sha256 is not None
        known = finding_id(name, hashes.sha256)
        if matches:
            assert essence(on_record[known]) == essence(matches), (name, hashes)
            expected_changed |= {known} if before.get(known) != essence(matches) else set()
        elif known in on_record:
            expected_fallen.add(known)
    assert set(changed) == expected_changed
    assert set(fallen) == expected_fallen
    assert {one for one, told_of in changed.items() if told_of.is_new} == expected_changed - set(before)
    assert (summary.findings, summary.changed) == (
        len(expected_changed - set(before)),
        len(expected_changed & set(before)),
    )


def add_items(items: dict[str, list[ItemHashes]], names: range, drawing: Drawing) -> Items:
    """Contents for some places, which may have held others before."""
    new = {f"place {n}": drawing.item() for n in names}
    for name, hashes in new.items():
        items.setdefault(name, []).append(hashes)
    return new


def file_entries(drawing: Drawing, count: int) -> list[Entry]:
    """Entries of a list that is a file."""
    return [Entry(f"e{number}", signal, value) for number in range(count) for signal, value in drawing.entry()]


@pytest.mark.parametrize("seed", range(10))
def test_a_recheck_finds_what_a_fresh_scan_would(seed: int, tmp_path: Path) -> None:
    """Pictures with variants, videos, digests; entries that came, went, were disputed, quarantined and released."""
    drawing, path = Drawing(seed), tmp_path / "store"
    items: dict[str, list[ItemHashes]] = {}
    with open_recorded(path) as store:
        put_file(store, "file", file_entries(drawing, 2))
        keep_items(store, add_items(items, range(25), drawing), number=1)
        sync(store, "live", {f"s{n}": drawing.entry() for n in range(4)})
        # The same places again, with other contents in them; and not every list is asked.
        keep_items(store, add_items(items, range(15, 35), drawing), number=2, lists=["live"])
    for turn in range(3):
        with open_recorded(path) as store:
            before = {known: essence(matches) for known, matches in found(store).items()}
            change_lists(store, drawing, turn)
        told = recheck(path)
        check_agreement(path, items, told, before)
        changed, fallen, summary = recheck(path)
        assert (changed, set(fallen), summary.entries_changed) == ({}, set(told[1]), 0)
    assert verify(str(path)).records is not None


def change_lists(store: Store, drawing: Drawing, turn: int) -> None:
    """Everything that can happen to lists, in three turns."""
    match turn:
        case 0:
            put_file(store, "commonplace", file_entries(drawing, 3), ListClass.KNOWN_FILE)
            put_file(store, "reported", file_entries(drawing, 2), ListClass.USER_REPORTED)
            sync(store, "live", {f"n{n}": drawing.entry() for n in range(3)}, withdraw=["s0"])
        case 1:
            sync(store, "live", {"s1": drawing.entry()}, withdraw=["s2"], against=["s1"])
            verdict = EntryVerdict(decision=EntryDecision.QUARANTINED, by=None, reason="hits", at_utc=NOW)
            decide_entry(store, "live", "s3", verdict)
            remove_list(store, "reported", at_utc=NOW)
        case _:
            put_file(store, "file", file_entries(drawing, 3))
            verdict = EntryVerdict(decision=EntryDecision.RELEASED, by="D. Okafor", reason="seen", at_utc=NOW)
            decide_entry(store, "live", "s3", verdict)
