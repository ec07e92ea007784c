"""`Matcher`: what counts as a match, and which matches a person must look into. Not here: how a search is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from unseen.matching.altered.deciding import decide
from unseen.matching.altered.searching import RADIUS_BITS, AlteredSearch
from unseen.matching.digests import DigestTable
from unseen.matching.grounds import weigh, without_repetition
from unseen.matching.index import check_threshold
from unseen.matching.searches import Merged, Search, all_searches, as_matrix, ask_all, in_table, search_pdq
from unseen.matching.segments import StoredColumn
from unseen.matching.videos import KnownVideos, clear_frames, search_frames
from unseen.model import (
    QUALITY_MIN,
    Altered,
    AlteredMatch,
    Codes,
    How,
    ItemHashes,
    ListClass,
    Mark,
    Match,
    Signal,
    Terms,
    VideoShare,
)

__all__ = ["Comparison", "Matcher"]

# Known files and cleared entries are shown beside, but accuse nobody and excuse nothing.
_FINDING_CLASSES = frozenset({ListClass.CSAM, ListClass.USER_REPORTED})
_DIGESTS = (Signal.MD5, Signal.SHA1, Signal.SHA256)
_CANONICAL = How(orientation="original", convention="full")

# About a thousand hashes with their variants: enough for the index to work at full speed, and few enough that a list
# with thousands of near-duplicates of one picture does not fill the memory with all ways to reach them.
_ITEMS_AT_ONCE = 64


# Who published an entry, and what must be said of it.
Described = tuple[str | None, tuple[Mark, ...]]
_UNKNOWN: Described = None, ()


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
    video: VideoShare | None = None
    altered: AlteredMatch | None = None


# List, entry, signal, publisher, and whether it took an alteration to be undone.
_Key = tuple[str, str, str, str, bool]


class Matcher:
    """Compares the hashes of items with all lists at once; the same input gives the same matches in the same order.

    A PDQ whose quality is below `QUALITY_MIN` is never compared, neither the canonical one nor a variant nor a frame.
    """

    def __init__(
        self,
        columns: Sequence[Codes | StoredColumn],
        *,
        threshold_bits: int,
        name_entries: Callable[[Sequence[int]], Mapping[int, str]],
        hashers: Sequence[Comparison] = (),
        terms: Mapping[str, Terms] | None = None,
        describe: Callable[[Sequence[int]], Mapping[int, Described]] | None = None,
    ) -> None:
        """Build the search over these lists.

        Args:
            columns: One for each list and signal, in memory or in the files of one generation of an index. Rows are
                unique across all of them.
            threshold_bits: Largest PDQ distance that counts, inclusive, 0 … 64.
            name_entries: Gives the identifiers of rows; asked only for rows that matched.
            hashers: Plugged-in hashers; their signals are compared by brute force.
            terms: How matches of each list are weighed; the default policy for lists that are not named.
            describe: Gives what is known of rows that matched: who published them, and marks. Without, nothing is.

        Raises:
            ThresholdError: `threshold_bits` is outside 0 … 64.
        """
        check_threshold(threshold_bits)
        self._lists = [(codes.list, codes.list_class) for codes in columns]
        self._generations = {column.index_sha256 for column in columns if isinstance(column, StoredColumn)}
        self._name_entries = name_entries
        self._describe = describe or (lambda _: {})
        self._terms = {name: Terms(list_class) for name, list_class in self._lists} | dict(terms or {})
        self._finding_lists = {name for name, list_class in self._lists if list_class in _FINDING_CLASSES}

        def build_table(merged: Merged) -> Search:
            return in_table(DigestTable.build(np.concatenate(merged.values)), merged)

        self._pdq = search_pdq(columns, Signal.PDQ, threshold_bits)
        self._vpdq = search_pdq(columns, Signal.VPDQ, threshold_bits)
        near_bits = {name: one.policy.near_bits for name, one in self._terms.items()}
        self._videos = KnownVideos(columns, name_entries, near_bits)
        self._altered = AlteredSearch(columns, radius_bits=RADIUS_BITS[Altered.THOROUGH])
        self._signals = [column.signal for column in columns]
        self._digests = [
            (signal, searches) for signal in _DIGESTS if (searches := all_searches(columns, signal, build_table))
        ]
        self._extra = {
            hasher.signal: (hasher, merged, np.concatenate(merged.values))
            for hasher in hashers
            if (merged := Merged(columns, hasher.signal)).places
        }

    def match(self, batch: Sequence[ItemHashes]) -> list[tuple[Match, ...]]:
        """Find every entry of every list that lies within the threshold of an item.

        Args:
            batch: Hashes of items; any number.

        Returns:
            One tuple for each item, ordered by (distance, list, entry, signal, publisher). For each of these there is
            one match: the nearest; of equally near ones that of the canonical hash, then of the first variant,
            then of the first frame. Each says on what ground it stands beside the others of its item.
        """
        found: list[dict[str, list[_Found]]] = [{} for _ in batch]
        for at in range(0, len(batch), _ITEMS_AT_ONCE):
            some = batch[at : at + _ITEMS_AT_ONCE], found[at : at + _ITEMS_AT_ONCE]
            self._search_pdq(self._pdq, Signal.PDQ, *some)
            # A picture that is a frame of a known video matches that video.
            self._search_pdq(self._vpdq, Signal.VPDQ, *some)
        for hashes, by_signal in zip(batch, found, strict=True):
            if hashes.vpdq:
                self._search_video(hashes, by_signal)
            if hashes.altered:
                self._search_altered(hashes, by_signal)
        for signal, searches in self._digests:
            self._search_digests(batch, signal, searches, found)
        if self._extra:
            self._search_extra(batch, found)
        rows = sorted({each.row for by_signal in found for some in by_signal.values() for each in some})
        names = self._name_entries(rows) if rows else {}
        described = self._describe(rows) if rows else {}
        return [
            self._settle(by_signal, hashes, names, described) for hashes, by_signal in zip(batch, found, strict=True)
        ]

    @property
    def index_sha256(self) -> str | None:
        """Digest of the generation of the index by which this searches; None where all lists lie in memory."""
        return next(iter(self._generations), None)

    def is_finding(self, matches: Sequence[Match]) -> bool:
        """Whether a person must look into these matches: one at least is of a list of class csam or user_reported."""
        return any(match.list in self._finding_lists for match in matches)

    def _search_video(self, hashes: ItemHashes, by_signal: dict[str, list[_Found]]) -> None:
        """Every frame against single pictures, and all together against known videos."""
        frames = clear_frames(hashes)
        # Each frame is as good as the next: of equally near ones the first.
        hows = [How(orientation="original", convention="full", time_s=frame.time_s) for frame in frames]
        for place, row, query, bits in search_frames(self._pdq, frames).nearest():
            by_signal.setdefault(Signal.PDQ.value, []).append(_Found(place, row, bits, query, hows[query]))
        for place, row, query, bits, share in self._videos.compare(search_frames(self._vpdq, frames), hashes):
            by_signal.setdefault(Signal.VPDQ.value, []).append(_Found(place, row, bits, query, hows[query], share))

    def _search_altered(self, hashes: ItemHashes, by_signal: dict[str, list[_Found]]) -> None:
        """What lies at each placing against every entry that can make a finding, decided by a calibrated bound."""
        for order, one in enumerate(hashes.altered):
            if one.pdq_quality < QUALITY_MIN:
                continue
            for candidate in self._altered.near(one.pdq):
                decision = decide(one, candidate.value)
                if decision is None:
                    continue
                sure = AlteredMatch(
                    decision.kind.value, decision.soft_distance_bits, decision.bound_bits, decision.false_match_bound
                )
                found = _Found(candidate.column, candidate.row, candidate.distance_bits, order, one.how, altered=sure)
                by_signal.setdefault(self._signals[candidate.column], []).append(found)

    @staticmethod
    def _search_pdq(
        searches: Sequence[Search],
        signal: Signal,
        batch: Sequence[ItemHashes],
        found: list[dict[str, list[_Found]]],
    ) -> None:
        if not searches:
            return
        queries: list[bytes] = []
        origins: list[tuple[int, How]] = []
        for item_at, hashes in enumerate(batch):
            for how, pdq in _pdqs(hashes):
                queries.append(pdq)
                origins.append((item_at, how))
        if not queries:
            return
        query_at, places, rows, distance_bits = ask_all(searches, as_matrix(queries, 32))
        item_at_of = np.array([item_at for item_at, _ in origins], dtype=np.int64)
        # Of all ways in which one item reaches one entry, the nearest, then the first.
        items = item_at_of[query_at]
        order = np.lexsort((query_at, distance_bits, rows, items))
        items, entries = items[order], rows[order]
        is_first = np.ones(len(order), dtype=bool)
        is_first[1:] = (items[1:] != items[:-1]) | (entries[1:] != entries[:-1])
        kept = order[is_first]
        for place, row, query, bits in zip(
            *(column[kept].tolist() for column in (places, rows, query_at, distance_bits)), strict=True
        ):
            item_at, how = origins[query]
            found[item_at].setdefault(signal.value, []).append(_Found(place, row, bits, query, how))

    @staticmethod
    def _search_digests(
        batch: Sequence[ItemHashes],
        signal: Signal,
        searches: Sequence[Search],
        found: list[dict[str, list[_Found]]],
    ) -> None:
        digests = [(item_at, digest) for item_at, hashes in enumerate(batch) if (digest := _digest(hashes, signal))]
        if not digests:
            return
        queries = as_matrix([digest for _, digest in digests], signal.size_bytes)
        query_at, places, rows, _ = ask_all(searches, queries)
        for query, place, row in zip(query_at.tolist(), places.tolist(), rows.tolist(), strict=True):
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
                for place, row, distance in zip(
                    places.tolist(), rows.tolist(), distances[entry_at].tolist(), strict=True
                ):
                    found[item_at].setdefault(signal, []).append(_Found(place, row, int(distance), order, None))

    def _settle(
        self,
        by_signal: Mapping[str, Sequence[_Found]],
        hashes: ItemHashes,
        names: Mapping[int, str],
        described: Mapping[int, Described],
    ) -> tuple[Match, ...]:
        if not by_signal:
            # Nearly every item, and there may be a hundred million.
            return ()
        best: dict[_Key, _Found] = {}
        shown: dict[_Key, list[_Found]] = {}
        for signal, some in by_signal.items():
            for each in some:
                # One identifier may be that of several publishers.
                publisher = described.get(each.row, _UNKNOWN)[0] or ""
                key = (self._lists[each.column][0], names[each.row], signal, publisher, each.altered is not None)
                best[key] = min(best.get(key, each), each, key=_nearness)
                if each.altered is not None:
                    shown.setdefault(key, []).append(each)
        matches = [
            Match(
                name,
                entry,
                signal,
                each.distance_bits,
                each.how,
                each.video,
                publisher=publisher or None,
                marks=described.get(each.row, _UNKNOWN)[1],
                altered=each.altered,
            )
            for (name, entry, signal, publisher, _), each in sorted(
                self._counted(best, shown, hashes), key=lambda pair: (pair[1].distance_bits, *pair[0])
            )
        ]
        return weigh(without_repetition(matches), self._terms)

    def _counted(
        self, best: Mapping[_Key, _Found], shown: Mapping[_Key, Sequence[_Found]], hashes: ItemHashes
    ) -> Iterator[tuple[_Key, _Found]]:
        """Of a video, how many frames show an entry altered; known videos only of which enough is shown."""
        for key, each in best.items():
            if each.altered is None or hashes.vpdq is None:
                yield key, each
                continue
            rows = {one.row for one in shown[key]}
            frames = min(len({one.order for one in shown[key]}), len(rows))
            is_known_video = self._signals[each.column] == Signal.VPDQ
            if is_known_video and not self._videos.shows_enough(rows, frames, of=len(clear_frames(hashes))):
                continue
            yield key, replace(each, altered=replace(each.altered, frames=frames))


def _nearness(found: _Found) -> tuple[int, int, int]:
    return (found.altered.soft_distance_bits if found.altered else 0), found.distance_bits, found.order


def _pdqs(hashes: ItemHashes) -> Iterator[tuple[How, bytes]]:
    """Every PDQ of a picture that may be compared, the canonical one first."""
    if hashes.pdq is not None and (hashes.pdq_quality or 0) >= QUALITY_MIN:
        yield _CANONICAL, hashes.pdq
    for variant in hashes.variants:
        if variant.pdq_quality >= QUALITY_MIN:
            yield variant.how, variant.pdq


def _digest(hashes: ItemHashes, signal: Signal) -> bytes | None:
    match signal:
        case Signal.MD5:
            return hashes.md5
        case Signal.SHA1:
            return hashes.sha1
        case _:
            return hashes.sha256
