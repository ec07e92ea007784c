"""How often something happens that was never seen, as far as the tail of the distances suggests it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Extrapolated", "extrapolated"]

Floats = npt.NDArray[np.float64]

# The tail is fitted to the nearest of all distances that were measured.
_TAIL_SHARE = 0.1
_TAIL_MIN = 20
_RESAMPLED = 400


@dataclass(frozen=True)
class Extrapolated:
    """What the tail of the distances suggests for one bound.

    Attributes:
        rate: False matches per picture.
        low: Lower end of the interval of 95 %.
        high: Upper end.
        from_bits: Distances up to this one were fitted.
        fall_bits: By how many bits nearer a distance is one e-th as frequent.
        pictures: How many of them there were, each of another cluster.
    """

    rate: float
    low: float
    high: float
    from_bits: float
    fall_bits: float
    pictures: int


def extrapolated(nearest_bits: Sequence[float], trials: int, bound_bits: float, *, seed: int) -> Extrapolated | None:
    """Extend the tail of the nearest distances to a bound nobody came within, by an exponential fall.

    The fall is estimated from the nearest tenth: their mean distance from where it begins. The left end of a bell falls
    faster than exponentially, so where distances are such this errs towards more false matches. The interval is that of
    clusters drawn anew with replacement.

    Args:
        nearest_bits: The nearest distance of each cluster that has one.
        trials: How many clusters were tried, with a distance or without.
        bound_bits: The bound.
        seed: Of what is drawn.

    Returns:
        None where there are too few distances to say anything.
    """
    known = np.sort(np.asarray(nearest_bits, np.float64))
    if len(known) < _TAIL_MIN or trials < len(known):
        return None
    rate, start, fall, count = _tail(known, trials, bound_bits)
    rng = np.random.default_rng(seed)
    again = []
    for _ in range(_RESAMPLED):
        present = rng.binomial(trials, len(known) / trials)
        drawn = np.sort(rng.choice(known, size=present))
        if len(drawn) >= _TAIL_MIN:
            again.append(_tail(drawn, trials, bound_bits)[0])
    low, high = np.quantile(again, [0.025, 0.975])
    return Extrapolated(rate, float(low), float(high), start, fall, count)


def _tail(known: Floats, trials: int, bound_bits: float) -> tuple[float, float, float, int]:
    start = float(known[max(_TAIL_MIN, round(_TAIL_SHARE * len(known))) - 1])
    count = int(np.searchsorted(known, start, side="right"))
    # Distances are whole bits, rounded up: half a bit each is what lies between.
    fall = max(float(np.mean(start - known[:count])) + 0.5, 0.5)
    if bound_bits >= start:
        return float(np.searchsorted(known, bound_bits, side="right")) / trials, start, fall, count
    return count / trials * math.exp(-(start - bound_bits) / fall), start, fall, count
