"""Exact search for altered copies: all placings of a picture against all entries. Not here: what is a match."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from unseen.matching.index import CODE_BYTES, PERCEPTUAL, Family, Index, make_family
from unseen.matching.searches import Merged
from unseen.matching.segments import StoredColumn
from unseen.model import AIMS_MAX, Altered, Codes, ListClass, Proposals

__all__ = ["AIMS_MAX", "RADIUS_BITS", "AlteredSearch", "Candidate", "Chosen", "choose_aims"]

Rows = npt.NDArray[np.int64]
# Query, column, row and distance of every candidate, and uint8[k, 32] of the entries.
Found = tuple[Rows, Rows, Rows, Rows, npt.NDArray[np.uint8]]

# A radius for candidates, never a decision. Of altered copies within the families that are proposed nearly all come
# nearer than 64 in some placing, and some crops nearer than 48 in none.
RADIUS_BITS = {Altered.FAST: 64, Altered.THOROUGH: 64}
_ORIENTATION_COUNT = 8
# Lists that can make a finding: nobody looks for altered copies of what is commonplace or was cleared.
_FINDING_CLASSES = frozenset({ListClass.CSAM, ListClass.USER_REPORTED})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that some placing of a picture comes near.

    Attributes:
        placing: Its number among the proposals.
        orientation: Number of the orientation, as `hashing.ORIENTATIONS` counts them.
        column: Number of the column among those that are searched.
        row: Key of the entry.
        distance_bits: How near.
        value: 32 bytes of the entry: never printed.
    """

    placing: int
    orientation: int
    column: int
    row: int
    distance_bits: int
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a refinement goes for.

    Attributes:
        aims: Candidates of different values or placings.
        dropped_count: How many values came near and are among no aim.
    """

    aims: tuple[Candidate, ...]
    dropped_count: int


class AlteredSearch:
    """Searches the lists that can make a finding for the placings of pictures. Exact; safe from many threads."""

    def __init__(self, columns: Sequence[Codes | StoredColumn], *, radius_bits: int) -> None:
        """Take the lists; nothing is built before the first search.

        Args:
            columns: As a `Matcher` takes them; a candidate names its column by the place in them.
            radius_bits: Largest distance of a candidate, 0 … 64, whatever an index of a column was built for.
        """
        self._columns = columns
        self._radius_bits = radius_bits
        self._searches: list[Callable[[Family], Found]] | None = None

    def candidates(self, batch: Sequence[Proposals]) -> list[tuple[Candidate, ...]]:
        """Find every entry within the radius of any hash of an item's proposals.

        Returns:
            For each item, every such entry with its nearest placing and the next but for it, if that is within the
            radius too; ordered by (distance, placing, orientation, column, row).

        Raises:
            IndexFileError: A part of an index that this needs is damaged; there is no answer then.
        """
        return [self._candidates(proposals) for proposals in batch]

    def near(self, value: bytes) -> list[Candidate]:
        """Find every entry within the radius of one hash; placing and orientation of each are 0."""
        return self._found(np.frombuffer(value, np.uint8).reshape(1, CODE_BYTES), group_size=1)

    def _candidates(self, proposals: Proposals) -> tuple[Candidate, ...]:
        queries = np.frombuffer(proposals.hashes, np.uint8).reshape(-1, CODE_BYTES)
        return tuple(self._found(queries, group_size=_ORIENTATION_COUNT))

    def _found(self, queries: npt.NDArray[np.uint8], *, group_size: int) -> list[Candidate]:
        if not len(queries):
            return []
        if self._searches is None:
            self._searches = list(self._open())
        family = make_family(queries, threshold_bits=self._radius_bits, group_size=group_size)
        candidates = []
        for search in self._searches:
            *columns, values = search(family)
            found = zip(*(column.tolist() for column in columns), values, strict=True)
            for query, place, row, bits, value in found:
                candidates.append(Candidate(query // group_size, query % group_size, place, row, bits, value.tobytes()))
        return sorted(candidates, key=_order)

    def _open(self) -> Iterable[Callable[[Family], Found]]:
        finding = [column if column.list_class in _FINDING_CLASSES else None for column in self._columns]
        for place, column in enumerate(finding):
            if isinstance(column, StoredColumn) and column.signal in PERCEPTUAL and column.count:
                yield _in_files(column, place)
        for signal in sorted(PERCEPTUAL):
            merged = Merged(finding, signal)
            if len(merged.rows):
                yield _in_memory(merged, self._radius_bits)


def choose_aims(candidates: Sequence[Candidate], *, limit: int = AIMS_MAX) -> Chosen:
    """Choose what a refinement goes for, the nearest first.

    Args:
        candidates: Of one item, from `AlteredSearch`.
        limit: How many at most.

    Returns:
        The nearest placing of each value, by (distance, placing, orientation, column, row); then, where room is left,
        the second of each. Several entries of one value are one aim.
    """
    first: dict[bytes, Candidate] = {}
    second: dict[bytes, Candidate] = {}
    for one in sorted(candidates, key=_order):
        nearest = first.setdefault(one.value, one)
        if one.placing != nearest.placing:
            second.setdefault(one.value, one)
    aims = (*first.values(), *second.values())[:limit]
    return Chosen(aims, max(0, len(first) - limit))


def _order(one: Candidate) -> tuple[int, ...]:
    return one.distance_bits, one.placing, one.orientation, one.column, one.row


def _in_files(column: StoredColumn, place: int) -> Callable[[Family], Found]:
    def ask(family: Family) -> Found:
        query_at, rows, distance_bits, values = column.search_family(family)
        return query_at, np.full(len(rows), place, np.int64), rows, distance_bits.astype(np.int64), values

    return ask


def _in_memory(merged: Merged, radius_bits: int) -> Callable[[Family], Found]:
    index = Index.build(iter(merged.values), threshold_bits=radius_bits)
    merged.values = []

    def ask(family: Family) -> Found:
        query_at, entry_at, distance_bits = index.search_family(family)
        return query_at, *merged.locate(entry_at), distance_bits.astype(np.int64), index.codes(entry_at)

    return ask
