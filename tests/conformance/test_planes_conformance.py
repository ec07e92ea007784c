"""Frames as decoders leave them: every variant of the kernel against what FFmpeg makes of them and hashes of that."""

import platform
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from unseen import hashing, kernel
from unseen.errors import PixelsError
from unseen.kernel import reference

av = pytest.importorskip("av", reason="PyAV is not installed")

Plane = npt.NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]

ON_X86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="libswscale's arithmetic is another elsewhere")
RANGES = [False, True]
SIZES = [
    *[(rows, cols) for rows in (2, 4, 6, 16, 34, 64, 66, 130) for cols in (2, 5, 16, 31, 32, 33, 64, 65, 127, 130)],
    *[(480, 640), (1080, 1920), (2, 5000), (3000, 7), (6, 16400)],
]


@pytest.fixture(autouse=True)
def _restore_variant() -> Iterator[None]:
    yield
    kernel.use("auto")


def draw_planes(rows: int, cols: int) -> Planes:
    """Planes of noise, each in the middle of other noise, so that rows have gaps between them."""
    noise = np.random.default_rng(rows * 10_007 + cols)
    shapes = [(rows, cols), *2 * [(rows // 2, (cols + 1) // 2)]]
    wide = [noise.integers(0, 256, (height, width + 11), np.uint8) for height, width in shapes]
    brightness, blue, red = (plane[:, 3:-8] for plane in wide)
    return brightness, blue, red


def of_ffmpeg(planes: Planes, *, is_full_range: bool) -> npt.NDArray[np.uint8]:
    """RGB as libswscale makes it, at native size."""
    from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

    rows, cols = planes[0].shape
    frame = av.VideoFrame(cols, rows, "yuvj420p" if is_full_range else "yuv420p")
    for plane, samples in zip(frame.planes, planes, strict=True):
        padded = np.zeros((plane.height, plane.line_size), np.uint8)
        padded[:, : samples.shape[1]] = samples
        plane.update(padded.tobytes())
    ranges = {False: ColorRange.MPEG, True: ColorRange.JPEG}
    made = VideoReformatter().reformat(
        frame, format="rgb24", src_colorspace=Colorspace.ITU601, src_color_range=ranges[is_full_range], threads=1
    )
    pixels = np.frombuffer(bytes(made.planes[0]), np.uint8).reshape(rows, -1)[:, : 3 * cols]
    return pixels.reshape(rows, cols, 3)


@ON_X86
@pytest.mark.parametrize("is_full_range", RANGES, ids=["limited", "full"])
def test_every_colour_is_the_one_that_ffmpeg_makes(*, is_full_range: bool) -> None:
    """Of all brightnesses with all colour differences the reference makes red, green and blue as libswscale does."""
    fours = np.arange(256, dtype=np.uint8).reshape(64, 4)
    brightness = np.zeros((128, 512), np.uint8)
    for place in range(4):
        brightness[place // 2 :: 2, place % 2 :: 2] = fours[:, place, None]
    red = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    for blue in range(256):
        planes = (brightness, np.full_like(red, blue), red)
        ours = reference.rgb_of_planes(*planes, is_full_range=is_full_range)
        assert np.array_equal(ours, of_ffmpeg(planes, is_full_range=is_full_range))


@ON_X86
@pytest.mark.parametrize("is_full_range", RANGES, ids=["limited", "full"])
def test_every_variant_equals_the_hash_of_ffmpegs_pixels(*, is_full_range: bool) -> None:
    """Hash and quality of planes are those of the pixels that FFmpeg makes of them, whatever their size and padding."""
    for rows, cols in SIZES:
        planes = draw_planes(rows, cols)
        expected = hashing.pdq(of_ffmpeg(planes, is_full_range=is_full_range))
        for variant in kernel.available():
            if variant == "reference" and rows * cols > 40_000:
                continue
            kernel.use(variant)
            assert hashing.pdq_of_planes(*planes, is_full_range=is_full_range) == expected, (variant, rows, cols)
        kernel.use("auto")


@pytest.mark.parametrize("is_full_range", RANGES, ids=["limited", "full"])
def test_every_variant_equals_the_reference_on_planes(*, is_full_range: bool) -> None:
    """On every machine planes are hashed as their pixels are by the readable definition."""
    for rows, cols in [(6, 5), (64, 64), (66, 130), (130, 33), (480, 640)]:
        planes = draw_planes(rows, cols)
        expected = hashing.pdq(reference.rgb_of_planes(*planes, is_full_range=is_full_range))
        for variant in kernel.available():
            kernel.use(variant)
            assert hashing.pdq_of_planes(*planes, is_full_range=is_full_range) == expected, (variant, rows, cols)


def test_planes_that_do_not_belong_together_are_refused() -> None:
    """An odd number of rows, colours of another size, other types and no pixels are errors, and nothing is read."""
    brightness, blue, red = draw_planes(8, 9)
    for wrong in (
        (brightness[:7], blue, red),
        (brightness, blue[:3], red),
        (brightness, blue, red[:, :4]),
        (brightness.astype(np.uint16), blue, red),
        (brightness, blue, red.astype(np.int8)),
        (brightness[:0], blue[:0], red[:0]),
    ):
        with pytest.raises(PixelsError):
            hashing.pdq_of_planes(*wrong, is_full_range=False)
