"""The door to PDQ: what it accepts, what it refuses, and what its arguments mean."""

import doctest
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest

from unseen import hashing
from unseen.errors import PixelsError, UsageError


def draw_pixels(rows: int, cols: int, *, seed: int = 7) -> npt.NDArray[np.uint8]:
    """Blurred noise: a picture of nothing, with structure at every scale."""
    noise = np.random.default_rng(seed).normal(size=(rows, cols, 3)).cumsum(axis=0).cumsum(axis=1)
    low, high = noise.min(axis=(0, 1)), noise.max(axis=(0, 1))
    return np.asarray(((noise - low) / (high - low) * 255), np.uint8)


def test_a_hash_has_32_bytes_and_a_quality() -> None:
    """Both are of the promised type, whatever the picture."""
    pdq_bytes, quality = hashing.pdq(draw_pixels(70, 90))
    assert isinstance(pdq_bytes, bytes)
    assert len(pdq_bytes) == 32
    assert isinstance(quality, int)
    assert 0 <= quality <= 100


def test_eight_orientations_are_those_of_the_turned_pictures() -> None:
    """Hashing a turned or flipped picture gives the hash promised for it, up to rounding."""
    pixels = draw_pixels(256, 256)
    eight, _ = hashing.pdq_dihedral(pixels)
    turned = {
        "original": pixels,
        "rotate90": np.rot90(pixels),
        "rotate180": np.rot90(pixels, 2),
        "rotate270": np.rot90(pixels, 3),
        "flipx": pixels[::-1],
        "flipy": pixels[:, ::-1],
        "plus": pixels.transpose(1, 0, 2),
        "minus": np.rot90(pixels, 2).transpose(1, 0, 2),
    }
    for name, row in zip(hashing.ORIENTATIONS, eight, strict=True):
        direct = np.frombuffer(hashing.pdq(turned[name])[0], np.uint8)
        nearest = min(hashing.ORIENTATIONS, key=lambda other: _distance_bits(direct, eight, other))
        assert nearest == name
        assert np.bitwise_count(direct ^ row).sum() <= 31


def _distance_bits(direct: npt.NDArray[np.uint8], eight: npt.NDArray[np.uint8], name: str) -> int:
    return int(np.bitwise_count(direct ^ eight[hashing.ORIENTATIONS.index(name)]).sum())


def test_strides_do_not_matter() -> None:
    """A view hashes as its copy does: reversed, skipped, cut, transposed or read-only."""
    pixels = draw_pixels(150, 170)
    views = [pixels[::-1], pixels[:, ::2], pixels[3:99, 5:77], pixels.transpose(1, 0, 2), pixels[:, :, ::-1]]
    views += [pixels[:, :, 1], np.broadcast_to(pixels[:, :, :1], pixels.shape)]
    for view in views:
        view.flags.writeable = False
        assert hashing.pdq(view) == hashing.pdq(view.copy())
        assert np.array_equal(hashing.pdq_dihedral(view)[0], hashing.pdq_dihedral(view.copy())[0])


def test_grey_equals_its_plane_repeated() -> None:
    """A grey picture and the same grey as RGB are one picture."""
    grey = draw_pixels(200, 131)[:, :, 0]
    assert hashing.pdq(grey) == hashing.pdq(np.repeat(grey[:, :, None], 3, axis=2))


def test_the_512_convention_stretches_only_above_512() -> None:
    """Up to 512 both conventions are one; above, the hash is that of the picture stretched by nearest neighbour."""
    pixels = draw_pixels(512, 300)
    assert hashing.pdq(pixels, convention="512") == hashing.pdq(pixels)
    tall = draw_pixels(513, 300)
    stretched = tall[(np.arange(512) * 513 // 512)[:, None], (np.arange(512) * 300 // 512)[None, :]]
    assert hashing.pdq(tall, convention="512") == hashing.pdq(stretched)
    assert np.array_equal(hashing.pdq_dihedral(tall, convention="512")[0], hashing.pdq_dihedral(stretched)[0])


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (0, 0), (5, 5, 0), (5,), (5, 5, 4), (5, 5, 1), (2, 5, 5, 3)])
def test_what_is_not_a_picture_is_refused(shape: tuple[int, ...]) -> None:
    """Empty arrays and other shapes raise, and the message names the shape."""
    for door in (hashing.pdq, hashing.pdq_dihedral):
        with pytest.raises(PixelsError):
            door(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("dtype", [np.uint16, np.int8, np.float32, np.bool_, np.object_])
def test_other_types_are_refused(dtype: type) -> None:
    """Nothing is converted in silence: 16 bits and floats have to be scaled, not clipped."""
    with pytest.raises(PixelsError, match="not uint8"):
        hashing.pdq(np.zeros((9, 9, 3), dtype))


def test_an_unknown_convention_is_refused() -> None:
    """A misspelt convention raises, since it would hash something else."""
    with pytest.raises(UsageError, match="no convention"):
        hashing.pdq(draw_pixels(9, 9), convention="256")  # type: ignore[arg-type]  # the mistake under test


def test_many_threads_give_the_same_hashes() -> None:
    """Hashing runs without the interpreter lock and shares no state between threads."""
    pictures = [draw_pixels(40 + 37 * k, 900 - 41 * k, seed=k) for k in range(12)]
    alone = [hashing.pdq(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(hashing.pdq, pictures * 8)) == alone * 8


def test_examples_in_docstrings_run() -> None:
    """Every public example is true."""
    result = doctest.testmod(sys.modules["unseen.hashing.pdq"])
    assert result.attempted > 0
    assert result.failed == 0
