"""Exact search of 256-bit codes within 31 bits, single queries or batches, called from Python."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.sides.protocol import Work, digest, serve

RADIUS_BITS = 31
_BLOCK = 1_000_000
Codes = npt.NDArray[np.uint8]


def _unseen(settings: dict[str, Any]) -> Work:
    import unseen

    _, queries = _load(settings)
    index = unseen.Index.build(_blocks(settings["codes"]), threshold_bits=RADIUS_BITS)
    batches = _batches(queries, settings["batch"])
    query_at, entry_at, distance_bits = index.search(queries)
    found = zip(query_at.tolist(), entry_at.tolist(), distance_bits.tolist(), strict=True)
    answer = sorted(match for match in found if match[0] < settings["compared"])
    return _work(index.search, batches, answer, len(queries))


def _threatexchange(settings: dict[str, Any]) -> Work:
    """Its `PDQIndex`: `query` for single codes; for batches the index inside, which is what takes them."""
    from threatexchange.signal_type.pdq.pdq_index import PDQIndex

    codes, queries = _load(settings)
    index = PDQIndex([(code.tobytes().hex(), at) for at, code in enumerate(codes)])
    texts = [query.tobytes().hex() for query in queries]
    answer = []
    for at, text in enumerate(texts):
        answer += [(at, match.metadata, match.similarity_info.distance) for match in index.query(text)]
    if settings["batch"] == 1:
        return _work(index.query, texts, sorted(answer), len(queries))
    batches = [texts[at : at + settings["batch"]] for at in range(0, len(texts), settings["batch"])]

    def search(batch: list[str]) -> object:
        return index.index.search_with_distance_in_result(batch, RADIUS_BITS)

    return _work(search, batches, sorted(answer), len(queries))


def _faiss_flat(settings: dict[str, Any]) -> Work:
    """Its exhaustive exact search; the radius it takes is exclusive."""
    import faiss

    faiss.omp_set_num_threads(1)
    codes, queries = _load(settings)
    index = faiss.IndexBinaryFlat(256)
    index.add(np.ascontiguousarray(codes))
    del codes
    limits, distances, labels = index.range_search(queries, RADIUS_BITS + 1)
    of_query = np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64)))
    answer = sorted(zip(of_query.tolist(), labels.tolist(), distances.astype(int).tolist(), strict=True))
    batches = _batches(queries, settings["batch"])
    return _work(lambda batch: index.range_search(batch, RADIUS_BITS + 1), batches, answer, len(queries))


def _faiss_nearest(settings: dict[str, Any]) -> Work:
    """Its exhaustive search for the ten nearest of all queries in one call: the fastest way into it that is known."""
    import faiss

    faiss.omp_set_num_threads(1)
    codes, queries = _load(settings)
    index = faiss.IndexBinaryFlat(256)
    index.add(np.ascontiguousarray(codes))
    del codes
    distances, labels = index.search(queries, 10)
    query_at, rank = np.nonzero(distances <= RADIUS_BITS)
    found = (query_at, labels[query_at, rank], distances[query_at, rank].astype(int))
    answer = sorted(zip(*(column.tolist() for column in found), strict=True))
    return _work(lambda batch: index.search(batch, 10), [queries], answer, len(queries))


def _work(search: Callable[[Any], object], batches: list[Any], answer: list[Any], count: int) -> Work:
    notes: dict[str, Any] = {"queries": count, "matches_compared": len(answer)}
    if len(batches) == count:
        notes["latency_us"] = _latencies(search, batches)
    return Work(lambda: [search(batch) for batch in batches], count, digest(answer), notes)


def _latencies(search: Callable[[Any], object], batches: list[Any]) -> dict[str, float]:
    """How long single queries take, one by one, by the wall clock: the slow ones are what a mean hides."""
    spent_us = []
    for batch in batches:
        before = time.perf_counter_ns()
        search(batch)
        spent_us.append((time.perf_counter_ns() - before) / 1e3)
    points = {"p50": 50, "p99": 99, "max": 100}
    return {name: round(float(np.percentile(spent_us, point)), 2) for name, point in points.items()}


def _load(settings: dict[str, Any]) -> tuple[Codes, Codes]:
    return np.load(settings["codes"], mmap_mode="r"), np.load(settings["queries"])[: settings["count"]]


def _blocks(path: str) -> Iterator[Codes]:
    """The codes in blocks, as a program with a large list would hand them over, so that they are not held twice.

    Each block has a mapping of its own: pages of one that stays open would count as memory of this process.
    """
    for at in range(0, len(np.load(path, mmap_mode="r")), _BLOCK):
        yield np.array(np.load(path, mmap_mode="r")[at : at + _BLOCK])


def _batches(queries: Codes, size: int) -> list[Codes]:
    return [queries[at : at + size] for at in range(0, len(queries), size)]


if __name__ == "__main__":
    _SIDES = {
        "unseen": _unseen,
        "threatexchange": _threatexchange,
        "faiss_flat": _faiss_flat,
        "faiss_nearest": _faiss_nearest,
    }
    serve(lambda settings: _SIDES[settings["side"]](settings))
