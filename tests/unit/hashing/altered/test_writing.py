"""Writing is taken out of a page; pictures upon it keep their sides to the pixel."""

import numpy as np
import numpy.typing as npt
import pytest
from tests.unit.hashing.altered.drawn import drawn_picture

from unseen.hashing.altered.writing import unwritten

Luma = npt.NDArray[np.uint8]


def _page(ground: int, ink: int) -> Luma:
    """Lines of words 5 pixels high, from edge to edge."""
    luma = np.full((480, 400), ground, np.uint8)
    words = np.random.default_rng(2).random(luma.shape) < 0.5
    luma[words & (np.arange(480) % 12 < 5)[:, None]] = ink
    return luma


@pytest.mark.parametrize(("ground", "ink"), [(255, 0), (240, 90), (12, 230), (30, 255)])
def test_nothing_is_left_of_words(ground: int, ink: int) -> None:
    """Whether light on dark or dark on light, what is left of a page of words is its ground."""
    left = unwritten(_page(ground, ink))
    assert left is not None
    assert (left == ground).all()


@pytest.mark.parametrize(("ground", "ink"), [(255, 0), (12, 230)])
def test_a_picture_upon_a_page_keeps_its_place(ground: int, ink: int) -> None:
    """Where a plain picture begins and ends nothing moves, with words two pixels from it."""
    page = _page(ground, ink)
    page[104:298, 80:330] = 128
    left = unwritten(page)
    assert left is not None
    expected = np.full_like(page, ground)
    expected[104:298, 80:330] = 128
    assert (left == expected).all()


def test_a_photograph_has_no_ground() -> None:
    """What shows something everywhere is no page; what is too low for a line of words is none either."""
    assert unwritten(drawn_picture(300, 400)) is None
    assert unwritten(np.zeros((3, 400), np.uint8)) is None
