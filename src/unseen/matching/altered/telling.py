"""`bits_told`: how many bits it takes to write down an entry's hash for somebody who sees a window.

A bit is one where its coefficient lies above the median of all. An entry's coefficients are those of the window, moved
by each alteration a little, each by itself, and by what was lost beyond the frame, all together (`lost_ways`).
"""

import math

import numpy as np
import numpy.typing as npt

from unseen.errors import UsageError
from unseen.matching.altered.lost import lost_ways
from unseen.model import (
    ALTERED_BLUR,
    ALTERED_FALL,
    ALTERED_NOISE,
    MARGINS_PER_MEDIAN,
    PDQ_BITS,
    SEEN_SIDE,
    AlteredHash,
)

__all__ = ["bits_told", "bits_told_apart"]

Floats = npt.NDArray[np.float64]

# Share of bits of which nothing is known, whatever their coefficients say: few, or a tenth where something lies upon
# the picture. Which of the two it is costs one bit.
SURPRISES = (0.01, 0.1)
_MIDDLE = 8.0
_FREQUENCY = np.hypot(*np.mgrid[1:17, 1:17]).reshape(PDQ_BITS)[::-1] / _MIDDLE
_MOVED_SQUARE = ALTERED_NOISE**2 + ALTERED_BLUR**2 * _FREQUENCY ** (-2 * ALTERED_FALL)
# After so many rounds nothing changes any more that could be seen in a whole bit.
_ROUNDS = 12
_STEP = 0.9
# A bit never says so much that nothing is left of the rest but rounding.
_LEFT_MIN = 1e-9


def bits_told(altered_hash: AlteredHash, value: bytes) -> float:
    """How many bits an entry's hash takes for somebody who sees a window.

    They are the logarithm of the probability that the entry has just these bits, over everything that may have been
    lost: an integral over a normal distribution in as many dimensions as `lost_ways` has, by expectation propagation
    (T. Minka, 2001; the formulas are those of C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine
    Learning, 2006, section 3.6), which comes within a fraction of a bit of it.

    Args:
        altered_hash: With its margins and what was seen.
        value: 32 bytes of an entry.

    Returns:
        0 to about 1,800.

    Raises:
        UsageError: A hash has not 32 bytes, or margins or parts are not as many as they have to be.
    """
    right = _right(altered_hash, value)
    ways = lost_ways(altered_hash.seen) * _signs(value)[:, None]
    if not ways.shape[1]:
        return _apart(right, np.sqrt(_MOVED_SQUARE))
    return _either([_integrated(right, ways, surprise) for surprise in SURPRISES])


def bits_told_apart(altered_hash: AlteredHash, value: bytes) -> float:
    """The same as if every bit were moved by itself: a quick look, which takes those that go together for chance.

    Args:
        altered_hash: As for `bits_told`.
        value: 32 bytes of an entry.

    Raises:
        UsageError: As `bits_told`.
    """
    right = _right(altered_hash, value)
    moved = np.sqrt(_MOVED_SQUARE + np.square(lost_ways(altered_hash.seen)).sum(axis=1))
    return _apart(right, moved)


def _apart(right: Floats, moved: Floats) -> float:
    shares = [_shares(right / moved, surprise)[0] for surprise in SURPRISES]
    return _either([-float(np.log2(each).sum()) for each in shares])


def _either(bits: list[float]) -> float:
    """Bits of what has one probability or another, each as likely as the next."""
    least = min(bits)
    return least - math.log2(sum(2 ** (least - each) for each in bits) / len(bits))


def _right(altered_hash: AlteredHash, value: bytes) -> Floats:
    """How far each coefficient of a window lies on the side of the entry's bit, in medians of how far all lie off."""
    sizes = len(altered_hash.pdq), len(value), len(altered_hash.margins), len(altered_hash.seen)
    if sizes != (PDQ_BITS // 8, PDQ_BITS // 8, PDQ_BITS, SEEN_SIDE * SEEN_SIDE // 8):
        raise UsageError("what is compared is a window with a margin for each of 256 bits, and a hash of 256 bits")
    margins = np.frombuffer(altered_hash.margins, np.uint8) / MARGINS_PER_MEDIAN
    return np.asarray(margins * _signs(altered_hash.pdq) * _signs(value))


def _signs(value: bytes) -> Floats:
    return 2 * np.unpackbits(np.frombuffer(value, np.uint8)).astype(np.float64) - 1


def _shares(far: Floats, surprise: float) -> tuple[Floats, Floats]:
    """Probability of a bit whose coefficient is on its side by so many deviations, and how fast its logarithm grows."""
    below = np.array([0.5 * math.erfc(-each / math.sqrt(2)) for each in far.tolist()])
    shares = surprise / 2 + (1 - surprise) * below
    slopes = (1 - surprise) * np.exp(-0.5 * far * far) / (math.sqrt(2 * math.pi) * shares)
    return shares, slopes


def _integrated(right: Floats, ways: Floats, surprise: float) -> float:
    # What each bit says of the unknown is replaced by a normal distribution, given by its precision and its precision
    # times its mean; `mean` and `square` are those of how far the unknown moves each coefficient, all bits being said.
    precision, pull = np.zeros(PDQ_BITS), np.zeros(PDQ_BITS)
    mean, square = np.zeros(PDQ_BITS), np.square(ways).sum(axis=1)
    bits = 0.0
    for turn in range(_ROUNDS):
        # The same as if this bit said nothing.
        left = np.maximum(1 - precision * square, _LEFT_MIN)
        square_others, mean_others = square / left, (mean - square * pull) / left
        moved = np.sqrt(_MOVED_SQUARE + square_others)
        far = (right + mean_others) / moved
        shares, slopes = _shares(far, surprise)
        bend = np.maximum(slopes * (slopes + far), 0) / moved**2
        said = 1 - square_others * bend
        step = _STEP if turn else 1.0
        precision = precision + step * (bend / said - precision)
        pull = pull + step * ((slopes / moved + mean_others * bend) / said - pull)
        held = np.linalg.cholesky(np.eye(ways.shape[1]) + ways.T @ (precision[:, None] * ways))
        freed = np.linalg.solve(held, ways.T)
        square, mean = np.square(freed).sum(axis=0), freed.T @ (freed @ pull)
        widened = 1 + precision * square_others
        inside = (mean_others * (precision * mean_others - 2 * pull) - pull * pull * square_others) / widened
        logarithm = np.log(shares).sum() + (np.log(widened) + pull * mean + inside).sum() / 2
        bits = -(float(logarithm) - float(np.log(np.diag(held)).sum())) / math.log(2)
    return bits
