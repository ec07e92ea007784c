"""Law: at every radius, size, shape of list and method, the index returns what comparing all with all returns."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.strategies import Codes, as_rows, brute_force, clustered, flip, planted, uniform

from unseen import kernel
from unseen.matching import Index

Draw = Callable[[np.random.Generator, int], Codes]

# (method, chunks): 0 chosen by cost, 1 scan, 2 multi-index hashing.
METHODS = [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (2, 5), (2, 9), (2, 11), (2, 13), (2, 16), (2, 32)]


def build(codes: Codes, threshold_bits: int, method: int, chunks: int) -> kernel.HammingIndex:
    """A native index made by one method."""
    index = kernel.HammingIndex(threshold_bits)
    index.append(codes)
    index.build(method, chunks)
    return index


@pytest.mark.parametrize("draw", [uniform, clustered])
@pytest.mark.parametrize("threshold_bits", range(65))
def test_every_radius_gives_what_brute_force_gives(draw: Draw, threshold_bits: int) -> None:
    """An index built for a radius, asked for that radius, misses nothing and invents nothing."""
    rng = np.random.default_rng(threshold_bits)
    codes = draw(rng, 600)
    near = [planted(rng, codes[entry], [threshold_bits, threshold_bits + 1]) for entry in rng.integers(0, 600, 4)]
    queries = np.concatenate([*near, uniform(rng, 2)])
    expected = brute_force(codes, queries, threshold_bits)
    assert len(expected) >= 4
    for method, chunks in METHODS:
        assert as_rows(build(codes, threshold_bits, method, chunks).search(queries)) == expected, (method, chunks)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.sampled_from([0, 1, 2, 3, 7, 8, 9, 31, 33, 63, 65, 1000, 5003]),
    largest=st.integers(0, 64),
    less=st.integers(0, 64),
    method=st.sampled_from(METHODS),
    draw=st.sampled_from([uniform, clustered]),
)
def test_smaller_radii_and_all_sizes_give_what_brute_force_gives(
    seed: int, count: int, largest: int, less: int, method: tuple[int, int], draw: Draw
) -> None:
    """An index answers every radius up to its own exactly, whatever the size of the list."""
    rng = np.random.default_rng(seed)
    codes = draw(rng, count)
    threshold_bits = max(0, largest - less)
    queries = uniform(rng, 2)
    if count:
        queries = np.concatenate([queries, planted(rng, codes[count // 2], [0, threshold_bits, largest])])
    found = as_rows(build(codes, largest, *method).search(queries, threshold_bits))
    assert found == brute_force(codes, queries, threshold_bits)


@pytest.mark.parametrize("method", [method for method in METHODS if method[0] == 2])
@pytest.mark.parametrize("threshold_bits", [1, 8, 15, 16, 31, 32, 45])
def test_entries_at_exactly_the_radius_are_found_wherever_their_bits_lie(
    threshold_bits: int, method: tuple[int, int]
) -> None:
    """The pigeonhole has no gap: bits bunched in one chunk, spread evenly, at every rotation around the ring."""
    rng = np.random.default_rng(5)
    query = uniform(rng, 1)[0]
    flips = []
    for turn in range(256):
        bunched = (np.arange(threshold_bits) + turn) % 256
        spread = (np.arange(threshold_bits) * 256 // threshold_bits + turn) % 256
        stepped = (np.arange(threshold_bits) * 17 + turn) % 256
        flips += [bunched, spread, stepped]
    codes = np.concatenate([np.array([flip(query, bits) for bits in flips]), uniform(rng, 3000)])
    query_at, entry_at, distance_bits = build(codes, threshold_bits, *method).search(query[None])
    assert entry_at.tolist() == list(range(len(flips)))
    assert set(distance_bits.tolist()) == {threshold_bits}
    assert set(query_at.tolist()) == {0}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(["add", "remove"]), min_size=1, max_size=6))
def test_added_entries_are_found_and_removed_ones_are_not(seed: int, steps: list[str]) -> None:
    """After any additions and removals, the index answers as brute force over what is left."""
    rng = np.random.default_rng(seed)
    codes = clustered(rng, int(rng.integers(0, 300)))
    index, kept = Index.build(codes, threshold_bits=40), np.ones(len(codes), bool)
    for step in steps:
        if step == "add":
            more = clustered(rng, int(rng.integers(0, 50)))
            assert index.add(more).tolist() == list(range(len(codes), len(codes) + len(more)))
            codes, kept = np.concatenate([codes, more]), np.concatenate([kept, np.ones(len(more), bool)])
        elif len(codes):
            gone = rng.integers(0, len(codes), 10)
            index.remove(gone)
            kept[gone] = False
    queries = np.concatenate([uniform(rng, 2), codes[:8]])
    assert len(index) == kept.sum()
    expected = [row for row in brute_force(codes, queries, 31) if kept[row[1]]]
    assert as_rows(index.search(queries, threshold_bits=31)) == expected


def test_additions_that_cause_a_rebuild_keep_their_numbers() -> None:
    """Entry numbers stay when the delta grows into the tables."""
    rng = np.random.default_rng(9)
    codes = uniform(rng, 90_000)
    index = Index.build(codes[:5000])
    for first in range(5000, 90_000, 17_000):
        index.add(codes[first : first + 17_000])
    index.remove([6000])
    _, entry_at, distance_bits = index.search(codes[::1500])
    assert entry_at.tolist() == [entry for entry in range(0, 90_000, 1500) if entry != 6000]
    assert not distance_bits.any()


def test_a_query_beside_thousands_of_near_duplicates_gets_them_all() -> None:
    """A list with a large cluster is answered completely, in order, alone and within a batch."""
    rng = np.random.default_rng(3)
    centre = uniform(rng, 1)[0]
    codes = np.concatenate([uniform(rng, 60_000), planted(rng, centre, rng.integers(0, 9, 5000))])
    queries = np.concatenate([centre[None], planted(rng, centre, [25, 31, 40]), uniform(rng, 3)])
    expected = brute_force(codes, queries, 31)
    index = Index.build(codes)
    assert as_rows(index.search(queries)) == expected
    for query_at, query in enumerate(queries):
        alone = [(query_at, entry, distance) for _, entry, distance in as_rows(index.search(query[None]))]
        assert alone == [row for row in expected if row[0] == query_at]


@pytest.mark.parametrize("threshold_bits", [0, 31, 36, 45, 64])
def test_an_index_for_a_large_radius_answers_every_smaller_one(threshold_bits: int) -> None:
    """Tables are chosen for one radius and serve all: a list long enough for tables, asked for each."""
    rng = np.random.default_rng(threshold_bits)
    codes = clustered(rng, 60_000)
    index = Index.build(codes, threshold_bits=64)
    assert index.describe()["chunks"]
    queries = np.concatenate([planted(rng, codes[7], [threshold_bits, threshold_bits + 1]), uniform(rng, 1)])
    assert as_rows(index.search(queries, threshold_bits=threshold_bits)) == brute_force(codes, queries, threshold_bits)
