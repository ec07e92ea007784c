"""Searches over all columns of one signal at once, wherever these lie."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from unseen.matching.digests import DigestTable
from unseen.matching.index import Index
from unseen.matching.segments import StoredColumn
from unseen.model import Codes

__all__ = ["Merged", "Rows", "Search", "all_searches", "as_matrix", "ask_all", "in_index", "in_table", "search_pdq"]

Rows = npt.NDArray[np.int64]
# Turns uint8[m, size_bytes] into query, column, row and distance of every match.
Search = Callable[[npt.NDArray[np.uint8]], tuple[Rows, Rows, Rows, Rows]]


class Merged:
    """All columns of one signal that lie in memory, as one numbered range of entries."""

    def __init__(self, columns: Sequence[Codes | StoredColumn | None], signal: str) -> None:
        held = [(place, codes) for place, codes in enumerate(columns) if isinstance(codes, Codes)]
        self.places = [place for place, codes in held if codes.signal == signal]
        self.values = [codes.values for _, codes in held if codes.signal == signal]
        rows = [codes.rows for _, codes in held if codes.signal == signal]
        self.rows: Rows = np.concatenate(rows) if rows else np.empty(0, np.int64)
        self._ends = np.cumsum([len(part) for part in rows], dtype=np.int64)

    def locate(self, entry_at: Rows) -> tuple[Rows, Rows]:
        """The column and the row of each entry."""
        at = np.searchsorted(self._ends, entry_at, side="right")
        return np.asarray(self.places, dtype=np.int64)[at], self.rows[entry_at]


def in_index(index: Index, merged: Merged) -> Search:
    """Search what lies in memory by an index."""

    def ask(queries: npt.NDArray[np.uint8]) -> tuple[Rows, Rows, Rows, Rows]:
        query_at, entry_at, distance_bits = index.search(queries)
        return query_at, *merged.locate(entry_at), distance_bits.astype(np.int64)

    return ask


def in_table(table: DigestTable, merged: Merged) -> Search:
    """Look digests up in memory."""

    def ask(queries: npt.NDArray[np.uint8]) -> tuple[Rows, Rows, Rows, Rows]:
        query_at, entry_at = table.search(queries)
        return query_at, *merged.locate(entry_at), np.zeros(len(query_at), np.int64)

    return ask


def _in_files(column: StoredColumn, place: int) -> Search:
    def ask(queries: npt.NDArray[np.uint8]) -> tuple[Rows, Rows, Rows, Rows]:
        query_at, rows, distance_bits = column.search(queries)
        return query_at, np.full(len(rows), place, np.int64), rows, distance_bits.astype(np.int64)

    return ask


def all_searches(
    columns: Sequence[Codes | StoredColumn], signal: str, build: Callable[[Merged], Search]
) -> list[Search]:
    """What lies in memory is searched together; what lies in files, list by list."""
    merged = Merged(columns, signal)
    stored = [
        _in_files(column, place)
        for place, column in enumerate(columns)
        if isinstance(column, StoredColumn) and column.signal == signal and column.count
    ]
    return [*([build(merged)] if len(merged.rows) else []), *stored]


def search_pdq(columns: Sequence[Codes | StoredColumn], signal: str, threshold_bits: int) -> list[Search]:
    """Searches over all columns of a perceptual signal, within so many bits."""

    def build(merged: Merged) -> Search:
        index = Index.build(iter(merged.values), threshold_bits=threshold_bits)
        # The index holds its own copy.
        merged.values = []
        return in_index(index, merged)

    return all_searches(columns, signal, build)


def ask_all(searches: Sequence[Search], queries: npt.NDArray[np.uint8]) -> tuple[Rows, ...]:
    """Query, column, row and distance of every match in any of these searches."""
    found = [search(queries) for search in searches]
    return found[0] if len(found) == 1 else tuple(np.concatenate(column) for column in zip(*found, strict=True))


def as_matrix(values: Sequence[bytes], size_bytes: int) -> npt.NDArray[np.uint8]:
    """Values as uint8[n, size_bytes]."""
    return np.frombuffer(b"".join(values), dtype=np.uint8).reshape(len(values), size_bytes)
