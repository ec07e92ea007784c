"""From one line for each picture to what the page shows: counts, bounds, tails."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.altered.chances import extrapolated
from unseen.casework.auditing.intervals import bound_above
from unseen.matching.altered import BOUND_BITS, Kind

__all__ = ["summed"]

Line = dict[str, Any]

_SEED = 20261123
_CHANCE = 0.05
# What is not summed up together.
_WAY = ("group", "mode", "radius_bits", "entries", "entry_clusters")
# `nearest` of a line holds these.
_SOFT, _PLAIN, _CANDIDATE, _CLUSTER = range(4)


def summed(lines: Iterable[Line]) -> list[Line]:
    """What was measured in each way of looking, of each group and of all together; no line is counted twice.

    Args:
        lines: As `calibrate run` writes them.
    """
    ways: dict[tuple[Any, ...], dict[int, Line]] = defaultdict(dict)
    for line in lines:
        way = tuple(line[name] for name in _WAY)
        ways[way].setdefault(line["at"], line)
        ways["all together", *way[1:]].setdefault(line["at"], line)
    return [dict(zip(_WAY, way, strict=True)) | _summed(list(each.values())) for way, each in sorted(ways.items())]


def _summed(lines: Sequence[Line]) -> Line:
    clusters = {line["cluster"] for line in lines}
    candidates = Counter(line["candidate_bits"] for line in lines if line["candidate_bits"] is not None)
    times = sorted(line["cpu_s"] for line in lines)
    return {
        "pictures": len(lines),
        "clusters": len(clusters),
        "placings_mean": round(sum(line["placings"] for line in lines) / len(lines), 1),
        "nearest_candidate_bits": _sorted(candidates),
        "aims_mean": round(sum(line["aims"] for line in lines) / len(lines), 2),
        "values_left_out": sum(line["dropped"] for line in lines),
        "cpu_s": {"median": times[len(times) // 2], "largest": times[-1]},
        "kinds": [_kind(kind, lines, len(clusters)) for kind in Kind],
        "any": _any(lines, len(clusters)),
    }


def _kind(kind: Kind, lines: Sequence[Line], clusters: int) -> Line:
    """One kind of placing; a cluster counts once, by the nearest of its pictures."""
    bound_bits = BOUND_BITS[kind]
    known = [(line, line["nearest"][kind.value]) for line in lines if kind.value in line["nearest"]]
    of_cluster: dict[int, int] = {}
    for line, nearest in known:
        before = of_cluster.get(line["cluster"], nearest[_SOFT])
        of_cluster[line["cluster"]] = min(before, nearest[_SOFT])
    false = [(line, nearest) for line, nearest in known if nearest[_SOFT] <= bound_bits]
    false_clusters = len({line["cluster"] for line, _ in false})
    tail = extrapolated(list(of_cluster.values()), clusters, bound_bits, seed=_SEED)
    return {
        "kind": kind.value,
        "bound_bits": bound_bits,
        "pictures_with_one": len(known),
        "nearest_soft_bits": _sorted(Counter(nearest[_SOFT] for _, nearest in known)),
        "false": len(false),
        "false_clusters": false_clusters,
        "false_entry_clusters": len({nearest[_CLUSTER] for _, nearest in false}),
        "upper_bound": bound_above(false_clusters, clusters, _CHANCE),
        "extrapolated": asdict(tail) if tail else None,
    }


def _any(lines: Sequence[Line], clusters: int) -> Line:
    """Whatever kind of placing it is: by how much the nearest lies over the bound of its kind."""
    of_cluster: dict[int, int] = {}
    false = 0
    for line in lines:
        over = [line["nearest"][kind.value][_SOFT] - BOUND_BITS[kind] for kind in Kind if kind.value in line["nearest"]]
        if over:
            of_cluster[line["cluster"]] = min([*over, of_cluster.get(line["cluster"], over[0])])
            false += min(over) <= 0
    false_clusters = sum(bits <= 0 for bits in of_cluster.values())
    tail = extrapolated(list(of_cluster.values()), clusters, 0, seed=_SEED)
    return {
        "false": false,
        "false_clusters": false_clusters,
        "extrapolated": asdict(tail) if tail else None,
        "upper_bound": bound_above(false_clusters, clusters, _CHANCE),
    }


def _sorted(counts: Counter[int]) -> dict[str, int]:
    return {str(bits): counts[bits] for bits in sorted(counts)}
