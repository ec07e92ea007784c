"""What an instrument tells apart, in its own sample. Groups of people alike; nobody is looked at alone.

E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209, for intervals of shares. E. R. DeLong,
D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44 (1988) 837, for areas under curves and their differences.
"""

from collections.abc import Sequence
from math import sqrt

from unseen.errors import UsageError
from unseen.reports.audits.triage_values import Area, Band, Comparison, Cut, Instrument, Share

__all__ = ["area_under", "compare", "cut_of", "share"]

# The normal distribution leaves 2.5 % beyond this many deviations.
_Z_95 = 1.959963984540054


def share(count: int, of: int) -> Share:
    """State a share with its interval.

    Raises:
        UsageError: Not 0 <= count <= of.

    Example:
        >>> one = share(4, 170)
        >>> round(100 * one.low_95, 2), round(100 * one.high_95, 2)
        (0.92, 5.89)
    """
    if not 0 <= count <= of:
        raise UsageError(f"{count} of {of} is no share")
    if not of:
        return Share(0, 0, 0.0, 1.0)
    rate, weight = count / of, _Z_95**2 / of
    middle = (rate + weight / 2) / (1 + weight)
    half = _Z_95 / (1 + weight) * sqrt(rate * (1 - rate) / of + weight / (4 * of))
    # Rounding must not shut out what was counted.
    return Share(of, count, max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half)))


def cut_of(instrument: Instrument) -> Cut:
    """Say what the line between low and the rest does."""
    below, above = instrument.bands[: instrument.low], instrument.bands[instrument.low :]
    harmed_below, others_below = _sums(below)
    harmed_above, others_above = _sums(above)
    harmed, others = harmed_below + harmed_above, others_below + others_above
    return Cut(
        instrument=instrument,
        found=share(harmed_above, harmed),
        missed=share(harmed_below, harmed),
        spared=share(others_below, others),
        right_above=share(harmed_above, harmed_above + others_above),
        right_below=share(others_below, harmed_below + others_below),
        right=share(harmed_above + others_below, harmed + others),
        area=area_under(instrument.bands),
    )


def area_under(bands: Sequence[Band]) -> Area | None:
    """The area under the curve over all bands, from the lowest to the highest; None where one side is empty."""
    harmed, others = _sums(bands)
    if not harmed or not others:
        return None
    # Of each band: the share of the other side that stands below it, those beside it counted half.
    above_others = _standing([band.others for band in bands])
    above_harmed = _standing([band.harmed for band in bands])
    value = sum(band.harmed * place for band, place in zip(bands, above_others, strict=True)) / harmed
    spread = _variance([(band.harmed, place) for band, place in zip(bands, above_others, strict=True)]) / harmed
    spread += _variance([(band.others, place) for band, place in zip(bands, above_harmed, strict=True)]) / others
    half = _Z_95 * sqrt(spread)
    return Area(value, max(0.0, value - half), min(1.0, value + half))


def compare(first: Instrument, second: Instrument, rows: Sequence[tuple[int, int, bool]]) -> Comparison:
    """Compare two instruments on the same rows.

    Args:
        first: One.
        second: The other.
        rows: Of each person the place of their band in either, from 0, and whether they are known to have harmed.

    Raises:
        UsageError: Nobody harmed, or everybody did.
    """
    placed = [_standing([band.others for band in one.bands]) for one in (first, second)]
    placed_other = [_standing([band.harmed for band in one.bands]) for one in (first, second)]
    harmed = [(placed[0][a], placed[1][b]) for a, b, has_harmed in rows if has_harmed]
    others = [(placed_other[0][a], placed_other[1][b]) for a, b, has_harmed in rows if not has_harmed]
    if not harmed or not others:
        raise UsageError("nothing can be compared: of both outcomes there must be somebody")
    differences = [one - two for one, two in harmed]
    # Of the others the places are among those who harmed, where more is worse: only the spread matters here.
    spread = _variance([(1, value) for value in differences]) / len(harmed)
    spread += _variance([(1, one - two) for one, two in others]) / len(others)
    difference, half = sum(differences) / len(differences), _Z_95 * sqrt(spread)
    missed = [(a < first.low, b < second.low) for a, b, has_harmed in rows if has_harmed]
    return Comparison(
        first=first.name,
        second=second.name,
        only_first_misses=missed.count((True, False)),
        only_second_misses=missed.count((False, True)),
        both_miss=missed.count((True, True)),
        difference=difference,
        low_95=difference - half,
        high_95=difference + half,
    )


def _sums(bands: Sequence[Band]) -> tuple[int, int]:
    return sum(band.harmed for band in bands), sum(band.others for band in bands)


def _standing(counts: Sequence[int]) -> list[float]:
    """Of each band the share of all counted that stands below it, and half of what stands in it."""
    total, below, places = sum(counts), 0, []
    for count in counts:
        places.append((below + count / 2) / total if total else 0.0)
        below += count
    return places


def _variance(weighted: Sequence[tuple[int, float]]) -> float:
    """The sample's variance of values that stand for so many people each; 0 of fewer than two."""
    total = sum(weight for weight, _ in weighted)
    if total < 2:
        return 0.0
    mean = sum(weight * value for weight, value in weighted) / total
    return sum(weight * (value - mean) ** 2 for weight, value in weighted) / (total - 1)
