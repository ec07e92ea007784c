"""How surely a window says each bit of the hash of a known picture, as the search for its place needs it.

A bit of PDQ says whether a coefficient lies above the median of all. What was done to a known picture moves its
coefficients, so a bit whose coefficient lies near the median says little. How far they are moved was fitted to altered
copies of photographs (see docs/explanation/altered-copies.md): each by a part that is the same in all frequencies, and
by a part of what is usual in its frequency, which grows with the share of the window that lies beyond the frame.
"""

import numpy as np
import numpy.typing as npt

from unseen.model import ALTERED_BLUR, ALTERED_FALL, ALTERED_NOISE, MARGINS_PER_MEDIAN, PDQ_BITS

__all__ = ["INVENTED", "SURPRISE", "log_odds", "margins", "share_beyond"]

Floats = npt.NDArray[np.float64]

# Of what is usual, where all of a window lies beyond the frame; fitted together with what is seen (`unseen.model`).
INVENTED = 2.468
SURPRISE = 0.0087  # share of bits of which nothing is known, whatever their coefficients say
# A logistic curve this steep comes nearest to the normal distribution.
_LOGIT_OF_NORMAL = 1.702
# Frequency for which the parts above are given.
_MIDDLE = 8.0
_MEDIAN_RANK = 127  # of 256, from 0, as in PDQ
# Of each coefficient, and what is usual in it.
_FREQUENCY = np.hypot(*np.mgrid[1:17, 1:17]).reshape(1, PDQ_BITS)
_USUAL = (_FREQUENCY / _MIDDLE) ** (-2 * ALTERED_FALL)


def margins(coefficients: npt.NDArray[np.float32]) -> bytes:
    """Say of each bit of a hash how far its coefficient lies from the median that decides it.

    Args:
        coefficients: float32[16, 16] as `pdq_float` gives them, in the orientation of the hash.

    Returns:
        256 bytes, as `AlteredHash.margins` has them; zeros where nothing differs.
    """
    parts = np.rint(np.minimum(255, np.abs(_apart(coefficients[None])[0]) * MARGINS_PER_MEDIAN))
    return bytes(parts.astype(np.uint8)[::-1])


def log_odds(coefficients: npt.NDArray[np.float32], beyond: Floats, misplaced: float = 0.0) -> Floats:
    """Give the natural logarithm of the odds that each bit of a known picture is one.

    Args:
        coefficients: float32[n, 16, 16].
        beyond: float64[n]: share of each window that lies beyond the frame, 0 … 1.
        misplaced: How far the windows lie off, as a share of their sides: high frequencies say the less for it.

    Returns:
        float64[n, 16, 16]: positive where the bit is more likely one; at most about 5 on either side. Zeros for a
        window in which nothing differs.
    """
    apart = _apart(coefficients)
    unsure = ALTERED_BLUR**2 + INVENTED**2 * beyond[:, None] + (np.pi * misplaced * _FREQUENCY) ** 2
    moved = np.sqrt(ALTERED_NOISE**2 + unsure * _USUAL)
    half = SURPRISE / 2
    odds = np.minimum(np.maximum(_LOGIT_OF_NORMAL * apart / moved, -50), 50)
    likely = half + (1 - SURPRISE) / (1 + np.exp(-odds))
    return np.asarray(np.log(likely / (1 - likely))).reshape(coefficients.shape)


def _apart(coefficients: npt.NDArray[np.float32]) -> Floats:
    """How far each lies from the median, in medians of how far all do: float64[n, 256]."""
    flat = coefficients.reshape(len(coefficients), PDQ_BITS).astype(np.float64)
    apart = flat - np.partition(flat, _MEDIAN_RANK, axis=1)[:, _MEDIAN_RANK, None]
    middle = np.partition(np.abs(apart), (_MEDIAN_RANK, _MEDIAN_RANK + 1), axis=1)[:, _MEDIAN_RANK : _MEDIAN_RANK + 2]
    scale = (middle[:, :1] + middle[:, 1:]) / 2
    # A flat picture has no scale: its bits are rounding, and say nothing.
    return np.asarray(np.divide(apart, scale, out=np.zeros_like(apart), where=scale > 0))


def share_beyond(windows: Floats) -> Floats:
    """Share of each window that lies beyond the frame: float64[n] of float64[n, 4] (x, y, width, height)."""
    first, sides = windows[:, :2], windows[:, 2:]
    inside = np.maximum(np.minimum(1, first + sides) - np.maximum(0, first), 0) / sides
    return np.asarray(1 - inside[:, 0] * inside[:, 1])
