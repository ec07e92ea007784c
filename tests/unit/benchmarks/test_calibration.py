"""Sums of a calibration."""

import math
from typing import Any

import numpy as np
from benchmarks.altered.chances import extrapolated
from benchmarks.altered.summing import BLIND, WHOLE, decided_again, summed

from unseen.matching.altered import BOUND_BITS, Kind, soft_distance
from unseen.model import AlteredHash, How

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
    inside = next(kind for kind in way["kinds"] if kind["kinds"] == [Kind.INSIDE])
    assert (way["pictures"], way["clusters"]) == (4, 3)
    assert (inside["false_clusters"], inside["false_entry_clusters"]) == (1, 1)
    assert 1 / 3 < inside["upper_bound"] < 1


def test_a_picture_that_two_runs_looked_at_counts_once() -> None:
    """A line that stands twice is one picture."""
    assert summed([_line(0, 5), _line(0, 5)])[0]["pictures"] == 1


def test_what_was_seen_before_counts_only_beside_the_others() -> None:
    """Nobody may be judged by what they were made after."""
    ways = summed([_line(0, 5)], seen=[_line(1, 6, inside=_INSIDE), _line(2, 7)])
    assert {(way["group"], way["clusters"], way["any"]["false_clusters"]) for way in ways} == {
        ("rooms", 1, 0),
        (BLIND, 1, 0),
        (WHOLE, 3, 1),
    }


def test_a_bound_nobody_came_within_is_about_three_by_the_clusters() -> None:
    """With no false match among n clusters the bound is 1 - 0.05 ** (1 / n)."""
    way = summed([_line(at, at) for at in range(100)])[0]
    assert math.isclose(way["any"]["upper_bound"], 1 - 0.05 ** (1 / 100), rel_tol=1e-9)


def test_an_exponential_tail_is_extended_to_what_it_is() -> None:
    """Where distances fall by 1/e every 5 bits, what lies 60 bits nearer is found within its interval."""
    rng = np.random.default_rng(1)
    over = np.ceil(60 - rng.exponential(5.0, 2_000))
    tails = extrapolated([(at, at, bits) for at, bits in enumerate(over.tolist())], 20_000, seed=1)
    assert len(tails) == 4
    for tail in tails:
        assert tail.low < 0.1 * math.exp(-60 / 5) < tail.high
        assert tail.shape_low < 0 < tail.shape_high


def test_a_tail_that_ends_is_said_to_end() -> None:
    """Where no distance can be nearer than 40 over the bound, the shape is below 0 and nothing comes within it."""
    over = 40 + np.random.default_rng(1).uniform(0, 50, 2_000)
    *_, tail = extrapolated([(at, at, bits) for at, bits in enumerate(over.tolist())], 2_000, seed=1)
    assert tail.shape_high < 0
    assert tail.pareto_rate == 0


def test_one_series_of_entries_counts_as_one() -> None:
    """Where all came near one series, another list might have none such, or two: the interval says so."""
    over = np.ceil(60 - np.random.default_rng(1).exponential(5.0, 2_000)).tolist()
    apart = extrapolated([(at, at, bits) for at, bits in enumerate(over)], 20_000, seed=1)[-1]
    together = extrapolated([(at, 0, bits) for at, bits in enumerate(over)], 20_000, seed=1)[-1]
    assert together.rate == apart.rate
    assert together.low == 0 < apart.low


def test_too_few_distances_are_not_extended() -> None:
    """Nothing is said of a tail of a handful."""
    assert extrapolated([(at, at, 40.0) for at in range(9)], 1000, seed=1) == []


def test_lines_are_decided_anew() -> None:
    """What was compared counts as the present rule has it, whatever rule was in use when the line was written."""
    pdq, value, margins, seen = bytes(range(32)), bytes(range(1, 33)), bytes([60]) * 256, bytes([255]) * 72
    compared = {"kind": "inside", "bits": 3, "cluster": 9}
    compared |= {"pdq": pdq.hex(), "margins": margins.hex(), "seen": seen.hex(), "entry": value.hex()}
    line = decided_again(_line(0, 5, inside=3) | {"compared": [compared]})
    bits = soft_distance(AlteredHash(How(), pdq, 100, margins, seen), value)
    assert line["nearest"]["inside"][0] == line["compared"][0]["bits"] == bits
    assert decided_again(line) == line
