"""Exact search of all placings of a picture, at once or hash by hash; of each entry the two nearest."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.sides.protocol import Work, digest, serve

Codes = npt.NDArray[np.uint8]
Near = list[tuple[int, int, int, int]]

_ORIENTATIONS = 8
_KEPT = 2


def _unseen(settings: dict[str, Any]) -> Work:
    from unseen.matching.altered import AlteredSearch
    from unseen.model import Codes as Column
    from unseen.model import ListClass, Proposals

    codes, families = _load(settings)
    column = Column("known", ListClass.CSAM, "pdq", codes, np.arange(len(codes)))
    search = AlteredSearch([column], radius_bits=settings["radius_bits"])

    def near(hashes: Codes) -> Near:
        [candidates] = search.candidates([Proposals((), hashes.tobytes())])
        return [(one.row, one.distance_bits, one.placing, one.orientation) for one in candidates]

    return _work(near, families)


def _one_by_one(settings: dict[str, Any]) -> Work:
    """Our own search of single hashes, in an index that was made for this radius."""
    import unseen

    codes, families = _load(settings)
    index = unseen.Index.build(codes, threshold_bits=settings["radius_bits"])

    def near(hashes: Codes) -> Near:
        query_at, entry_at, distance_bits = index.search(hashes)
        return _two_nearest(zip(query_at.tolist(), entry_at.tolist(), distance_bits.tolist(), strict=True))

    return _work(near, families)


def _faiss_flat(settings: dict[str, Any]) -> Work:
    """Its exhaustive exact search; the radius it takes is exclusive."""
    import faiss

    faiss.omp_set_num_threads(1)
    codes, families = _load(settings)
    index = faiss.IndexBinaryFlat(256)
    index.add(codes)

    def near(hashes: Codes) -> Near:
        limits, distances, labels = index.range_search(hashes, settings["radius_bits"] + 1)
        query_at = np.repeat(np.arange(len(hashes)), np.diff(limits.astype(np.int64)))
        return _two_nearest(zip(query_at.tolist(), labels.tolist(), distances.astype(int).tolist(), strict=True))

    return _work(near, families)


def _two_nearest(found: Iterable[tuple[int, int, int]]) -> Near:
    """Of each entry the nearest placing and the next, as (entry, distance, placing, orientation)."""
    best: dict[tuple[int, int], tuple[int, int, int, int]] = {}
    for query, entry, distance in sorted(found, key=lambda one: (one[2], one[0])):
        placing, orientation = divmod(query, _ORIENTATIONS)
        best.setdefault((entry, placing), (entry, distance, placing, orientation))
    kept: dict[int, int] = {}
    near = []
    for one in best.values():
        kept[one[0]] = kept.get(one[0], 0) + 1
        if kept[one[0]] <= _KEPT:
            near.append(one)
    return near


def _work(near: Callable[[Codes], Near], families: list[Codes]) -> Work:
    answer = [sorted(near(hashes)) for hashes in families]
    notes = {"hashes": sum(map(len, families)), "candidates_compared": sum(map(len, answer))}
    return Work(lambda: [near(hashes) for hashes in families], len(families), digest(answer), notes)


def _load(settings: dict[str, Any]) -> tuple[Codes, list[Codes]]:
    with np.load(settings["families"]) as families:
        return np.load(settings["codes"]), [families[name] for name in families.files]


if __name__ == "__main__":
    _SIDES = {"unseen": _unseen, "one_by_one": _one_by_one, "faiss_flat": _faiss_flat}
    serve(lambda settings: _SIDES[settings["side"]](settings))
