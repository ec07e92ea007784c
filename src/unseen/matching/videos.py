"""When a video is a known one: by the share of the known video that it shows, or by the number of its frames."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unseen.errors import IndexFileError
from unseen.matching.searches import Rows, Search, as_matrix, ask_all, search_pdq
from unseen.matching.segments import StoredColumn
from unseen.model import QUALITY_MIN, Codes, Frame, ItemHashes, ListClass, Signal, VideoMode, VideoShare

__all__ = [
    "MARGIN_BITS",
    "MATCHED_FRAMES_MIN",
    "SHARE_MIN",
    "KnownVideos",
    "Near",
    "Reached",
    "clear_frames",
    "search_frames",
]

# vPDQ's own example (facebook/ThreatExchange, vpdq/README.md): four fifths of the compared video, however long the
# one that is asked about. The share of that must not count, or a clip in a long harmless film would be missed.
SHARE_MIN = 0.8
# Five different frames are five seconds. Fewer let title cards and black screens with a logo accuse; more would miss
# what was cut short to some seconds.
MATCHED_FRAMES_MIN = 5
# A keyframe may lie half a second or more from the frame that a list holds. Unrelated pictures lie some 128 bits apart,
# so a wide margin costs little time; what it lets through is compared exactly.
MARGIN_BITS = 48
# Frames whose times lie further apart than this, for each way of looking, belong to two spans.
_SPAN_GAP_S = {VideoMode.FAST: 10.5, VideoMode.THOROUGH: 2.5}
_SPANS_MAX = 100
# A static picture, filmed for a day, in a list that holds it a thousand times: matches are counted up piece by piece.
_FRAMES_AT_ONCE = 4_096
_NAMES_AT_ONCE = 50_000


def clear_frames(hashes: ItemHashes) -> list[Frame]:
    """The frames that may be compared, of equal hashes the first alone."""
    distinct = {frame.pdq: frame for frame in reversed(hashes.vpdq or ()) if frame.pdq_quality >= QUALITY_MIN}
    return list(reversed(distinct.values()))


@dataclass(slots=True)
class Reached:
    """Entries that some frame came near, each with the nearest frame; and which frames came near which entry.

    Attributes:
        best: By row: distance, frame, column.
        pairs: For each piece of the search: frames, rows and distances of its matches.
    """

    best: dict[int, tuple[int, int, int]]
    pairs: list[tuple[Rows, Rows, Rows]]

    def nearest(self) -> Iterator[tuple[int, int, int, int]]:
        """Column, row, frame and distance of each."""
        for row, (bits, query, place) in self.best.items():
            yield place, row, query, bits


def search_frames(searches: Sequence[Search], frames: Sequence[Frame]) -> Reached:
    """Find what each of these frames comes near."""
    reached = Reached({}, [])
    if not searches:
        return reached
    for at in range(0, len(frames), _FRAMES_AT_ONCE):
        some = frames[at : at + _FRAMES_AT_ONCE]
        query_at, places, rows, distance_bits = ask_all(searches, as_matrix([frame.pdq for frame in some], 32))
        reached.pairs.append((query_at + at, rows, distance_bits.astype(np.int64)))
        order = np.lexsort((query_at, distance_bits, rows))
        is_first = np.ones(len(order), dtype=bool)
        is_first[1:] = rows[order][1:] != rows[order][:-1]
        kept = order[is_first]
        columns = (column[kept].tolist() for column in (rows, distance_bits, query_at + at, places))
        for row, bits, query, place in zip(*columns, strict=True):
            found = (bits, query, place)
            reached.best[row] = min(reached.best.get(row, found), found)
    return reached


class KnownVideos:
    """Which entries are frames of one video. Looked up when the first video comes near one of them."""

    def __init__(
        self,
        columns: Sequence[Codes | StoredColumn],
        name_entries: Callable[[Sequence[int]], Mapping[int, str]],
        near_bits: Mapping[str, int],
    ) -> None:
        self._columns = [(place, column) for place, column in enumerate(columns) if column.signal == Signal.VPDQ]
        self._name_entries = name_entries
        self._near_bits = [near_bits[column.list] for column in columns]
        self._rows: Rows | None = None
        self._video_of: Rows = np.empty(0, np.int64)
        self._frame_counts: Rows = np.empty(0, np.int64)

    def compare(self, reached: Reached, hashes: ItemHashes) -> Iterator[tuple[int, int, int, int, VideoShare]]:
        """Give the known videos of which an item shows enough.

        Args:
            reached: What its frames came near.
            hashes: Of the item.

        Yields:
            Column, row, frame and distance of the nearest pair, and how much was found.
        """
        if not reached.best:
            return
        self._load()
        frames = clear_frames(hashes)
        by_video: dict[int, list[int]] = {}
        best_rows = np.fromiter(reached.best, np.int64)
        for row, video in zip(best_rows.tolist(), self._videos(best_rows).tolist(), strict=True):
            by_video.setdefault(video, []).append(row)
        matched = self._matched(reached)
        for video, rows in by_video.items():
            known, queries = int(self._frame_counts[video]), matched[video]
            is_enough = len(rows) >= SHARE_MIN * known or min(len(rows), len(queries)) >= MATCHED_FRAMES_MIN
            if not is_enough:
                continue
            row = min(rows, key=lambda one: (reached.best[one], one))
            bits, query, place = reached.best[row]
            mode = hashes.video_mode or VideoMode.THOROUGH
            values = {frames[one].pdq for one in queries}
            spans_s = _spans([frame.time_s for frame in hashes.vpdq or () if frame.pdq in values], _SPAN_GAP_S[mode])
            near = self._near(reached, video, self._near_bits[place])
            yield place, row, query, bits, VideoShare(known, len(rows), len(queries), spans_s, mode, near)

    def shows_enough(self, rows: Collection[int], frames: int, *, of: int) -> bool:
        """Whether as many frames of a known video are shown altered as it takes where they are shown as they lie.

        Args:
            rows: Of the known video, those that are shown.
            frames: Different frames of the item that show them, or their number if that is smaller.
            of: Different frames of the item that may be compared: of a short one no more can be asked.
        """
        self._load()
        video = self._videos(np.fromiter(rows, np.int64))[0]
        return len(rows) >= SHARE_MIN * int(self._frame_counts[video]) or frames >= min(MATCHED_FRAMES_MIN, of)

    def _matched(self, reached: Reached) -> dict[int, list[int]]:
        """The frames that came near some frame of each known video, in order."""
        matched: dict[int, set[int]] = {}
        for queries, rows, _ in reached.pairs:
            pairs = np.unique(np.stack([self._videos(rows), queries]), axis=1)
            for video, query in pairs.T.tolist():
                matched.setdefault(video, set()).add(query)
        return {video: sorted(queries) for video, queries in matched.items()}

    def _near(self, reached: Reached, video: int, near_bits: int) -> int:
        """How many different frames of the item, and of the known video, are near some frame of the other."""
        queries, rows = set[int](), set[int]()
        for query_at, some, bits in reached.pairs:
            is_near = (self._videos(some) == video) & (bits <= near_bits)
            queries.update(query_at[is_near].tolist())
            rows.update(some[is_near].tolist())
        return min(len(queries), len(rows))

    def _videos(self, rows: Rows) -> Rows:
        assert self._rows is not None
        return self._video_of[np.searchsorted(self._rows, rows)]

    def _load(self) -> None:
        """Read the names of all known frames: a second for some hundred thousand, once."""
        if self._rows is not None:
            return
        numbers: dict[tuple[str, str], int] = {}
        all_rows, video_of = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for _, column in self._columns:
            rows = np.asarray(column.rows)
            for at in range(0, len(rows), _NAMES_AT_ONCE):
                some = rows[at : at + _NAMES_AT_ONCE].tolist()
                names = self._name_entries(some)
                all_rows.append(np.asarray(some, np.int64))
                video_of.append(
                    np.fromiter((numbers.setdefault((column.list, names[row]), len(numbers)) for row in some), np.int64)
                )
        joined = np.concatenate(all_rows)
        order = np.argsort(joined, kind="stable")
        self._video_of = np.concatenate(video_of)[order]
        self._frame_counts = np.bincount(self._video_of, minlength=len(numbers))
        self._rows = joined[order]


class Near:
    """Whether a video that was looked at by its keyframes is worth looking at throughout."""

    def __init__(self, columns: Sequence[Codes | StoredColumn], *, threshold_bits: int) -> None:
        """Take the lists that can accuse; nothing is opened before the first video."""
        self._columns = [column for column in columns if column.list_class in {ListClass.CSAM, ListClass.USER_REPORTED}]
        self._radius_bits = max(MARGIN_BITS, threshold_bits)
        self._searches: list[Search] | None = None

    def __call__(self, hashes: ItemHashes) -> bool:
        """Say whether some frame comes within `MARGIN_BITS`, or the threshold if that is wider, of an entry."""
        try:
            if self._searches is None:
                self._searches = self._open()
            return bool(search_frames(self._searches, clear_frames(hashes)).best)
        except IndexFileError:
            # Files of the index that went meanwhile cannot be opened again: looking throughout misses nothing.
            return True

    def _open(self) -> list[Search]:
        signals = (Signal.PDQ, Signal.VPDQ)
        wide = [
            column if isinstance(column, Codes) else column.within(self._radius_bits)
            for column in self._columns
            if column.signal in signals
        ]
        return [search for signal in signals for search in search_pdq(wide, signal, self._radius_bits)]


def _spans(times_s: Sequence[float], gap_s: float) -> tuple[tuple[float, float], ...]:
    """First and last of each run of times that follow each other closely."""
    spans: list[tuple[float, float]] = []
    for time_s in sorted(times_s):
        if spans and time_s - spans[-1][1] <= gap_s:
            spans[-1] = (spans[-1][0], time_s)
        else:
            spans.append((time_s, time_s))
    return tuple(spans[:_SPANS_MAX])
