"""Hashes of many windows of one small picture, by the variant in use. Arguments are checked in `unseen.hashing`."""

import numpy as np
import numpy.typing as npt

from unseen.kernel import _native, reference
from unseen.kernel.variant import is_reference

__all__ = ["shrink", "warp", "window_coefficients", "window_hashes"]

_Pixels = npt.NDArray[np.uint8]
_Cells = npt.NDArray[np.float64]
_Numbers = tuple[float, ...]
_Beyond = tuple[float, float]


def shrink(pixels: _Pixels, rows: int, cols: int) -> _Pixels:
    """Luma of `uint8[h, w, 3]` or `[h, w]`, averaged exactly over `rows` x `cols` equal parts: `uint8[rows, cols]`."""
    if is_reference():
        return reference.shrink(pixels, rows, cols)
    out = np.empty((rows, cols), np.uint8)
    _native.shrink(pixels, out)
    return out


def warp(luma: _Pixels, size: tuple[int, int], corner: _Numbers, bend: _Numbers, beyond: _Beyond) -> _Pixels:
    """Undo a turn and a keystone and cut a window out, by bilinear sampling in steps of 1/256 pixel.

    Args:
        luma: `uint8[h, w]`.
        size: Rows and columns of what is returned.
        corner: Left and top of the window, in pixels.
        bend: Cosine and sine of the angle, and by how much the depth of a point grows per pixel right and down.
        beyond: What `luma` fades to beyond its frame, and how much is left after each pixel of what it differs by.
    """
    if is_reference():
        return reference.warp(luma, size, corner, bend, beyond)
    out = np.empty(size, np.uint8)
    _native.warp(luma, corner, bend, *beyond, out)
    return out


def window_hashes(luma: _Pixels, cells: _Cells, beyond: _Beyond) -> tuple[_Pixels, _Pixels]:
    """Hash windows in eight orientations: `uint8[n, 8, 32]`, most significant bit first, and qualities `uint8[n]`.

    Args:
        luma: `uint8[h, w]`.
        cells: `float64[n, 4]`: left, width of a cell, top, height of a cell, in pixels; a window is 64 cells high and
            wide and lies within one side of the picture beyond its frame.
        beyond: As for `warp`.
    """
    if is_reference():
        return reference.window_hashes(luma, cells, beyond)
    hashes, qualities = np.empty((len(cells), 8, 32), np.uint8), np.empty(len(cells), np.uint8)
    _native.window_hashes(luma, cells, *beyond, hashes, qualities)
    return hashes, qualities


def window_coefficients(luma: _Pixels, cells: _Cells, beyond: _Beyond) -> npt.NDArray[np.float32]:
    """What the hashes are made from: `float32[n, 16, 16]`; arguments as above."""
    if is_reference():
        return reference.window_coefficients(luma, cells, beyond)
    coefficients = np.empty((len(cells), 16, 16), np.float32)
    _native.window_coefficients(luma, cells, *beyond, coefficients)
    return coefficients
