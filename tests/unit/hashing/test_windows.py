"""Windows of a picture: what they hold, what they refuse, and how near their hashes come to PDQ of what is cut out."""

import numpy as np
import numpy.typing as npt
import pytest
from tests.conformance.drawings import draw

from unseen import hashing
from unseen.errors import PixelsError, UsageError
from unseen.model import Placing

Pixels = npt.NDArray[np.uint8]
WHOLE = (0.0, 0.0, 1.0, 1.0)


def drawn(height: int, width: int, seed: int) -> Pixels:
    """Noise upon noise: a picture of nothing that has structure at every scale, as photographs have."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3)).cumsum(axis=0).cumsum(axis=1)
    noise -= noise.mean(axis=0) + noise.mean(axis=1, keepdims=True)
    low, high = noise.min(axis=(0, 1)), noise.max(axis=(0, 1))
    return np.asarray((noise - low) / (high - low) * 255, np.uint8)


def distance_bits(one: Pixels, other: Pixels) -> int:
    """Hamming distance."""
    return int(np.bitwise_count(one ^ other).sum())


@pytest.mark.parametrize(("height", "width"), [(64, 64), (200, 320), (512, 512), (700, 1000), (1300, 900)])
def test_the_whole_as_a_window_hashes_nearly_as_the_picture(height: int, width: int) -> None:
    """At every size the window that is the whole picture comes within 16 bits of PDQ of the picture."""
    pixels = drawn(height, width, seed=1)
    canvas = hashing.Canvas.of(hashing.shrink(pixels), full_size=(height, width))
    eight, quality = hashing.pdq_dihedral(pixels)
    hashes, qualities = canvas.hash([WHOLE])
    assert max(distance_bits(ours, theirs) for ours, theirs in zip(hashes[0], eight, strict=True)) <= 16
    assert abs(int(qualities[0]) - quality) <= 20


def test_a_window_hashes_nearly_as_what_is_cut_out() -> None:
    """Inside, and beyond the frame, a window of a drawn picture comes within 20 bits of PDQ of what is cut out."""
    pixels = drawn(600, 800, seed=3)
    canvas = hashing.Canvas.of(hashing.shrink(pixels), full_size=(600, 800))
    windows = [WHOLE, (0.1, 0.2, 0.7, 0.6), (0.05, 0.0, 0.5, 0.5), (-0.1, -0.05, 1.2, 1.1), (-0.2, 0.1, 0.9, 1.2)]
    hashes, _ = canvas.hash(windows)
    for window, ours in zip(windows, hashes, strict=True):
        theirs, _ = hashing.pdq_dihedral(hashing.cut_out(pixels, Placing(window=window)))
        assert max(map(distance_bits, ours, theirs)) <= 20, window


def test_hashes_of_windows_are_made_from_their_coefficients() -> None:
    """A bit is set where its coefficient lies above the lower median of all 256, the last coefficient first."""
    canvas = hashing.Canvas.of(hashing.shrink(draw("clouds", 300, 400, seed=4)))
    windows = [(0.1, 0.1, 0.8, 0.8), (-0.3, 0.2, 0.9, 0.7)]
    for coefficients, hashes in zip(canvas.coefficients(windows), canvas.hash(windows)[0], strict=True):
        flat = coefficients.ravel()
        assert np.array_equal(np.packbits(flat[::-1] > np.sort(flat)[127]), hashes[0])


def test_orientations_of_a_window_are_those_of_the_mirrored_picture() -> None:
    """The hash of a window in an orientation comes near the hash of the same content in a picture turned that way."""
    luma = hashing.shrink(draw("clouds", 256, 256, seed=5))
    window = (0.1, 0.3, 0.5, 0.6)
    hashes, _ = hashing.Canvas.of(luma).hash([window])
    upside_down, _ = hashing.Canvas.of(np.ascontiguousarray(luma[::-1])).hash([(0.1, 1 - 0.3 - 0.6, 0.5, 0.6)])
    assert distance_bits(hashes[0, hashing.ORIENTATIONS.index("flipx")], upside_down[0, 0]) <= 24


def test_an_untouched_window_is_cut_out_as_it_is() -> None:
    """Inside the frame, with nothing undone, the pixels of a window are those of the picture, colours and all."""
    pixels = draw("noise", 90, 120, seed=6)
    cut = hashing.cut_out(pixels, Placing(window=(0.25, 0.1, 0.5, 0.6)))
    assert np.array_equal(cut, pixels[9:63, 30:90])
    assert hashing.pdq(cut) == hashing.pdq(pixels[9:63, 30:90])


def test_beyond_the_frame_a_picture_fades_to_its_mean() -> None:
    """What is cut out beyond the frame is the pixel at the frame, and with the distance ever more of the mean."""
    pixels = draw("noise", 90, 120, seed=6)
    luma = hashing.shrink(pixels).astype(float)
    cut = hashing.cut_out(pixels, Placing(window=(-0.5, -0.5, 2.0, 2.0))).astype(float)
    assert np.array_equal(cut[45:135, 60:180], luma)
    y, x = np.mgrid[0:180, 0:240]
    beyond = np.maximum(0, np.maximum(45 - y - 0.5, y + 0.5 - 135)) + np.maximum(
        0, np.maximum(60 - x - 0.5, x + 0.5 - 180)
    )
    edge = luma[np.clip(y - 45, 0, 89), np.clip(x - 60, 0, 119)]
    expected = luma.mean() + (edge - luma.mean()) * np.exp(-beyond / (0.08 * 120))
    assert np.abs(cut - expected).max() < 12


def test_a_turn_by_nothing_changes_nothing() -> None:
    """Turned by no angle, and by whole turns but for rounding, a canvas stays as it is."""
    canvas = hashing.Canvas.of(hashing.shrink(draw("clouds", 100, 131, seed=7)))
    assert np.array_equal(canvas.turned(0.0).luma, canvas.luma)
    assert np.abs(canvas.turned(360.0).luma.astype(int) - canvas.luma).max() <= 1


def test_a_turn_is_undone() -> None:
    """A square picture that was turned counter-clockwise by a quarter is turned back, and so is its cut-out."""
    luma = hashing.shrink(draw("clouds", 120, 120, seed=8))
    quarter = np.ascontiguousarray(np.rot90(luma))
    assert np.abs(hashing.Canvas.of(quarter).turned(90.0).luma.astype(int) - luma).max() <= 2
    cut = hashing.cut_out(quarter, Placing(window=(0.1, 0.2, 0.5, 0.5), angle_deg=90.0))
    assert np.abs(cut.astype(int) - luma[24:84, 12:72]).max() <= 2


def test_a_keystone_makes_the_right_side_larger_again() -> None:
    """Undoing a keystone samples the right half of a picture within a shorter stretch than the left half."""
    luma = np.tile(np.linspace(0, 255, 200).astype(np.uint8), (50, 1))
    undone = hashing.Canvas.of(luma).turned(0.0, (0.4, 0.0)).luma.astype(int)
    assert undone[25, 160] - undone[25, 100] < undone[25, 100] - undone[25, 40]


def test_shrinking_keeps_the_shape_and_the_mean() -> None:
    """The longest side becomes what was asked for, and light is neither lost nor won."""
    pixels = draw("noise", 601, 1203, seed=9)
    small = hashing.shrink(pixels)
    assert small.shape == (256, 512)
    assert abs(small.mean() - (pixels @ [0.299, 0.587, 0.114]).mean()) < 0.1
    assert hashing.shrink(pixels[:3]).shape == (1, 512)
    assert hashing.shrink(pixels[:90, :80], side_max=512).shape == (90, 80)


def test_what_is_cut_out_is_bounded() -> None:
    """A large picture shrinks to a thousand pixels a side before it is continued or turned."""
    pixels = draw("clouds", 1500, 2500, seed=1)
    assert hashing.cut_out(pixels, Placing(window=(-0.5, -0.5, 2.0, 2.0))).shape == (1228, 2048)
    assert hashing.cut_out(pixels, Placing(window=(0.0, 0.0, 0.5, 0.5), angle_deg=3.0)).shape == (307, 512)


@pytest.mark.parametrize(
    "window",
    [
        (0, 0, 0, 1),
        (0.2, 0, -0.1, 1),
        (-0.6, 0, 1, 1),
        (0.6, 0, 1, 1),
        (float("nan"), 0, 1, 1),
        (0, 0, float("inf"), 1),
    ],
)
def test_windows_that_are_none_are_refused(window: tuple[float, float, float, float]) -> None:
    """A window without area, beyond the margin or of no numbers is refused, by a canvas and by a cut."""
    luma = hashing.shrink(draw("clouds", 40, 50, seed=1))
    canvas = hashing.Canvas.of(luma)
    for ask in (canvas.hash, canvas.coefficients):
        with pytest.raises(UsageError, match="no window"):
            ask([WHOLE, window])
    with pytest.raises(UsageError, match="no window"):
        hashing.cut_out(luma, Placing(window=window))


def test_what_cannot_be_undone_is_refused() -> None:
    """An angle that is no number, and a keystone behind which points would vanish, are refused."""
    canvas = hashing.Canvas.of(hashing.shrink(draw("clouds", 40, 50, seed=1)))
    for angle_deg in (float("nan"), float("inf")):
        with pytest.raises(UsageError, match="angle"):
            canvas.turned(angle_deg)
    for keystone in ((0.3, 0.3), (float("nan"), 0.0), (-0.6, 0.0)):
        with pytest.raises(UsageError, match="keystone"):
            canvas.turned(0.0, keystone)


def test_what_is_no_small_picture_is_refused() -> None:
    """A canvas is grey and at most 1,024 pixels high and wide; pictures shrink to a side that there is."""
    with pytest.raises(PixelsError, match="luma"):
        hashing.Canvas.of(draw("clouds", 40, 50, seed=1))
    with pytest.raises(PixelsError, match="luma"):
        hashing.Canvas.of(np.zeros((5, 1025), np.uint8))
    with pytest.raises(PixelsError):
        hashing.shrink(np.zeros((0, 5), np.uint8))
    with pytest.raises(UsageError, match="side"):
        hashing.shrink(np.zeros((5, 5), np.uint8), side_max=0)


def test_no_windows_have_no_hashes() -> None:
    """Nothing asked is nothing answered, in the shape that more would have."""
    canvas = hashing.Canvas.of(np.zeros((5, 5), np.uint8))
    hashes, qualities = canvas.hash([])
    assert hashes.shape == (0, 8, 32)
    assert qualities.shape == (0,)
    assert canvas.coefficients([]).shape == (0, 16, 16)


def test_coefficients_of_a_picture_are_what_its_hash_is_made_from() -> None:
    """The bits of PDQ are those coefficients that lie above their lower median; a tiny picture has none."""
    pixels = draw("clouds", 333, 222, seed=2)
    flat = hashing.pdq_float(pixels).ravel()
    assert np.packbits(flat[::-1] > np.sort(flat)[127]).tobytes() == hashing.pdq(pixels)[0]
    assert not hashing.pdq_float(pixels[:4]).any()
