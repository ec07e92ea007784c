"""The canonical PDQ of every mode and format equals pdqhash on Pillow's own RGB pixels."""

import io
import subprocess
import sys

import numpy as np
import numpy.typing as npt
import pdqhash
import pytest
from PIL import Image

from unseen.darkroom import develop
from unseen.decoding import Picture, decode
from unseen.decoding.sniff import _PICTURES, _WEAK
from unseen.model import Reason

Pixels = npt.NDArray[np.uint8]


def drawn(width: int = 200, height: int = 150) -> Image.Image:
    """A picture with soft and hard edges in every colour."""
    rows, cols = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 127 + 120 * np.sin(rows / 11) * np.cos(cols / 17)
    green = (rows * 255 / height + cols * 90 / width) % 256
    blue = np.where((rows - height / 2) ** 2 + (cols - width / 3) ** 2 < (height / 4) ** 2, 230, 40)
    return Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8))


def written(image: Image.Image, name: str, **options: object) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def reference(pixels: Pixels) -> tuple[bytes, int]:
    """What pdqhash says."""
    bits, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    return np.packbits(bits.astype(np.uint8)).tobytes(), int(quality)


def in_mode(mode: str) -> Image.Image:
    """The drawing in a mode of Pillow."""
    if mode == "LAB":
        return Image.merge("LAB", drawn().split())
    if mode in {"LA", "RGBA"}:
        image = drawn().convert(mode)
        image.putalpha(drawn().convert("L"))
        return image
    if mode == "P":
        return drawn().quantize(64)
    return drawn().convert(mode)


_MODES_BY_FORMAT = (
    *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
    *(("TIFF", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB")),
    *(("JPEG", mode) for mode in ("L", "RGB", "CMYK")),
    *(("WEBP", mode) for mode in ("RGB", "RGBA")),
    *(("AVIF", mode) for mode in ("RGB", "RGBA")),
    *(("JPEG2000", mode) for mode in ("L", "LA", "RGB", "RGBA")),
    *(("BMP", mode) for mode in ("1", "L", "P", "RGB")),
    *(("TGA", mode) for mode in ("L", "P", "RGB", "RGBA")),
    *(("PCX", mode) for mode in ("1", "L", "P", "RGB")),
    *(("PPM", mode) for mode in ("1", "L", "RGB")),
    *(("SGI", mode) for mode in ("L", "RGB", "RGBA")),
    *(("DDS", mode) for mode in ("L", "RGB", "RGBA")),
    *(("QOI", mode) for mode in ("RGB", "RGBA")),
    *(("GIF", mode) for mode in ("L", "P", "RGB")),
    ("MPO", "RGB"),
    ("ICO", "RGBA"),
    ("XBM", "1"),
)


@pytest.mark.parametrize(("name", "mode"), _MODES_BY_FORMAT)
def test_every_mode_of_every_format_equals_the_reference(name: str, mode: str) -> None:
    """Palette, CMYK, 1-bit and the rest are converted to RGB before they are hashed; peers are wrong by 256 bits."""
    data = written(in_mode(mode), name)
    with Image.open(io.BytesIO(data)) as image:
        expected = reference(np.asarray(image.convert("RGB")))
    hashes = develop(data)
    assert hashes.reason is None
    assert (hashes.pdq, hashes.pdq_quality) == expected


def test_a_palette_is_colours_and_not_numbers() -> None:
    """The same pixels as palette PNG and as RGB PNG have the same hash."""
    image = in_mode("P")
    assert develop(written(image, "PNG")).pdq == develop(written(image.convert("RGB"), "PNG")).pdq


def test_cmyk_is_not_inverted() -> None:
    """A CMYK JPEG lies as near to its RGB brother as JPEG lies to JPEG."""
    pdqs = [develop(written(drawn().convert(mode), "JPEG", quality=95)).pdq for mode in ("CMYK", "RGB")]
    distance_bits = (int.from_bytes(pdqs[0] or b"") ^ int.from_bytes(pdqs[1] or b"")).bit_count()
    assert distance_bits <= 10


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"subsampling": 1}, {"quality": 5}])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [(200, 150), (1, 1), (7, 9), (513, 300), (17, 640)])
def test_jpeg_pixels_equal_pillows(mode: str, options: dict[str, object], size: tuple[int, int]) -> None:
    """Two builds of libjpeg-turbo, one result: bit for bit."""
    data = written(drawn(*size).convert(mode), "JPEG", **options)
    picture = decode(data)
    assert isinstance(picture, Picture)
    assert not picture.is_partial
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(picture.pixels, np.asarray(image))


