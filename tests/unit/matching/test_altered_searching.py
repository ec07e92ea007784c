"""Which entries a picture comes near in some placing, and which of them are aimed at."""

from pathlib import Path

import numpy as np
import pytest
from tests.property.strategies import flip, uniform
from tests.unit.matching.stored import column, open_columns, write

from unseen.errors import IndexFileError
from unseen.kernel import BLOCK_BYTES
from unseen.matching.altered import AlteredSearch, Candidate, choose_aims
from unseen.matching.index import KIND
from unseen.matching.index_file import map_file
from unseen.model import Codes, ListClass, Proposals

RNG = np.random.default_rng(11)
KNOWN = uniform(RNG, 40)


def proposed(*hashes: np.ndarray) -> Proposals:
    """One placing for every eight hashes; what is missing of the last is far from everything."""
    rows = np.concatenate([np.array(hashes), uniform(RNG, -len(hashes) % 8)])
    return Proposals((), rows.tobytes())


def candidate(value: bytes, distance_bits: int, placing: int = 0, row: int = 0) -> Candidate:
    """A candidate of the first column."""
    return Candidate(placing, 0, 0, row, distance_bits, value)


def test_a_candidate_says_in_which_placing_and_orientation_it_lies() -> None:
    """The number of a hash is that of its placing and orientation; row and value are those of the entry."""
    queries = uniform(RNG, 24)
    queries[19] = flip(KNOWN[5], range(48))
    search = AlteredSearch([column(KNOWN, range(100, 140))], radius_bits=48)
    [[one]] = search.candidates([proposed(*queries)])
    assert one == Candidate(2, 3, 0, 105, 48, KNOWN[5].tobytes())
    assert KNOWN[5].tobytes().hex() not in repr(one)


@pytest.mark.parametrize("list_class", ListClass)
def test_only_lists_that_can_make_a_finding_are_searched(list_class: ListClass) -> None:
    """What is commonplace or was cleared has no altered copies worth looking at; columns keep their numbers."""
    lists = [
        Codes("other", list_class, "pdq", KNOWN[:1], np.array([1])),
        Codes("ours", ListClass.CSAM, "vpdq", KNOWN[:1], np.array([2])),
    ]
    [found] = AlteredSearch(lists, radius_bits=48).candidates([proposed(KNOWN[0])])
    accuses = list_class in {ListClass.CSAM, ListClass.USER_REPORTED}
    assert [one.column for one in found] == ([0, 1] if accuses else [1])


def test_an_item_without_proposals_has_no_candidates() -> None:
    """Items keep their places in a batch, those with nothing to search for included."""
    search = AlteredSearch([column(KNOWN, range(40))], radius_bits=48)
    nothing, something = search.candidates([Proposals((), b""), proposed(KNOWN[7])])
    assert (nothing, [one.row for one in something]) == ((), [7])


def test_a_single_hash_is_searched_alone() -> None:
    """`near` gives every entry within the radius, the nearest first, with its value."""
    search = AlteredSearch([column(np.array([KNOWN[0], flip(KNOWN[0], range(64))]), [8, 9])], radius_bits=64)
    found = search.near(flip(KNOWN[0], [0]).tobytes())
    assert [(one.row, one.distance_bits) for one in found] == [(8, 1), (9, 63)]


def test_index_files_made_for_a_smaller_radius_are_searched_at_64(tmp_path: Path) -> None:
    """An index file answers for any radius up to 64, whatever it was built for."""
    write(tmp_path, column(KNOWN, range(40)))
    search = AlteredSearch(open_columns(tmp_path, threshold_bits=31), radius_bits=64)
    [[one]] = search.candidates([proposed(flip(KNOWN[3], range(64)))])
    assert (one.row, one.distance_bits) == (3, 64)


def test_a_damaged_block_gives_no_answer(tmp_path: Path) -> None:
    """A block is verified before an entry in it is compared or given out."""
    write(tmp_path, column(uniform(RNG, 60_000), range(60_000)))
    [path] = tmp_path.rglob("*.seg")
    mapped = map_file(path, KIND)
    offset, size = dict(mapped.parts)["tails"]
    search = AlteredSearch(open_columns(tmp_path), radius_bits=48)
    # Blocks that the index tried itself with when it was opened are not looked at again.
    with path.open("r+b") as file:
        for place in range(offset, offset + size, 3 * BLOCK_BYTES):
            file.seek(place)
            file.write(bytes([mapped.file[place] ^ 1]))
    with pytest.raises(IndexFileError, match="damaged"):
        search.candidates([proposed(KNOWN[0])])


def test_each_value_is_aimed_at_before_any_is_aimed_at_twice() -> None:
    """The nearest placing of each value comes first, then the second of each; several rows of a value are one aim."""
    a, b = KNOWN[0].tobytes(), KNOWN[1].tobytes()
    nearest = [candidate(a, 10, 3), candidate(a, 10, 3, row=7), candidate(a, 12, 4), candidate(b, 40, 5)]
    chosen = choose_aims(nearest[::-1])
    assert [(one.value, one.placing) for one in chosen.aims] == [(a, 3), (b, 5), (a, 4)]
    assert chosen.dropped_count == 0


def test_what_is_not_aimed_at_is_counted() -> None:
    """Beyond the limit the furthest values are dropped, and said to be."""
    chosen = choose_aims([candidate(value.tobytes(), 64 - at) for at, value in enumerate(KNOWN)], limit=16)
    assert [one.distance_bits for one in chosen.aims] == list(range(25, 41))
    assert chosen.dropped_count == 24
