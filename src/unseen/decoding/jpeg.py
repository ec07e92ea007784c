"""JPEG by libjpeg-turbo: grey and colour, sound or damaged. Pixels equal Pillow's bit for bit."""

import math

import numpy as np
import numpy.typing as npt
import simplejpeg

from unseen.decoding.limits import Limits
from unseen.model import Reason

__all__ = ["decode_jpeg"]

# Warnings of libjpeg-turbo after which every pixel is still the encoder's: stray bytes before the end mark were
# skipped, or a field that decoders ignore was odd. All others mean that a part was made up.
_HARMLESS = ("extraneous bytes before marker 0xd9", "Invalid SOS parameters")


def decode_jpeg(
    data: bytes | memoryview, limits: Limits, scratch: npt.NDArray[np.uint8] | None = None
) -> tuple[npt.NDArray[np.uint8], bool] | Reason | None:
    """Decode a JPEG at full size.

    Args:
        data: The whole file.
        limits: `pixels_max` is asked before anything is decoded.
        scratch: uint8[n], memory to decode into where it is large enough.

    Returns:
        uint8[h, w, 3] (RGB) or uint8[h, w] (grey), and whether the decoder had to make up a part of it;
        or `too_large`; or None for what is Pillow's to try (CMYK, odd sampling, a broken header).
    """
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except Exception:  # noqa: BLE001  # on broken headers, simplejpeg raises KeyError too
        return None
    if height * width > limits.pixels_max:
        return Reason.TOO_LARGE
    if space not in {"Gray", "YCbCr", "RGB"}:
        # Adobe writes CMYK inverted; Pillow knows.
        return None
    is_grey = space == "Gray"
    shape = (height, width) if is_grey else (height, width, 3)
    size_bytes = math.prod(shape)
    if scratch is not None and size_bytes <= scratch.size:
        pixels = scratch[:size_bytes].reshape(shape)
    else:
        # numpy asks for large pages here; the decoder's own allocation would fault in thousands of small ones.
        pixels = np.empty(shape, np.uint8)
    colorspace = "GRAY" if is_grey else "RGB"
    try:
        simplejpeg.decode_jpeg(data, colorspace, buffer=pixels, strict=True)
    except ValueError as error:
        return _decode_damaged(data, colorspace, pixels, warning=str(error))
    return pixels, False


def _decode_damaged(
    data: bytes | memoryview, colorspace: str, pixels: npt.NDArray[np.uint8], *, warning: str
) -> tuple[npt.NDArray[np.uint8], bool] | None:
    """The second pass over a file that the strict one refused: as far as it goes."""
    # What is not decoded must not be what another picture left behind in this memory.
    pixels.fill(0)
    try:
        simplejpeg.decode_jpeg(data, colorspace, buffer=pixels, strict=False)
    except ValueError:
        return None
    return pixels, not any(harmless in warning for harmless in _HARMLESS)
