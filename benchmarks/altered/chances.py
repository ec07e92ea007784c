"""How often something happens that was hardly or never seen, as far as the tail of the distances suggests it.

Peaks over a threshold: of what comes nearer than some distance, by how much it does falls as a generalised Pareto
distribution if the distance is near enough (J. Pickands, Annals of Statistics 3 (1975) 119). Its shape says whether the
tail ends (below 0), falls exponentially (0), or more slowly (above 0).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Extrapolated", "Near", "extrapolated"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
# Cluster of photographs, cluster of entries, and by how much a pair of them lies over the bound, in bits.
Near = tuple[int, int, float]

# So many of the nearest clusters make the tail: several, so that one sees whether it matters.
_TAILS = (10, 20, 40, 80)
_RESAMPLED = 400
_BIT = 0.5  # distances are whole bits, rounded up: half a bit each is what lies between


@dataclass(frozen=True)
class Extrapolated:
    """What one tail of the distances suggests for the bound.

    Attributes:
        tail: How many clusters of photographs come within `over_bits` of the bound.
        over_bits: Where the tail begins.
        fall_bits: By how many bits nearer a distance is one e-th as frequent, if the tail falls exponentially.
        rate: False matches per picture if it does.
        low: Lower end of the interval of 95 % for it.
        high: Upper end.
        shape: Of the generalised Pareto distribution that is most likely.
        shape_low: Lower end of the interval of 95 %.
        shape_high: Upper end.
        pareto_rate: False matches per picture by it; 0 where it ends before the bound.
        pareto_high: Upper end of the interval of 95 %.
    """

    tail: int
    over_bits: float
    fall_bits: float
    rate: float
    low: float
    high: float
    shape: float
    shape_low: float
    shape_high: float
    pareto_rate: float
    pareto_high: float


def extrapolated(near: Iterable[Near], trials: int, *, seed: int) -> list[Extrapolated]:
    """Extend the tail of the nearest distances to the bound.

    The intervals are those of clusters drawn anew with replacement, of photographs and, at the same time, of entries:
    what only one series of entries came near to, another list would not have.

    Args:
        near: Pairs of clusters, each once, with the least distance between them.
        trials: How many clusters of photographs were tried, near or not.
        seed: Of what is drawn.

    Returns:
        One for each length of the tail for which there are enough; none where there are hardly any.
    """
    nearest: dict[int, tuple[float, int]] = {}
    for photograph, entry, bits in sorted(near):
        nearest[photograph] = min((bits, entry), nearest.get(photograph, (bits, entry)))
    over = np.array([bits for bits, _ in nearest.values()])
    entries, of_entry = np.unique([entry for _, entry in nearest.values()], return_inverse=True)
    said = []
    for tail in _TAILS:
        if len(over) < tail:
            break
        start = float(np.sort(over)[tail - 1])
        rng = np.random.default_rng(seed)
        again = []
        for _ in range(_RESAMPLED):
            times = rng.poisson(1, len(over)) * rng.poisson(1, len(entries))[of_entry]
            again.append(_fitted(over, times, trials, start))
        low, high = np.quantile(np.array(again), [0.025, 0.975], axis=0).tolist()
        fall, rate, shape, pareto = _fitted(over, np.ones(len(over), np.int64), trials, start)
        said.append(Extrapolated(tail, start, fall, rate, low[1], high[1], shape, low[2], high[2], pareto, high[3]))
    return said


def _fitted(over: Floats, times: Whole, trials: int, start: float) -> tuple[float, float, float, float]:
    """Fall, rate, shape and rate by the shape, where each cluster counts so many times."""
    is_near = (over <= start) & (times > 0)
    weights = times[is_near].astype(np.float64)
    excess = start - over[is_near] + _BIT
    count = float(weights.sum())
    if not count:
        return 0.0, 0.0, 0.0, 0.0
    fall = float(weights @ excess) / count
    beyond = start + _BIT
    if beyond <= 0:
        raise ValueError("the tail begins within the bound")
    rate = count / trials * float(np.exp(-beyond / fall))
    shape, scale = _pareto(excess, weights)
    left = 1 + shape * beyond / scale
    share = float(np.exp(-beyond / scale)) if abs(shape) < 1e-9 else max(0.0, left) ** (-1 / shape)
    return fall, rate, shape, count / trials * share


def _pareto(excess: Floats, weights: Floats) -> tuple[float, float]:
    """Shape and scale that are most likely: over the quotient of both, the shape follows (S. D. Grimshaw, 1993)."""
    largest, mean = float(excess.max()), float(weights @ excess / weights.sum())
    # 1 + quotient * excess must stay above 0.
    quotients = np.concatenate([-np.geomspace(1e-4, 0.999, 200)[::-1] / largest, np.geomspace(1e-4, 50, 200) / mean])
    shapes = (weights @ np.log1p(quotients * excess[:, None])) / weights.sum()
    likelihood = -np.log(shapes / quotients) - shapes - 1
    # A shape below -1 has no greatest likelihood.
    likelihood[shapes < -1] = -np.inf
    at = int(likelihood.argmax())
    return float(shapes[at]), float(shapes[at] / quotients[at])
