"""Tilted frames: a picture turned upon a plain ground, a screen or a print that was photographed aslant.

Lines are looked for as in `edges`, at angles. Four of them make a quadrilateral, and the turn, keystone and window that
undo it follow from their slopes: an upper and a lower side that run apart mean a keystone, sides all alike a turn.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unseen.hashing.altered.edges import PARTS, Averages, stand_out
from unseen.model import Placing

__all__ = ["tilted_frames"]

_Floats = npt.NDArray[np.float64]
_Singles = npt.NDArray[np.float32]
_Ints = npt.NDArray[np.intp]

# Beyond this angle nobody holds a telephone by mistake, and a quarter turn is an orientation.
_SLOPES = np.tan(np.radians(np.arange(-12.0, 12.1, 1.0)))
_LONGER_THAN = 0.15
_LINES = 8
# What the parts of a line say in all, at least.
_LINE_MIN = 2.5
# A line hides others that lie nearer to its middle than this share.
_APART = 0.015
# How far, in rows, a part of a line may lie off before it was fitted.
_OFF = 2
# Sides nearer than this share of the picture enclose too little.
_SIDE_MIN = 0.25
_KEYSTONE_MAX = 0.45
# Two turns that the sides of one picture speak of differ by less than this (tangent).
_TURNS_APART = 0.09
# Less than this over a whole side is straight, and `edges` knows it better.
_SLOPE_MIN = 0.008
_SAYS_MIN = 0.02
# Of photographs without a frame in them one in ten has a quadrilateral that stands out more.
_RANK_MIN = 0.6


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines in one direction by place.

    Attributes:
        places: Where each passes the middle of the picture, in pixels from the centre.
        slopes: By how many pixels it moves for each along it.
        sums: float32[lines, PARTS + 1]: what its parts say, summed from its beginning.
        pairs: Numbers of the first and the second of any two that are far enough apart.
    """

    places: _Floats
    slopes: _Floats
    sums: _Floats
    pairs: tuple[_Ints, _Ints]

    def between(self, line: _Ints, first: _Floats, last: _Floats) -> _Floats:
        """What a line says on the mean between two places along it, given as shares."""
        begin = np.clip(np.rint(first * PARTS), 0, PARTS - 1).astype(np.intp)
        end = np.clip(np.rint(last * PARTS), begin + 1, PARTS).astype(np.intp)
        return np.asarray((self.sums[line, end] - self.sums[line, begin]) / (end - begin))


def tilted_frames(averages: Averages, count: int) -> list[Placing]:
    """Up to `count` tilted quadrilaterals whose sides stand out, best first."""
    rows, cols = averages.shape
    across, down = _lines(averages.rows, cols), _lines(averages.cols, rows)
    return _undone(across, down, averages.shape, count)


