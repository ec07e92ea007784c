"""Sums of a calibration."""

import math
from typing import Any

import numpy as np
from benchmarks.altered.chances import extrapolated
from benchmarks.altered.summing import summed

from unseen.matching.altered import BOUND_BITS, Kind

_INSIDE = BOUND_BITS[Kind.INSIDE]


def _line(at: int, cluster: int, **nearest: int) -> dict[str, Any]:
    return {
        "at": at,
        "cluster": cluster,
        "group": "rooms",
        "mode": "fast",
        "radius_bits": 64,
        "entries": 1_000_000,
        "entry_clusters": 3,
        "placings": 50,
        "candidates": len(nearest),
        "candidate_bits": 60 if nearest else None,
        "aims": len(nearest),
        "dropped": 0,
        "refined": len(nearest),
        "nearest": {kind: [bits, 60, 60, 7] for kind, bits in nearest.items()},
        "cpu_s": 0.1,
    }


def test_pictures_of_one_cluster_count_once() -> None:
    """Two false matches in one series are one of so many clusters, and two of so many pictures."""
    lines = [_line(0, 5, inside=_INSIDE), _line(1, 5, inside=_INSIDE - 1), _line(2, 6, inside=_INSIDE + 1), _line(3, 8)]
    way = next(way for way in summed(lines) if way["group"] == "rooms")
    inside = next(kind for kind in way["kinds"] if kind["kind"] == Kind.INSIDE)
    assert (way["pictures"], way["clusters"]) == (4, 3)
    assert (inside["false"], inside["false_clusters"]) == (2, 1)
    assert 1 / 3 < inside["upper_bound"] < 1


def test_a_picture_that_two_runs_looked_at_counts_once() -> None:
    """A line that stands twice is one picture."""
    assert summed([_line(0, 5), _line(0, 5)])[0]["pictures"] == 1


def test_a_bound_nobody_came_within_is_about_three_by_the_clusters() -> None:
    """With no false match among n clusters the bound is 1 - 0.05 ** (1 / n)."""
    way = summed([_line(at, at) for at in range(100)])[0]
    assert math.isclose(way["any"]["upper_bound"], 1 - 0.05 ** (1 / 100), rel_tol=1e-9)


def test_an_exponential_tail_is_extended_to_what_it_is() -> None:
    """Where distances fall by 1/e every 5 bits, what lies 60 bits nearer is found within its interval."""
    rng = np.random.default_rng(1)
    bits = np.ceil(200 - rng.exponential(5.0, 20_000))
    tail = extrapolated(bits.tolist(), 20_000, 140, seed=1)
    assert tail is not None
    assert tail.low < math.exp(-60 / 5) < tail.high
    assert abs(tail.fall_bits - 5) < 1


def test_too_few_distances_are_not_extended() -> None:
    """Nothing is said of a tail of a dozen."""
    assert extrapolated([190.0] * 12, 1000, 140, seed=1) is None
