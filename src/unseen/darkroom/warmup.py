"""Uses every decoder once before the worker is locked: what a library loads late, it can load no more afterwards."""

import base64
import io

import numpy as np
from PIL import Image

from unseen.darkroom.develop import develop
from unseen.darkroom.undoing.taking import propose, refine
from unseen.darkroom.video.footage import Film
from unseen.hashing import ORIENTATIONS
from unseen.model import Aim, Altered, Placing, VideoMode

__all__ = ["drawn_pictures", "drawn_video", "warm_up", "warm_up_undoing", "warm_up_video"]

_FORMATS = (
    "JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "TGA", "PCX", "SGI", "QOI", "DDS",
    "ICO",
)  # fmt: skip
_ANIMATED = ("GIF", "WEBP", "PNG", "TIFF", "AVIF")
_MODES = (
    ("JPEG", "CMYK"),
    ("JPEG", "L"),
    ("PNG", "P"),
    ("PNG", "1"),
    ("PNG", "I;16"),
    ("PNG", "LA"),
    ("TIFF", "LAB"),
    ("TIFF", "F"),
)
_TIFF_COMPRESSIONS = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4", "zstd")
# ICNS is left out: its writer makes a megapixel, and what it holds is PNG and JPEG 2000.
# A colour ramp of 64x64 in HEIC, made by libheif: pi-heif, on purpose, cannot write.
_HEIC = (
    b"AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    b"ACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAADMAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRt"
    b"AAAAAAABAAAA1mlwcnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    b"AAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xy"
    b"bmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAADtt"
    b"ZGF0AAAALygBrwQY/Hn928gA2CIaITExIJGobSS/acOLSYFzve9M91ROWwbDZ1aPAnFZt2EM"
)
_SIDE = 48
# Enough to use every decoder, and half of the work of larger ones.
_WARM_SIDE = 16
# Encoders' own choices for least effort; each reads only the ones it knows.
_FASTEST = {"speed": 10, "method": 0, "compress_level": 1}


def warm_up() -> None:
    """Decode one of each, whole and cut short."""
    for data in drawn_pictures(_WARM_SIDE):
        develop(data)
        # Of so small a picture half is nothing but headers.
        develop(data[: len(data) * 7 // 8])


def warm_up_undoing() -> None:
    """Look for altered copies in a picture, and closely at a place in it."""
    rows, cols = np.mgrid[0:_SIDE, 0:_SIDE]
    pixels = np.stack([rows * 5, cols * 5, rows * cols % 256], axis=2).astype(np.uint8)
    for mode in (Altered.FAST, Altered.THOROUGH):
        propose(pixels, mode)
    aim = Aim(Placing(window=(-0.1, 0.1, 0.8, 0.8), angle_deg=2.0), ORIENTATIONS[1], bytes(range(32)), 64)
    refine(pixels, [aim])


def warm_up_video() -> None:
    """Look at a short video, whole and cut short. Where PyAV is not installed, nothing is done."""
    try:
        data = drawn_video("mpeg4", "mp4")
    except ImportError:
        return
    for mode in VideoMode:
        develop(data, film=Film(mode))
        develop(data[: len(data) // 2], film=Film(mode))


def drawn_video(codec: str, container: str, *, frames: int = 12) -> bytes:
    """Draw a short video of moving ramps.

    Raises:
        ImportError: PyAV is not installed.
    """
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=4)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, _SIDE, "yuv420p"
        rows, cols = np.mgrid[0:_SIDE, 0:64]
        for index in range(frames):
            pixels = np.stack([(rows * 5 + 9 * index) % 256, cols * 3, rows * cols % 256], axis=2).astype(np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode(None))
    return file.getvalue()


def drawn_pictures(side: int = _SIDE) -> list[bytes]:
    """Draw one file of each format, mode and compression that this installation can write."""
    rows, cols = np.mgrid[0:side, 0 : side + 1]
    picture = Image.fromarray(np.stack([rows * 5, cols * 5, rows * cols % 256], axis=2).astype(np.uint8))
    drawn = [base64.b64decode(_HEIC), *(_write(picture, name, **_FASTEST) for name in _FORMATS)]
    drawn += [_write(_in_mode(picture, mode), name) for name, mode in _MODES]
    drawn += [
        _write(picture.convert("1") if name == "group4" else picture, "TIFF", compression=name)
        for name in _TIFF_COMPRESSIONS
    ]
    # In grey, which GIF need not reduce to a palette first.
    grey = picture.convert("L")
    turned = [grey.rotate(90, expand=True).resize(grey.size), grey.rotate(180)]
    drawn += [_write(grey, name, save_all=True, append_images=turned, **_FASTEST) for name in _ANIMATED]
    drawn.append(_write(picture, "JPEG", progressive=True))
    drawn.append(_write(_with_alpha(picture), "PNG"))
    drawn.append(_write(_with_alpha(picture), "WEBP", lossless=True))
    return [data for data in drawn if data]


def _write(picture: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    try:
        picture.save(file, name, **options)
    except (OSError, KeyError, ValueError):
        # This build of Pillow has no such encoder, and then most likely no such decoder.
        return b""
    return file.getvalue()


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) << 8)
    if mode == "LAB":
        return Image.merge("LAB", picture.split())
    return picture.convert(mode)


def _with_alpha(picture: Image.Image) -> Image.Image:
    alpha = picture.convert("L").point(lambda value: 255 - value)
    return Image.merge("RGBA", (*picture.split(), alpha))
