"""Rectangles that long straight edges enclose: borders, bars, letterboxes, screenshots, collages, pictures in pictures.

Whoever pastes a picture into another leaves its four sides behind: steps of brightness that run straight along a row or
a column for as long as the picture is wide or high, which hardly anything in nature does. No colour, no uniformity is
asked of what surrounds it, so that gradients, blurred copies, text and other pictures are seen through alike.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Rectangle", "rectangles"]

_Floats = npt.NDArray[np.float32]
_Ints = npt.NDArray[np.intp]

# Along an edge the picture is averaged in so many parts: text and grain vanish, and a part is short enough to end at.
_PARTS = 32
# A step of so many grey levels is a whole one: higher ones say no more, so that one bright lamp makes no line.
_STEP_LEVELS = 14.0
# What steps there are this far to both sides of a row is its texture; an edge stands out from it.
_NEIGHBOURS = 5
# A part of a line must say more than this to make it longer.
_LONGER_THAN = 0.22
# Of each direction the best so many lines are combined; all pairs of pairs of them stay below five thousand.
_LINES = 10
# Lines nearer to each other than this share are one.
_APART = 0.012
_SIDE_MIN = 0.18
# How much a side says that is the frame itself: no step can be seen there, and half of all alterations leave one.
_FRAME_SAYS = 0.5


@dataclass(frozen=True, slots=True)
class Rectangle:
    """x, y, width and height as shares of the picture, and how much its sides stand out (0 … 1)."""

    window: tuple[float, float, float, float]
    strength: float


def rectangles(luma: npt.NDArray[np.uint8], count: int) -> list[Rectangle]:
    """The `count` rectangles whose sides stand out most, best first; fewer where there are fewer.

    Args:
        luma: uint8[h, w].
        count: How many at most.
    """
    rows, cols = luma.shape
    if min(rows, cols) < 2 * _PARTS:
        return []
    level = luma.astype(np.float32)
    across = _steps(_averaged(level))
    down = _steps(_averaged(level.T))
    ys, xs = _lines(across), _lines(down)
    return _combined(across, down, (ys, xs), count)


def _averaged(level: _Floats) -> _Floats:
    """Means of `_PARTS` equal parts of each row: float32[h, parts]."""
    cols = level.shape[1]
    at = np.arange(_PARTS) * cols // _PARTS
    widths = np.diff(np.append(at, cols)).astype(np.float32)
    return np.asarray(np.add.reduceat(level, at, axis=1) / widths, np.float32)


def _steps(means: _Floats) -> _Floats:
    """How far each part of the line above each row stands out from its surroundings: float32[h + 1, parts], -1 … 1.

    The first and last are the frame.
    """
    pairs = means[:-1] + means[1:]
    whole = np.zeros((len(means) + 1, _PARTS), np.float32)
    whole[2:-2] = np.minimum(np.abs(pairs[2:] - pairs[:-2]) / (2 * _STEP_LEVELS), 1.0)
    sums = np.cumsum(np.pad(whole, ((_NEIGHBOURS + 1, _NEIGHBOURS), (0, 0)), mode="edge"), axis=0)
    wide = sums[2 * _NEIGHBOURS + 1 :] - sums[: -2 * _NEIGHBOURS - 1]
    near = whole.copy()
    near[1:] += whole[:-1]
    near[:-1] += whole[1:]
    texture = (wide - near) / (2 * _NEIGHBOURS - 2)
    said = np.asarray(whole - 1.5 * texture, np.float32)
    said[0] = said[-1] = _FRAME_SAYS
    return said


def _lines(said: _Floats) -> _Ints:
    """The rows above which the longest, plainest lines run, ascending, the frame included."""
    best = np.zeros(len(said), np.float32)
    here = np.zeros(len(said), np.float32)
    for part in said.T:
        here = np.maximum(here + part - _LONGER_THAN, 0)
        best = np.maximum(best, here)
    apart = max(2, round(_APART * len(said)))
    best[:apart] = best[-apart:] = 0
    found = [0, len(said) - 1]
    for _ in range(_LINES):
        row = int(best.argmax())
        if best[row] <= 0:
            break
        found.append(row)
        best[max(0, row - apart) : row + apart + 1] = 0
    return np.sort(np.array(found))


def _combined(across: _Floats, down: _Floats, lines: tuple[_Ints, _Ints], count: int) -> list[Rectangle]:
    ys, xs = lines
    rows, cols = len(across) - 1, len(down) - 1
    top, bottom = _pairs(ys, rows)
    left, right = _pairs(xs, cols)
    horizontal = _along(across, (top, bottom), (left / cols, right / cols))
    vertical = _along(down, (left, right), (top / rows, bottom / rows)).transpose(0, 2, 1)
    sides = np.concatenate([horizontal, vertical])
    strength = np.prod(np.clip(sides, 0.02, 1.0), axis=0) ** 0.25
    # Of two that stand out alike the larger is the likelier: what a picture shows has edges too.
    share = ((bottom - top) / rows)[:, None] * ((right - left) / cols)[None, :]
    rank = strength * share**0.1
    rank[(share > 0.985)] = 0
    chosen: list[Rectangle] = []
    for place in np.argsort(-rank, axis=None, kind="stable")[:count]:
        v, h = divmod(int(place), len(left))
        if rank[v, h] <= 0.0:
            break
        x, y, width, height = left[h], top[v], right[h] - left[h], bottom[v] - top[v]
        window = (float(x / cols), float(y / rows), float(width / cols), float(height / rows))
        chosen.append(Rectangle(window, float(strength[v, h])))
    return chosen


def _pairs(places: _Ints, length: int) -> tuple[_Ints, _Ints]:
    first, second = np.triu_indices(len(places), 1)
    wide = places[second] - places[first] >= _SIDE_MIN * length
    return places[first][wide], places[second][wide]


def _along(said: _Floats, lines: tuple[_Ints, _Ints], ends: tuple[npt.NDArray[np.float64], ...]) -> _Floats:
    """What two lines say between two ends, for each pair of lines and each pair of ends: float32[2, lines, ends]."""
    sums = np.concatenate([np.zeros((len(said), 1), np.float32), np.cumsum(said, axis=1)], axis=1)
    first = np.round(ends[0] * _PARTS).astype(np.intp)
    last = np.maximum(np.round(ends[1] * _PARTS).astype(np.intp), first + 1)
    along: _Floats = np.stack([(sums[line][:, last] - sums[line][:, first]) / (last - first) for line in lines])
    return along
