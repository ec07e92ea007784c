"""Parts of a window: those that lie in the picture are seen, turned as the window's hash is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.hashing import ORIENTATIONS
from unseen.hashing.altered.orienting import oriented, oriented_parts
from unseen.hashing.altered.seeing import seen_parts
from unseen.model import SEEN_SIDE, Placing

_SHARES = st.floats(-0.5, 0.5)


def _parts(placing: Placing, orientation: str = "original", size: tuple[int, int] = (300, 400)) -> list[list[int]]:
    packed = np.frombuffer(seen_parts(placing, size, orientation), np.uint8)
    parts: list[list[int]] = np.unpackbits(packed).reshape(SEEN_SIDE, SEEN_SIDE).tolist()
    return parts


def test_all_of_a_window_inside_is_seen() -> None:
    """And of one that undoes a crop of a quarter at the top, what lies below it."""
    assert np.all(_parts(Placing(window=(0.1, 0.2, 0.7, 0.8))))
    parts = np.array(_parts(Placing(window=(0.0, -1 / 3, 1.0, 4 / 3))))
    assert not parts[:6].any()
    assert parts[6:].all()


@given(_SHARES, _SHARES, st.floats(0.2, 1.5), st.floats(0.2, 1.5), st.floats(-12, 12), _SHARES)
def test_a_part_is_seen_where_its_middle_lies_in_the_picture(
    x: float, y: float, width: float, height: float, angle_deg: float, bend: float
) -> None:
    """By the formula that a placing states, point by point; what was turned out of the picture's own size is lost."""
    placing = Placing(window=(x, y, width, height), angle_deg=angle_deg, keystone=(bend / 2, bend / 4))
    parts = _parts(placing)
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    for row, col in [(0, 0), (0, 23), (23, 0), (5, 17), (12, 11), (23, 23)]:
        u = (x + width * (col + 0.5) / SEEN_SIDE - 0.5) * 400
        v = (y + height * (row + 0.5) / SEEN_SIDE - 0.5) * 300
        depth = 1 + bend / 2 * u / 400 + bend / 4 * v / 300
        there = u / depth * cos + v / depth * sin, v / depth * cos - u / depth * sin
        beyond = max(abs(u) - 200, abs(v) - 150, abs(there[0]) - 200, abs(there[1]) - 150)
        if abs(beyond) > 1e-6:
            assert parts[row][col] == (beyond < 0)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_parts_are_turned_as_coefficients_are(orientation: str) -> None:
    """A cosine transform of turned parts is that of the parts, turned."""
    parts = np.random.default_rng(2).random((SEEN_SIDE, SEEN_SIDE)) < 0.3
    cosines = np.cos(np.pi * np.arange(1, 17)[:, None] * (np.arange(SEEN_SIDE) + 0.5) / SEEN_SIDE)
    coefficients = (cosines @ parts @ cosines.T).astype(np.float32)
    turned = cosines @ oriented_parts(parts, orientation) @ cosines.T
    assert oriented(coefficients[None], orientation)[0] == pytest.approx(turned, abs=1e-3)
    placing = Placing(window=(-0.2, -0.4, 1.3, 1.5))
    upright = np.array(_parts(placing)).astype(bool)
    assert np.array_equal(_parts(placing, orientation), oriented_parts(upright, orientation))
