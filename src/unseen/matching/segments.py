"""The index of a store, opened for searching: one generation, its files mapped. Not here: how it is written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from unseen.errors import IndexFileError
from unseen.matching.digests import DigestTable
from unseen.matching.index import CODE_BYTES, KIND, PERCEPTUAL, Family, Index
from unseen.matching.index_file import FileRef, MappedFile, map_file
from unseen.matching.manifest import ColumnFiles, HeldManifest, segment_path
from unseen.matching.self_test import try_digests, try_index
from unseen.model import Codes, ListClass, Signal

__all__ = ["DIGESTS", "REMOVED", "Generation", "StoredColumn", "kind_of", "read_removed", "read_rows", "read_segment"]

Rows = npt.NDArray[np.int64]

# Kinds of files besides that of an `Index`.
DIGESTS = "digests"
REMOVED = "removed"

# At opening, one neighbour of each distance: some hundredths of a second even over ten million cold entries. Before a
# scan as many as make a thousand.
_ROWS_AT_OPENING = 1
_ROWS_IN_FULL = 32


@dataclass(frozen=True, slots=True)
class _Segment:
    file: FileRef
    mapped: MappedFile
    search: Index | DigestTable
    rows: Rows


class StoredColumn:
    """All entries of one signal in one list, searched in mapped files.

    Attributes:
        list: Name of the list.
        list_class: What the list is for.
        signal: Name of the signal.
        index_sha256: Digest of the generation.
        count: How many entries it holds.
    """

    def __init__(
        self, folder: Path, files: ColumnFiles, *, of: tuple[str, ListClass], index_sha256: str, threshold_bits: int
    ) -> None:
        """Map the files, verify their outlines, and try them.

        Raises:
            IndexFileError: A file is missing, torn, altered or foreign, or does not find what is in it.
        """
        self.list, self.list_class = of
        self.signal = files.signal
        self.index_sha256 = index_sha256
        self._folder = folder
        self._files = files
        self._threshold_bits = threshold_bits
        self._segments = [_open_segment(folder, files.signal, file, threshold_bits) for file in files.segments]
        self._removed = read_removed(folder, files.removed)
        self.count = sum(file.count for file in files.segments) - len(self._removed)
        self._try(_ROWS_AT_OPENING)

    def search(self, queries: npt.NDArray[np.uint8]) -> tuple[Rows, Rows, npt.NDArray[np.uint16]]:
        """Find every entry within the threshold of each query; for digests, every equal one.

        Args:
            queries: uint8[m, size_bytes].

        Returns:
            (query_at int64[k], rows int64[k], distance_bits uint16[k]): positions in `queries`, keys of entries and
            distances, in no order that means anything.

        Raises:
            IndexFileError: A part that this search needs is damaged; there is no answer then.
        """
        found = [_search_segment(segment, queries, self._threshold_bits) for segment in self._segments]
        found.append((np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint16)))
        query_at, rows, distance_bits = (np.concatenate(column) for column in zip(*found, strict=True))
        if len(self._removed) and len(rows):
            kept = ~np.isin(rows, self._removed)
            query_at, rows, distance_bits = query_at[kept], rows[kept], distance_bits[kept]
        return query_at, rows, distance_bits

    def search_family(self, family: Family) -> tuple[Rows, Rows, npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
        """Find every entry of a perceptual signal within a family's own threshold, and its two nearest placings.

        Returns:
            (query_at int64[k], rows int64[k], distance_bits uint16[k], values uint8[k, 32]): positions in the family,
            keys of entries, distances, and the entries themselves.

        Raises:
            IndexFileError: A part that this search needs is damaged; there is no answer then.
        """
        nothing = (
            np.empty(0, np.int64),
            np.empty(0, np.int64),
            np.empty(0, np.uint16),
            np.empty((0, CODE_BYTES), np.uint8),
        )
        found = [nothing]
        for segment in self._segments:
            if isinstance(segment.search, Index):
                query_at, entry_at, distance_bits = segment.search.search_family(family)
                segment.search.check(dict(segment.mapped.parts)["rows"][0], entry_at)
                rows = segment.rows[entry_at]
                kept = ~np.isin(rows, self._removed)
                values = segment.search.codes(entry_at[kept])
                found.append((query_at[kept], rows[kept], distance_bits[kept], values))
        query_at, rows, distance_bits, values = (np.concatenate(column) for column in zip(*found, strict=True))
        return query_at, rows, distance_bits, values

    def within(self, threshold_bits: int) -> "StoredColumn":
        """The same entries, searched within so many bits.

        Raises:
            IndexFileError: Its files are gone, or no longer sound.
        """
        return StoredColumn(
            self._folder,
            self._files,
            of=(self.list, self.list_class),
            index_sha256=self.index_sha256,
            threshold_bits=threshold_bits,
        )

    def digest_places(self) -> list[tuple[Path, int, int]]:
        """Where its digests lie in ascending order: file, offset of the first, count. None where some were removed."""
        if self.signal in PERCEPTUAL or len(self._removed):
            return []
        places = ((each.mapped.path, dict(each.mapped.parts)["sorted"][0], each.file.count) for each in self._segments)
        return list(places)

    @property
    def rows(self) -> Rows:
        """Keys of all entries, ascending; reads all of them."""
        for segment in self._segments:
            segment.mapped.check_blocks()
        rows = np.concatenate([np.empty(0, np.int64), *(segment.rows for segment in self._segments)])
        return np.sort(rows[~np.isin(rows, self._removed)])

    def verify(self) -> None:
        """Read every byte of the files, compare each with its SHA-256, and try them with a thousand rows.

        Raises:
            IndexFileError: A file is not what it was, or does not find what is in it.
        """
        for segment in self._segments:
            segment.mapped.check_sha256(segment.file.sha256)
            if isinstance(segment.search, Index):
                segment.search.check_all()
        self._try(_ROWS_IN_FULL)

    def compare(self, codes: Codes | None) -> None:
        """Compare with the entries of the list: the same keys and values, and tables that lead to every one of them.

        A file can be sound and still not be what the list makes of it: whoever alters one can give it a new name and
        the manifest a new digest. Takes the memory of building the column.

        Args:
            codes: All entries of this signal in the list, by ascending keys; None for none.

        Raises:
            IndexFileError: It holds other entries, or one that it would not find.
        """
        found = [self._compare_tables(segment) for segment in self._segments]
        rows = np.concatenate([np.empty(0, np.int64), *(rows for _, rows in found)])
        order = np.argsort(rows, kind="stable")
        order = order[~np.isin(rows[order], self._removed)]
        if not np.array_equal(rows[order], np.empty(0, np.int64) if codes is None else codes.rows):
            raise IndexFileError(f"the index of list {self.list} does not hold the {self.signal} entries of the list")
        if codes is not None and not np.array_equal(
            np.concatenate([values for values, _ in found])[order], codes.values
        ):
            raise IndexFileError(f"the index of list {self.list} holds other {self.signal} values than the list")

    def _compare_tables(self, segment: _Segment) -> tuple[npt.NDArray[np.uint8], Rows]:
        """Values and keys of a segment, once its tables were found to be those that these values make."""
        values, rows = read_segment(self._folder, self.signal, segment.file)
        if self.signal in PERCEPTUAL:
            built = Index.build(values, threshold_bits=segment.mapped.header["threshold_bits"])
            is_true = all(np.array_equal(segment.mapped.part(name, np.uint8), part) for name, part in built.parts())
        else:
            in_order = np.ascontiguousarray(values).view(np.dtype((np.void, values.shape[1])))[:, 0]
            is_true = np.array_equal(np.argsort(in_order, kind="stable"), np.arange(len(in_order)))
        if not is_true:
            raise IndexFileError(f"{segment.mapped.path}: its tables do not lead to all of its entries")
        return values, rows

    def _try(self, rows_per_distance: int) -> None:
        for segment in self._segments:
            if isinstance(segment.search, Index):
                try_index(
                    segment.search,
                    segment.mapped,
                    threshold_bits=self._threshold_bits,
                    rows_per_distance=rows_per_distance,
                )
            else:
                try_digests(segment.search, segment.mapped, row_count=32 * rows_per_distance)


class Generation:
    """The current generation of an index. It stays as it is, whatever is written meanwhile."""

    def __init__(self, folder: Path, held: HeldManifest) -> None:
        self._folder = folder
        self._held = held

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the current generation.

        Raises:
            IndexFileError: There is none, or its manifest is torn, altered or foreign.
        """
        return cls(folder, HeldManifest(folder))

    @property
    def sha256(self) -> str:
        """Digest of the generation: of the manifest that names every file by its digest."""
        return self._held.sha256

    def version(self, name: str) -> str | None:
        """The version of a list that the index holds; None where it holds none."""
        files = self._held.manifest.find(name)
        return None if files is None else files.version

    def columns(self, name: str, list_class: ListClass, *, threshold_bits: int) -> list[StoredColumn]:
        """Open the index of a list.

        Args:
            name: Of the list.
            list_class: What it is for.
            threshold_bits: Largest PDQ distance that counts, 0 … 64.

        Returns:
            One column for each signal that occurs.

        Raises:
            IndexFileError: A file is missing, torn, altered or foreign, or does not find what is in it.
        """
        files = self._held.manifest.find(name)
        if files is None:
            raise IndexFileError(f"{self._folder}: no index of list {name!r}")
        return [
            StoredColumn(
                self._folder,
                column,
                of=(name, list_class),
                index_sha256=self.sha256,
                threshold_bits=threshold_bits,
            )
            for column in files.columns
        ]

    def is_current(self) -> bool:
        """Whether no later generation has taken its place."""
        return self._held.is_current()

    def close(self) -> None:
        """Let a writer clear the files away; columns that are open stay searchable."""
        self._held.close()


