"""Hashes of many windows of one small picture, defined in readable numpy: what every native variant must equal.

A window is 64 cells high and wide; the mean of a cell is that of the picture over its area, the picture being constant
within each pixel. PDQ takes weighted means that fade out from the middle of a cell, which keeps a little more of the
high frequencies: the table of cosines makes up for the difference.

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

_CELLS = 64
_COEFFICIENTS = 16
_LANES = _COEFFICIENTS + _CELLS
# Per column of the picture, integers count these parts of a level, so that sums along a row are exact.
_PARTS = np.float32(1024)
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


def warp(luma: _Pixels, size: tuple[int, int], corner: tuple[float, ...], bend: tuple[float, ...]) -> _Pixels:
    """Undo a turn and a keystone and cut a window out; see `unseen.kernel.warp`."""
    rows, cols = size
    left, top, across, down = (np.float32(value) for value in corner)
    cosine, sine, by_u, by_v = (np.float32(value) for value in bend)
    height, width = (np.float32(side) for side in luma.shape)
    half, one = np.float32(0.5), np.float32(1)
    u = (_folded(left + (np.arange(cols, dtype=np.float32) + half) * across, width) - half * width)[None, :]
    v = (_folded(top + (np.arange(rows, dtype=np.float32) + half) * down, height) - half * height)[:, None]
    depth = (one + by_v * v) + by_u * u
    u, v = np.asarray(u / depth, np.float32), np.asarray(v / depth, np.float32)
    x_at, x_part = _steps((u * cosine + v * sine) + half * width, width)
    y_at, y_part = _steps((v * cosine - u * sine) + half * height, height)
    x_next, y_next = np.minimum(x_at + 1, luma.shape[1] - 1), np.minimum(y_at + 1, luma.shape[0] - 1)
    values = luma.astype(np.int32)
    above = values[y_at, x_at] * (_STEPS - x_part) + values[y_at, x_next] * x_part
    below = values[y_next, x_at] * (_STEPS - x_part) + values[y_next, x_next] * x_part
    warped: _Pixels = ((above * (_STEPS - y_part) + below * y_part + _STEPS * _STEPS // 2) >> 16).astype(np.uint8)
    return warped


def _folded(place: _Floats, length: np.float32) -> _Floats:
    """Where a place beyond 0 … `length` lies once it is reflected at the ends, as often as needed."""
    period = length + length
    place = place - period * np.floor(place * (np.float32(1) / period))
    return np.asarray(np.minimum(place, period - place))


def _steps(place: _Floats, length: np.float32) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Pixel before a place, counted from middles of pixels, and how many steps beyond it the place lies."""
    steps = (_folded(place, length) * np.float32(_STEPS) - np.float32(_STEPS // 2)).astype(np.int32)
    steps = np.clip(steps, 0, (int(length) - 1) * _STEPS)
    return steps // _STEPS, steps % _STEPS


def window_hashes(luma: _Pixels, cells: npt.NDArray[np.float64]) -> tuple[_Pixels, _Pixels]:
    """Hashes uint8[n, 8, 32] and qualities uint8[n]; see `unseen.kernel.window_hashes`."""
    coefficients, qualities = window_coefficients(luma, cells)
    eight = np.array([orientations(each) for each in coefficients], np.float32).reshape(len(cells), 8, 256)
    medians = np.sort(eight, axis=-1)[:, :, MEDIAN_RANK, None]
    return np.packbits(eight[:, :, ::-1] > medians, axis=-1), qualities


def window_coefficients(luma: _Pixels, cells: npt.NDArray[np.float64]) -> tuple[_Floats, _Pixels]:
    """Coefficients float32[n, 16, 16] and qualities uint8[n]; see `unseen.kernel.window_coefficients`."""
    coefficients = np.empty((len(cells), _COEFFICIENTS, _COEFFICIENTS), np.float32)
    qualities = np.empty(len(cells), np.uint8)
    spans, span_of = np.unique(cells[:, 2:], axis=0, return_inverse=True)
    for at, (top, height) in enumerate(spans):
        # What all windows of the same height share: of every column its coefficients and the means of its cells.
        columns = _columns(luma, top, height)
        for n in np.flatnonzero(span_of.ravel() == at):
            left, width = cells[n, :2]
            lanes = _means(columns, left, width, np.float32(1 / (width * float(_PARTS))))
            coefficients[n] = _transform(lanes[:, :_COEFFICIENTS]).T
            qualities[n] = _quality(lanes[:, _COEFFICIENTS:])
    return coefficients, qualities


def _columns(luma: _Pixels, top: float, height: float) -> _Integers:
    means = _means(luma.astype(np.int64), top, height, np.float32(1 / height))
    lanes = np.concatenate([_transform(means), means]).T
    return np.rint(lanes * _PARTS).astype(np.int64)


def _means(values: _Integers, first: float, cell: float, scale: np.float32) -> _Floats:
    """Sums of `values` over 64 cells along the first axis, reflected at its ends, times `scale`."""
    edges = first + np.arange(_CELLS + 1) * cell
    before = np.floor(edges).astype(np.int64)
    beyond = (edges - before).astype(np.float32)
    mirrored = np.concatenate([values[::-1], values, values[::-1], values[-1:]])
    sums = np.concatenate([np.zeros((1, values.shape[1]), np.int64), mirrored.cumsum(axis=0)])
    at = before + len(values)
    whole = np.diff(sums[at], axis=0).astype(np.float32)
    part = beyond[:, None] * mirrored[at].astype(np.float32)
    means: _Floats = (whole + (part[1:] - part[:-1])) * scale
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
    """float32[16, 32]: half of the cosines, raised to what two means over half a cell each would have left."""
    frequency, place = np.mgrid[1 : _COEFFICIENTS + 1, 0 : _CELLS // 2]
    turn = np.pi / 2.0 / _CELLS * frequency
    half = turn / 2.0
    fading = (np.sin(half) / half) ** 2 / (np.sin(turn) / turn)
    cosines: _Floats = (np.sqrt(2.0 / _CELLS) * np.cos(turn * (2 * place + 1)) * fading).astype(np.float32)
    return cosines


def _quality(means: _Floats) -> int:
    """As PDQ's: hundredths of white between neighbouring cells, each rounded towards zero."""
    hundredths = np.float32(100.0 / 255.0)
    steps = [(means[1:] - means[:-1]) * hundredths, (means[:, 1:] - means[:, :-1]) * hundredths]
    return min(100, sum(int(np.abs(step.astype(np.int32)).sum()) for step in steps) // 90)
