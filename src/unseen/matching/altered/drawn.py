"""`bits_drawn`: how much a hash says to somebody who may draw a ring or a bar, which are no pictures of their own.

A clock on a wall, a dish in a pan and a flower before the sky are much the same ring, a bridge and a trail in the sky
the same bar, a rug and a stadium the same frame, though no bit of their hashes can be foretold from its neighbours. So
it is tried how well a drawing says the hash: an ellipse or a parallelogram on plain ground with a smaller one in its
middle. What such a drawing says is nothing that a picture could be known by.
"""

import math
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from unseen.matching.altered.lengths import COSTS, PARTS, SURENESS_PER_NAT
from unseen.model import PDQ_BITS

__all__ = ["bits_drawn"]

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# A drawing is eight numbers: the middle (x, y) and half the axes (x, y) in parts of the side, how large the inner one
# is beside it, how bright both are beside the ground (an angle of which sine and cosine say it), how much it leans:
# over a whole side's height it shifts by so many parts of the side; and whether it is a parallelogram, 1, or an
# ellipse, 0.
_SIDE_PARTS, _INNER_PARTS, _TURNS = 256, 32, 32
_SMALLEST = np.array([-64, -64, 4, 4, 4, 0, -1024, 0])
_LARGEST = np.array([320, 320, 400, 400, 31, _TURNS - 1, 1024, 1])
# To say which drawing takes four bits for each of the first seven, one for the last, and one for whether rows and
# columns change places.
_CHOICE_PARTS = 30 * PARTS
_TRIED = 6_000  # of either, and each of them mirrored in four ways, and bright and dark
_KEPT = 8
_ROUNDS = 8
_NUDGES = 12
_REACH = np.array([25, 25, 25, 25, 7, 4, 50])  # of the first round; of each after it seven tenths
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43)
# Whatever says nothing costs 256 bits and the choice. None of the tried that costs more than this came to say much.
_HOPELESS_PARTS = (PDQ_BITS + 18) * PARTS

# Sums are sums of whole numbers, though floats hold them, and so the same in any order.
_SIDE = 16
_FREQUENCIES = range(1, _SIDE + 1)
_ROWS, _COLS, _UNIT = 64, 1024, 4096
_SINES = np.array(
    [[round(_UNIT * math.sin(math.pi * k * col / _COLS) / k) for k in _FREQUENCIES] for col in range(_COLS + 1)],
    np.float64,
)
_COSINES = np.array(
    [[round(_UNIT * math.cos(math.pi * k * (row + 0.5) / _ROWS)) for row in range(_ROWS)] for k in _FREQUENCIES],
    np.float64,
)
_BRIGHT = np.array(
    [[round(_UNIT * each(2 * math.pi * turn / _TURNS)) for each in (math.sin, math.cos)] for turn in range(_TURNS)],
    np.float64,
)
_MEDIAN_RANK = 127  # of 256, from 0, as in PDQ
# How far pictures lie from drawings: half of what is usual in each frequency, and half of what is usual in the middle
# one; where the largest coefficient of a drawing is eight times the usual one.
_LARGEST_USUAL = 8
_SUREST = 200
_SQUARES = np.arange(1, _SIDE + 1) ** 2
_USUAL = np.sqrt(0.25 + 16 / (_SQUARES[:, None] + _SQUARES)).reshape(PDQ_BITS)
_PER_COEFFICIENT = 1.702 * SURENESS_PER_NAT * _LARGEST_USUAL / _USUAL


@lru_cache(maxsize=16_384)
def bits_drawn(value: bytes) -> int:
    """How many bits it takes to write down a hash for somebody who sees the drawing that says it best.

    That drawing is looked for among thousands, and from the best of these by smaller and smaller steps; the same one is
    found on every machine.

    Args:
        value: 32 bytes.

    Returns:
        In `PARTS` of a bit, together with what it takes to say which drawing. Nearly always more than 256 bits of a
        photograph, and 140 to 200 of a ring.
    """
    bits = np.unpackbits(np.frombuffer(value, np.uint8))[::-1].astype(np.int64)
    return min(_drawn(bits), _drawn(bits.reshape(_SIDE, _SIDE).T.ravel()))


