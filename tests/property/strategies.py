"""Lists of codes for property tests: uniform, clustered, and planted at an exact distance from a query."""

import numpy as np
import numpy.typing as npt

__all__ = ["Codes", "as_rows", "brute_force", "clustered", "flip", "planted", "uniform"]

Codes = npt.NDArray[np.uint8]
Row = tuple[int, int, int]


def uniform(rng: np.random.Generator, count: int) -> Codes:
    """Codes of independent fair bits."""
    return rng.integers(0, 256, (count, 32), dtype=np.uint8)


def flip(code: Codes, bits: npt.ArrayLike) -> Codes:
    """The code with these bits changed."""
    changed = np.unpackbits(code)
    changed[np.asarray(bits, dtype=np.int64)] ^= 1
    return np.packbits(changed)


def planted(rng: np.random.Generator, code: Codes, distances: npt.ArrayLike) -> Codes:
    """One code per distance, each with exactly so many random bits changed."""
    rows = [flip(code, rng.choice(256, distance, replace=False)) for distance in np.asarray(distances)]
    return np.array(rows, dtype=np.uint8).reshape(-1, 32)


def clustered(rng: np.random.Generator, count: int) -> Codes:
    """Codes of which half lie within 12 bits of one of three centres, as copies of one picture do."""
    codes = uniform(rng, count)
    for centre in uniform(rng, 3):
        members = rng.choice(count, count // 6, replace=False)
        codes[members] = planted(rng, centre, rng.integers(0, 13, len(members)))
    return codes


def brute_force(codes: Codes, queries: Codes, threshold_bits: int) -> list[Row]:
    """Every (query, entry, distance) within the threshold, ordered, by comparing all with all."""
    rows = []
    for query_at, query in enumerate(queries):
        distances = np.unpackbits(codes ^ query, axis=1).sum(axis=1, dtype=np.int64)
        entries = np.flatnonzero(distances <= threshold_bits)
        rows += sorted((query_at, int(distances[entry]), int(entry)) for entry in entries)
    return [(query_at, entry, distance) for query_at, distance, entry in rows]


def as_rows(
    columns: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint16]],
) -> list[Row]:
    """Three columns as (query, entry, distance) rows."""
    return list(zip(*(column.tolist() for column in columns), strict=True))
