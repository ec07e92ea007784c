"""`bits_alone`: how much a hash says. That of a plain picture, a sky or a wall, says little: many pictures share it."""

import math

import numpy as np
import numpy.typing as npt

from unseen.model import PDQ_BITS

__all__ = ["PARTS", "bits_alone"]

Bits = npt.NDArray[np.int64]

PARTS = 256  # of a bit: sums of integers are the same on every machine
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

    Each bit is foretold from its neighbours in the square of coefficients, by how often the same neighbours were
    followed by a one before (the estimator of Krichevsky and Trofimov), and costs the less the better it was foretold.
    Of five choices of neighbours the best counts, but never more than a bit for each bit.

    Args:
        value: 32 bytes.

    Returns:
        0 … 256 * `PARTS`; nearly always the latter, but a fifth of it for a hash of stripes.
    """
    square = np.unpackbits(np.frombuffer(value, np.uint8))[::-1].reshape(_SIDE, _SIDE).astype(np.int64)
    return min(PDQ_BITS * PARTS, _CHOICE_PARTS + min(_foretold(square, neighbours) for neighbours in _WAYS))


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
