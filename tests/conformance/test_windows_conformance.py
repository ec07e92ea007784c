"""Every native variant of windows, small pictures and turns against the readable reference, bit for bit."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.conformance.drawings import KINDS, draw

from unseen import hashing, kernel
from unseen.model import QUALITY_MIN, Placing

Pixels = npt.NDArray[np.uint8]
Arrays = tuple[npt.NDArray[np.generic], ...]
NATIVE = [name for name in kernel.available() if name != "reference"]
SIDES = st.integers(1, 70) | st.integers(1, 600)


@pytest.fixture(autouse=True)
def _restore_variant() -> Iterator[None]:
    yield
    kernel.use("auto")


def different(ask: Callable[[], Arrays]) -> list[str]:
    """Variants that answer otherwise than the reference."""
    kernel.use("reference")
    expected = ask()
    found = []
    for name in NATIVE:
        kernel.use(name)
        if not all(map(np.array_equal, ask(), expected)):
            found.append(name)
    return found


@st.composite
def pictures(draw_from: st.DrawFn, *, sides: st.SearchStrategy[int] = SIDES) -> Pixels:
    """A drawn picture, in colour or grey."""
    kind, height, width = draw_from(st.sampled_from(sorted(KINDS))), draw_from(sides), draw_from(sides)
    pixels = draw(kind, height, width, seed=draw_from(st.integers(0, 3)))
    return np.ascontiguousarray(pixels[:, :, 1]) if draw_from(st.booleans()) else pixels


@st.composite
def windows(draw_from: st.DrawFn) -> tuple[float, float, float, float]:
    """Any window that is allowed."""
    places = []
    for _ in range(2):
        share = draw_from(st.floats(0.01, 2.0))
        places.append((draw_from(st.floats(-0.5, max(-0.5, 1.5 - share))), share))
    (x, width), (y, height) = places
    # A sum may be rounded past the margin.
    return x, y, min(width, 1.5 - x), min(height, 1.5 - y)


ANGLES = st.floats(-400, 400)
KEYSTONES = st.tuples(st.floats(-0.25, 0.25), st.floats(-0.25, 0.25))


@settings(max_examples=60, deadline=None)
@given(pictures(), st.lists(windows(), max_size=6), st.integers(0, 3000))
def test_hashes_of_windows_are_those_of_the_reference(
    pixels: Pixels, some: list[tuple[float, float, float, float]], full_side: int
) -> None:
    """Hashes, qualities and coefficients of any windows of any picture are equal to the last digit."""
    # Windows of the same height share what is known of their columns.
    some += [(some[-1][0], some[0][1], some[-1][2], some[0][3])] if some else []
    luma = hashing.shrink(pixels, side_max=512)
    canvas = hashing.Canvas.of(luma, full_size=(full_side + 1, 2 * full_side + 1))
    assert different(lambda: (*canvas.hash(some), canvas.coefficients(some))) == []


@settings(max_examples=60, deadline=None)
@given(pictures(sides=st.integers(1, 900)), st.integers(1, 700))
def test_pictures_shrink_as_in_the_reference(pixels: Pixels, side_max: int) -> None:
    """Means over parts that share pixels are equal, in colour and in grey, at any ratio of sizes."""
    assert different(lambda: (hashing.shrink(pixels, side_max=side_max),)) == []


@settings(max_examples=60, deadline=None)
@given(pictures(), ANGLES, KEYSTONES)
def test_turns_are_those_of_the_reference(pixels: Pixels, angle_deg: float, keystone: tuple[float, float]) -> None:
    """A canvas turned by any angle and bent by any keystone is equal in every pixel."""
    canvas = hashing.Canvas.of(hashing.shrink(pixels))
    assert different(lambda: (canvas.turned(angle_deg, keystone).luma,)) == []


@settings(max_examples=60, deadline=None)
@given(pictures(), windows(), ANGLES | st.just(0.0), KEYSTONES | st.just((0.0, 0.0)))
def test_what_is_cut_out_is_that_of_the_reference(
    pixels: Pixels, window: tuple[float, float, float, float], angle_deg: float, keystone: tuple[float, float]
) -> None:
    """Any placing of any picture cuts out the same pixels."""
    placing = Placing(window=window, angle_deg=angle_deg, keystone=keystone)
    assert different(lambda: (hashing.cut_out(pixels, placing),)) == []


@pytest.mark.parametrize("shape", [(70_000, 3), (3, 70_000), (70_001, 2, 3)])
def test_a_tall_and_a_wide_picture_shrink_as_in_the_reference(shape: tuple[int, ...]) -> None:
    """Sums over tens of thousands of rows or columns are exact."""
    pixels = np.random.default_rng(1).integers(250, 256, shape, np.uint8)
    assert different(lambda: (hashing.shrink(pixels),)) == []


# Window's side as a share, angle, and the largest mean and distance: inside, small, beyond the frame, turned.
NEARNESS = [
    *[(1.0, 0.0, 5, 14), (0.9, 0.0, 5, 16), (0.5, 0.0, 7, 20), (0.3, 0.0, 11, 30)],
    *[(1.1, 0.0, 7, 22), (1.3, 0.0, 7, 22), (0.9, 3.0, 6, 18), (1.1, 3.0, 8, 22)],
]


@pytest.mark.parametrize(("share", "angle_deg", "mean_max", "bits_max"), NEARNESS)
def test_windows_of_photographs_hash_nearly_as_what_is_cut_out(
    share: float, angle_deg: float, mean_max: float, bits_max: int, vectors: Path
) -> None:
    """On photographs a window comes within a few bits, on average and at most, of PDQ of the pixels of its placing."""
    rng = np.random.default_rng(int(1000 * share))
    distances = []
    for path in sorted((vectors / "photos").glob("*.jpg"))[:10]:
        pixels = read_rgb(path)
        canvas = hashing.Canvas.of(hashing.shrink(pixels), full_size=pixels.shape[:2]).turned(angle_deg)
        for _ in range(3):
            x, y = rng.uniform(min(0.0, 1 - share), max(0.0, 1 - share), 2).tolist()
            window = (x, y, share, share)
            eight, quality = hashing.pdq_dihedral(hashing.cut_out(pixels, Placing(window=window, angle_deg=angle_deg)))
            if quality >= QUALITY_MIN:
                distances += np.bitwise_count(canvas.hash([window])[0][0] ^ eight).sum(axis=1).tolist()
    assert len(distances) >= 100
    assert np.mean(distances) <= mean_max
    assert max(distances) <= bits_max


def read_rgb(path: Path) -> Pixels:
    """Pixels of a file."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
