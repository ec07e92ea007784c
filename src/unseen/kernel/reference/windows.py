"""Hashes of many windows of one small picture, defined in readable numpy: what every native variant must equal.

Beyond its frame a picture fades: the pixel at the frame, and with every pixel further less of what it differs by from
the mean.

A window is 64 cells high and wide. PDQ takes of each a weighted mean that fades out from the middle of the cell; here
it is the plain mean over so much of the middle that its spread is the same, the picture being constant within a pixel.

Integers are exact; floats are float32, every operation rounded by itself and in one fixed order, so that a sum does not
depend on how many of its terms a processor takes at once.
"""

import numpy as np
import numpy.typing as npt

from unseen.kernel.reference.pdq import MEDIAN_RANK, orientations

__all__ = ["shrink", "warp", "window_coefficients", "window_hashes"]

_Pixels = npt.NDArray[np.uint8]
_Floats = npt.NDArray[np.float32]
_Integers = npt.NDArray[np.int64]
_Cells = npt.NDArray[np.float64]
_Numbers = tuple[float, ...]

_CELLS = 64
_COEFFICIENTS = 16
_LANES = _COEFFICIENTS + _CELLS
# A box this wide spreads as much as two boxes of half a cell after each other, which PDQ takes.
_BOX = np.sqrt(0.5)
# Integers count these parts of a level, so that sums of them are exact: of pixels, and of coefficients of columns.
_PARTS_OF_PIXELS = 64
_PARTS_OF_COLUMNS = 512
# Less of a difference is none: products would be slow, and change nothing.
_LEAST_KEPT = np.float32(2.0**-20)
# Bilinear weights are multiples of this part of a pixel.
_STEPS = 256


def shrink(pixels: _Pixels, rows: int, cols: int) -> _Pixels:
    """Luma of uint8[h, w, 3] or [h, w], averaged exactly over `rows` x `cols` equal parts, and rounded."""
    height, width = pixels.shape[:2]
    weights = np.array([299, 587, 114], np.int64)
    luma = pixels.astype(np.int64) * 1000 if pixels.ndim == 2 else pixels.astype(np.int64) @ weights
    sums = _sums_of_parts(_sums_of_parts(luma, rows).T, cols).T
    means: _Pixels = np.floor(sums.astype(np.float64) * (1.0 / (1000.0 * height * width)) + 0.5).astype(np.uint8)
    return means


def _sums_of_parts(values: _Integers, count: int) -> _Integers:
    """Sums over equal parts of the first axis; a value that two parts share counts `count` in both together."""
    whole, part = np.divmod(np.arange(count + 1) * len(values), count)
    nothing = np.zeros((1, values.shape[1]), np.int64)
    sums = np.concatenate([nothing, values.cumsum(axis=0)])
    edges = count * sums[whole] + part[:, None] * np.concatenate([values, nothing])[whole]
    difference: _Integers = np.diff(edges, axis=0)
    return difference


def warp(luma: _Pixels, size: tuple[int, int], corner: _Numbers, bend: _Numbers, beyond: _Numbers) -> _Pixels:
    """Undo a turn and a keystone and cut a window out; see `unseen.kernel.warp`."""
    left, top = (np.float32(value) for value in corner)
    cosine, sine, by_u, by_v = (np.float32(value) for value in bend)
    mean, keep = (np.float32(value) for value in beyond)
    height, width = (np.float32(side) for side in luma.shape)
    half, one = np.float32(0.5), np.float32(1)
    x, x_beyond = _framed(left + (np.arange(size[1], dtype=np.float32) + half)[None, :], width)
    y, y_beyond = _framed(top + (np.arange(size[0], dtype=np.float32) + half)[:, None], height)
    u, v = x - half * width, y - half * height
    depth = (one + by_v * v) + by_u * u
    u, v = np.asarray(u / depth, np.float32), np.asarray(v / depth, np.float32)
    x, u_beyond = _framed((u * cosine + v * sine) + half * width, width)
    y, v_beyond = _framed((v * cosine - u * sine) + half * height, height)
    distance = ((y_beyond + x_beyond) + (u_beyond + v_beyond) + half).astype(np.int32)
    kept = _kept(keep, int(distance.max()))[distance]
    values = mean + (_sampled(luma, x, y) - mean) * kept
    warped: _Pixels = (values + half).astype(np.uint8)
    return warped


def _framed(place: _Floats, length: np.float32) -> tuple[_Floats, _Floats]:
    """The nearest place within 0 … `length`, and how far away it is."""
    inside = np.minimum(np.maximum(place, np.float32(0)), length)
    return inside, np.abs(place - inside)


def _sampled(luma: _Pixels, x: _Floats, y: _Floats) -> _Floats:
    """Bilinear values at places inside the frame, rounded to steps."""
    (x_at, x_part), (y_at, y_part) = _steps(x, luma.shape[1]), _steps(y, luma.shape[0])
    x_next, y_next = np.minimum(x_at + 1, luma.shape[1] - 1), np.minimum(y_at + 1, luma.shape[0] - 1)
    values = luma.astype(np.int32)
    above = values[y_at, x_at] * (_STEPS - x_part) + values[y_at, x_next] * x_part
    below = values[y_next, x_at] * (_STEPS - x_part) + values[y_next, x_next] * x_part
    sums: _Floats = (above * (_STEPS - y_part) + below * y_part).astype(np.float32)
    return sums * np.float32(1 / _STEPS**2)


