"""`bits_alone`: how much a hash says. That of a plain picture, a wall or a ring on a wall, says little."""

import math

import numpy as np
import numpy.typing as npt

from unseen.matching.altered.drawn import bits_drawn
from unseen.matching.altered.lengths import PARTS
from unseen.model import PDQ_BITS

__all__ = ["bits_alone", "bits_foretold"]

Bits = npt.NDArray[np.int64]

_SIDE = 16
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

    The least of three: a bit for each bit; what is foretold (`bits_foretold`); and a drawing (`bits_drawn`).

    Args:
        value: 32 bytes.

    Returns:
        0 … 256 * `PARTS`; nearly the latter for most photographs, two thirds of it for rings, a fifth for stripes.
    """
    return min(PDQ_BITS * PARTS, bits_foretold(value), bits_drawn(value))


def bits_foretold(value: bytes) -> int:
    """How many bits it takes where each is foretold from its neighbours in the square of coefficients, in `PARTS`.

    It is foretold by how often the same neighbours were followed by a one before (the estimator of Krichevsky and
    Trofimov), and costs the less the better it was foretold. Of five choices of neighbours the best counts.

    Args:
        value: 32 bytes.

    Returns:
        0 … about 300 * `PARTS`.
    """
    square = np.unpackbits(np.frombuffer(value, np.uint8))[::-1].reshape(_SIDE, _SIDE).astype(np.int64)
    return _CHOICE_PARTS + min(_foretold(square, neighbours) for neighbours in _WAYS)


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
