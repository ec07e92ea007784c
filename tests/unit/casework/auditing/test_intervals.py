"""Bounds of a proportion, against published values and against the definition in exact fractions."""

from fractions import Fraction
from math import comb

import pytest

from unseen.casework.auditing.intervals import bound_above, bound_below, proportion
from unseen.errors import UsageError


# R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998) 857,
# table I, method 5 (Clopper-Pearson); the last two from tables of the binomial, as in Clopper and Pearson's figures.
@pytest.mark.parametrize(
    ("matched", "of", "low", "high"),
    [
        (81, 263, "0.2527", "0.3676"),
        (15, 148, "0.0578", "0.1617"),
        (0, 20, "0.0000", "0.1684"),
        (1, 29, "0.0009", "0.1776"),
        (5, 10, "0.1871", "0.8129"),
        (10, 10, "0.6915", "1.0000"),
    ],
)
def test_two_sided_intervals_are_the_published_ones(matched: int, of: int, low: str, high: str) -> None:
    """The ends of the interval of 95 % equal the published ones in all four digits."""
    found = proportion(matched, of)
    assert (f"{found.low_95:.4f}", f"{found.high_95:.4f}") == (low, high)


@pytest.mark.parametrize("of", [1, 10, 54, 10_000, 1_000_000, 10**9])
def test_no_hit_leaves_about_three_in_n(of: int) -> None:
    """The one-sided bound of no match is 1 - 0.05^(1/n), which is 3/n for large n."""
    bound = proportion(0, of).upper_95
    assert bound == pytest.approx(1 - 0.05 ** (1 / of), rel=1e-6)
    assert of < 1000 or bound == pytest.approx(2.9957 / of, rel=2e-3)


@pytest.mark.parametrize(
    ("matched", "of"), [(0, 7), (1, 7), (3, 7), (6, 7), (7, 7), (2, 90), (45, 90), (88, 90), (90, 90)]
)
def test_bounds_are_where_the_definition_has_them(matched: int, of: int) -> None:
    """At a bound, so few matched or fewer (so many or more) have exactly the stated chance; just inside of it, more."""

    def at_most(count: int, share: Fraction) -> Fraction:
        return sum((comb(of, n) * share**n * (1 - share) ** (of - n) for n in range(count + 1)), Fraction(0))

    for chance in (0.05, 0.025):
        above, below = Fraction(bound_above(matched, of, chance)), Fraction(bound_below(matched, of, chance))
        if matched < of:
            assert float(at_most(matched, above)) == pytest.approx(chance, rel=1e-9)
        else:
            assert above == 1
        if matched:
            assert float(1 - at_most(matched - 1, below)) == pytest.approx(chance, rel=1e-9)
        else:
            assert below == 0


def test_bounds_hold_the_rate_between_them_and_narrow_as_files_come() -> None:
    """Low end, rate, one-sided bound and high end stand in this order, and more files of the same rate narrow them."""
    widths = []
    for factor in (1, 10, 100, 1_000, 100_000):
        found = proportion(3 * factor, 40 * factor)
        assert found.rate is not None
        assert found.low_95 < found.rate < found.upper_95 < found.high_95
        widths.append(found.high_95 - found.low_95)
    assert widths == sorted(widths, reverse=True)


def test_nothing_counted_says_nothing() -> None:
    """Of no files there is no rate, and it may be anything."""
    found = proportion(0, 0)
    assert (found.rate, found.low_95, found.upper_95, found.high_95) == (None, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(("matched", "of"), [(-1, 3), (4, 3)])
def test_what_is_no_proportion_is_refused(matched: int, of: int) -> None:
    """More matched than files, or fewer than none, are refused."""
    with pytest.raises(UsageError, match="no proportion"):
        proportion(matched, of)
