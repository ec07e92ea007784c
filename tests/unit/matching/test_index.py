"""What `Index` promises besides being exact: shapes, refusals, numbering, threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.property.strategies import as_rows, brute_force, clustered, planted, uniform

from unseen.errors import ThresholdError, UsageError
from unseen.matching import Index


def test_search_includes_the_threshold_itself() -> None:
    """An entry at exactly the threshold is found, one bit further is not."""
    rng = np.random.default_rng(1)
    code = uniform(rng, 1)[0]
    index = Index.build(planted(rng, code, [31, 32]))
    assert as_rows(index.search(code[None])) == [(0, 0, 31)]


def test_results_are_ordered_by_query_distance_and_entry() -> None:
    """Same input, same order: query, then distance, then entry number."""
    rng = np.random.default_rng(2)
    query = uniform(rng, 1)
    codes = planted(rng, query[0], [5, 3, 5, 0, 3])
    found = Index.build(codes).search(np.concatenate([query, query]))
    assert as_rows(found) == [(q, e, d) for q in (0, 1) for e, d in [(3, 0), (1, 3), (4, 3), (0, 5), (2, 5)]]
    assert [column.dtype for column in found] == [np.int64, np.int64, np.uint16]


def test_empty_lists_and_empty_queries_give_empty_columns() -> None:
    """Nothing in, nothing out, of the same types as ever."""
    none = np.empty((0, 32), np.uint8)
    some = np.zeros((3, 32), np.uint8)
    for codes, queries in [(none, some), (some, none), (none, none)]:
        assert [column.shape for column in Index.build(codes).search(queries)] == [(0,)] * 3


def test_a_list_may_come_in_blocks() -> None:
    """An iterator of arrays builds the same index as their concatenation."""
    codes = clustered(np.random.default_rng(4), 700)
    in_blocks = Index.build(iter([codes[:300], codes[300:300], codes[300:]]))
    assert as_rows(in_blocks.search(codes[::50])) == as_rows(Index.build(codes).search(codes[::50]))


def test_a_threshold_beyond_what_the_index_was_built_for_is_refused() -> None:
    """A larger radius than promised is an error, never a silent truncation."""
    index = Index.build(np.zeros((1, 32), np.uint8), threshold_bits=20)
    for threshold_bits in (21, 64, -1):
        with pytest.raises(ThresholdError):
            index.search(np.zeros((1, 32), np.uint8), threshold_bits=threshold_bits)
    for threshold_bits in (65, -1):
        with pytest.raises(ThresholdError):
            Index.build(np.zeros((1, 32), np.uint8), threshold_bits=threshold_bits)


@pytest.mark.parametrize("rows", [np.zeros(32, np.uint8), np.zeros((1, 31), np.uint8), np.zeros((1, 32), np.int8)])
def test_codes_and_queries_of_another_shape_or_type_are_refused(rows: np.ndarray) -> None:
    """Only uint8[n, 32] is a list of codes; nothing is cast or reshaped behind the caller's back."""
    index = Index.build(np.zeros((1, 32), np.uint8))
    for refuse in (Index.build, index.search, index.add):
        with pytest.raises(UsageError, match="expected uint8"):
            refuse(rows)


def test_strided_queries_are_read_as_what_they_show() -> None:
    """A view that is not contiguous gives the answers of its copy."""
    codes = clustered(np.random.default_rng(5), 400)
    index = Index.build(codes[::-1])
    assert as_rows(index.search(codes[::40])) == as_rows(index.search(codes[::40].copy()))
    assert as_rows(index.search(codes[:40])) == brute_force(codes[::-1], codes[:40], 31)


def test_the_index_does_not_change_with_the_array_it_was_built_from() -> None:
    """Codes are copied: writing to the caller's array later changes no answer."""
    codes = np.zeros((1, 32), np.uint8)
    index = Index.build(codes)
    codes[:] = 255
    assert len(index.search(np.zeros((1, 32), np.uint8))[0]) == 1


def test_removing_an_unknown_entry_removes_nothing() -> None:
    """A wrong number is refused before anything happens."""
    index = Index.build(np.zeros((3, 32), np.uint8))
    for entries in ([0, 3], [-1]):
        with pytest.raises(UsageError):
            index.remove(entries)
    assert len(index) == 3
    index.remove([1, 1])
    index.remove(1)
    assert len(index) == 2


def test_searches_and_changes_from_many_threads_do_not_disturb_each_other() -> None:
    """While others add and remove, every search finds every entry that was there throughout."""
    rng = np.random.default_rng(6)
    codes = clustered(rng, 20_000)
    index = Index.build(codes)
    expected = brute_force(codes, codes[:20], 31)
    others = uniform(rng, 3000)

    def search(_: int) -> bool:
        return set(expected) <= set(as_rows(index.search(codes[:20])))

    def change(start: int) -> bool:
        index.remove(index.add(others[start : start + 100]))
        return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = [pool.submit(search if turn % 3 else change, turn) for turn in range(90)]
        assert all(outcome.result() for outcome in outcomes)
    assert as_rows(index.search(codes[:20])) == expected


def test_description_names_the_method() -> None:
    """A short list is scanned, a long one is hashed, and the index says so."""
    rng = np.random.default_rng(7)
    assert Index.build(uniform(rng, 500)).describe()["method"] == "scan"
    assert Index.build(uniform(rng, 200_000)).describe()["method"] == "multi-index hashing"