def _lines(means: _Singles, length: int) -> _Lines:
    """The longest, plainest lines at any of the angles."""
    half = np.asarray((means[: len(means) // 2 * 2 : 2] + means[1::2]) / 2, np.float32)
    said = stand_out(half)[1:-1]
    rows = len(said)
    # Rows by which a line has moved at the middle of each part: [slopes, parts].
    along = (np.arange(PARTS) + 0.5) / PARTS * length - length / 2
    moved = np.rint(_SLOPES[:, None] * along[None, :] / 2).astype(np.intp)
    reach = int(moved.max()) + _OFF
    padded = np.pad(said, ((reach, reach), (0, 0)))
    at = _plainest(_best_stretches(padded, moved + reach, rows), moved, padded) + reach
    places, slopes, parts = _fitted(padded, at, along)
    places = (places - reach + 1) * 2 - (rows + 1)
    order = np.argsort(places, kind="stable")
    places = places[order]
    first, second = np.triu_indices(len(order), 1)
    are_wide = places[second] - places[first] >= _SIDE_MIN * 2 * rows
    sums = np.pad(np.cumsum(parts, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    return _Lines(places, slopes[order] * 2, sums[order], (first[are_wide], second[are_wide]))


def _best_stretches(padded: _Singles, moved: _Ints, rows: int) -> _Singles:
    """What the best stretch of each line says, for each slope and row: float32[slopes, rows]."""
    best = np.zeros((len(moved), rows), np.float32)
    here = np.zeros((len(moved), rows), np.float32)
    columns = np.ascontiguousarray(padded.T) - np.float32(_LONGER_THAN)
    for column, by in zip(np.lib.stride_tricks.sliding_window_view(columns, rows, axis=1), moved.T, strict=True):
        here += column[by]
        np.maximum(here, 0, out=here)
        np.maximum(best, here, out=best)
    return best


def _plainest(best: _Singles, moved: _Ints, padded: _Singles) -> _Ints:
    """Rows at which the plainest lines run through each part, one after the other: [lines, parts]."""
    rows = best.shape[1]
    reach = (len(padded) - rows) // 2
    every = np.arange(PARTS)
    found = []
    for _ in range(_LINES):
        slope, row = divmod(int(best.argmax()), rows)
        if best[slope, row] <= _LINE_MIN:
            break
        found.append(row + moved[slope])
        weights = np.maximum(padded[found[-1] + reach, every], 1e-6)
        middle = int(np.rint(weights @ every / weights.sum()))
        gone = np.abs(np.arange(rows)[None, :] + moved[:, middle, None] - found[-1][middle])
        best[gone <= max(2, round(_APART * rows))] = 0
    return np.array(found, np.intp).reshape(-1, PARTS)


def _fitted(padded: _Singles, at: _Ints, along: _Floats) -> tuple[_Floats, _Floats, _Singles]:
    """The straight lines through the plainest step near each part: places, slopes, and what their parts say."""
    offs = np.arange(-_OFF, _OFF + 1)
    near = padded[at[:, None, :] + offs[:, None], np.arange(PARTS)]
    said = near.max(axis=1)
    rows = at + offs[near.argmax(axis=1)]
    weights = np.maximum(said - 0.2, 0).astype(np.float64) ** 2 + 1e-9
    weights /= weights.sum(axis=1, keepdims=True)
    middle, level = weights @ along, (weights * rows).sum(axis=1)
    aside = along[None, :] - middle[:, None]
    slopes = (weights * aside * (rows - level[:, None])).sum(axis=1) / (weights * aside**2).sum(axis=1)
    return level - slopes * middle, slopes, said


def _undone(across: _Lines, down: _Lines, shape: tuple[int, int], count: int) -> list[Placing]:
    """What undoes the tilt of each quadrilateral, by how much its sides stand out."""
    rows, cols = shape
    over, aside = (grid.ravel() for grid in np.indices((len(across.pairs[0]), len(down.pairs[0]))))
    sides = (
        np.stack([across.pairs[0][over], across.pairs[1][over]]),
        np.stack([down.pairs[0][aside], down.pairs[1][aside]]),
    )
    # Corners [2 across, 2 down, n], from the centre.
    x, y = _crossings(across, down, sides)
    places = y.mean(axis=1), x.mean(axis=0)
    slopes = across.slopes[sides[0]], down.slopes[sides[1]]
    kx = cols * (slopes[0][0] - slopes[0][1]) / np.maximum(places[0][1] - places[0][0], 1)
    ky = rows * (slopes[1][0] - slopes[1][1]) / np.maximum(places[1][1] - places[1][0], 1)
    turns = -slopes[0][0] - places[0][0] * kx / cols, slopes[1][0] + places[1][0] * ky / rows
    angle = np.arctan((turns[0] + turns[1]) / 2)
    window = _window((x, y), (angle, kx / cols, ky / rows), shape)
    says = [across.between(sides[0][n], x[n, 0] / cols + 0.5, x[n, 1] / cols + 0.5) for n in (0, 1)]
    says += [down.between(sides[1][n], y[0, n] / rows + 0.5, y[1, n] / rows + 0.5) for n in (0, 1)]
    said = np.clip(says, _SAYS_MIN, 1)
    # Four sides are needed: one that is hardly there says more against it than three others for it.
    rank = np.prod(said, axis=0) ** 0.25 * np.min(said, axis=0) ** 0.5
    tilt = np.max(np.abs(np.concatenate(slopes)), axis=0)
    is_tilted = (np.abs(turns[0] - turns[1]) < _TURNS_APART) & (np.abs(kx) + np.abs(ky) <= _KEYSTONE_MAX)
    is_tilted &= (tilt >= _SLOPE_MIN) & (window[2:] >= _SIDE_MIN).all(axis=0)
    rank = np.where(is_tilted, rank, 0)
    return [
        Placing(
            window=(float(window[0, n]), float(window[1, n]), float(window[2, n]), float(window[3, n])),
            angle_deg=math.degrees(angle[n]),
            keystone=(float(kx[n]), float(ky[n])),
        )
        for n in np.argsort(-rank, kind="stable")[:count]
        if rank[n] >= _RANK_MIN
    ]


def _crossings(across: _Lines, down: _Lines, sides: tuple[_Ints, _Ints]) -> tuple[_Floats, _Floats]:
    """x and y of where each of two lines across meets each of two down: [2, 2, n]."""
    place, slope = across.places[sides[0]][:, None], across.slopes[sides[0]][:, None]
    x = (down.places[sides[1]] + down.slopes[sides[1]] * place) / (1 - slope * down.slopes[sides[1]])
    return x, place + slope * x


def _window(corners: tuple[_Floats, _Floats], bend: tuple[_Floats, ...], shape: tuple[int, int]) -> _Floats:
    """Where the corners lie once turn and keystone are undone: x, y, width and height as shares, [4, n]."""
    x, y = corners
    angle, by_x, by_y = bend
    u, v = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    depth = np.maximum(1 - by_x * u - by_y * v, 0.1)
    left, right = (u / depth).mean(axis=0) / shape[1] + 0.5
    top, bottom = (v / depth).mean(axis=1) / shape[0] + 0.5
    return np.stack([left, top, right - left, bottom - top])
