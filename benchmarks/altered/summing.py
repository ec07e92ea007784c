"""From one line for each picture to what the page shows: counts, bounds, tails."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.altered.chances import Near, extrapolated
from unseen.casework.auditing.intervals import bound_above
from unseen.matching.altered import BOUND_BITS, Kind, soft_distance
from unseen.model import AlteredHash, How

__all__ = ["BLIND", "MOVES", "WHOLE", "decided_again", "summed"]

Line = dict[str, Any]

_SEED = 20261123
_CHANCE = 0.05
BLIND = "all together"
WHOLE = "all together, and those seen before"
# What is not summed up together.
_WAY = ("group", "mode", "radius_bits", "entries", "entry_clusters")
# By how much the bounds are moved for the curve.
MOVES = (-40, -30, -20, -10, 0, 10, 20, 30, 40)
# Farther ones are as far as windows that say nothing, and no tail.
_TAIL_BITS_MAX = 250
# `nearest` of a line holds these.
_SOFT, _PLAIN, _CANDIDATE, _CLUSTER = range(4)


def summed(lines: Iterable[Line], seen: Iterable[Line] = ()) -> list[Line]:
    """What was measured in each way of looking, of each group and of all together; no line is counted twice.

    Args:
        lines: As `calibrate run` writes them.
        seen: Those that were there when what decides was last changed: summed up with the others, and not alone.
    """
    ways: dict[tuple[Any, ...], dict[int, Line]] = defaultdict(dict)
    blind, seen = list(lines), list(seen)
    for line in blind:
        way = tuple(line[name] for name in _WAY)
        ways[way].setdefault(line["at"], line)
        ways[BLIND, *way[1:]].setdefault(line["at"], line)
    modes = {line["mode"] for line in seen}
    for line in (line for line in [*blind, *seen] if line["mode"] in modes):
        ways[WHOLE, *(line[name] for name in _WAY[1:])].setdefault(line["at"], line)
    return [dict(zip(_WAY, way, strict=True)) | _summed(list(each.values())) for way, each in sorted(ways.items())]


def decided_again(line: Line) -> Line:
    """A line as the soft distance of this program has it: what was refined stays, what is said of it may change.

    Whatever was compared closer than 256 bits is in the line; what is farther is left out of `nearest`.
    """
    compared = []
    nearest: dict[str, list[int]] = {}
    for one in line["compared"]:
        pdq, margins, seen, value = (bytes.fromhex(one[name]) for name in ("pdq", "margins", "seen", "entry"))
        bits = soft_distance(AlteredHash(How(), pdq, 100, margins, seen), value)
        compared.append(one | {"bits": bits})
        if one["kind"] not in nearest or bits < nearest[one["kind"]][_SOFT]:
            plain = (int.from_bytes(pdq) ^ int.from_bytes(value)).bit_count()
            nearest[one["kind"]] = [bits, plain, line["candidate_bits"], one["cluster"]]
    return line | {"compared": compared, "nearest": nearest}


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
        "kinds": [_counted(lines, len(clusters), (kind,)) for kind in Kind],
        "any": _counted(lines, len(clusters), tuple(Kind)),
        "curve": [_moved(lines, len(clusters), by_bits) for by_bits in MOVES],
    }


def _counted(lines: Sequence[Line], clusters: int, kinds: Sequence[Kind], by_bits: int = 0) -> Line:
    """Placings of some kinds, their bounds moved by so much; a cluster counts once, by the nearest of its pictures."""
    said = [
        (line["cluster"], nearest[_CLUSTER], nearest[_SOFT] - BOUND_BITS[kind] - by_bits, nearest[_SOFT])
        for line in lines
        for kind in kinds
        for nearest in [line["nearest"].get(kind.value)]
        if nearest is not None
    ]
    false = [each for each in said if each[2] <= 0]
    false_clusters = len({photograph for photograph, *_ in false})
    near: list[Near] = [
        (photograph, entry, over) for photograph, entry, over, bits in said if over > 0 and bits <= _TAIL_BITS_MAX
    ]
    tails = [] if false else extrapolated(near, clusters, seed=_SEED)
    return {
        "kinds": [kind.value for kind in kinds],
        "bounds_bits": [BOUND_BITS[kind] + by_bits for kind in kinds],
        "nearest_soft_bits": _sorted(Counter(bits for *_, bits in said)),
        "false_clusters": false_clusters,
        "false_entry_clusters": len({entry for _, entry, *_ in false}),
        "upper_bound": bound_above(false_clusters, clusters, _CHANCE),
        "extrapolated": [asdict(tail) for tail in tails],
    }


def _moved(lines: Sequence[Line], clusters: int, by_bits: int) -> Line:
    """What bounds would let through that were all wider by so much, or narrower."""
    counted = _counted(lines, clusters, tuple(Kind), by_bits)
    return {"by_bits": by_bits} | {name: counted[name] for name in ("false_clusters", "upper_bound", "extrapolated")}


def _sorted(counts: Counter[int]) -> dict[str, int]:
    return {str(bits): counts[bits] for bits in sorted(counts)}
