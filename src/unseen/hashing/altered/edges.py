"""Rectangles that long straight edges enclose: borders, bars, letterboxes, screenshots, collages, pictures in pictures.

Whoever pastes a picture into another leaves its four sides behind: steps of brightness that run straight along a row or
a column for as long as the picture is wide or high, which hardly anything in nature does. Nothing is asked of what
surrounds it, so that colours, gradients, blurred copies, text and other pictures are seen through alike.

A step counts by how many times larger it is than the steps beside it, so that a faint edge between two plain parts says
as much as a strong one in grass; and only up to four times, so that an edge is strong by being long. Where a picture
lies on a blurred copy of itself the two are often equally light, and what ends at its sides is how rough it is: steps
of that count too.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PARTS", "Averages", "rectangles", "stand_out"]

_Floats = npt.NDArray[np.float32]
_Ints = npt.NDArray[np.intp]

# Along an edge the picture is averaged in so many parts: text and grain vanish, and a part is short enough to end at.
PARTS = 32
# What grain leaves of steps in a plain part, in grey levels.
_GRAIN_LEVELS = 2.0
# What steps there are this far to both sides of a row is its texture; an edge stands out from it.
_NEIGHBOURS = 5
# How rough a part is, is the mean step between neighbours, which grain changes less than brightness: it is counted
# so many times, and what is seen so is a little less sure.
_ROUGH_TIMES = 3.0
_ROUGH_SAYS = 0.8
# In doublings: beyond this a step says no more, and counts as 1.
_DOUBLINGS_MAX = 2.0
# A part of a line must say more than this to make it longer.
_LONGER_THAN = 0.2
# Of each direction the best so many lines are combined; all pairs of pairs of them stay below five thousand.
_LINES = 10
# Lines nearer to each other than this share are one.
_APART = 0.008
_SIDE_MIN = 0.18
# How much a side says that is the frame itself: no step can be seen there, and half of all alterations leave one.
_FRAME_SAYS = 0.6
# Pictures as wide or as high as the frame are common: strips of collages, posts, captions, letterboxes.
_FULL = 1.5
# Borders are often alike on both sides; what a picture shows lies in the very middle of it by chance only.
_CENTRED = 0.012
_IN_THE_MIDDLE = 4.0
_SAYS_MIN = 0.02
# Of two rectangles that stand out alike the larger is the likelier: what a picture shows has edges too.
_LARGER = 0.1
# What lies across a rectangle from side to side divides it, as the seam of a collage does.
_DIVIDED = 0.3
# A rectangle as large as this is the whole picture.
_WHOLE = 0.985
# Half of the photographs show two rectangles that stand out more; of true ones one in forty stands out less.
_SURE = 0.45
# Half of the photographs show twenty such, and hardly any true one stands out less.
_RANK_MIN = 0.33


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines in one direction, ascending, the frame's two included, and what they say.

    Attributes:
        places: Number of the row (or column) that each lies above (or left of).
        side: How many rows (or columns) there are.
        sums: float32[lines, PARTS + 1]: what the parts of each say, summed from its beginning.
    """

    places: _Ints
    side: int
    sums: _Floats

    def between(self, first: _Floats, last: _Floats) -> _Floats:
        """What each line says on the mean between places along it, given as shares: float32[lines, n]."""
        begin = np.rint(first * PARTS).astype(np.intp)
        end = np.maximum(np.rint(last * PARTS).astype(np.intp), begin + 1)
        return np.asarray((self.sums[:, end] - self.sums[:, begin]) / (end - begin), np.float32)

    def pairs(self) -> tuple[_Ints, _Ints]:
        """Numbers of the first and the second of any two that are far enough apart."""
        first, second = np.triu_indices(len(self.places), 1)
        are_wide = self.places[second] - self.places[first] >= _SIDE_MIN * self.side
        return first[are_wide], second[are_wide]

    def shares(self) -> _Floats:
        """The places as shares of the side."""
        return np.asarray(self.places / self.side, np.float32)


@dataclass(frozen=True, slots=True)
class Averages:
    """A picture averaged along its rows and along its columns, in which edges are looked for.

    Attributes:
        shape: Rows and columns of the picture.
        rows: float32[h, PARTS]: means of equal parts of each row.
        cols: float32[w, PARTS]: of each column.
        rough_rows: float32[h, PARTS]: how rough these parts of rows are; None where that says nothing.
        rough_cols: float32[w, PARTS]: of columns.
    """

    shape: tuple[int, int]
    rows: _Floats
    cols: _Floats
    rough_rows: _Floats | None = None
    rough_cols: _Floats | None = None

    @classmethod
    def of(cls, luma: npt.NDArray[np.uint8], *, is_whole: bool = True) -> "Averages | None":
        """Average uint8[h, w]; None where a part would be less than a pixel long.

        Args:
            luma: The picture.
            is_whole: Whether nothing was taken out of it, so that how rough it is says something.
        """
        if min(luma.shape) < PARTS:
            return None
        level = luma.astype(np.float32)
        rough = (_averaged(_rough(level)), _averaged(_rough(level.T))) if is_whole else (None, None)
        return cls((luma.shape[0], luma.shape[1]), _averaged(level), _averaged(level.T), *rough)


