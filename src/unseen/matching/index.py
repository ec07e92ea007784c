"""`Index`: every entry of a list within a Hamming distance of a code. Not here: what a match means (policy)."""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from unseen import kernel
from unseen.errors import IndexFileError, ThresholdError, UsageError
from unseen.matching.index_file import MappedFile, map_file, write_segment
from unseen.model import Signal

__all__ = [
    "CODE_BYTES",
    "KIND",
    "PERCEPTUAL",
    "THRESHOLD_BITS_DEFAULT",
    "THRESHOLD_BITS_MAX",
    "Family",
    "Index",
    "check_threshold",
    "make_family",
]

Codes = npt.NDArray[np.uint8]
Columns = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint16]]
# Hashes of one picture, which are searched together.
Family = kernel.HammingFamily | kernel.ReferenceFamily

CODE_BYTES = 32
# The field's default for PDQ (python-threatexchange).
THRESHOLD_BITS_DEFAULT = 31
# A quarter of the bits. Unrelated pictures lie around 128 bits apart, and what is further than this tells nothing.
THRESHOLD_BITS_MAX = 64
# Of the file that holds an index.
KIND = "codes"
# Signals that are searched by distance: PDQs of pictures, and of frames of videos.
PERCEPTUAL = frozenset({Signal.PDQ.value, Signal.VPDQ.value})
_HINT = "the file is only a cache: delete it and build the index anew from its list"


def _as_codes(rows: npt.ArrayLike, what: str) -> Codes:
    """The rows as uint8[n, 32] in one piece, or a `UsageError` that says what they are instead."""
    array = np.asarray(rows)
    if array.dtype != np.uint8 or array.ndim != 2 or array.shape[1] != CODE_BYTES:
        raise UsageError(
            f"{what} are {array.dtype}{list(array.shape)}, expected uint8[n, {CODE_BYTES}]",
            hint="one row per hash, most significant bit first; numpy.frombuffer(data, numpy.uint8).reshape(-1, 32)",
        )
    return np.ascontiguousarray(array)


def check_threshold(threshold_bits: int) -> None:
    """Refuse a radius that no index answers for.

    Raises:
        ThresholdError: `threshold_bits` is outside 0 … 64.
    """
    if not 0 <= threshold_bits <= THRESHOLD_BITS_MAX:
        raise ThresholdError(
            f"threshold of {threshold_bits} bits, expected 0 to {THRESHOLD_BITS_MAX}",
            hint=f"unrelated pictures lie around 128 bits apart; the field's default is {THRESHOLD_BITS_DEFAULT}",
        )


def make_family(queries: Codes, *, threshold_bits: int, group_size: int) -> Family:
    """Hashes of one picture, to be searched together in any number of indexes.

    Args:
        queries: uint8[m, 32], 0 <= m < 2^25, most significant bit first. Fast where they lie near each other, or near
            each other's mirror images; exact always.
        threshold_bits: Largest distance that counts, inclusive, 0 … 64, whatever an index was built for.
        group_size: So many in a row are hashes of one placing; at least 1.

    Raises:
        UsageError: The queries are of another shape or type.
        ThresholdError: `threshold_bits` is outside 0 … 64.
    """
    check_threshold(threshold_bits)
    return kernel.new_family(_as_codes(queries, "queries"), threshold_bits, group_size)