def read_removed(folder: Path, file: FileRef | None) -> Rows:
    """The rows of a file of removals, ascending.

    Raises:
        IndexFileError: The file is missing, torn, altered or foreign.
    """
    if file is None:
        return np.empty(0, np.int64)
    mapped = map_file(segment_path(folder, file.sha256), REMOVED, size_bytes=file.size_bytes)
    mapped.check_blocks()
    return mapped.part("rows", np.int64)


def read_segment(folder: Path, signal: str, file: FileRef) -> tuple[npt.NDArray[np.uint8], Rows]:
    """Values and keys of all entries of a segment, every block verified.

    Raises:
        IndexFileError: The file is missing, torn, altered or foreign.
    """
    mapped = map_file(segment_path(folder, file.sha256), kind_of(signal), size_bytes=file.size_bytes)
    mapped.check_blocks()
    if signal in PERCEPTUAL:
        planes = [mapped.part(name, np.uint8).reshape(-1, 16) for name in ("heads", "tails")]
        return np.concatenate(planes, axis=1), mapped.part("rows", np.int64)
    return mapped.part("sorted", np.uint8).reshape(-1, mapped.header["digest_bytes"]), mapped.part("rows", np.int64)


def read_rows(folder: Path, signal: str, file: FileRef) -> Rows:
    """Keys of all entries of a segment, in its order, their blocks verified and no others.

    Raises:
        IndexFileError: The file is missing, torn, altered or foreign.
    """
    mapped = map_file(segment_path(folder, file.sha256), kind_of(signal), size_bytes=file.size_bytes)
    rows: Rows = mapped.part("rows", np.int64)
    mapped.check_blocks("rows")
    return rows


