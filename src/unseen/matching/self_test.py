"""Does an index find what is in it? Asked with entries of its own, changed by every number of bits it answers for."""

import numpy as np
import numpy.typing as npt

from unseen.errors import IndexFileError
from unseen.matching.digests import DigestTable
from unseen.matching.index import CODE_BYTES, Index
from unseen.matching.index_file import MappedFile

__all__ = ["read_codes", "try_digests", "try_index"]

_HINT = "the file is only a cache: delete it and build the index anew from its list"


def try_index(index: Index, mapped: MappedFile, *, threshold_bits: int, rows_per_distance: int) -> None:
    """Look for planted neighbours at every distance from 0 to the radius.

    Args:
        index: Over the file.
        mapped: The file; which rows and bits are taken follows from its content and `rows_per_distance` alone.
        threshold_bits: The radius.
        rows_per_distance: How many neighbours of each distance.

    Raises:
        IndexFileError: One was not found, or not at its distance. The index is not to be used.
    """
    count = len(index)
    if not count:
        return
    choose = np.random.default_rng([rows_per_distance, *mapped.checksums[:8].tolist()])
    distances = np.repeat(np.arange(threshold_bits + 1), rows_per_distance)
    entries = choose.integers(0, count, len(distances))
    # A random order of all bits for each query, of which the first so many are changed.
    places = choose.random((len(distances), 8 * CODE_BYTES)).argsort(axis=1).argsort(axis=1)
    flips = np.packbits(places < distances[:, None], axis=1)
    found = index.search(read_codes(index, mapped, entries) ^ flips, threshold_bits)
    query_at, entry_at, distance_bits = (column.astype(np.int64) for column in found)
    planted = np.arange(len(distances)) << 40 | entries << 7 | distances
    missed = ~np.isin(planted, query_at << 40 | entry_at << 7 | distance_bits)
    if missed.any():
        raise IndexFileError(
            f"{mapped.path}: the self-test did not find an entry {distances[missed][0]} bits away", hint=_HINT
        )


def read_codes(index: Index, mapped: MappedFile, entries: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """The codes of some entries, uint8[n, 32], their blocks verified.

    Raises:
        IndexFileError: A block is damaged.
    """
    half = CODE_BYTES // 2
    planes = []
    for name in ("heads", "tails"):
        index.check(dict(mapped.parts)[name][0], entries, half)
        planes.append(mapped.part(name, np.uint8).reshape(-1, half)[entries])
    return np.concatenate(planes, axis=1)


def try_digests(table: DigestTable, mapped: MappedFile, *, row_count: int) -> None:
    """Look up digests of the table itself.

    Raises:
        IndexFileError: One was not found.
    """
    choose = np.random.default_rng(mapped.checksums[:8])
    at = choose.integers(0, len(table), row_count if len(table) else 0)
    digests = mapped.part("sorted", np.uint8).reshape(-1, table.digest_bytes)[at]
    query_at, rows = table.search(digests)
    planted = set(enumerate(mapped.part("rows", np.int64)[at].tolist()))
    if not planted <= set(zip(query_at.tolist(), rows.tolist(), strict=True)):
        raise IndexFileError(f"{mapped.path}: the self-test did not find a digest", hint=_HINT)