def test_the_stored_orientation_is_kept() -> None:
    """A note in EXIF that the picture should be turned turns nothing: the hash is of the stored pixels."""
    exif = Image.Exif()
    exif[274] = 6
    assert develop(written(drawn(), "JPEG", exif=exif)).pdq == develop(written(drawn(), "JPEG")).pdq


def test_a_colour_profile_is_ignored() -> None:
    """An attached profile changes no bit."""
    assert develop(written(drawn(), "PNG", icc_profile=b"x" * 128)).pdq == develop(written(drawn(), "PNG")).pdq


def pixels_of(image: Image.Image, name: str) -> Pixels:
    """Canonical pixels of a picture stored in a format."""
    picture = decode(written(image, name))
    assert isinstance(picture, Picture)
    return picture.pixels


def test_sixteen_bits_lose_their_lower_eight() -> None:
    """Deep grey is scaled, not clipped to white."""
    deep = np.arange(100 * 120, dtype=np.uint16).reshape(100, 120) * 5
    assert np.array_equal(pixels_of(Image.fromarray(deep), "PNG"), (deep >> 8).astype(np.uint8))
    assert np.array_equal(pixels_of(Image.fromarray(deep), "TIFF"), (deep >> 8).astype(np.uint8))


def test_integers_are_scaled_by_the_depth_they_need() -> None:
    """32-bit integers that hold 8 or 16 bits are taken as such; others lie between their smallest and largest."""
    grid = np.arange(256, dtype=np.int32).reshape(16, 16)
    assert np.array_equal(pixels_of(Image.fromarray(grid), "TIFF"), grid)
    assert np.array_equal(pixels_of(Image.fromarray(grid * 257), "TIFF"), grid)
    assert np.array_equal(pixels_of(Image.fromarray(grid * 1_000_000 - 5), "TIFF"), grid)


def test_floats_are_scaled_by_the_range_they_keep() -> None:
    """0 … 1 and 0 … 255 are taken as such; others lie between their smallest and largest; NaN is the smallest."""
    grid = np.arange(256, dtype=np.float32).reshape(16, 16)
    assert np.abs(pixels_of(Image.fromarray(grid / 255), "TIFF").astype(int) - grid).max() <= 1
    assert np.array_equal(pixels_of(Image.fromarray(grid), "TIFF"), grid)
    assert np.abs(pixels_of(Image.fromarray(grid * 10 - 7), "TIFF").astype(int) - grid).max() <= 1
    grid[0, 3] = np.nan
    grid[0, 4] = np.inf
    assert pixels_of(Image.fromarray(grid), "TIFF")[0, 3:5].tolist() == [0, 0]
    assert not pixels_of(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF").any()


def test_large_pictures_are_converted_band_by_band_without_a_seam() -> None:
    """A picture above the size of a band has the pixels of Pillow's single conversion."""
    image = drawn(2500, 2000).quantize(64)
    assert np.array_equal(pixels_of(image, "PNG"), np.asarray(image.convert("RGB")))


def test_heic_is_decoded() -> None:
    """The HEIC drawing that warms the workers up is a picture like any other."""
    from unseen.darkroom.warmup import drawn_pictures

    picture = decode(drawn_pictures()[0])
    assert isinstance(picture, Picture)
    assert picture.pixels.shape == (64, 64, 3)
    assert picture.pixels.std() > 20


def test_a_wrong_name_changes_nothing() -> None:
    """Content alone decides, so there is no name to pass: a PNG is a PNG, text is text."""
    assert isinstance(decode(written(drawn(), "PNG")), Picture)
    assert decode(b"\x89PNG is how this sentence begins") is Reason.NOT_MEDIA


def test_every_format_that_is_recognised_has_its_decoder_loaded() -> None:
    """A locked worker cannot load what it lacks, and a format without its decoder would be unreadable in silence."""
    named = {name for _, _, formats in _PICTURES for name in formats} | {
        name for formats, _ in _WEAK for name in formats
    }
    code = "import unseen.decoding.raster; from PIL import Image; print(*Image.OPEN)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    # MPO is opened by the decoder of JPEG, which loads it.
    others = {"JPEG", "TIFF", "WEBP", "AVIF", "HEIF"}
    assert named | others <= {*loaded, "MPO"}
