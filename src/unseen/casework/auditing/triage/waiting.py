"""A backlog under a rule: who comes next, and who still waits in the end. Simulated; its seed makes it repeatable."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median, quantiles

from unseen.reports.audits.triage_values import Instrument, Waiting, WaitingBand

__all__ = ["RUNS", "Backlog", "simulate"]

# Enough for the fifth and the ninety-fifth of a hundred.
RUNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What comes and what can be done.

    Attributes:
        arrivals: People a week, on average.
        capacity: People a week that can be dealt with, on average.
        weeks: How long it runs, from an empty desk.
        seed: Of chance.
    """

    arrivals: float
    capacity: float
    weeks: int = 104
    seed: int = 1


@dataclass(slots=True)
class _End:
    waiting: list[int]
    longest: list[int]
    lowest: list[int]


def simulate(instrument: Instrument, backlog: Backlog) -> Waiting:
    """Run a backlog a hundred times, highest band first and by age.

    People arrive by chance (Poisson) in the shares of the sample's bands, and nobody is ever moved to another band.
    What is left of a week's capacity is lost.
    """
    highest_first = [_run(instrument, backlog, Random(backlog.seed + run), _highest) for run in range(RUNS)]  # noqa: S311  # chance, no secret
    by_age = [_run(instrument, backlog, Random(backlog.seed + run), _oldest) for run in range(RUNS)]  # noqa: S311  # as above
    weekly = tuple(
        (median(one.lowest[week] for one in highest_first), median(one.lowest[week] for one in by_age))
        for week in range(backlog.weeks)
    )
    return Waiting(
        weeks=backlog.weeks,
        capacity=backlog.capacity,
        by_band=_bands(instrument, backlog, highest_first),
        by_age=_bands(instrument, backlog, by_age),
        weekly=weekly,
    )


def _run(
    instrument: Instrument, backlog: Backlog, chance: Random, choose: Callable[[Sequence[deque[int]]], int]
) -> _End:
    rates = _rates(instrument, backlog)
    queues: list[deque[int]] = [deque() for _ in rates]
    lowest = []
    for week in range(backlog.weeks):
        for queue, rate in zip(queues, rates, strict=True):
            queue.extend([week] * _poisson(rate, chance))
        for _ in range(_poisson(backlog.capacity, chance)):
            if not any(queues):
                break
            queues[choose(queues)].popleft()
        lowest.append(len(queues[0]))
    longest = [backlog.weeks - queue[0] if queue else 0 for queue in queues]
    return _End([len(queue) for queue in queues], longest, lowest)


def _highest(queues: Sequence[deque[int]]) -> int:
    return max(place for place, queue in enumerate(queues) if queue)


def _oldest(queues: Sequence[deque[int]]) -> int:
    return min((place for place, queue in enumerate(queues) if queue), key=lambda place: (queues[place][0], -place))


def _rates(instrument: Instrument, backlog: Backlog) -> list[float]:
    sizes = [band.harmed + band.others for band in instrument.bands]
    return [backlog.arrivals * size / sum(sizes) for size in sizes]


def _bands(instrument: Instrument, backlog: Backlog, runs: Sequence[_End]) -> tuple[WaitingBand, ...]:
    bands = []
    for place, (band, rate) in enumerate(zip(instrument.bands, _rates(instrument, backlog), strict=True)):
        waiting = [run.waiting[place] for run in runs]
        size = band.harmed + band.others
        bands.append(
            WaitingBand(
                name=band.name,
                arrivals=rate,
                waiting=_spread(waiting),
                longest_weeks=_spread([run.longest[place] for run in runs]),
                harmed_waiting=sum(waiting) / len(waiting) * (band.harmed / size if size else 0.0),
            )
        )
    return tuple(reversed(bands))


def _spread(values: Sequence[int]) -> tuple[float, float, float]:
    cuts = quantiles(values, n=20, method="inclusive")
    return float(median(values)), cuts[0], cuts[-1]


def _poisson(mean: float, chance: Random) -> int:
    """How many come in a week: arrivals at random moments, counted until the week is over."""
    count, moment = 0, chance.expovariate(1.0)
    while moment < mean:
        count += 1
        moment += chance.expovariate(1.0)
    return count
