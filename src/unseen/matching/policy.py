"""`Matcher`: what counts as a match, and which matches a person must look into. Not here: how a search is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from unseen.matching.digests import DigestTable
from unseen.matching.index import Index
from unseen.model import QUALITY_MIN, Codes, How, ItemHashes, ListClass, Match, Signal

__all__ = ["Comparison", "Matcher"]

Rows = npt.NDArray[np.int64]

# Known files and cleared entries are shown beside, but accuse nobody and excuse nothing.
_FINDING_CLASSES = frozenset({ListClass.CSAM, ListClass.USER_REPORTED})
_DIGESTS = (Signal.MD5, Signal.SHA1, Signal.SHA256)
_CANONICAL = How(orientation="original", convention="full")

# About a thousand hashes with their variants: enough for the index to work at full speed, and few enough that a list
# with thousands of near-duplicates of one picture does not fill the memory with all ways to reach them.
_ITEMS_AT_ONCE = 64


class Comparison(Protocol):
    """The half of a plugged-in hasher that matching needs.

    Attributes:
        signal: Its name, as lists spell it.
        threshold: Largest distance that still counts as a match, inclusive.
    """

    signal: str
    threshold: int

    def distances(self, query: bytes, values: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Distances of `query` to each row of uint8[n, size_bytes]."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A match whose entry has no name yet."""

    column: int
    row: int
    distance_bits: int
    order: int
    how: How | None


class _Columns:
    """All columns of one signal, as one numbered range of entries."""

    def __init__(self, columns: Sequence[Codes], signal: str) -> None:
        self.places = [place for place, codes in enumerate(columns) if codes.signal == signal]
        self.values = [columns[place].values for place in self.places]
        rows = [columns[place].rows for place in self.places]
        self.rows: Rows = np.concatenate(rows) if rows else np.empty(0, np.int64)
        self._ends = np.cumsum([len(part) for part in rows], dtype=np.int64)

    def locate(self, entry_at: Rows) -> tuple[list[int], list[int]]:
        """The column and the row of each entry."""
        at = np.searchsorted(self._ends, entry_at, side="right")
        return [self.places[place] for place in at.tolist()], self.rows[entry_at].tolist()