def rectangles(averages: Averages, count: int, *, doubtful: int) -> list[tuple[float, float, float, float]]:
    """The rectangles whose sides stand out, up to `count`, best first: x, y, width and height as shares.

    Args:
        averages: Of the picture.
        count: How many at most.
        doubtful: From this place on only such as a photograph seldom shows.
    """
    windows, ranks = _enclosed(
        _lines(averages.rows, averages.rough_rows), _lines(averages.cols, averages.rough_cols), count
    )
    enough = np.where(np.arange(len(ranks)) < doubtful, _RANK_MIN, _SURE)
    return windows[: int(np.count_nonzero(ranks >= enough))]


def _averaged(level: _Floats) -> _Floats:
    cols = level.shape[1]
    at = np.arange(PARTS) * cols // PARTS
    widths = np.diff(np.append(at, cols)).astype(np.float32)
    return np.asarray(np.add.reduceat(level, at, axis=1) / widths, np.float32)


def _rough(level: _Floats) -> _Floats:
    """Steps from each pixel to the next in its row."""
    return np.asarray(np.abs(np.diff(level, axis=1, append=level[:, -1:])) * np.float32(_ROUGH_TIMES))


def stand_out(means: _Floats) -> _Floats:
    """How far the step above each row stands out from those beside it: float32[h + 1, parts], -0.5 … 1.

    The first and last are the frame, where nothing can be seen.
    """
    step = np.zeros((len(means) + 1, means.shape[1]), np.float32)
    pairs = means[:-1] + means[1:]
    step[2:-2] = np.abs(pairs[2:] - pairs[:-2]) / 2
    step[[1, -2]] = np.abs(means[[1, -1]] - means[[0, -2]])
    padded = np.pad(step, ((_NEIGHBOURS + 1, _NEIGHBOURS), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0)
    wide = sums[2 * _NEIGHBOURS + 1 :] - sums[: -2 * _NEIGHBOURS - 1]
    # A step is seen in its neighbours too, because pixels are averages.
    near = step.copy()
    near[1:] += step[:-1]
    near[:-1] += step[1:]
    texture = (wide - near) / (2 * _NEIGHBOURS - 2)
    doublings = np.log2((step + _GRAIN_LEVELS) / (texture + _GRAIN_LEVELS))
    return np.asarray(np.clip(doublings, -1.0, _DOUBLINGS_MAX) / _DOUBLINGS_MAX, np.float32)


def _lines(means: _Floats, rough: _Floats | None) -> _Lines:
    """The rows above which the longest, plainest lines run."""
    said = stand_out(means)
    if rough is not None:
        np.maximum(said, np.float32(_ROUGH_SAYS) * stand_out(rough), out=said)
    said[[0, -1]] = _FRAME_SAYS
    # The best part of each row: what its parts say is added from left to right, and begins anew where it was in vain.
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
    places = np.sort(np.array(found, np.intp))
    sums = np.cumsum(said[places], axis=1)
    return _Lines(places, len(means), np.concatenate([np.zeros((len(places), 1), np.float32), sums], axis=1))


def _enclosed(across: _Lines, down: _Lines, count: int) -> tuple[list[tuple[float, float, float, float]], _Floats]:
    top, bottom = across.pairs()
    left, right = down.pairs()
    y, x = across.shares(), down.shares()
    horizontal = across.between(x[left], x[right])
    vertical = down.between(y[top], y[bottom])
    sides = horizontal[top], horizontal[bottom], vertical[left].T, vertical[right].T
    strength = np.ones((len(top), len(left)), np.float32)
    for side in sides:
        strength *= np.clip(side, _SAYS_MIN, 1.0)
    is_wide, is_high = (left == 0) & (right == len(x) - 1), (top == 0) & (bottom == len(y) - 1)
    strength *= np.where(is_wide[None, :] | is_high[:, None], np.float32(_FULL), np.float32(1))
    is_centred = (np.abs(x[left] + x[right] - 1) < _CENTRED)[None, :] & (np.abs(y[top] + y[bottom] - 1) < _CENTRED)[
        :, None
    ]
    strength *= np.where(is_centred, np.float32(_IN_THE_MIDDLE), np.float32(1))
    divided = np.maximum(_most_inside(horizontal, top, bottom), _most_inside(vertical, left, right).T)
    share = (y[bottom] - y[top])[:, None] * (x[right] - x[left])[None, :]
    rank = np.where(share > _WHOLE, 0, strength**0.25 * (1 - _DIVIDED * divided) * share**_LARGER)
    rows, cols = np.divmod(np.argsort(-rank, axis=None, kind="stable")[:count], max(1, len(left)))
    corners = np.stack([x[left[cols]], y[top[rows]], x[right[cols]], y[bottom[rows]]], axis=1).astype(np.float64)
    windows = [(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in corners.tolist()]
    return windows, np.asarray(rank[rows, cols], np.float32)


def _most_inside(said: _Floats, first: _Ints, second: _Ints) -> _Floats:
    """What the plainest line between two lines says, at least 0: float32[pairs, n]."""
    most = np.zeros((len(first), said.shape[1]), np.float32)
    for at, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        if other > one + 1:
            said[one + 1 : other].max(axis=0, out=most[at])
    return np.asarray(np.maximum(most, 0), np.float32)
