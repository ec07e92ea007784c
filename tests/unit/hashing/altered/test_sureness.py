"""How sure a window is of its bits: the more, the farther from the middle, and the less, the more may be wrong."""

import numpy as np
import pytest
from tests.unit.hashing.altered.drawn import drawn_picture

from unseen.hashing import pdq_float
from unseen.hashing.altered.sureness import INVENTED, SURPRISE, log_odds
from unseen.model import ALTERED_BLUR as BLUR
from unseen.model import ALTERED_FALL as FALL
from unseen.model import ALTERED_NOISE as NOISE


def test_it_equals_its_definition() -> None:
    """A logistic curve of how many times farther from the median a coefficient lies than it may have been moved."""
    coefficients = pdq_float(drawn_picture(120, 160))
    apart = coefficients.astype(float) - np.sort(coefficients.ravel())[127]
    given = log_odds(coefficients[None], np.array([0.2]), misplaced=0.01)[0]
    for row, col in ((0, 0), (3, 11), (15, 15), (7, 0)):
        frequency = np.hypot(row + 1, col + 1)
        moved_squared = NOISE**2 + (BLUR**2 + INVENTED**2 * 0.2 + (np.pi * 0.01 * frequency) ** 2) * (
            frequency / 8
        ) ** (-2 * FALL)
        away = apart[row, col] / np.median(abs(apart)) / np.sqrt(moved_squared)
        likely = SURPRISE / 2 + (1 - SURPRISE) / (1 + np.exp(-1.702 * away))
        assert given[row, col] == pytest.approx(np.log(likely / (1 - likely)))


def test_whoever_may_be_misplaced_is_less_sure_of_high_frequencies() -> None:
    """A shift of a hundredth moves slow waves hardly and fast ones by much."""
    coefficients = pdq_float(drawn_picture(120, 160))[None]
    exact, off = (abs(log_odds(coefficients, np.zeros(1), misplaced))[0] for misplaced in (0.0, 0.02))
    assert np.all(off <= exact)
    assert off[8:, 8:].sum() / exact[8:, 8:].sum() < off[:4, :4].sum() / exact[:4, :4].sum()