class Matcher:
    """Compares the hashes of items with all lists at once; the same input gives the same matches in the same order.

    A PDQ whose quality is below `QUALITY_MIN` is never compared, neither the canonical one nor a variant nor a frame.
    """

    def __init__(
        self,
        columns: Sequence[Codes],
        *,
        threshold_bits: int,
        name_entries: Callable[[Sequence[int]], Mapping[int, str]],
        hashers: Sequence[Comparison] = (),
    ) -> None:
        """Build the search over these lists.

        Args:
            columns: One for each list and signal. Rows are unique across all of them.
            threshold_bits: Largest PDQ distance that counts, inclusive, 0 … 64.
            name_entries: Gives the identifiers of rows; asked only for rows that matched.
            hashers: Plugged-in hashers; their signals are compared by brute force.

        Raises:
            ThresholdError: `threshold_bits` is outside 0 … 64.
        """
        self._lists = [(codes.list, codes.list_class) for codes in columns]
        self._name_entries = name_entries
        self._finding_lists = {name for name, list_class in self._lists if list_class in _FINDING_CLASSES}
        self._pdq = _Columns(columns, Signal.PDQ)
        self._index = Index.build(iter(self._pdq.values), threshold_bits=threshold_bits)
        # The index holds its own copy.
        self._pdq.values = []
        self._digests = [
            (signal, merged, DigestTable.build(np.concatenate(merged.values)))
            for signal in _DIGESTS
            if (merged := _Columns(columns, signal)).places
        ]
        self._extra = {
            hasher.signal: (hasher, merged, np.concatenate(merged.values))
            for hasher in hashers
            if (merged := _Columns(columns, hasher.signal)).places
        }

    def match(self, batch: Sequence[ItemHashes]) -> list[tuple[Match, ...]]:
        """Find every entry of every list that lies within the threshold of an item.

        Args:
            batch: Hashes of items; any number.

        Returns:
            One tuple for each item, ordered by (distance, list, entry, signal). For each list, entry and signal there
            is one match: the nearest; of equally near ones that of the canonical hash, then of the first variant,
            then of the first frame.
        """
        found: list[dict[str, list[_Found]]] = [{} for _ in batch]
        for at in range(0, len(batch), _ITEMS_AT_ONCE):
            self._search_pdq(batch[at : at + _ITEMS_AT_ONCE], found[at : at + _ITEMS_AT_ONCE])
        for signal, merged, table in self._digests:
            self._search_digests(batch, signal, merged, table, found)
        if self._extra:
            self._search_extra(batch, found)
        rows = sorted({each.row for by_signal in found for some in by_signal.values() for each in some})
        names = self._name_entries(rows) if rows else {}
        return [self._settle(by_signal, names) for by_signal in found]

    def is_finding(self, matches: Sequence[Match]) -> bool:
        """Whether a person must look into these matches: one at least is of a list of class csam or user_reported."""
        return any(match.list in self._finding_lists for match in matches)

    def _search_pdq(self, batch: Sequence[ItemHashes], found: list[dict[str, list[_Found]]]) -> None:
        if not len(self._index):
            return
        queries: list[bytes] = []
        origins: list[tuple[int, How]] = []
        for item_at, hashes in enumerate(batch):
            for how, pdq in _pdqs(hashes):
                queries.append(pdq)
                origins.append((item_at, how))
        if not queries:
            return
        query_at, entry_at, distance_bits = self._index.search(_matrix(queries, 32))
        item_at_of = np.array([item_at for item_at, _ in origins], dtype=np.int64)
        # Of all ways in which one item reaches one entry, the nearest, then the first.
        items = item_at_of[query_at]
        order = np.lexsort((query_at, distance_bits, entry_at, items))
        items, entries = items[order], entry_at[order]
        is_first = np.ones(len(order), dtype=bool)
        is_first[1:] = (items[1:] != items[:-1]) | (entries[1:] != entries[:-1])
        kept = order[is_first]
        places, rows = self._pdq.locate(entry_at[kept])
        for place, row, query, bits in zip(
            places, rows, query_at[kept].tolist(), distance_bits[kept].tolist(), strict=True
        ):
            item_at, how = origins[query]
            found[item_at].setdefault(Signal.PDQ.value, []).append(_Found(place, row, bits, query, how))

    @staticmethod
    def _search_digests(
        batch: Sequence[ItemHashes],
        signal: Signal,
        merged: _Columns,
        table: DigestTable,
        found: list[dict[str, list[_Found]]],
    ) -> None:
        digests = [(item_at, digest) for item_at, hashes in enumerate(batch) if (digest := _digest(hashes, signal))]
        if not digests:
            return
        query_at, entry_at = table.search(_matrix([digest for _, digest in digests], signal.size_bytes))
        places, rows = merged.locate(entry_at)
        for query, place, row in zip(query_at.tolist(), places, rows, strict=True):
            found[digests[query][0]].setdefault(signal.value, []).append(_Found(place, row, 0, 0, None))

    def _search_extra(self, batch: Sequence[ItemHashes], found: list[dict[str, list[_Found]]]) -> None:
        for item_at, hashes in enumerate(batch):
            for order, (signal, value) in enumerate(hashes.extra):
                if signal not in self._extra:
                    continue
                hasher, merged, values = self._extra[signal]
                distances = np.asarray(hasher.distances(value, values))
                entry_at = np.flatnonzero(distances <= hasher.threshold)
                places, rows = merged.locate(entry_at)
                for place, row, distance in zip(places, rows, distances[entry_at].tolist(), strict=True):
                    found[item_at].setdefault(signal, []).append(_Found(place, row, int(distance), order, None))

    def _settle(self, by_signal: Mapping[str, Sequence[_Found]], names: Mapping[int, str]) -> tuple[Match, ...]:
        best: dict[tuple[str, str, str], _Found] = {}
        for signal, some in by_signal.items():
            for each in some:
                key = (self._lists[each.column][0], names[each.row], signal)
                known = best.get(key)
                if known is None or (each.distance_bits, each.order) < (known.distance_bits, known.order):
                    best[key] = each
        ordered = sorted(best.items(), key=lambda pair: (pair[1].distance_bits, *pair[0]))
        return tuple(
            Match(name, entry, signal, each.distance_bits, each.how) for (name, entry, signal), each in ordered
        )


def _pdqs(hashes: ItemHashes) -> Iterator[tuple[How, bytes]]:
    """Every PDQ of an item that may be compared, the canonical one first."""
    if hashes.pdq is not None and (hashes.pdq_quality or 0) >= QUALITY_MIN:
        yield _CANONICAL, hashes.pdq
    for variant in hashes.variants:
        if variant.pdq_quality >= QUALITY_MIN:
            yield variant.how, variant.pdq
    for frame in hashes.vpdq or ():
        if frame.pdq_quality >= QUALITY_MIN:
            yield How(orientation="original", convention="full", time_s=frame.time_s), frame.pdq


def _digest(hashes: ItemHashes, signal: Signal) -> bytes | None:
    match signal:
        case Signal.MD5:
            return hashes.md5
        case Signal.SHA1:
            return hashes.sha1
        case _:
            return hashes.sha256


def _matrix(values: Sequence[bytes], size_bytes: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), dtype=np.uint8).reshape(len(values), size_bytes)
