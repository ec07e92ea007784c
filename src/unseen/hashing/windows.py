"""Hashes of many windows of one picture, at the price of a table look-up each, and what lies in a window, in full."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from unseen import kernel
from unseen.errors import PixelsError, UsageError
from unseen.hashing.pixels import checked
from unseen.model import Placing

__all__ = ["WINDOW_MARGIN", "Canvas", "cut_out", "shrink"]

Pixels = npt.NDArray[np.uint8]
Windows = npt.NDArray[np.float64]

# Beyond its frame a picture fades to its mean: after this share of its longer side a third is left of the difference.
# Of all continuations that were tried this one brings cropped copies nearest (docs/explanation/altered-copies.md).
_FADE = 0.08
# How far a window may reach beyond each side of the frame, as a share of the picture.
WINDOW_MARGIN = 0.5
# Sums of pixels are taken in 32 bits, and sides this long need half of them.
_CANVAS_SIDE_MAX = 1024
# What is turned or continued before a window is cut out: of most pictures more than PDQ can tell apart.
_CUT_OUT_SIDE_MAX = 1024
# Depth never falls below a half, as far as a window may reach.
_KEYSTONE_MAX = 0.5
# Below a hundredth of the picture a window holds no more than a few pixels of a canvas.
_WINDOW_MIN = 0.01
# PDQ takes one sample for each of these, each over two passes of half of it.
_CELLS = 64


def shrink(pixels: npt.ArrayLike, *, side_max: int = 512) -> Pixels:
    """Luma of a picture, small enough to be looked at thousands of times.

    Each value is the mean of one of equal parts of the picture, pixels that two parts share counting in both by what
    lies in each; exact, then rounded once. Luma is PDQ's, 0.299 R + 0.587 G + 0.114 B.

    Args:
        pixels: uint8[height, width, 3] (row-major RGB, 0 … 255) or uint8[height, width] (grey). Any strides.
        side_max: Longest side of what is returned, 1 … 1024.

    Returns:
        uint8[h, w]: of the same size where no side is longer; else the longest side is `side_max`, and the other keeps
        the shape as near as whole pixels can, at least 1.

    Raises:
        PixelsError: The array is empty or not of such a shape and type.
        UsageError: There is no such side.
    """
    array = checked(pixels)
    if not 1 <= side_max <= _CANVAS_SIDE_MAX:
        raise UsageError(f"a side of {side_max} pixels, where 1 to {_CANVAS_SIDE_MAX} are possible")
    return kernel.shrink(array, *_shrunk_size(array.shape[:2], side_max))


def _shrunk_size(size: tuple[int, ...], side_max: int) -> tuple[int, int]:
    scale = min(1.0, side_max / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A small picture of which many windows are hashed.

    Beyond its frame it is continued by what is known of it there: the pixel at the frame, which with the distance d
    fades to the mean of the whole picture as exp(-d / f), f being 0.08 of the longer side; d counts across and down
    together.

    Attributes:
        luma: uint8[h, w], sides 1 … 1024.
        mean: What it fades to beyond its frame.
        full_size: (height, width) in pixels of the picture of which this is a small copy.
        is_turned: Whether something was undone.
    """

    luma: Pixels
    mean: float
    full_size: tuple[int, int]
    is_turned: bool = False

    @classmethod
    def of(cls, luma: npt.ArrayLike, *, full_size: tuple[int, int] | None = None) -> Self:
        """Take a small picture, as `shrink` makes it.

        Args:
            luma: uint8[h, w], sides 1 … 1024.
            full_size: (height, width) of the picture that was shrunk; None where it was none. PDQ's filter lies up to
                1.5 pixels off, and which pixels these are depends on the size of what is hashed.

        Raises:
            PixelsError: The array is empty, too large, or not of such a shape and type.
        """
        array = checked(luma)
        if array.ndim != 2 or max(array.shape) > _CANVAS_SIDE_MAX:
            raise PixelsError(
                f"luma has shape {array.shape}, not [h, w] with sides up to {_CANVAS_SIDE_MAX}",
                hint="shrink the picture first",
            )
        return cls(array, float(array.mean()), full_size or array.shape)

    def turned(self, angle_deg: float, keystone: tuple[float, float] = (0.0, 0.0)) -> "Canvas":
        """Undo a turn and a keystone about the centre, as `Placing` says it, keeping the size and the mean.

        Pixels are sampled bilinearly, places rounded to 1/256 pixel, distances from the frame to whole pixels.

        Args:
            angle_deg: By how much the picture was turned counter-clockwise. Any.
            keystone: (kx, ky), |kx| + |ky| at most 0.5.

        Raises:
            UsageError: One of them is no number, or the keystone is larger.
        """
        if _is_straight(angle_deg, keystone):
            return self
        bend = _bend(angle_deg, keystone, self.luma.shape)
        warped = kernel.warp(self.luma, self.luma.shape, (0.0, 0.0), bend, _beyond(self.luma, self.mean))
        return Canvas(warped, self.mean, self.full_size, is_turned=True)

    def hash(self, windows: npt.ArrayLike) -> tuple[Pixels, Pixels]:
        """Hash windows of this picture in eight orientations.

        A hash comes near PDQ of the same window cut out of the full picture (`cut_out`), but does not equal it; see
        docs/explanation/altered-copies.md for how far it may lie off.

        Args:
            windows: float64[n, 4]: x, y, width and height as shares of the picture's width and height, from its upper
                left corner. A window may reach up to `WINDOW_MARGIN` beyond each side.

        Returns:
            uint8[n, 8, 32], orientations in the order of `ORIENTATIONS`, each most significant bit first; and
            uint8[n]: qualities, 0 … 100, by PDQ's measure.

        Raises:
            UsageError: A window is none, or reaches further.
        """
        return kernel.window_hashes(self.luma, self._cells(windows), _beyond(self.luma, self.mean))

    def coefficients(self, windows: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Give the coefficients that the bits of `hash` are made from, in the original orientation.

        Args:
            windows: As for `hash`.

        Returns:
            float32[n, 16, 16]: vertical by horizontal frequency, as `pdq_float` gives them.

        Raises:
            UsageError: A window is none, or reaches further.
        """
        return kernel.window_coefficients(self.luma, self._cells(windows), _beyond(self.luma, self.mean))

    def _cells(self, windows: npt.ArrayLike) -> Windows:
        """Left, width of a cell, top and height of a cell, in pixels, moved to where PDQ's filter looks."""
        array = _checked_windows(windows)
        first, share = array[:, :2], array[:, 2:]
        height, width = _shrunk_size(self.full_size, _CUT_OUT_SIDE_MAX)
        sides = share * (width, height)
        if not self.is_turned:
            is_whole = ((first >= 0) & (first + share <= 1)).all(axis=1, keepdims=True)
            sides = np.where(is_whole, share * self.full_size[::-1], sides)
        cells = np.empty((len(array), 2, 2))
        cells[:, :, 0] = first + share * _shift(sides)
        cells[:, :, 1] = share / _CELLS
        cells *= np.array(self.luma.shape[::-1])[:, None]
        return cells.reshape(-1, 4)


def cut_out(pixels: npt.ArrayLike, placing: Placing) -> Pixels:
    """Cut out of a picture, in full, what a placing says, to be hashed by `pdq`.

    Args:
        pixels: uint8[height, width, 3] (row-major RGB, 0 … 255) or uint8[height, width] (grey). Any strides.
        placing: Its window may reach up to `WINDOW_MARGIN` beyond each side.

    Returns:
        Where nothing is undone and the window, its edges rounded to whole pixels, lies inside: these pixels, as they
        are. Else uint8[h, w], the luma of them, faded beyond the frame as a `Canvas` is, of the picture shrunk to sides
        up to 1024.

    Raises:
        PixelsError: The array is empty or not of such a shape and type.
        UsageError: The window is none or reaches further, or the keystone is too large.
    """
    array = checked(pixels)
    x, y, width, height = _checked_windows([placing.window])[0]
    if _is_straight(placing.angle_deg, placing.keystone):
        rows, cols = _whole(y, height, array.shape[0]), _whole(x, width, array.shape[1])
        if rows.start >= 0 and cols.start >= 0 and rows.stop <= array.shape[0] and cols.stop <= array.shape[1]:
            return array[rows, cols]
    luma = shrink(array, side_max=_CUT_OUT_SIDE_MAX)
    rows, cols = _whole(y, height, luma.shape[0]), _whole(x, width, luma.shape[1])
    bend = _bend(placing.angle_deg, placing.keystone, luma.shape)
    size = rows.stop - rows.start, cols.stop - cols.start
    return kernel.warp(luma, size, (float(cols.start), float(rows.start)), bend, _beyond(luma, float(luma.mean())))


def _whole(first: float, share: float, side: int) -> slice:
    """Edges of a window in whole pixels, at least one apart."""
    start = round(first * side)
    return slice(start, max(start + 1, round((first + share) * side)))


def _beyond(luma: Pixels, mean: float) -> tuple[float, float]:
    """What a picture fades to beyond its frame, and how much of the difference is left after each pixel."""
    return mean, math.exp(-1 / (_FADE * max(luma.shape)))


def _is_straight(angle_deg: float, keystone: tuple[float, float]) -> bool:
    return angle_deg == 0 and keystone[0] == 0 and keystone[1] == 0


def _bend(angle_deg: float, keystone: tuple[float, float], shape: tuple[int, ...]) -> tuple[float, ...]:
    if not math.isfinite(angle_deg):
        raise UsageError(f"an angle of {angle_deg} degrees")
    by_x, by_y = keystone
    if not abs(by_x) + abs(by_y) <= _KEYSTONE_MAX:
        raise UsageError(f"a keystone of ({by_x}, {by_y}), where both together are at most {_KEYSTONE_MAX}")
    angle = math.radians(angle_deg)
    return math.cos(angle), math.sin(angle), by_x / shape[1], by_y / shape[0]


def _checked_windows(windows: npt.ArrayLike) -> Windows:
    array = np.asarray(windows, np.float64)
    if array.size == 0:
        array = array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] != 4:
        raise UsageError(f"windows have shape {array.shape}, not [n, 4]")
    first, share = array[:, :2], array[:, 2:]
    is_window = (share >= _WINDOW_MIN) & (first >= -WINDOW_MARGIN) & (first + share <= 1 + WINDOW_MARGIN)
    if not is_window.all():
        window = tuple(array[~is_window.all(axis=1)][0].tolist())
        raise UsageError(
            f"{window} is no window: it is smaller than {_WINDOW_MIN} of the picture, or reaches further than "
            f"{WINDOW_MARGIN} of it beyond the frame"
        )
    return array


def _shift(sides: Windows) -> Windows:
    """How far PDQ's filter lies off to the right or below, as a share of what is hashed, for sides in pixels.

    Each of its two passes over an even number of pixels lies half a pixel off, and so does the pixel it takes where
    the middles of all 64 parts lie between two (facebook/ThreatExchange, pdq/cpp/downscaling).
    """
    sides = np.maximum(1, np.rint(sides))
    passes = np.ceil(sides / (2 * _CELLS)) % 2 == 0
    between = sides % (2 * _CELLS) == 0
    return np.asarray((1.0 * passes + 0.5 * between) / sides)
