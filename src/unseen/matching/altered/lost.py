"""`lost_ways`: how what was not seen of a window may move the coefficients of its hash, all of them together.

What lies beyond the frame is not known, but it is the same unknown for all bits: whatever was there moved coefficients
that go together in one direction. Photographs have that power at each frequency which falls with its square; so what
was lost is taken for a random field of such a power, held by what was seen at the frame.
"""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unseen.model import PDQ_BITS, SEEN_SIDE

__all__ = ["UNSEEN", "lost_ways"]

Floats = npt.NDArray[np.float64]

# How far coefficients of the middle frequency move where nothing of a window was seen, in medians of how far all lie
# from their median. Of five sizes that were tried on crops it is the one by which those of a fifth, and the worst fifth
# of those of a tenth, cost least (benchmarks/altered/fitting.py).
UNSEEN = 1.97
_MIDDLE = 8.0
# Farther from what was seen than this share of the side, what is to be expected goes back to the mean.
_REACH = 0.22
# Directions in which the unknown moves coefficients less than this part of where it moves them most are left out.
_LEAST = 3e-3
_PARTS = SEEN_SIDE * SEEN_SIDE


def _cosines() -> Floats:
    """What a part of a window adds to each coefficient, in the order of the bits: float64[256, parts]."""
    orders, middles = np.arange(1, 17)[:, None], (np.arange(SEEN_SIDE) + 0.5) / SEEN_SIDE
    one = math.sqrt(2) / SEEN_SIDE * np.cos(np.pi * orders * middles)
    return np.asarray(np.einsum("ra,cb->rcab", one, one).reshape(PDQ_BITS, _PARTS)[::-1])


def _stiffness() -> Floats:
    """By how much neighbouring parts hold each other, and the mean each of them: float64[parts, parts]."""
    line = 2 * np.eye(SEEN_SIDE) - np.eye(SEEN_SIDE, k=1) - np.eye(SEEN_SIDE, k=-1)
    line[0, 0] = line[-1, -1] = 1
    whole = np.eye(SEEN_SIDE)
    return np.kron(line, whole) + np.kron(whole, line) + np.eye(_PARTS) / (_REACH * SEEN_SIDE) ** 2


_COSINES, _STIFFNESS = _cosines(), _stiffness()


@lru_cache(maxsize=64)
def lost_ways(seen: bytes) -> Floats:
    """Give the directions in which what was not seen may have moved the coefficients of a hash.

    Args:
        seen: 72 bytes, as `AlteredHash.seen` has them.

    Returns:
        float64[256, n], n at most 256 and 0 where all was seen: a row for each bit, most significant first, in medians
        of how far coefficients lie from their median. A column times a normal number is what one independent unknown
        did to all of them.
    """
    lost = np.flatnonzero(np.unpackbits(np.frombuffer(seen, np.uint8)) == 0)
    if not len(lost):
        return np.zeros((PDQ_BITS, 0))
    cosines = _COSINES[:, lost]
    # What is left to be unknown of a field that is known elsewhere is the inverse of its stiffness there.
    spread = cosines @ np.linalg.solve(_STIFFNESS[np.ix_(lost, lost)], cosines.T)
    squares, ways = np.linalg.eigh((spread + spread.T) / 2)
    is_large = squares > _LEAST * squares[-1]
    return np.asarray(UNSEEN * math.pi * _MIDDLE * ways[:, is_large] * np.sqrt(squares[is_large]))
