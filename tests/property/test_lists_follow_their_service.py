"""Law: after any pages, in any order and however often, a list is what a plain dictionary makes of them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.stand_ins import open_writable

from unseen.model import ChangePage, Label, ListClass, Opinion, Published, Stance, Waiting, Withdrawn
from unseen.store import Acceptance, Change, Store, apply_staged, list_lists, load_changes, load_codes, stage_page
from unseen.store.schema import entries, opinions

IDS = st.sampled_from(["a", "b", "c", "é", "\U0001f600", "line 1"])
PUBLISHERS = st.sampled_from([None, "p", "q"])
HASHES = st.lists(
    st.tuples(st.sampled_from(["md5", "photodna"]), st.integers(0, 3).map(lambda number: bytes([number]) * 16)),
    max_size=3,
).map(tuple)
OPINIONS = st.lists(
    st.builds(
        Opinion,
        st.sampled_from(["m", "n"]),
        st.sampled_from(Stance),
        st.sampled_from([None, "md5"]),
        st.sampled_from([(), ("why",), ("why", "é")]),
    ),
    max_size=2,
).map(tuple)
LABELS = st.sampled_from([(), (Label("s", "1"),), (Label("s", "1"), Label("t", "é"))])
CHANGES = st.one_of(
    st.builds(Published, entry=IDS, publisher=PUBLISHERS, hashes=HASHES, labels=LABELS, opinions=OPINIONS),
    st.builds(Withdrawn, entry=IDS, publisher=PUBLISHERS),
)
# Pages of one sync, and whether it is a complete copy; half of them are killed once, before their last page.
SYNCS = st.lists(
    st.tuples(st.lists(st.lists(CHANGES, max_size=5), min_size=1, max_size=3), st.booleans(), st.booleans()), max_size=5
)

Model = dict[tuple[str, str], Published]


def follow(model: Model, pages: list[list[Published | Withdrawn]], *, is_whole: bool) -> Model:
    """What a dictionary makes of the same pages."""
    after = {} if is_whole else dict(model)
    for change in (change for page in pages for change in page):
        key = change.entry, change.publisher or ""
        after.pop(key, None)
        if isinstance(change, Published) and change.hashes:
            after[key] = change
    return after


def stage(store: Store, pages: list[list[Published | Withdrawn]], *, is_whole: bool, count: int) -> None:
    """Stage the first pages of a sync."""
    for at, changes in enumerate(pages[:count]):
        is_last = at == len(pages) - 1
        page = ChangePage(changes=tuple(changes), checkpoint=f"{at}", begins_anew=is_whole and at == 0, is_last=is_last)
        stage_page(store, "live", page)


def rows_of(model: Model) -> tuple[set[Any], set[Any]]:
    """Rows that must stand: of hashes, and of opinions."""
    hashes = {
        (*key, signal, value, tuple((label.scheme, label.code) for label in one.labels))
        for key, one in model.items()
        for signal, value in one.hashes
    }
    said = {
        (*key, each.holder, each.stance.value, each.signal, each.reasons)
        for key, one in model.items()
        for each in one.opinions
    }
    return hashes, said


def rows_in(store: Store) -> tuple[list[Any], list[Any]]:
    """Rows that stand in the store."""
    with store.read() as connection:
        hashes = [
            (row.entry, row.publisher, row.signal, row.value, tuple(map(tuple, json.loads(row.labels or "[]"))))
            for row in connection.execute(entries.select().where(entries.c.withdrawn_n.is_(None)))
        ]
        said = [
            (row.entry, row.publisher, row.holder, row.stance, row.signal, tuple(json.loads(row.reasons or "[]")))
            for row in connection.execute(opinions.select().where(opinions.c.withdrawn_n.is_(None)))
        ]
    return hashes, said


# A store on a disk is as slow as the disk.
@settings(deadline=None, max_examples=50)
@given(SYNCS)
def test_a_list_is_what_its_pages_make_of_it(tmp_path_factory: pytest.TempPathFactory, syncs: list[Any]) -> None:
    """Upserts, tombstones, replays, complete copies, killed syncs: rows, counts and waiting."""
    model: Model = {}
    with open_writable(tmp_path_factory.mktemp("store") / "store") as store:
        for pages, is_whole, is_killed in syncs:
            if is_killed:
                # The client goes on, or begins this answer again: pages come twice, and nothing is applied between.
                stage(store, pages, is_whole=is_whole, count=len(pages) - 1)
            stage(store, pages, is_whole=is_whole, count=len(pages))
            after = follow(model, pages, is_whole=is_whole)
            compare(store, model, after)
            model = after


def compare(store: Store, before: Model, after: Model) -> None:
    """Apply, and compare what was done with what both dictionaries say."""
    held, wanted = (len(rows_of(model)[0]) for model in (before, after))
    infos = list_lists(store)
    since = infos[0].version if infos else None
    known = {row for codes in load_codes(store, ["live"]) for row in codes.rows.tolist()} if infos else set()
    plain = Change(list_class=ListClass.CSAM, file_format="service", origin="a", at_utc="2026-11-23T12:00:00Z")
    change = apply_staged(store, "live", plain)
    expected = None
    if held and wanted * 10 <= held:
        expected = Waiting.SHRINKS_TENFOLD
    elif held and wanted >= held * 10:
        expected = Waiting.GROWS_TENFOLD
    assert change.waiting is expected
    if expected is not None:
        assert {row[:5] for row in rows_in(store)[0]} == rows_of(before)[0]
        accepted = Change(
            list_class=ListClass.CSAM,
            file_format="service",
            origin="a",
            at_utc="2026-11-23T12:00:00Z",
            acceptance=Acceptance("D. Okafor", "seen"),
        )
        change = apply_staged(store, "live", accepted)
    hashes, said = rows_in(store)
    assert (set(hashes), len(hashes)) == (rows_of(after)[0], wanted)
    assert (set(said), len(said)) == (rows_of(after)[1], len(rows_of(after)[1]))
    assert (change.entries_before, change.entries_after) == (held, wanted)
    assert list_lists(store)[0].entry_count == wanted
    assert (change.added, change.withdrawn) == (len(after.keys() - before.keys()), len(before.keys() - after.keys()))
    if since is not None:
        follow_delta(store, since, known)


def follow_delta(store: Store, since: int, known: set[int]) -> None:
    """What came and went makes of the searchable rows that were there those that are there now."""
    for one in load_changes(store, "live", since):
        assert known >= set(one.removed.tolist())
        known = (known - set(one.removed.tolist())) | set(one.rows.tolist())
    assert known == {row for codes in load_codes(store, ["live"]) for row in codes.rows.tolist()}
