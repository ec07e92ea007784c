"""Whatever the bytes are, there is an outcome."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from unseen.darkroom import develop
from unseen.darkroom.warmup import drawn_pictures
from unseen.decoding import LIMITS, Kind, Limits, Picture, decode, sniff
from unseen.model import Reason

_OUTCOMES = {
    None, Reason.NOT_MEDIA, Reason.LOW_QUALITY, Reason.TRUNCATED, Reason.UNREADABLE, Reason.UNSUPPORTED,
    Reason.TOO_LARGE,
}  # fmt: skip


def written(name: str, width: int = 160, height: int = 120) -> bytes:
    """The file of a soft random picture."""
    noise = np.random.default_rng(1).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).save(file, name)
    return file.getvalue()


def png_that_asks_for(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes with a header of any size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_nothing_is_not_media() -> None:
    """The empty file has digests and no picture."""
    hashes = develop(b"")
    assert hashes.reason is Reason.NOT_MEDIA
    assert hashes.md5 is not None
    assert hashes.md5.hex() == "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize("size", [(100_000, 100_000), (2**31 - 1, 2**31 - 1), (1, 2**31 - 1)])
def test_a_small_file_that_asks_for_much_is_too_large(size: tuple[int, int]) -> None:
    """The header alone decides; nothing is decoded."""
    assert develop(png_that_asks_for(*size)).reason is Reason.TOO_LARGE


def test_a_jpeg_that_asks_for_much_is_too_large() -> None:
    """The largest JPEG header there is, in a small file."""
    data = bytearray(written("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65500, 65500)
    assert develop(bytes(data)).reason is Reason.TOO_LARGE


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "TGA", "JPEG2000"])
def test_the_limits_are_inclusive(name: str) -> None:
    """A picture of exactly the largest size is decoded, one pixel more is not."""
    data = written(name)
    pixels = 160 * 120
    assert isinstance(decode(data, Limits(pixels_max=pixels, bytes_max=len(data))), Picture)
    assert decode(data, Limits(pixels_max=pixels - 1)) is Reason.TOO_LARGE
    assert decode(data, Limits(bytes_max=len(data) - 1)) is Reason.TOO_LARGE


def test_the_limits_admit_the_largest_phones() -> None:
    """200 megapixels, and every smaller sensor."""
    assert LIMITS.pixels_max >= 16_320 * 12_240


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "BMP", "TGA", "PPM"])
def test_a_cut_picture_is_hashed_as_far_as_it_goes(name: str) -> None:
    """Cut at three fifths, it has a PDQ and is `truncated`."""
    data = written(name)
    hashes = develop(data[: len(data) * 3 // 5])
    assert hashes.reason is Reason.TRUNCATED
    assert hashes.pdq is not None


@pytest.mark.parametrize("index", range(len(drawn_pictures())))
def test_a_file_cut_anywhere_has_an_outcome(index: int) -> None:
    """From its first byte to its last but one, in every format; and with its header gone."""
    data = drawn_pictures()[index]
    step = max(1, len(data) // 23)
    for cut in (*range(0, len(data), step), len(data) - 1):
        assert develop(data[:cut]).reason in _OUTCOMES
        assert develop(data[cut:]).reason in _OUTCOMES


@pytest.mark.parametrize("index", range(len(drawn_pictures())))
def test_a_file_with_flipped_bits_has_an_outcome(index: int) -> None:
    """Never an exception, whichever bits a disk lost."""
    _flip_bits(drawn_pictures()[index], seed=index, rounds=25)


@pytest.mark.soak
@pytest.mark.parametrize("index", range(len(drawn_pictures())))
def test_a_file_with_flipped_bits_has_an_outcome_at_length(index: int) -> None:
    """The same, three thousand times for each format."""
    _flip_bits(drawn_pictures()[index], seed=1000 + index, rounds=3000)


def _flip_bits(data: bytes, *, seed: int, rounds: int) -> None:
    random = np.random.default_rng(seed)
    # A flipped length may ask for many pixels; the limit keeps one round short.
    limits = Limits(pixels_max=4_000_000, frames_pixels_max=8_000_000)
    for _ in range(rounds):
        damaged = np.frombuffer(data, np.uint8).copy()
        # Headers are short and decide most: half of the flips fall there.
        reach = len(damaged) if random.random() < 0.5 else min(64, len(damaged))
        places = random.integers(0, reach, random.integers(1, 6))
        damaged[places] ^= (1 << random.integers(0, 8, len(places))).astype(np.uint8)
        assert develop(damaged.tobytes(), limits=limits).reason in _OUTCOMES


def test_random_bytes_have_an_outcome() -> None:
    """With and without the first bytes of every kind of picture in front."""
    random = np.random.default_rng(7)
    heads = [b"", *(data[:24] for data in drawn_pictures())]
    for round_number in range(400):
        noise = random.integers(0, 256, random.integers(0, 3000), dtype=np.uint8).tobytes()
        assert develop(heads[round_number % len(heads)] + noise).reason in _OUTCOMES


@pytest.mark.parametrize("byte", range(256))
def test_monotony_is_not_media(byte: int) -> None:
    """A file of one byte over and over is no picture, video or archive."""
    assert sniff(bytes([byte]) * 40_000).kind is Kind.NOT_MEDIA


@pytest.mark.parametrize(
    "content",
    [
        b"BMW is a car. " * 100,
        b"P1 is what the first page of the plan is called",
        b"MM. MM. MM.",
        b"II. The second chapter",
        b"RIFF is not a WAVE",
        b"GIF is how some say it",
        b"#!/bin/sh\necho P6\n",
        b"\x7fELF\x02\x01\x01" + bytes(500),
        b"MZ" + bytes(500),
        b"<html><body>hello</body></html>",
        b"<!DOCTYPE html><html><body><svg width='1'></svg></body></html>",
        b'{"json": [1, 2, 3]}',
        b"\x00\x00\x02\x00" + bytes(range(100)),
        b"\x0a\x05\x01\x08" + b"text" * 100,
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"ID3\x03\x00 a song",
        b"SQLite format 3\x00" + bytes(200),
    ],
)
def test_ordinary_files_are_not_media(content: bytes) -> None:
    """Text, programs and sound are digested and counted, without a row of their own."""
    assert develop(content).reason is Reason.NOT_MEDIA


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04" + bytes(100),
        b"%PDF-1.7\n",
        b"7z\xbc\xaf\x27\x1c" + bytes(30),
        b"Rar!\x1a\x07\x01\x00",
        b"\x1f\x8b\x08\x00" + bytes(20),
        bytes(257) + b"ustar\x0000" + bytes(300),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom" + bytes(50),
        b"EVF\x09\x0d\x0a\xff\x00" + bytes(50),
        b"\xeb\x76\x90EXFAT   " + bytes(600),
        bytes(32769) + b"CD001" + bytes(100),
        bytes(1080) + b"\x53\xef" + bytes(100),
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\x00\x00\x00\x0cJXL \r\n\x87\n" + bytes(20),
        b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(50),
    ],
)
def test_what_is_recognised_and_not_looked_into_is_said(content: bytes) -> None:
    """Archives, documents, disk images, drawings: could not read is not the same as found nothing."""
    hashes = develop(content)
    assert hashes.reason is Reason.UNSUPPORTED
    assert hashes.sha256 is not None


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(50),
        b"\x1aE\xdf\xa3" + bytes(50),
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"G\x40\x00\x10" * 1 + bytes(184) + (b"G\x01\x00\x10" + bytes(184)) * 5,
        b"FLV\x01\x05\x00\x00\x00\x09" + bytes(20),
    ],
)
def test_a_broken_video_is_unreadable(content: bytes) -> None:
    """Its kind is known and no frame can be decoded."""
    pytest.importorskip("av", reason="PyAV is not installed")
    hashes = develop(content)
    assert hashes.reason is Reason.UNREADABLE
    assert hashes.sha256 is not None


def test_a_text_that_names_an_atom_is_no_video() -> None:
    """Where a container's name may be a word, bytes that give no frame are `not_media`."""
    assert develop(b"Far wide and deep").reason is Reason.NOT_MEDIA


def test_a_broken_picture_is_unreadable() -> None:
    """Its kind is known and nothing can be decoded."""
    for data in (written("PNG")[:20], b"\xff\xd8\xff\xe0nothing more", b"GIF89a", b"RIFF\x10\x00\x00\x00WEBPVP8 "):
        assert develop(data).reason is Reason.UNREADABLE


def test_a_flat_picture_is_of_low_quality() -> None:
    """Its hash is given and its reason says that it must not be matched."""
    file = io.BytesIO()
    Image.new("RGB", (200, 200), "grey").save(file, "PNG")
    hashes = develop(file.getvalue())
    assert hashes.reason is Reason.LOW_QUALITY
    assert hashes.pdq is not None
    assert hashes.pdq_quality == 0


def test_pillow_is_left_as_it_was() -> None:
    """Limits and warnings of a program that uses this library are its own."""
    from PIL import ImageFile

    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    for data in drawn_pictures():
        develop(data[: len(data) // 2])
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
