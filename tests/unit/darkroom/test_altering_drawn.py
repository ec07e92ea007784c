"""Alterations whose places, sides and colours are drawn: the picture is in them, and what surrounds it is nobody's."""

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from unseen.darkroom import CATALOGUE
from unseen.darkroom.altering import making
from unseen.darkroom.altering.drawing import draw_partner

SIZE = (480, 360)
SEEDS = range(8)


def number_of(kind: str, amount: float | str) -> int:
    """Where an alteration stands in the catalogue."""
    return 1 + next(at for at, one in enumerate(CATALOGUE) if (one.kind, one.amount) == (kind, amount))


def picture() -> Image.Image:
    """A picture in greens, which nothing else here is."""
    levels = np.random.default_rng(1).integers(90, 255, (9, 12), dtype=np.uint8)
    level = Image.fromarray(levels).resize(SIZE, Image.Resampling.BICUBIC)
    return Image.merge("RGB", [Image.new("L", SIZE), level, Image.new("L", SIZE)])


def red(size: tuple[int, int]) -> Image.Image:
    """A partner that is seen to be one."""
    return Image.new("RGB", size, (200, 0, 0))


def altered(kind: str, amount: float | str, seed: int = 0, **options: bool) -> npt.NDArray[np.int16]:
    """The pixels of one copy, with red partners."""
    copy = making.alter(picture(), number_of(kind, amount), (seed,), partner=red, **options)
    return np.asarray(Image.open(io.BytesIO(copy)).convert("RGB")).astype(np.int16)


def is_green(pixels: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Where the picture is, but for what saving it did."""
    return (pixels[:, :, 1] > 60) & (pixels[:, :, 0] < 60) & (pixels[:, :, 2] < 60)


def green_box(pixels: npt.NDArray[np.int16]) -> tuple[int, int, int, int]:
    """The smallest box around the picture: left, top, width, height."""
    rows, columns = (
        np.flatnonzero(is_green(pixels).mean(axis=1) > 0.1),
        np.flatnonzero(is_green(pixels).mean(axis=0) > 0.1),
    )
    return int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_a_crop_takes_a_share_of_both_edges_together_anywhere(share: float) -> None:
    """What is left has the share of each side that its name says, and lies elsewhere for another seed."""
    crops = [altered("crop anywhere", share, seed) for seed in SEEDS]
    assert {one.shape[:2] for one in crops} == {(round(SIZE[1] * (1 - share)), round(SIZE[0] * (1 - share)))}
    assert len({one[0, :40].tobytes() for one in crops}) > 1


@pytest.mark.parametrize("kind", ["black border", "white border"])
@pytest.mark.parametrize("share", [0.05, 0.25])
def test_a_border_leaves_the_whole_picture_its_share(kind: str, share: float) -> None:
    """Width and height of the picture are the rest of the frame's; half the borders are even, the others shifted."""
    places = set()
    for seed in SEEDS:
        framed = altered(kind, share, seed)
        left, top, width, height = green_box(framed)
        assert abs(width - framed.shape[1] * (1 - share)) <= 4
        assert abs(height - framed.shape[0] * (1 - share)) <= 4
        places.add((left, top))
    assert len(places) > 2


@pytest.mark.parametrize(("form", "count"), [("2", 2), ("3", 3), ("4", 4), ("2x2", 4)])
def test_a_collage_shows_the_whole_picture_in_one_cell_and_partners_in_the_others(form: str, count: int) -> None:
    """One cell of several is the picture, of its own shape; wherever it lies, the others are unrelated."""
    places = set()
    for seed in SEEDS:
        pasted = altered("collage", form, seed)
        left, top, width, height = green_box(pasted)
        assert width / height == pytest.approx(SIZE[0] / SIZE[1], rel=0.03)
        reds = (pasted[:, :, 0] > 150) & (pasted[:, :, 1] < 60)
        assert reds.sum() == pytest.approx((count - 1) * width * height, rel=0.08)
        places.add((left // 50, top // 50))
    assert len(places) > 1


@pytest.mark.parametrize("how", ["telephone light", "telephone dark", "desktop light", "desktop dark"])
def test_a_screenshot_shows_the_whole_picture_among_words(how: str) -> None:
    """Of its own shape, in one piece, and not the largest part of a desktop."""
    for seed in SEEDS:
        shot = altered("screenshot with text", how, seed)
        left, top, width, height = green_box(shot)
        assert width / height == pytest.approx(SIZE[0] / SIZE[1], rel=0.05)
        assert is_green(shot[top : top + height, left : left + width]).mean() > 0.9
        assert width * height < 0.5 * shot.shape[0] * shot.shape[1]


def test_a_photographed_screen_is_askew_and_whole() -> None:
    """Its four edges lie within the photograph, and are seldom upright."""
    widths = []
    for seed in SEEDS:
        seen = altered("photographed screen", 12, seed)
        left, top, width, height = green_box(seen)
        assert 0 < left < left + width < seen.shape[1]
        assert 0 < top < top + height < seen.shape[0]
        rows = is_green(seen)[top + height // 8 :: height * 3 // 4][:2].sum(axis=1)
        widths.append(abs(int(rows[0]) - int(rows[1])))
    assert np.median(widths) > 3


def test_a_letterbox_gives_another_shape_and_black_bars() -> None:
    """The picture keeps its shape; the frame has another."""
    for seed in SEEDS:
        boxed = altered("letterbox", "black", seed)
        _, _, width, height = green_box(boxed)
        assert width / height == pytest.approx(SIZE[0] / SIZE[1], rel=0.03)
        assert abs(boxed.shape[1] / boxed.shape[0] / (SIZE[0] / SIZE[1]) - 1) > 0.1


@pytest.mark.parametrize("degrees", [1, 10])
def test_a_tilt_that_is_cut_shows_nothing_from_outside(degrees: int) -> None:
    """No corner is black; with black corners some are."""
    for seed in SEEDS:
        assert is_green(altered("tilt, cut to the frame", degrees, seed)).mean() > 0.995
    assert is_green(altered("tilt, black corners", 10)).mean() < 0.97


def test_what_is_passed_on_is_small() -> None:
    """However large the copy was, its longer side has 512 pixels then; any alteration can be passed on."""
    numbers = range(2, len(CATALOGUE) + 1)
    copies = [making.alter(picture(), number, is_passed_on=True) for number in numbers]
    assert {max(Image.open(io.BytesIO(copy)).size) for copy in copies} == {512}


@pytest.mark.parametrize("make", [red, lambda size: draw_partner(size, np.random.default_rng(3))])
def test_partners_have_the_size_that_is_asked_for(make: Callable[[tuple[int, int]], Image.Image]) -> None:
    """Also those that are drawn, down to a single pixel."""
    assert [make(size).size for size in ((1, 1), (40, 3), (640, 480))] == [(1, 1), (40, 3), (640, 480)]
