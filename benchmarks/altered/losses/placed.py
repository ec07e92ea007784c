"""Where a copy truly shows the photograph: a picture of its own places goes through the same alteration.

Its red says how far to the right each pixel lies and its green how far down, so that a copy of it says of each pixel
where it came from. Whatever else is in the copy is no such plane.
"""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.altered.copies import SEED
from unseen.darkroom.altering.making import alter
from unseen.model import Placing

__all__ = ["Placed", "placed"]

Floats = npt.NDArray[np.float64]

# Red and green go from nothing to most of blue, which stays the same: shares of it survive another brightness.
_BLUE = 180
_MOST = 0.88
_BLUE_MIN = 90
# Places that come from so near where a plane says are of it, as shares of the photograph.
_NEAR = 0.012
_ROUNDS = 400
_SAMPLES = 4000
# A photograph that fills more than the copy, or less than a tenth of it, is none that was placed.
_SCALES = (0.3, 12.0)
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_STEPS = 12


@dataclass(frozen=True, slots=True)
class Placed:
    """Where it lies.

    Attributes:
        placing: The upright window of it, mirrored or not.
        off: By how much its corners lie off at most, as a share of the copy: a placing is no free projection.
    """

    placing: Placing
    off: float


def placed(size: tuple[int, int], number: int, at: int) -> Placed | None:
    """Say where the copy of a photograph shows it; None where that cannot be made out.

    Args:
        size: Width and height of the photograph.
        number: Of the alteration.
        at: Number of the photograph.
    """
    x, y = np.meshgrid((np.arange(size[0]) + 0.5) / size[0], (np.arange(size[1]) + 0.5) / size[1])
    planes = [_MOST * _BLUE * x, _MOST * _BLUE * y, np.full_like(x, _BLUE)]
    places = Image.fromarray(np.stack(planes, axis=2).round().astype(np.uint8))
    copy = alter(places, number, (SEED, number, at), partner=lambda room: Image.new("RGB", room))
    with Image.open(io.BytesIO(copy)) as opened:
        pixels = np.asarray(opened.convert("RGB"), np.float64)
    found = _projection(pixels, np.random.default_rng(at))
    return None if found is None else _as_placing(found, pixels.shape[1], pixels.shape[0])


def _projection(pixels: Floats, rng: np.random.Generator) -> Floats | None:
    """From shares of the photograph to shares of the copy, float64[3, 3]."""
    rows, cols = pixels.shape[:2]
    y, x = np.nonzero(pixels[:, :, 2] >= _BLUE_MIN)
    some = rng.permutation(len(x))[:_SAMPLES]
    x, y = x[some], y[some]
    source = pixels[y, x, :2] / (_MOST * pixels[y, x, 2:])
    here = np.stack([(x + 0.5) / cols, (y + 0.5) / rows], axis=1)
    is_inside = (source < 1.03).all(axis=1)
    source, here = source[is_inside], here[is_inside]
    if len(here) < 100:
        return None
    is_of = _plane(source, here, rng)
    for near in (3 * _NEAR, 2 * _NEAR, _NEAR, _NEAR):
        if np.count_nonzero(is_of) < 50:
            return None
        found = _fitted(here[is_of], source[is_of])
        is_of = np.abs(_through(found, here) - source).max(axis=1) < near
    return np.asarray(np.linalg.inv(found), np.float64)


def _plane(source: Floats, here: Floats, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which pixels lie on the plane that most lie on."""
    ones = np.concatenate([here, np.ones((len(here), 1))], axis=1)
    best = np.zeros(len(here), np.bool_)
    for _ in range(_ROUNDS):
        three = rng.choice(len(here), 3, replace=False)
        if abs(np.linalg.det(ones[three])) < 1e-3:
            continue
        plane = np.linalg.solve(ones[three], source[three])
        if not _SCALES[0] ** 2 <= abs(np.linalg.det(plane[:2])) <= _SCALES[1] ** 2:
            continue
        is_of = np.abs(ones @ plane - source).max(axis=1) < 3 * _NEAR
        if np.count_nonzero(is_of) > np.count_nonzero(best):
            best = is_of
    return best


def _fitted(here: Floats, source: Floats) -> Floats:
    """The projection from one to the other with the least squares."""
    x, y, ones, zeros = here[:, 0], here[:, 1], np.ones(len(here)), np.zeros(len(here))
    rows = [
        np.stack([x, y, ones, zeros, zeros, zeros, -x * source[:, 0], -y * source[:, 0]], axis=1),
        np.stack([zeros, zeros, zeros, x, y, ones, -x * source[:, 1], -y * source[:, 1]], axis=1),
    ]
    eight = np.linalg.lstsq(np.concatenate(rows), source.T.ravel(), rcond=None)[0]
    return np.append(eight, 1.0).reshape(3, 3)


def _through(projection: Floats, points: Floats) -> Floats:
    mapped = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ projection.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def _as_placing(projection: Floats, cols: int, rows: int) -> Placed:
    corners = _through(projection, _CORNERS)
    if corners[1, 0] < corners[0, 0]:
        corners = corners[[1, 0, 3, 2]]
    sides = np.array([cols, rows]) / max(cols, rows)
    left, top = corners[[0, 2], 0].mean(), corners[[0, 1], 1].mean()
    right, bottom = corners[[1, 3], 0].mean(), corners[[2, 3], 1].mean()
    slope = (corners[1] - corners[0]) * sides
    guess = np.array([left, top, right - left, bottom - top, -np.arctan2(slope[1], slope[0]), 0.0, 0.0])
    for free in (5, 7):
        fitted = _least(guess, corners, sides, free)
        off = float(np.abs(_corners_of(fitted, sides) - corners).max())
        # A perspective is only looked for where there is one.
        if off < _NEAR / 2:
            break
    x, y, width, height, angle, by_x, by_y = fitted.tolist()
    placing = Placing(window=(x, y, width, height), angle_deg=float(np.degrees(angle)), keystone=(by_x, by_y))
    return Placed(placing, off)


def _least(guess: Floats, corners: Floats, sides: Floats, free: int) -> Floats:
    """Gauss and Newton's steps, with differences for derivatives."""
    fitted = guess.copy()
    for _ in range(_STEPS):
        now = _corners_of(fitted, sides)
        by = 1e-5 * np.eye(len(fitted))[:free]
        moved = np.stack([(_corners_of(fitted + one, sides) - now).ravel() / 1e-5 for one in by], axis=1)
        fitted[:free] += np.linalg.lstsq(moved, (corners - now).ravel(), rcond=None)[0]
    return fitted


def _corners_of(fitted: Floats, sides: Floats) -> Floats:
    """Corners of a window in the copy, as `unseen.model.Placing` says where they lie."""
    x, y, width, height, angle, by_x, by_y = fitted
    share = np.array([x, y]) + _CORNERS * np.array([width, height]) - 0.5
    bent = share * sides / (1 + share @ np.array([by_x, by_y]))[:, None]
    back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(bent @ back.T / sides + 0.5)
