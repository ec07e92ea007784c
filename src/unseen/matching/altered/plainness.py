"""`bits_alone`: how much a hash says. That of a plain picture, a wall or a ring on a wall, says little."""

import math

import numpy as np
import numpy.typing as npt

from unseen.matching.altered.drawn import bits_drawn
from unseen.matching.altered.lengths import PARTS
from unseen.model import PDQ_BITS

__all__ = ["bits_alone", "bits_crossed", "bits_foretold"]

Bits = npt.NDArray[np.int64]

_SIDE = 16
_CROSSINGS_MAX = 8  # a few more change next to nothing
# log2 of 0 (never used) to 512, in parts of a bit.
_LOGS = np.array([0, *(round(PARTS * math.log2(n)) for n in range(1, 2 * PDQ_BITS + 1))], np.int64)
# By these neighbours a bit is foretold, each (rows before, columns before), in five ways. Which way is best has to be
# written down too.
_WAYS = (
    ((1, 0), (0, 1), (1, 1)),
    ((1, 0),),
    ((0, 1),),
    ((2, 0), (0, 2)),
    ((1, 0), (0, 1), (1, 1), (2, 0), (0, 2)),
)
_CHOICE_PARTS = int(_LOGS[len(_WAYS)])


def bits_alone(value: bytes) -> int:
    """How many bits it takes to write down a hash for somebody who sees nothing, in `PARTS` of a bit.

    The least of four: a bit for each bit; what is foretold (`bits_foretold`); stripes that cross (`bits_crossed`); a
    drawing (`bits_drawn`).

    Args:
        value: 32 bytes.

    Returns:
        0 … 256 * `PARTS`; nearly the latter for most photographs, two thirds of it for rings, a fifth for stripes.
    """
    return min(PDQ_BITS * PARTS, bits_foretold(value), bits_crossed(value), bits_drawn(value))


def bits_foretold(value: bytes) -> int:
    """How many bits it takes where each is foretold from its neighbours in the square of coefficients, in `PARTS`.

    It is foretold by how often the same neighbours were followed by a one before (the estimator of Krichevsky and
    Trofimov), and costs the less the better it was foretold. Of five choices of neighbours the best counts.

    Args:
        value: 32 bytes.

    Returns:
        0 … about 300 * `PARTS`.
    """
    square = _square(value)
    return _CHOICE_PARTS + min(_foretold(square, neighbours) for neighbours in _WAYS)


def bits_crossed(value: bytes) -> int:
    """How many bits it takes where a hash is nearly one row of signs times one column of signs, in `PARTS` of a bit.

    So it is where brightness is one function of how far right times one of how far down: an upright rectangle on plain
    ground, a window, a grid. Row and column are said, and where the bits differ from their product.

    Args:
        value: 32 bytes.

    Returns:
        32 * `PARTS` and more.
    """
    signs = 1 - 2 * _square(value)
    rows = signs.copy()
    # From each row of it the column that suits it best, from that the row that does, until nothing changes.
    for _ in range(_CROSSINGS_MAX):
        cols = np.where(rows @ signs.T >= 0, 1, -1)
        rows = np.where(cols @ signs >= 0, 1, -1)
    wrong = int(((cols[:, :, None] * rows[:, None]) != signs).sum(axis=(1, 2)).min())
    return 2 * _SIDE * PARTS + int(_ALL[PDQ_BITS] - _ODD[wrong] - _ODD[PDQ_BITS - wrong])


def _square(value: bytes) -> Bits:
    return np.unpackbits(np.frombuffer(value, np.uint8))[::-1].reshape(_SIDE, _SIDE).astype(np.int64)


def _foretold(square: Bits, neighbours: tuple[tuple[int, int], ...]) -> int:
    edged = np.pad(square, ((2, 0), (2, 0)))
    seen = np.zeros_like(square)
    for number, (row, col) in enumerate(neighbours):
        seen += edged[2 - row : 2 - row + _SIDE, 2 - col : 2 - col + _SIDE] << number
    counts = np.bincount((2 * seen + square).ravel(), minlength=2 << len(neighbours)).reshape(-1, 2)
    return int((_ALL[counts.sum(axis=1)] - _ODD[counts].sum(axis=1)).sum())


# The estimator gives n bits with z zeros and o ones the share 1*3*…*(2z-1) * 1*3*…*(2o-1) / (2*4*…*2n).
_ODD = np.concatenate([[0], np.cumsum(_LOGS[1::2])])
_ALL = np.concatenate([[0], np.cumsum(_LOGS[2::2])])