def kind_of(signal: str) -> str:
    """The kind of file that holds entries of a signal."""
    return KIND if signal in PERCEPTUAL else DIGESTS


def _open_segment(folder: Path, signal: str, file: FileRef, threshold_bits: int) -> _Segment:
    mapped = map_file(segment_path(folder, file.sha256), kind_of(signal), size_bytes=file.size_bytes)
    rows = mapped.part("rows", np.int64)
    if signal in PERCEPTUAL:
        index = Index.over(mapped, threshold_bits)
        if not len(index) == len(rows) == file.count:
            raise IndexFileError(f"{mapped.path}: holds {len(index)} entries and {len(rows)} keys")
        return _Segment(file, mapped, index, rows)
    # A search by bisection touches blocks all over the table, so all are verified at once.
    mapped.check_blocks()
    in_order = mapped.part("sorted", np.uint8).reshape(-1, Signal(signal).size_bytes)
    if not len(in_order) == len(rows) == file.count:
        raise IndexFileError(f"{mapped.path}: holds {len(in_order)} digests and {len(rows)} keys")
    return _Segment(file, mapped, DigestTable(in_order, rows), rows)


def _search_segment(
    segment: _Segment, queries: npt.NDArray[np.uint8], threshold_bits: int
) -> tuple[Rows, Rows, npt.NDArray[np.uint16]]:
    if isinstance(segment.search, DigestTable):
        query_at, rows = segment.search.search(queries)
        return query_at, rows, np.zeros(len(rows), np.uint16)
    query_at, entry_at, distance_bits = segment.search.search(queries, threshold_bits)
    if not len(entry_at):
        return query_at, entry_at, distance_bits
    segment.search.check(dict(segment.mapped.parts)["rows"][0], entry_at)
    return query_at, segment.rows[entry_at], distance_bits
