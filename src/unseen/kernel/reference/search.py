"""Exact Hamming search as plain as it can be said: the definition that native code must equal."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unseen.kernel.reference.checksum import block_checksums

__all__ = ["ReferenceFamily", "ReferenceIndex"]

Codes = npt.NDArray[np.uint8]
Matches = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint16]]

# An entry may lie near many placings of one picture, since these overlap. Two are enough to go on from.
_QUERIES_KEPT = 2


class ReferenceFamily(NamedTuple):
    """Hashes of one picture, to be searched together: `group_size` in a row are of one placing."""

    queries: Codes
    threshold_bits: int
    group_size: int


class ReferenceIndex:
    """Compares every query with every code. Same methods and same answers as the native `HammingIndex`."""

    def __init__(self, threshold_bits: int) -> None:
        self._threshold_bits = threshold_bits
        self._codes: Codes = np.empty((0, 32), np.uint8)
        self._is_removed: npt.NDArray[np.bool_] = np.empty(0, np.bool_)

    def append(self, codes: Codes) -> int:
        """Add codes, numbered in the order in which they come; returns the number of the first."""
        first = len(self._codes)
        self._codes = np.concatenate([self._codes, codes])
        self._is_removed = np.concatenate([self._is_removed, np.zeros(len(codes), np.bool_)])
        return first

    def build(self, method: int = 0, chunk_count: int = 0) -> None:
        """There is nothing to build."""

    def remove(self, entry_at: list[int]) -> None:
        """Leave these entries out of every later answer."""
        if any(not 0 <= entry < len(self._codes) for entry in entry_at):
            raise IndexError("no such entry")
        self._is_removed[entry_at] = True

    def search(self, queries: Codes, threshold_bits: int = -1) -> Matches:
        """Every (query, entry, distance) within the threshold, ordered."""
        threshold = self._threshold_bits if threshold_bits < 0 else threshold_bits
        if threshold > self._threshold_bits:
            raise ValueError("threshold")
        if queries.dtype != np.uint8 or queries.ndim != 2 or queries.shape[1] != 32:
            raise TypeError("queries")
        found = [self._search_one(query, threshold) for query in queries]
        query_at = np.repeat(np.arange(len(queries)), [len(entries) for entries, _ in found])
        entry_at = np.concatenate([entries for entries, _ in found] or [np.empty(0, np.int64)])
        distance_bits = np.concatenate([distances for _, distances in found] or [np.empty(0, np.int64)])
        return query_at.astype(np.int64), entry_at.astype(np.int64), distance_bits.astype(np.uint16)

    def _search_one(self, query: Codes, threshold: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        distances = np.bitwise_count(self._codes ^ query).sum(axis=1, dtype=np.int64)
        entries = np.flatnonzero((distances <= threshold) & ~self._is_removed)
        in_order = np.lexsort((entries, distances[entries]))
        return entries[in_order], distances[entries[in_order]]

    def search_family(self, family: ReferenceFamily) -> Matches:
        """Every entry within the threshold of a query, each with its two nearest queries of different groups.

        Ordered by (entry, distance, query).
        """
        found = []
        for entry in np.flatnonzero(~self._is_removed):
            distances = np.bitwise_count(family.queries ^ self._codes[entry]).sum(axis=1, dtype=np.int64)
            groups = set[int]()
            for query in np.argsort(distances, kind="stable")[: _QUERIES_KEPT * family.group_size]:
                if distances[query] > family.threshold_bits or len(groups) == _QUERIES_KEPT:
                    break
                if query // family.group_size not in groups:
                    groups.add(query // family.group_size)
                    found.append((query, entry, distances[query]))
        query_at, entry_at, distance_bits = np.array(found, np.int64).reshape(-1, 3).T
        return query_at, entry_at, distance_bits.astype(np.uint16)

    def codes(self, entry_at: npt.NDArray[np.int64]) -> Codes:
        """The codes of these entries."""
        return self._codes[entry_at]

    def parts(self) -> list[tuple[str, Codes]]:
        """What a file holds; the native index reads it, and scans."""
        none = np.empty(0, np.uint8)
        removed = np.packbits(self._is_removed, bitorder="little")
        removed = np.concatenate([removed, np.zeros(-len(removed) % 8, np.uint8)])
        heads, tails = np.ascontiguousarray(self._codes[:, :16]), np.ascontiguousarray(self._codes[:, 16:])
        planes = [("heads", heads.ravel()), ("tails", tails.ravel()), ("added heads", none), ("added tails", none)]
        return [*planes, ("removed", removed)]

    def guard(self, file: Codes, start: int, checksums: npt.NDArray[np.uint32]) -> None:
        """Check every block of a file, from `start` on, at once."""
        damaged = np.flatnonzero(block_checksums(file[start:]) != checksums)
        if len(damaged):
            raise RuntimeError(f"block {damaged[0]} is damaged")

    def check(self, offset: int, element_bytes: int, elements: npt.NDArray[np.int64]) -> None:
        """There is nothing left to check."""

    def check_all(self) -> None:
        """There is nothing left to check."""

    def map(
        self,
        file: Codes,
        count: int,
        shapes: list[list[int]],
        mean_lengths: list[float],
        parts: list[tuple[str, tuple[int, int]]],
    ) -> None:
        """Fill an empty index from a file; tables are left aside."""
        del count, shapes, mean_lengths
        held = {name: file[offset : offset + size] for name, (offset, size) in parts}
        for added in ("", "added "):
            planes = [held[f"{added}{plane}"].reshape(-1, 16) for plane in ("heads", "tails")]
            self.append(np.concatenate(planes, axis=1))
        removed = np.unpackbits(held["removed"], bitorder="little")[: len(self._codes)]
        self._is_removed[: len(removed)] = removed

    @property
    def base_count(self) -> int:
        """How many entries the file's tables hold: all."""
        return len(self._codes)

    def scans(self, threshold_bits: int) -> bool:  # noqa: ARG002 - as the native index asks
        """Whether a single query is answered by a scan: always."""
        return True

    @property
    def shapes(self) -> list[list[int]]:
        """Chunks: none."""
        return []

    @property
    def mean_lengths(self) -> list[float]:
        """Mean bucket lengths: none."""
        return []

    @property
    def count(self) -> int:
        """How many entries were ever added."""
        return len(self._codes)

    @property
    def removed_count(self) -> int:
        """How many of them were removed."""
        return int(self._is_removed.sum())

    @property
    def bytes(self) -> int:
        """Memory held."""
        return self._codes.nbytes + self._is_removed.nbytes
