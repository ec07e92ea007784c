"""What an audit of a triage instrument says: counts and rates of groups, never anything about one person."""

from dataclasses import dataclass

__all__ = [
    "Area",
    "Band",
    "Comparison",
    "Cut",
    "Hidden",
    "Instrument",
    "Missed",
    "Share",
    "TriageAudit",
    "Waiting",
    "WaitingBand",
]


@dataclass(frozen=True, slots=True)
class Band:
    """People whom an instrument treats alike.

    Attributes:
        name: As given: the name of a band, or a value of the instrument.
        harmed: How many of them were known to have harmed a child.
        others: How many were not known to have.
    """

    name: str
    harmed: int
    others: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument on one sample.

    Attributes:
        name: As given.
        bands: From the lowest to the highest.
        low: How many of the lowest bands would be left waiting.
    """

    name: str
    bands: tuple[Band, ...]
    low: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a sample with the interval of 95 % by Wilson's method."""

    of: int
    count: int
    low_95: float
    high_95: float

    @property
    def rate(self) -> float | None:
        """None where there is nothing that it could be a share of."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Area:
    """The area under the receiver operating curve, with DeLong's interval of 95 %.

    It is the chance that somebody who harmed stands above somebody who did not, ties counted half.
    """

    value: float
    low_95: float
    high_95: float


@dataclass(frozen=True, slots=True)
class Cut:
    """What an instrument's line between low and the rest does in its own sample.

    Attributes:
        found: Of those who harmed, the share above the line: its sensitivity.
        missed: Of those who harmed, the share below it.
        spared: Of the others, the share below the line (specificity).
        right_above: Of those above the line, the share who harmed (positive predictive value, in this sample).
        right_below: Of those below the line, the share who did not (negative predictive value, in this sample).
        right: The share put on the right side (accuracy).
        area: Over all bands, whatever the line.
    """

    instrument: Instrument
    found: Share
    missed: Share
    spared: Share
    right_above: Share
    right_below: Share
    right: Share
    area: Area | None


@dataclass(frozen=True, slots=True)
class Missed:
    """Of a thousand people of whom a share has harmed a child: how many of these stand below the line.

    Attributes:
        prevalence: That share.
        expected: How many, by the rate of the sample.
        low_95: By the lower end of its interval.
        high_95: By the upper end.
        right_above: The positive predictive value at that prevalence.
        right_below: The negative one.
    """

    prevalence: float
    expected: float
    low_95: float
    high_95: float
    right_above: float
    right_below: float


@dataclass(frozen=True, slots=True)
class Hidden:
    """A scenario, no estimate: those who were never found out look to the instrument like those who did no harm.

    Attributes:
        hidden: The share of all people who have harmed and are not known to have.
        below: Of a thousand, how many of these would stand below the line.
    """

    hidden: float
    below: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two instruments on the same rows.

    Attributes:
        first: Name of one.
        second: Name of the other.
        only_first_misses: Who harmed and stand below the line of the first only.
        only_second_misses: Below that of the second only.
        both_miss: Below both.
        difference: Of the areas, first less second, with DeLong's interval of 95 % for areas on the same rows.
        low_95: Its lower end.
        high_95: Its upper end.
    """

    first: str
    second: str
    only_first_misses: int
    only_second_misses: int
    both_miss: int
    difference: float
    low_95: float
    high_95: float


@dataclass(frozen=True, slots=True)
class WaitingBand:
    """How one band fares in a backlog, over many simulated runs.

    Attributes:
        name: Of the band.
        arrivals: A week, on average.
        waiting: At the end: median, 5th and 95th of a hundred runs.
        longest_weeks: How long the one who has waited longest has waited at the end; likewise.
        harmed_waiting: How many of those who wait have harmed, on average, by the sample's own shares.
    """

    name: str
    arrivals: float
    waiting: tuple[float, float, float]
    longest_weeks: tuple[float, float, float]
    harmed_waiting: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A backlog in which the highest band always comes first, and beside it one worked through by age alone.

    Attributes:
        weeks: How long it ran.
        capacity: People a week.
        by_band: Highest first, from the highest band down.
        by_age: The same bands where the oldest always comes first.
        weekly: Of each week the median number waiting in the lowest band: highest first, and by age.
    """

    weeks: int
    capacity: float
    by_band: tuple[WaitingBand, ...]
    by_age: tuple[WaitingBand, ...]
    weekly: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageAudit:
    """All that `unseen audit triage` says.

    Attributes:
        source: Path of the file, or the name of an example.
        sha256: Of its bytes; None for an example.
        cuts: One for each instrument.
        missed: For each instrument, by prevalence.
        hidden: For each instrument the scenario, where a hidden share was given.
        comparison: Where there are two.
        waiting: Of the first instrument, where arrivals and capacity were given.
        notes: What has to be said about an example's figures, as sentences.
    """

    audited_at_utc: str
    version: str
    source: str
    sha256: str | None
    cuts: tuple[Cut, ...]
    missed: tuple[tuple[Missed, ...], ...]
    hidden: tuple[Hidden, ...]
    comparison: Comparison | None
    waiting: Waiting | None
    notes: tuple[str, ...]
