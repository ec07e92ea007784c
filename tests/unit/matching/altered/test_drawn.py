"""What a drawing says of a hash: rings and bars are no pictures of their own, and all else is not drawn."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.hashing import pdq
from unseen.matching.altered import BOUND_BITS, soft_distance
from unseen.matching.altered.drawn import bits_drawn
from unseen.matching.altered.lengths import PARTS
from unseen.model import AlteredHash, How

_SIDE = 256
_DRAWN = np.random.default_rng(7).bytes(32)


def ring(
    middle: tuple[float, float], radius: float, inner: float, *, leaning: float = 0.0, seed: int = 1
) -> npt.NDArray[np.uint8]:
    """A dark ring around something lighter, upon a ground that grows lighter to one side, with grain."""
    down, right = (np.mgrid[:_SIDE, :_SIDE] + 0.5) / _SIDE
    away = np.hypot(right - middle[0] - leaning * (down - middle[1]), down - middle[1]) / radius
    ground = 190 + 30 * right
    shown = np.where(away < inner, 150, np.where(away < 1, 60, ground))
    noise = np.random.default_rng(seed).normal(0, 4, shown.shape)
    return np.repeat(np.clip(shown + noise, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


_RINGS = [
    ring((0.52, 0.47), 0.35, 0.8),
    ring((0.44, 0.55), 0.3, 0.6, seed=2),
    ring((0.56, 0.58), 0.42, 0.9, seed=3),
    ring((0.47, 0.52), 0.36, 0.7, leaning=0.3, seed=4),
]


@pytest.mark.parametrize("picture", _RINGS)
def test_a_ring_says_little(picture: npt.NDArray[np.uint8]) -> None:
    """A hash that somebody could have drawn takes far less than a bit for each bit."""
    assert bits_drawn(pdq(picture)[0]) < 215 * PARTS


def bar(slope: float, thick: float, *, at: float = 0.5, seed: int = 1) -> npt.NDArray[np.uint8]:
    """A light bar across a dark ground, a bridge or a trail in the sky."""
    down, right = (np.mgrid[:_SIDE, :_SIDE] + 0.5) / _SIDE
    shown = np.where(np.abs(right - at - slope * (down - 0.5)) < thick, 200, 60)
    noise = np.random.default_rng(seed).normal(0, 4, shown.shape)
    return np.repeat(np.clip(shown + noise, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


_BARS = [bar(0.9, 0.06), bar(-0.6, 0.1, at=0.4, seed=2), bar(1.6, 0.12, seed=3)]


@pytest.mark.parametrize("picture", _BARS)
def test_a_bar_says_little(picture: npt.NDArray[np.uint8]) -> None:
    """However it slants, however it lies, and bright or dark: not more than two thirds of what a picture says."""
    for other in (picture, 255 - picture, picture[:, ::-1], picture.swapaxes(0, 1)):
        assert bits_drawn(pdq(np.ascontiguousarray(other))[0]) < 200 * PARTS


@pytest.mark.parametrize("picture", _RINGS)
def test_bright_and_dark_and_mirrored_rings_are_rings(picture: npt.NDArray[np.uint8]) -> None:
    """Whatever is drawn may be drawn the other way round."""
    for other in (255 - picture, picture[:, ::-1], picture[::-1], picture.swapaxes(0, 1)):
        assert bits_drawn(pdq(np.ascontiguousarray(other))[0]) < 225 * PARTS


@pytest.mark.parametrize("picture", _RINGS)
def test_a_ring_is_hardly_evidence_for_another(picture: npt.NDArray[np.uint8]) -> None:
    """A window that shows a ring, sure of half of its bits, matches no entry on the strength of that."""
    value = pdq(picture)[0]
    half_sure = AlteredHash(How(), value, 100, bytes([0, 60] * 128), bytes([255]) * 72)
    assert soft_distance(half_sure, value) > max(BOUND_BITS.values())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_no_drawing_is_not_drawn(seed: int) -> None:
    """No ring says bits that fell by chance: to say which ring costs more than it tells."""
    assert bits_drawn(np.random.default_rng(seed).bytes(32)) > 230 * PARTS


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_it_never_costs_nothing(value: bytes) -> None:
    """Somebody has to say which drawing it is, seven numbers of four bits and two of one."""
    assert bits_drawn(value) >= 30 * PARTS


def test_it_is_the_same_on_every_machine() -> None:
    """A decision that is repeated elsewhere comes out as it was: these were computed once."""
    rings = (
        "2c320f33258f3cb32d33f0c3b4f34b4dc3cb2d2c2f0cf0b4f4bc0bd20bd0b52b",
        "3cd9d366f2e10b26cae66d19d0e9b4d9436653652d162d06f0d9f0d84f654b61",
    )
    slanted = "bbb255d16fac37dc1ffa0ff406f9037405ef22f6146a02bd115b02ad45560a2b"
    hashes = [_DRAWN, bytes(32), b"\xa5\x5a" * 16, *map(bytes.fromhex, (*rings, slanted))]
    assert [bits_drawn(each) for each in hashes] == [71100, 73216, 12149, 46039, 40800, 44404]