def _drawn(bits: Whole) -> int:
    shapes, least = _begun(bits)
    if least > _HOPELESS_PARTS:
        return least
    costs = _costs(shapes, bits)
    for turn in range(_ROUNDS):
        count = len(shapes) * _NUDGES
        spread = _spread(1 + turn * count, count, 2 * len(_REACH))
        by = np.rint((spread[:, : len(_REACH)] + spread[:, len(_REACH) :] - 1) * _REACH * 7**turn / 10**turn)
        nudged = np.repeat(shapes, _NUDGES, axis=0)
        nudged[:, : len(_REACH)] += by.astype(np.int64)
        nudged[:, 5] %= _TURNS
        nudged = np.clip(nudged, _SMALLEST, _LARGEST)
        shapes, costs = np.concatenate([shapes, nudged]), np.concatenate([costs, _costs(nudged, bits)])
        best = np.argsort(costs, kind="stable")[:_KEPT]
        shapes, costs = shapes[best], costs[best]
    return _CHOICE_PARTS + int(costs[0])


def _begun(bits: Whole) -> tuple[Whole, int]:
    """Those of all that are tried which say a hash best, and what the best takes."""
    shapes, whatever, by_bit = _tried()
    signs = (2 * bits - 1).reshape(_SIDE, _SIDE)
    odd = np.where(np.arange(_SIDE) % 2 == 0, -1, 1)  # the first frequency is 1
    mirrored = np.stack([signs, signs * odd, signs * odd[:, None], signs * odd * odd[:, None]]).reshape(4, PDQ_BITS)
    more = mirrored.astype(np.float32) @ by_bit.T  # whole numbers below 2**24
    costs = np.stack([whatever + more, whatever - more])
    near = np.flatnonzero(costs <= np.partition(costs, _KEPT, axis=None)[_KEPT])
    order = near[np.argsort(costs.ravel()[near], kind="stable")[:_KEPT]]
    dark, way, which = np.unravel_index(order, costs.shape)
    chosen = shapes[which].copy()
    for axis in (0, 1):
        chosen[:, axis] = np.where(way >> axis & 1, _SIDE_PARTS - chosen[:, axis], chosen[:, axis])
        chosen[:, 6] = np.where(way >> axis & 1, -chosen[:, 6], chosen[:, 6])
    chosen[:, 5] = (chosen[:, 5] + dark * _TURNS // 2) % _TURNS
    return chosen, _CHOICE_PARTS + int(costs.min())


@cache
def _tried() -> tuple[Whole, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Drawings to begin with, int64[n, 8]; what each costs whatever the bits are; and how much more those of ones."""
    shapes = np.concatenate([_ellipses_tried(), _bars_tried()])
    odds = np.concatenate([_odds(shapes[at : at + 500]) for at in range(0, len(shapes), 500)])
    right, wrong = COSTS[0, np.abs(odds)], COSTS[1, np.abs(odds)]
    by_bit = np.sign(odds) * (right - wrong) // 2
    return shapes, ((right + wrong).sum(axis=1) // 2).astype(np.float32), by_bit.astype(np.float32)


def _ellipses_tried() -> Whole:
    spread = _spread(1, _TRIED, 7)
    middle = _SIDE_PARTS * (2 + spread[:, :2]) / 4
    radius = _SIDE_PARTS * (0.1 + 0.7 * spread[:, 2:3])
    # Most of them are hardly longer than wide, and hardly lean.
    longer, leaning = ((2 * spread[:, at : at + 1] - 1) ** 3 for at in (3, 6))
    axes = radius * (1 + np.maximum(0, longer) * 2), radius * (1 + np.maximum(0, -longer) * 2)
    inner, turn = 10 + 22 * spread[:, 4:5], _TURNS / 2 * spread[:, 5:6]
    shape = middle, *axes, inner, turn, 0.8 * _SIDE_PARTS * leaning, np.zeros((_TRIED, 1))
    return np.asarray(np.minimum(np.hstack(shape).astype(np.int64), _LARGEST))


def _bars_tried() -> Whole:
    """From squares to lines, upright, lying and slanted."""
    spread = _spread(1, _TRIED, 7)
    middle = _SIDE_PARTS * (1 + 2 * spread[:, :2]) / 4
    wide, high = (_SIDE_PARTS * (0.03 + 1.2 * spread[:, at : at + 1] ** 2) for at in (2, 3))
    inner, turn = 10 + 22 * spread[:, 4:5], _TURNS / 2 * spread[:, 5:6]
    slant = 2 * spread[:, 6:] - 1
    leaning = 1.5 * _SIDE_PARTS * slant * np.abs(slant)
    shapes = np.hstack((middle, wide, high, inner, turn, leaning, np.ones((_TRIED, 1)))).astype(np.int64)
    return np.asarray(np.clip(shapes, _SMALLEST, _LARGEST))


def _spread(first: int, count: int, numbers: int) -> Floats:
    """Points that fill a cube evenly, the same on every machine: float64[count, numbers], 0 … 1."""
    # The fractions of multiples of roots of primes (R. D. Richtmyer, 1951), in parts of 2**32.
    steps = np.array([math.isqrt(prime << 64) % 2**32 for prime in _PRIMES[:numbers]], np.uint64)
    return np.asarray((np.arange(first, first + count, dtype=np.uint64)[:, None] * steps % 2**32) / 2**32)


def _costs(shapes: Whole, bits: Whole) -> Whole:
    odds = _odds(shapes)
    return np.asarray(COSTS[((odds > 0) != (bits > 0)).astype(np.int64), np.abs(odds)].sum(axis=1))


def _odds(shapes: Whole) -> Whole:
    """How surely drawings say each bit of a hash, `SURENESS_PER_NAT`: int64[n, 256], positive for ones."""
    inner = shapes.copy()
    inner[:, 2:4] = inner[:, 2:4] * shapes[:, 4:5] // _INNER_PARTS
    bright = _BRIGHT[shapes[:, 5]]
    whole = bright[:, 0, None, None] * _filled(shapes) + bright[:, 1, None, None] * _filled(inner)
    flat = whole.reshape(-1, PDQ_BITS)
    apart = flat - np.partition(flat, _MEDIAN_RANK, axis=1)[:, _MEDIAN_RANK, None]
    # What lies in no part of the picture leaves it flat: that says nothing.
    largest = np.maximum(1, np.abs(apart).max(axis=1))[:, None]
    return np.asarray(np.clip(np.rint(apart / largest * _PER_COEFFICIENT), -_SUREST, _SUREST).astype(np.int64))


def _filled(shapes: Whole) -> Floats:
    """What ellipses and parallelograms on plain ground have of each frequency: float64[n, 16, 16], whole numbers."""
    x, y, wide, high = (shapes[:, at, None] for at in range(4))
    row = _SIDE_PARTS // _ROWS
    below = (np.arange(_ROWS) + 0.5) * row - y
    down = below / np.maximum(1, high)
    is_bar = shapes[:, 7:] == 1
    half = np.where(is_bar, wide, wide * np.sqrt(np.maximum(0, 1 - down * down)))
    # How much of a row of cells a parallelogram covers, in quarters of it.
    covered = np.where(is_bar, np.clip(high - np.abs(below) + row // 2, 0, row), row)
    leant = x + shapes[:, 6:7] * below / _SIDE_PARTS
    ends = (np.clip(end * (_COLS // _SIDE_PARTS), 0, _COLS) for end in (leant - half, leant + half))
    left, right = (np.rint(end).astype(np.int64) for end in ends)
    return np.asarray(_COSINES @ ((_SINES[right] - _SINES[left]) * covered[:, :, None]))
