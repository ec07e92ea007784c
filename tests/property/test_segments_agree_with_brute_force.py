"""Segments, additions and removals together answer as the list itself would."""

import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.strategies import clustered, uniform
from tests.unit.matching.stored import answer, column, open_columns, truth, write

from unseen import kernel
from unseen.matching import IndexWriter

CHANGES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 400), changes=CHANGES, added_max=st.sampled_from([10, 1 << 20]))
@pytest.mark.parametrize("variant", ["auto", "reference"])
def test_changes_agree_with_brute_force(
    variant: str, seed: int, count: int, changes: list[tuple[int, int, bool]], added_max: int
) -> None:
    """After any additions, removals and mergers, keys given out again included, every entry is found and no other."""
    rng = np.random.default_rng(seed)
    entries = dict(enumerate(clustered(rng, count)))
    kernel.use(variant)
    try:
        with tempfile.TemporaryDirectory() as name, mock.patch("unseen.matching.segment_writer._ADDED_MAX", added_max):
            folder = Path(name)
            write(folder, column(np.array(list(entries.values())), list(entries)))
            for add_count, remove_count, is_reused in changes:
                removed = rng.permutation(np.array([*entries, 10**6]))[:remove_count]
                for row in removed.tolist():
                    entries.pop(row, None)
                first = (max(entries, default=0) if is_reused else 10_000 + max(entries, default=0)) + 1
                added = dict(zip(range(first, first + add_count), clustered(rng, 240), strict=False))
                with IndexWriter(folder) as writer:
                    values = np.array(list(added.values()), np.uint8).reshape(-1, 32)
                    rows = np.array(list(added), np.int64)
                    writer.change_list("ours", "01", "pdq", added=(values, rows), removed=removed)
                    writer.publish()
                entries |= added
                queries = np.concatenate([uniform(rng, 3), *[entries[row][None] for row in list(entries)[-3:]]])
                columns = open_columns(folder)
                assert answer(columns, queries) == truth(entries, queries)
                assert sum(each.count for each in columns) == len(entries)
                assert [row for each in columns for row in each.rows.tolist()] == sorted(entries)
    finally:
        kernel.use("auto")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 60), removed_count=st.integers(0, 30))
def test_digests_agree_with_brute_force(seed: int, count: int, removed_count: int) -> None:
    """Digests too, those that stand in the list several times included."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, (count, 20), dtype=np.uint8) // 2
    values[:, 1:] = 0
    entries = dict(enumerate(values))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, column(values, range(count), signal="sha1"))
        removed = rng.permutation(count)[:removed_count]
        entries = {row: value for row, value in entries.items() if row not in set(removed.tolist())}
        entries[count] = values[0]
        with IndexWriter(folder) as writer:
            writer.change_list("ours", "01", "sha1", added=(values[:1], np.array([count])), removed=removed)
            writer.publish()
        assert answer(open_columns(folder), values[:5]) == truth(entries, values[:5], 0)
