"""Law: all placings of a picture at once find what comparing each with every entry finds, in memory and in files."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.strategies import Codes, as_rows, clustered, planted, uniform
from tests.unit.matching.stored import column, open_columns, write

from unseen import kernel
from unseen.matching import IndexWriter
from unseen.matching.altered import AlteredSearch
from unseen.model import Placing, Proposals

Nearest = dict[int, list[tuple[int, int, int]]]


def family(rng: np.random.Generator, placing_count: int) -> Codes:
    """Hashes as placings of one picture have them: near each other, in eight orientations."""
    rows, columns = np.indices((16, 16))
    signs = [rows * 0, rows, columns, rows + columns]
    upright, turned = uniform(rng, 2)
    hashes = []
    for reach in rng.integers(0, 60, placing_count):
        for code in (upright, turned):
            moved = planted(rng, code, [reach])[0]
            mirrored = [moved ^ np.packbits(sign.ravel() % 2 == 1) for sign in signs]
            hashes += [planted(rng, one, rng.integers(0, 9, 1))[0] for one in mirrored]
    return np.array(hashes, np.uint8).reshape(-1, 32)


def nearest(entries: dict[int, Codes], queries: Codes, radius_bits: int) -> Nearest:
    """For each entry within the radius its two nearest placings, by comparing all with all."""
    found: Nearest = {}
    for row, value in entries.items():
        distances = np.unpackbits(queries ^ value, axis=1).sum(axis=1).reshape(-1, 8)
        of_placing = sorted((int(bits.min()), at, int(bits.argmin())) for at, bits in enumerate(distances))
        kept = [one for one in of_placing[:2] if one[0] <= radius_bits]
        if kept:
            found[row] = kept
    return found


def entries_near(rng: np.random.Generator, queries: Codes, count: int, radius_bits: int) -> Codes:
    """Entries of which some lie just within or just beyond the radius of some query."""
    entries = clustered(rng, count)
    for at in rng.integers(0, count, min(count, 40)):
        bits = np.clip(radius_bits + rng.integers(-3, 3), 0, 256)
        entries[at] = planted(rng, queries[rng.integers(len(queries))], [bits])[0]
    return entries


def found_by(search: AlteredSearch, queries: Codes) -> Nearest:
    """What a search answers."""
    placings = tuple(Placing(window=(0, 0, 1, 1)) for _ in range(len(queries) // 8))
    [candidates] = search.candidates([Proposals(placings, queries.tobytes())])
    found: Nearest = {}
    for one in candidates:
        found.setdefault(one.row, []).append((one.distance_bits, one.placing, one.orientation))
    return found


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.sampled_from([1, 7, 9, 1023, 1025, 2047, 2049]),
    placing_count=st.sampled_from([1, 2, 5, 40]),
    radius_bits=st.one_of(st.sampled_from([0, 31, 48, 64]), st.integers(0, 64)),
)
@pytest.mark.parametrize("variant", kernel.available())
def test_candidates_are_what_brute_force_finds(
    variant: str, seed: int, count: int, placing_count: int, radius_bits: int
) -> None:
    """Every entry within the radius of any hash is found with its nearest placings, and no other."""
    rng = np.random.default_rng(seed)
    queries = family(rng, placing_count)
    entries = entries_near(rng, queries, count, radius_bits)
    kernel.use(variant)
    try:
        search = AlteredSearch([column(entries, range(count))], radius_bits=radius_bits)
        assert found_by(search, queries) == nearest(dict(enumerate(entries)), queries, radius_bits)
    finally:
        kernel.use("auto")


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.sampled_from([1, 500, 2500]),
    radius_bits=st.sampled_from([31, 48, 64]),
    removed_count=st.integers(0, 30),
)
@pytest.mark.parametrize("variant", ["auto", "reference"])
def test_candidates_in_files_are_what_brute_force_finds(
    variant: str, seed: int, count: int, radius_bits: int, removed_count: int
) -> None:
    """In files too, after additions and removals; and each candidate carries the value of its entry."""
    rng = np.random.default_rng(seed)
    queries = family(rng, 5)
    entries = dict(enumerate(entries_near(rng, queries, count, radius_bits)))
    kernel.use(variant)
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(folder, column(np.array(list(entries.values())), list(entries)))
            removed = rng.permutation(count)[:removed_count]
            added = entries_near(rng, queries, 20, radius_bits)
            rows = np.arange(count, count + 20)
            with IndexWriter(folder) as writer:
                writer.change_list("ours", "01", "pdq", added=(added, rows), removed=removed)
                writer.publish()
            entries |= dict(zip(rows.tolist(), added, strict=True))
            for row in removed.tolist():
                del entries[row]
            search = AlteredSearch(open_columns(folder), radius_bits=radius_bits)
            assert found_by(search, queries) == nearest(entries, queries, radius_bits)
            [candidates] = search.candidates([Proposals((), queries.tobytes())])
            assert all(one.value == entries[one.row].tobytes() for one in candidates)
    finally:
        kernel.use("auto")


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.sampled_from([1, 33, 2049, 5003]),
    method=st.sampled_from([(1, 0), (2, 0), (2, 1), (2, 5), (2, 11), (2, 16), (2, 32)]),
    radius_bits=st.one_of(st.sampled_from([31, 48, 64]), st.integers(0, 64)),
    built_for=st.sampled_from([31, 64]),
    group_size=st.sampled_from([1, 3, 8]),
)
@pytest.mark.parametrize("variant", kernel.available()[1:])
def test_every_method_answers_as_the_reference(
    variant: str, seed: int, count: int, method: tuple[int, int], radius_bits: int, built_for: int, group_size: int
) -> None:
    """Tables, clusters and plain scans, after additions and removals, at radii beyond the one an index was made for."""
    rng = np.random.default_rng(seed)
    queries = family(rng, 6)
    codes = entries_near(rng, queries, count + 50, radius_bits)
    reference, index = kernel.ReferenceIndex(built_for), kernel.HammingIndex(built_for)
    kernel.use(variant)
    try:
        for one in (reference, index):
            one.append(codes[:count])
            one.build(*method)
            one.append(codes[count:])
            one.remove([count - 1, count, count + 49])
        expected = as_rows(reference.search_family(kernel.ReferenceFamily(queries, radius_bits, group_size)))
        assert as_rows(index.search_family(kernel.HammingFamily(queries, radius_bits, group_size))) == expected
    finally:
        kernel.use("auto")


@pytest.mark.parametrize("method", [1, 2])
def test_an_entry_costs_the_same_however_many_hashes_it_lies_near(method: int) -> None:
    """A list of near-duplicates beside every hash is answered with two placings for each entry, the nearest."""
    rng = np.random.default_rng(2)
    centre = uniform(rng, 1)
    queries = np.concatenate([planted(rng, centre[0], [bits]) for bits in (9, 5, 5, 7, 20, 3, 11, 12)])
    index = kernel.HammingIndex(64)
    index.append(np.repeat(centre, 150_000, axis=0))
    index.build(method, 4)
    query_at, entry_at, distance_bits = index.search_family(kernel.HammingFamily(queries, 64, 1))
    assert np.array_equal(entry_at, np.repeat(np.arange(150_000), 2))
    assert np.array_equal(query_at, np.tile([5, 1], 150_000))
    assert np.array_equal(distance_bits, np.tile([3, 5], 150_000))