class Index:
    """An exact index over 256-bit codes, for every radius up to the one it was built for.

    Exact: an entry is returned if and only if its distance is at most the threshold. Never approximate, because an
    approximate index may miss an entry; see docs/explanation/exact-search.md. Entries are numbered from 0 in the
    order in which they were given, and keep their numbers when others are added or removed. Safe from many threads.

    Example:
        >>> index = Index.build(np.zeros((1, 32), np.uint8))
        >>> query_at, entry_at, distance_bits = index.search(np.full((1, 32), 0x01, np.uint8), threshold_bits=31)
        >>> distance_bits.tolist()
        []
    """

    __slots__ = ("_changing", "_kernel", "_origin", "_search", "threshold_bits")

    threshold_bits: Final[int]

    def __init__(
        self, kernel_index: kernel.HammingIndex | kernel.ReferenceIndex, threshold_bits: int, origin: str = "an index"
    ) -> None:
        self._origin = origin
        self._kernel = kernel_index
        self._search = kernel_index.search
        # A file must hold one state: nothing is added or removed while it is written. Searches never wait for this.
        self._changing = Lock()
        self.threshold_bits = threshold_bits

    @classmethod
    def build(cls, codes: Codes | Iterator[Codes], threshold_bits: int = THRESHOLD_BITS_DEFAULT) -> Self:
        """Index these codes.

        Args:
            codes: uint8[n, 32], n >= 0, most significant bit first. Copied. Or an iterator over such arrays, so that
                a large list need not be held twice.
            threshold_bits: Largest radius that the index will be asked for, 0 … 64.

        Raises:
            UsageError: The codes are of another shape or type.
            ThresholdError: `threshold_bits` is outside 0 … 64.
        """
        check_threshold(threshold_bits)
        index = kernel.new_index(threshold_bits)
        for block in codes if isinstance(codes, Iterator) else [codes]:
            index.append(_as_codes(block, "codes"))
        index.build()
        return cls(index, threshold_bits)

    def search(self, queries: Codes, threshold_bits: int | None = None) -> Columns:
        """Find every entry within a Hamming distance of each query.

        Args:
            queries: uint8[m, 32], m >= 0, most significant bit first.
            threshold_bits: Largest distance that counts, inclusive; at most the index's own, which is the default.

        Returns:
            (query_at int64[k], entry_at int64[k], distance_bits uint16[k]): positions in `queries`, entry numbers and
            distances, ordered by (query, distance, entry). Same input, same order.

        Raises:
            UsageError: The queries are of another shape or type.
            ThresholdError: `threshold_bits` is negative, or larger than the index was built for.
            IndexFileError: A part of the mapped file that this search needs is damaged.
        """
        if threshold_bits is None:
            threshold_bits = self.threshold_bits
        elif not 0 <= threshold_bits <= self.threshold_bits:
            raise ThresholdError(
                f"threshold of {threshold_bits} bits, but the index was built for 0 to {self.threshold_bits}",
                hint="build the index with the largest threshold that it will be asked for",
            )
        try:
            return self._search(queries, threshold_bits)
        except RuntimeError as error:
            raise self._damaged(error) from error
        except TypeError:
            # Checked only now: a single search takes a few microseconds, and so would checking first.
            return self._search(_as_codes(queries, "queries"), threshold_bits)

    def search_family(self, family: Family) -> Columns:
        """Find every entry within the threshold of any hash of a family, and for each its two nearest placings.

        Returns:
            (query_at int64[k], entry_at int64[k], distance_bits uint16[k]): for each entry at most two hashes, the
            nearest of its nearest placing and of the next; of equally near ones the first. Ordered by (entry,
            distance, query). So an entry costs the same memory however many hashes it lies near.

        Raises:
            IndexFileError: A part of the mapped file that this search needs is damaged.
        """
        try:
            return self._kernel.search_family(family)  # type: ignore[arg-type]  # both made by one variant of the kernel
        except RuntimeError as error:
            raise self._damaged(error) from error

    def codes(self, entry_at: npt.NDArray[np.int64]) -> Codes:
        """The codes of entries, uint8[k, 32].

        Raises:
            IndexFileError: A part of the mapped file in which one lies is damaged.
        """
        try:
            return self._kernel.codes(np.ascontiguousarray(entry_at, np.int64))
        except RuntimeError as error:
            raise self._damaged(error) from error

    def add(self, codes: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Add entries and return their numbers, int64[n]. They are found by every search that starts afterwards."""
        rows = _as_codes(codes, "codes")
        with self._changing:
            before = self._kernel.append(rows)
        return np.arange(before, before + len(rows), dtype=np.int64)

    def remove(self, entry_at: npt.ArrayLike) -> None:
        """Remove entries by number; no search that starts afterwards returns them. Removing twice is no error.

        Raises:
            UsageError: There is no entry of such a number; then nothing is removed.
        """
        entries = np.atleast_1d(np.asarray(entry_at, dtype=np.int64))
        unknown = entries[(entries < 0) | (entries >= self._kernel.count)]
        if unknown.size:
            raise UsageError(
                f"no entry {unknown[0]}: the index has numbered {self._kernel.count}",
                hint="remove() takes the entry numbers that search() and add() return",
            )
        with self._changing:
            self._kernel.remove(entries.tolist())

    def save(self, path: Path | str) -> None:
        """Write the index to a file that `open` maps. `path` holds its former content or the whole new one, never less.

        Raises:
            IndexFileError: The file cannot be written.
        """
        with self._changing:
            write_segment(Path(path), KIND, self.facts(), self._kernel.parts())

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Map a saved index into memory and verify every block of it.

        Raises:
            IndexFileError: The file cannot be read, or is torn, altered or foreign. It is never searched.
        """
        mapped = map_file(Path(path), KIND)
        index = cls.over(mapped, 0)
        index.check_all()
        return index

    @classmethod
    def over(cls, mapped: MappedFile, threshold_bits: int) -> Self:
        """Search a mapped file, each block of which is verified before it is first used.

        Args:
            mapped: The file.
            threshold_bits: Largest radius that will be asked for, where that is larger than the file was made for:
                the answer is exact at any, if not as fast.

        Raises:
            IndexFileError: The file's parts do not fit together.
        """
        header = mapped.header
        threshold_bits = max(threshold_bits, header["threshold_bits"])
        index = kernel.new_index(threshold_bits)
        try:
            index.guard(mapped.file, mapped.start, mapped.checksums)
            index.map(mapped.file, header["count"], header["shapes"], header["mean_lengths"], mapped.parts)
        except (ValueError, TypeError, KeyError, RuntimeError) as error:
            raise IndexFileError(f"{mapped.path}: {error}", hint=_HINT) from error
        return cls(index, threshold_bits, str(mapped.path))

    def check(self, offset: int, elements: npt.NDArray[np.int64], element_bytes: int = 8) -> None:
        """Verify the blocks in which elements of a part lie that only the caller reads.

        Raises:
            IndexFileError: One is not what was written.
        """
        try:
            self._kernel.check(offset, element_bytes, elements)
        except RuntimeError as error:
            raise self._damaged(error) from error

    def check_all(self) -> None:
        """Verify every block of a mapped file that was not yet; later searches need not ask any more.

        Raises:
            IndexFileError: One is not what was written.
        """
        try:
            self._kernel.check_all()
        except RuntimeError as error:
            raise self._damaged(error) from error

    def facts(self) -> dict[str, object]:
        """What the header of a file of this index says, without the entries added since it was built."""
        index = self._kernel
        return {
            "threshold_bits": self.threshold_bits,
            "count": index.base_count,
            "shapes": index.shapes,
            "mean_lengths": index.mean_lengths,
        }

    def parts(self) -> list[tuple[str, npt.NDArray[np.uint8]]]:
        """The parts of a file of this index; valid until the index changes."""
        return self._kernel.parts()

    def _damaged(self, error: RuntimeError) -> IndexFileError:
        return IndexFileError(f"{self._origin}: {error}", hint=_HINT)

    def __len__(self) -> int:
        """How many entries can be found: all that were added and not removed."""
        return self._kernel.count - self._kernel.removed_count

    def describe(self) -> dict[str, object]:
        """How this index searches: for people and for the record, not for decisions.

        Keys: `method` (`scan` or `multi-index hashing`, for a single query at the largest threshold), `chunks`
        ([first bit, width, directory bits] each), `mean_bucket_length` (entries in the bucket of an average entry,
        per chunk), `entries`, `removed`, `bytes`.
        """
        with self._changing:
            return self._describe()

    def _describe(self) -> dict[str, object]:
        return {
            "method": "scan" if self._kernel.scans(self.threshold_bits) else "multi-index hashing",
            "chunks": self._kernel.shapes,
            "mean_bucket_length": self._kernel.mean_lengths,
            "entries": self._kernel.count,
            "removed": self._kernel.removed_count,
            "bytes": self._kernel.bytes,
        }
