"""What is proposed: bounded, always the same, and where a picture was really put."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.unit.hashing.altered.drawn import drawn_picture, framed

from unseen.hashing import pdq
from unseen.hashing.altered import PLACINGS_MAX, look, propose
from unseen.hashing.windows import WINDOW_MARGIN, shrink
from unseen.model import QUALITY_MIN, Altered, Placing

Luma = npt.NDArray[np.uint8]
_MODES = [Altered.FAST, Altered.THOROUGH]
_SHAPES = st.tuples(st.integers(1, 512), st.integers(1, 512))


def _hostile(kind: str, rows: int, cols: int, seed: int) -> Luma:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:cols]
    drawings: dict[str, npt.NDArray[np.generic]] = {
        "flat": np.full((rows, cols), seed % 256),
        "noise": rng.integers(0, 256, (rows, cols)),
        "checkerboard": (x // 8 + y // 8) % 2 * 255,
        "stripes": x % 7 // 3 * 255,
        "ruled": (y % 5 == 0) * 200 + (x % 11 == 0) * 55,
        "corner": (x + y < (rows + cols) // 3) * 255,
    }
    return drawings[kind].astype(np.uint8)


_hostile_pictures = st.builds(
    lambda kind, shape, seed: _hostile(kind, shape[0], shape[1], seed),
    st.sampled_from(["flat", "noise", "checkerboard", "stripes", "ruled", "corner"]),
    _SHAPES,
    st.integers(0, 999),
)


@settings(max_examples=60, deadline=None)
@given(_hostile_pictures, st.sampled_from(_MODES))
def test_proposals_are_bounded_whatever_the_picture(luma: Luma, mode: Altered) -> None:
    """Their number, how far they reach, that no two are alike: stripes and noise get no more than a photograph."""
    placings = propose(luma, mode)
    assert len(placings) <= PLACINGS_MAX[mode]
    assert len(set(placings)) == len(placings)
    for placing in placings:
        x, y, width, height = placing.window
        assert min(x, y) >= -WINDOW_MARGIN
        assert max(x + width, y + height) <= 1 + WINDOW_MARGIN
        assert min(width, height) > 0.01
        assert abs(placing.angle_deg) <= 45
        assert sum(map(abs, placing.keystone)) <= 0.5


@settings(max_examples=20, deadline=None)
@given(_hostile_pictures)
def test_the_same_pixels_are_proposed_the_same(luma: Luma) -> None:
    """Nothing but the pixels decides: a scan that is repeated searches the same."""
    assert propose(luma, Altered.FAST) == propose(luma.copy(), Altered.FAST)


def test_the_whole_picture_comes_first() -> None:
    """Whatever else is seen, the picture as it is, turned or mirrored, is what most often is known."""
    assert propose(drawn_picture(300, 400), Altered.FAST)[0] == Placing(window=(0.0, 0.0, 1.0, 1.0))


def test_nothing_is_proposed_where_nothing_is_asked_for() -> None:
    """Off is off, and a picture too small for a hash has no window with one."""
    assert propose(drawn_picture(300, 400), Altered.OFF) == ()
    assert propose(np.zeros((4, 400), np.uint8), Altered.THOROUGH) == ()


def test_what_says_too_little_is_not_searched() -> None:
    """Windows of a plain picture have hashes that are near to everything and mean nothing."""
    assert look(np.full((200, 300), 90, np.uint8), Altered.FAST).placings == ()
    seen = look(drawn_picture(200, 300), Altered.FAST)
    assert len(seen.hashes) == len(seen.placings) * 8 * 32


def test_a_look_hashes_what_was_proposed() -> None:
    """The hash of a window inside comes near that of its pixels; the first is that of the picture itself."""
    luma = drawn_picture(384, 512)
    seen = look(luma, Altered.FAST)
    value, quality = pdq(luma)
    assert quality >= QUALITY_MIN
    assert _bits_apart(seen.hashes[:32], value) <= 10


_SURROUNDINGS: dict[str, Callable[[int, int], npt.NDArray[np.float64]]] = {
    "black": lambda rows, cols: np.zeros((rows, cols)),
    "white with noise": lambda rows, cols: 250 + np.random.default_rng(3).normal(0, 4, (rows, cols)),
    "light growing": lambda rows, cols: np.tile(np.linspace(20, 230, cols), (rows, 1)),
    "words": lambda rows, cols: 255 - 230 * _written(rows, cols).astype(np.float64),
    "another picture": lambda rows, cols: drawn_picture(rows, cols, seed=9).astype(np.float64),
}


# Nobody writes right up to a picture.
_GAP = 8


def _written(rows: int, cols: int) -> npt.NDArray[np.bool_]:
    """Lines of something like words, each as long as it happens to be."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:rows, 0:cols]
    ends = rng.uniform(0.3, 0.95, rows // 16 + 1)[y // 16] * cols
    return np.asarray((y % 16 < 8) & (rng.random((rows, cols)) < 0.4) & (x > 12) & (x < ends))


def test_a_side_is_seen_by_roughness_alone() -> None:
    """Grain upon a ground that is as light on the mean, as upon a blurred copy: no step of brightness is there."""
    grain = np.random.default_rng(4).integers(108, 149, (270, 380)).astype(np.uint8)
    whole, window = framed(grain, np.full((360, 512), 128, np.uint8), 50, 70)
    assert min(_apart(placing, window) for placing in propose(whole, Altered.FAST)) < 0.01


@pytest.mark.parametrize("surroundings", _SURROUNDINGS)
@pytest.mark.parametrize(
    ("whole", "top", "left", "rows", "cols"),
    [
        ((340, 512), 30, 40, 270, 400),
        ((512, 300), 80, 0, 220, 300),
        ((400, 400), 0, 0, 310, 400),
        ((360, 512), 0, 0, 360, 256),
        ((512, 512), 256, 256, 256, 256),
    ],
)
def test_a_picture_laid_upon_something_is_proposed(
    surroundings: str, whole: tuple[int, int], top: int, left: int, rows: int, cols: int
) -> None:
    """Bordered, captioned, boxed, in a page or a collage: a window lies within 1 % of where it was put, in `fast`."""
    around = np.clip(_SURROUNDINGS[surroundings](*whole), 0, 255).astype(np.uint8)
    if surroundings == "words":
        around[max(0, top - _GAP) : top + rows + _GAP, max(0, left - _GAP) : left + cols + _GAP] = 255
    luma, window = framed(drawn_picture(rows, cols), around, top, left)
    assert min(_apart(placing, window) for placing in propose(luma, Altered.FAST)) <= 0.01


@pytest.mark.parametrize("angle_deg", [-10, -7.3, -3, -1.6, 2, 4.4, 8.5])
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_a_picture_turned_upon_a_plain_ground_is_proposed(angle_deg: float, ground: int) -> None:
    """Its turn within one degree, and its four corners within 1 % of where they are."""
    picture = Image.fromarray(drawn_picture(300, 400))
    turned = picture.rotate(angle_deg, Image.Resampling.BICUBIC, expand=True, fillcolor=ground)
    cosine, sine = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    corners = [(u * cosine + v * sine, v * cosine - u * sine) for v in (-150, 150) for u in (-200, 200)]
    best = min(
        propose(np.asarray(turned), Altered.FAST), key=lambda placing: _corners_apart(placing, corners, turned.size)
    )
    assert abs(best.angle_deg - angle_deg) <= 1
    assert _corners_apart(best, corners, turned.size) <= 0.01


@pytest.mark.parametrize(
    "screen",
    [
        Placing(window=(0.14, 0.12, 0.7, 0.72), angle_deg=2.5, keystone=(0.1, -0.08)),
        Placing(window=(0.1, 0.16, 0.75, 0.7), angle_deg=-4, keystone=(-0.15, 0.05)),
        Placing(window=(0.2, 0.1, 0.65, 0.75), angle_deg=0, keystone=(0.2, 0.1)),
    ],
)
def test_a_photographed_screen_is_proposed(screen: Placing) -> None:
    """Seen aslant, with turn and keystone together: its four corners within 2 %, in `fast`."""
    ground = Image.fromarray(np.tile(np.linspace(90, 190, 512), (400, 1)).astype(np.uint8))
    corners = _corners(screen, ground.size)
    clockwise = [(corners[at][0] + 256, corners[at][1] + 200) for at in (0, 1, 3, 2)]
    bend = _perspective(clockwise, (400, 300))
    picture = Image.fromarray(drawn_picture(300, 400))
    seen = picture.transform(ground.size, Image.Transform.PERSPECTIVE, bend, Image.Resampling.BICUBIC)
    covered = Image.new("L", picture.size, 255).transform(ground.size, Image.Transform.PERSPECTIVE, bend)
    ground.paste(seen, (0, 0), covered)
    placings = propose(np.asarray(ground), Altered.FAST)
    assert min(_corners_apart(placing, corners, ground.size) for placing in placings) <= 0.02


def _perspective(corners: list[tuple[float, float]], size: tuple[int, int]) -> list[float]:
    """What Pillow calls the coefficients that map corners of a quadrilateral onto those of a picture, clockwise."""
    onto = [(0, 0), (size[0], 0), size, (0, size[1])]
    rows = []
    for (x, y), (u, v) in zip(corners, onto, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    solved: list[float] = np.linalg.solve(np.array(rows, float), np.array(onto, float).ravel()).tolist()
    return solved


def _corners_apart(placing: Placing, corners: list[tuple[float, float]], size: tuple[int, int]) -> float:
    """How far the corners of a window lie off in the picture, as a share of the longer side."""
    return max(math.dist(one, other) for one, other in zip(_corners(placing, size), corners, strict=True)) / max(size)


def _corners(placing: Placing, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Where the corners of a window lie in the picture, row by row, in pixels from its centre."""
    cols, rows = size
    x, y, width, height = placing.window
    (kx, ky), angle = placing.keystone, math.radians(placing.angle_deg)
    corners = []
    for v, u in itertools.product((y - 0.5, y + height - 0.5), (x - 0.5, x + width - 0.5)):
        depth = 1 + kx * u + ky * v
        u_bent, v_bent = u * cols / depth, v * rows / depth
        in_x = u_bent * math.cos(angle) + v_bent * math.sin(angle)
        corners.append((in_x, v_bent * math.cos(angle) - u_bent * math.sin(angle)))
    return corners


@settings(max_examples=100)
@given(*(st.floats(0, 1) for _ in range(3)))
def test_thoroughly_borders_need_not_be_seen(wide: float, across: float, down: float) -> None:
    """Of a picture within any border of 3 to 27 %, something is proposed whose edges all lie within 4 % of its own."""
    share = 0.03 + 0.24 * wide
    window = share * across, share * down, 1 - share, 1 - share
    flat = np.full((300, 400), 255, np.uint8)
    assert min(_apart(placing, window) for placing in propose(flat, Altered.THOROUGH)) <= 0.04


def test_crops_are_undone_within_the_radius(vectors: Path) -> None:
    """Of photographs cropped by 5 or 10 % anywhere, 90 of 100 come within 64 bits in `fast`; by 15 %, two thirds."""
    found = {
        cut: [_nearest(path, cut) <= 64 for path in sorted((vectors / "photos").glob("*.jpg"))[:24]]
        for cut in (0.05, 0.1, 0.15)
    }
    assert np.mean(found[0.05]) >= 0.9
    assert np.mean(found[0.1]) >= 0.9
    assert np.mean(found[0.15]) >= 0.66


def _nearest(path: Path, cut: float) -> int:
    with Image.open(path) as image:
        pixels = shrink(np.asarray(image.convert("RGB")))
    rng = np.random.default_rng(len(path.stem))
    rows, cols = (round(side * (1 - cut)) for side in pixels.shape)
    top, left = (int(rng.integers(0, side - kept + 1)) for side, kept in zip(pixels.shape, (rows, cols), strict=True))
    seen = look(np.ascontiguousarray(pixels[top : top + rows, left : left + cols]), Altered.FAST)
    value, _ = pdq(pixels)
    return min(_bits_apart(seen.hashes[at : at + 32], value) for at in range(0, len(seen.hashes), 256))


def _bits_apart(first: bytes, second: bytes) -> int:
    return (int.from_bytes(first, "big") ^ int.from_bytes(second, "big")).bit_count()


def _apart(placing: Placing, window: tuple[float, ...]) -> float:
    if placing.angle_deg or placing.keystone != (0.0, 0.0):
        return 1.0
    x, y, width, height = placing.window
    left, top, wide, high = window
    edges = zip((x, y, x + width, y + height), (left, top, left + wide, top + high), strict=True)
    return max(abs(one - other) for one, other in edges)
