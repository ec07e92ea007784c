"""Indexes of a store, made for tests."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unseen.matching import Generation, IndexWriter, StoredColumn
from unseen.model import Codes, ListClass

Values = npt.NDArray[np.uint8]
Found = list[tuple[int, int, int]]


def column(values: Values, rows: npt.ArrayLike, *, signal: str = "pdq", name: str = "ours") -> Codes:
    """Entries of a list of class csam."""
    return Codes(name, ListClass.CSAM, signal, values, np.asarray(rows, dtype=np.int64))


def write(folder: Path, *columns: Codes, version: str = "00") -> str:
    """Publish an index of these columns, list by list."""
    with IndexWriter(folder) as writer:
        for name in dict.fromkeys(each.list for each in columns):
            writer.put_list(name, version, [each for each in columns if each.list == name])
        return writer.publish()


def open_columns(folder: Path, name: str = "ours", *, threshold_bits: int = 31) -> list[StoredColumn]:
    """The columns of a list in the current generation."""
    generation = Generation.open(folder)
    try:
        return generation.columns(name, ListClass.CSAM, threshold_bits=threshold_bits)
    finally:
        generation.close()


def answer(columns: Iterable[StoredColumn], queries: Values) -> Found:
    """Every (query, row, distance) that the columns give."""
    return sorted(
        match for each in columns for match in zip(*(part.tolist() for part in each.search(queries)), strict=True)
    )


def truth(entries: dict[int, Values], queries: Values, threshold_bits: int = 31) -> Found:
    """The same by comparing all with all."""
    rows = np.array(list(entries), dtype=np.int64)
    values = np.array(list(entries.values()), dtype=np.uint8).reshape(len(rows), queries.shape[1])
    found = []
    for query_at, query in enumerate(queries):
        distances = np.unpackbits(values ^ query, axis=1).sum(axis=1, dtype=np.int64)
        near = np.flatnonzero(distances <= threshold_bits)
        found += [
            (query_at, row, bits) for row, bits in zip(rows[near].tolist(), distances[near].tolist(), strict=True)
        ]
    return sorted(found)
