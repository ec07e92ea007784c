"""Colour modes of Pillow to the pixels that PDQ hashes."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["has_alpha", "laid_over", "to_pixels"]

Convert = Callable[[Image.Image], Image.Image]

# Wide and tall pictures are converted band by band: the whole would be held three times over.
_BAND_PIXELS = 4_000_000


def to_pixels(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Turn a loaded image into canonical pixels.

    Modes that Pillow converts go through `convert("RGB")`. Deeper ones are scaled, never clipped: 16 bits lose their
    lower eight; 32-bit integers are taken as 8, 16 or 32 bits deep by what their values need; floats as 0 … 1 or
    0 … 255 where they fit, else between their smallest and largest; what is not finite counts as the smallest.

    Returns:
        uint8[h, w, 3] (RGB) or uint8[h, w] (grey).
    """
    if image.mode == "L":
        return np.asarray(image)
    if image.mode.startswith("I;16"):
        # Pillow gives each byte order its own mode and numpy its own type.
        return (np.asarray(image) >> 8).astype(np.uint8)
    if image.mode == "I":
        return _scaled_integers(np.asarray(image))
    if image.mode == "F":
        return _scaled_floats(np.asarray(image))
    return _by_bands(image, _to_rgb)


def has_alpha(image: Image.Image) -> bool:
    """Whether some pixel of a loaded image is not fully opaque."""
    if image.mode in {"RGBA", "LA", "PA"}:
        return image.getchannel("A").getextrema() != (255, 255)
    if image.mode in {"RGBa", "La"}:
        return image.getchannel("a").getextrema() != (255, 255)
    # Where the transparent index or colour is not used, all is opaque, and the variants fall away as duplicates.
    return "transparency" in image.info and image.mode in {"1", "L", "P", "RGB", "I;16"}


def laid_over(image: Image.Image, colour: str) -> npt.NDArray[np.uint8]:
    """Lay a loaded image over a plain colour, as a viewer shows it.

    Returns:
        uint8[h, w, 3] (RGB).
    """

    def lay(band: Image.Image) -> Image.Image:
        rgba = _to_rgba(band)
        ground = Image.new("RGB", band.size, colour)
        ground.paste(rgba.convert("RGB"), mask=rgba.getchannel("A"))
        return ground

    return _by_bands(image, lay)


def _by_bands(image: Image.Image, convert: Convert) -> npt.NDArray[np.uint8]:
    width, height = image.size
    rows = max(1, _BAND_PIXELS // max(1, width))
    if rows >= height:
        return np.asarray(convert(image))
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        pixels[top:bottom] = np.asarray(convert(image.crop((0, top, width, bottom))))
    return pixels


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode in {"RGBa", "La"}:
        # Pillow converts premultiplied modes only back to their plain ones.
        return image.convert(image.mode.upper()).convert("RGB")
    return image.convert("RGB")


def _to_rgba(image: Image.Image) -> Image.Image:
    if image.mode == "La":
        return image.convert("LA").convert("RGBA")
    if image.mode == "I;16":
        grey = Image.fromarray(to_pixels(image))
        opaque = np.asarray(image) != image.info["transparency"]
        return Image.merge("RGBA", (grey, grey, grey, Image.fromarray(opaque.astype(np.uint8) * 255)))
    return image.convert("RGBA")


def _scaled_integers(values: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    low, high = int(values.min()), int(values.max())
    if low >= 0 and high <= 0xFF:
        return values.astype(np.uint8)
    if low >= 0 and high <= 0xFFFF:
        return (values >> 8).astype(np.uint8)
    return ((values.astype(np.float64) - low) * (255.0 / (high - low))).astype(np.uint8)


def _scaled_floats(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, np.uint8)
    low, high = float(values[finite].min()), float(values[finite].max())
    values = np.where(finite, values, np.float32(low))
    if low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    elif low >= 0.0 and high <= 255.0:
        low, high = 0.0, 255.0
    return ((values.astype(np.float64) - low) * (255.0 / (high - low))).astype(np.uint8)
