"""Exact bounds of a proportion, by the binomial distribution itself: no approximation fails at the small rates here.

C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404, for the case of the binomial: a bound is the proportion at
which what was counted, or further out, has a stated chance.
"""

from collections.abc import Callable
from math import exp, fsum, lgamma, log, log1p

from unseen.errors import UsageError
from unseen.reports.audits import Proportion

__all__ = ["bound_above", "bound_below", "proportion"]

_CHANCE = 0.05
# Each step halves the interval; a double has 53 binary digits, and bounds of tiny rates need some more.
_STEPS_MAX = 200
# What is left of a sum when its terms have sunk below this share of it lies beyond a double's digits.
_NEGLIGIBLE = 1e-17


def proportion(matched: int, of: int) -> Proportion:
    """State a proportion with its bounds: one-sided 95 % from above, and two-sided 95 %.

    Raises:
        UsageError: Not 0 <= matched <= of.

    Example:
        >>> round(proportion(0, 10_000).upper_95 * 10_000, 2)
        3.0
    """
    return Proportion(
        matched=matched,
        of=of,
        upper_95=bound_above(matched, of, _CHANCE),
        low_95=bound_below(matched, of, _CHANCE / 2),
        high_95=bound_above(matched, of, _CHANCE / 2),
    )


def bound_above(matched: int, of: int, chance: float) -> float:
    """The proportion at which so few matched, or fewer, have this chance; 1 where nothing was counted.

    Args:
        matched: How many.
        of: Of how many; 0 is allowed.
        chance: 0.05 for a one-sided bound of 95 %, 0.025 for the upper end of a two-sided interval.

    Raises:
        UsageError: Not 0 <= matched <= of.
    """
    _check(matched, of)
    # The chance of so few sinks as the proportion grows.
    return 1.0 if matched == of else _solve(lambda share: _tail(matched, of, share) > chance)


def bound_below(matched: int, of: int, chance: float) -> float:
    """The proportion at which so many matched, or more, have this chance; 0 where there is none.

    Raises:
        UsageError: Not 0 <= matched <= of.
    """
    # So many matched or more are so few misses or fewer.
    return 1.0 - bound_above(of - matched, of, chance) if matched < of else _all_matched(of, chance)


def _all_matched(of: int, chance: float) -> float:
    """The lower bound where all matched, without the digits that subtraction from 1 would cost."""
    return exp(log(chance) / of) if of else 0.0


def _check(matched: int, of: int) -> None:
    if not 0 <= matched <= of:
        raise UsageError(f"{matched} of {of} is no proportion")


def _solve(is_below: Callable[[float], bool]) -> float:
    """The point between 0 and 1 at which `is_below` turns false."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS_MAX):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return high


def _tail(matched: int, of: int, share: float) -> float:
    """The chance of at most `matched` in `of` trials, each with chance `share`; summed from the last term.

    Terms grow up to the mean and sink from there: above it the other tail is summed, which is the shorter.
    """
    if matched > of * share:
        return 1.0 - _tail(of - matched - 1, of, 1.0 - share)
    odds = (1.0 - share) / share
    term = 1.0
    terms = [term]
    for count in range(matched, 0, -1):
        term *= odds * count / (of - count + 1)
        terms.append(term)
        if term < _NEGLIGIBLE:
            break
    last = (
        lgamma(of + 1)
        - lgamma(matched + 1)
        - lgamma(of - matched + 1)
        + matched * log(share)
        + (of - matched) * log1p(-share)
    )
    return exp(last + log(fsum(terms)))