def _steps(place: _Floats, length: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Pixel before a place, counted from middles of pixels, and how many steps beyond it the place lies."""
    steps = (place * np.float32(_STEPS)).astype(np.int32) - _STEPS // 2
    steps = np.clip(steps, 0, (length - 1) * _STEPS)
    return steps // _STEPS, steps % _STEPS


def _kept(keep: np.float32, count: int) -> _Floats:
    """What is left 0 … `count` pixels beyond the frame of what tells the pixel at the frame from the mean."""
    kept = np.ones(count + 1, np.float32)
    for distance in range(count):
        less = kept[distance] * keep
        kept[distance + 1] = less if less >= _LEAST_KEPT else 0
    return kept


def window_hashes(luma: _Pixels, cells: _Cells, beyond: _Numbers) -> tuple[_Pixels, _Pixels]:
    """Hashes uint8[n, 8, 32] and qualities uint8[n]; see `unseen.kernel.window_hashes`."""
    coefficients, qualities = _looked_up(luma, cells, beyond)
    eight = np.array([orientations(each) for each in coefficients], np.float32).reshape(len(cells), 8, 256)
    medians = np.sort(eight, axis=-1)[:, :, MEDIAN_RANK, None]
    return np.packbits(eight[:, :, ::-1] > medians, axis=-1), qualities


def window_coefficients(luma: _Pixels, cells: _Cells, beyond: _Numbers) -> _Floats:
    """Coefficients float32[n, 16, 16]; see `unseen.kernel.window_coefficients`."""
    return _looked_up(luma, cells, beyond)[0]


def _looked_up(luma: _Pixels, cells: _Cells, beyond: _Numbers) -> tuple[_Floats, _Pixels]:
    coefficients = np.empty((len(cells), _COEFFICIENTS, _COEFFICIENTS), np.float32)
    qualities = np.empty(len(cells), np.uint8)
    mean, keep = beyond[0], np.float32(beyond[1])
    rows = _continued(luma.astype(np.int64) * _PARTS_OF_PIXELS - round(mean * _PARTS_OF_PIXELS), keep)
    spans, span_of = np.unique(cells[:, 2:], axis=0, return_inverse=True)
    for at, (top, height) in enumerate(spans):
        # What all windows of the same height share: of every column its coefficients and the means of its cells.
        means = _means(rows, top, height, _PARTS_OF_PIXELS)
        lanes = np.concatenate([_transform(means), means]).T
        columns = _continued(np.rint(lanes * np.float32(_PARTS_OF_COLUMNS)).astype(np.int64), keep)
        for n in np.flatnonzero(span_of.ravel() == at):
            lanes = _means(columns, cells[n, 0], cells[n, 1], _PARTS_OF_COLUMNS)
            coefficients[n] = _transform(lanes[:, :_COEFFICIENTS]).T
            qualities[n] = _quality(lanes[:, _COEFFICIENTS:])
    return coefficients, qualities


def _continued(values: _Integers, keep: np.float32) -> _Integers:
    """As many more at both ends of the first axis, fading to 0."""
    kept = _kept(keep, len(values))[1:, None]
    before, behind = (np.rint(edge.astype(np.float32) * kept).astype(np.int64) for edge in (values[0], values[-1]))
    return np.concatenate([before[::-1], values, behind])


def _means(continued: _Integers, first: float, cell: float, parts: int) -> _Floats:
    """Means over the middle of 64 cells along the first axis."""
    sums = np.concatenate([np.zeros((1, continued.shape[1]), np.int64), continued.cumsum(axis=0)])
    edges = first + (np.arange(_CELLS) + np.array([[0.5 - _BOX / 2], [0.5 + _BOX / 2]])) * cell
    before = np.floor(edges)
    at = before.astype(np.int64) + len(continued) // 3
    part = (edges - before).astype(np.float32)[:, :, None] * continued[at].astype(np.float32)
    whole = (sums[at[1]] - sums[at[0]]).astype(np.float32)
    means: _Floats = (whole + (part[1] - part[0])) * np.float32(1.0 / (cell * _BOX * parts))
    return means


def _transform(means: _Floats) -> _Floats:
    """The 16 lowest frequencies of 64 values along the first axis; halves of a cosine are alike or opposite."""
    half = _CELLS // 2
    near, far = means[:half], means[: half - 1 : -1]
    alike, opposite = near + far, near - far
    out = np.zeros((_COEFFICIENTS, means.shape[1]), np.float32)
    matrix = _cosines()
    for k in range(half):
        out[0::2] = out[0::2] + matrix[0::2, k, None] * opposite[None, k]
        out[1::2] = out[1::2] + matrix[1::2, k, None] * alike[None, k]
    return out


def _cosines() -> _Floats:
    """float32[16, 32]: half of the cosines, by frequency and cell."""
    frequency, place = np.mgrid[1 : _COEFFICIENTS + 1, 0 : _CELLS // 2]
    turn = (np.pi / 2.0 / _CELLS) * frequency * (2 * place + 1)
    cosines: _Floats = (np.sqrt(2.0 / _CELLS) * np.cos(turn)).astype(np.float32)
    return cosines


def _quality(means: _Floats) -> int:
    """As PDQ's: hundredths of white between neighbouring cells, each rounded towards zero."""
    hundredths = np.float32(100.0 / 255.0)
    steps = [(means[1:] - means[:-1]) * hundredths, (means[:, 1:] - means[:, :-1]) * hundredths]
    return min(100, sum(int(np.abs(step.astype(np.int32)).sum()) for step in steps) // 90)
