"""What happens to pictures on their way through the world: one function makes one altered copy."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

__all__ = ["ALTERATIONS", "Alteration", "torn"]

_Transpose = Image.Transpose


@dataclass(frozen=True, slots=True)
class Alteration:
    """One way to alter a picture.

    Attributes:
        name: In words.
        suffix: Of the file that it makes.
        make: Turns the bytes of the original into those of the copy.
        is_within_reach: Whether a scan finds such copies that looks for altered ones as fast as it can. Where not, the
            demo says so.
    """

    name: str
    suffix: str
    make: Callable[[bytes], bytes]
    is_within_reach: bool = True


def torn(original: bytes) -> bytes:
    """A JPEG of the picture whose end is missing, as after a broken transfer."""
    whole = _save(_open(original), "JPEG", quality=90)
    return whole[: len(whole) * 9 // 10]


def _open(original: bytes) -> Image.Image:
    return Image.open(io.BytesIO(original)).convert("RGB")


def _save(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def _saved(file_format: str, change: Callable[[Image.Image], Image.Image], **options: Any) -> Callable[[bytes], bytes]:
    return lambda original: _save(change(_open(original)), file_format, **options)


def _same(picture: Image.Image) -> Image.Image:
    return picture


def _scaled(share: float) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: picture.resize((round(picture.width * share), round(picture.height * share)))


def _watermarked(picture: Image.Image) -> Image.Image:
    """Words in a corner, half transparent."""
    layer = Image.new("RGBA", picture.size)
    place = (picture.width * 0.04, picture.height * 0.9)
    font = ImageFont.load_default(size=picture.height * 0.06)
    ImageDraw.Draw(layer).text(place, "copied by example.org", font=font, fill=(255, 255, 255, 120))
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _16_bit(picture: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)


def _see_through(picture: Image.Image) -> Image.Image:
    """An alpha channel that fades to one side; the colours below are untouched."""
    fading = np.linspace(255, 60, picture.width, dtype=np.uint8)
    alpha = Image.fromarray(np.broadcast_to(fading, (picture.height, picture.width)).copy())
    picture.putalpha(alpha)
    return picture


def _cropped(picture: Image.Image) -> Image.Image:
    return ImageOps.crop(picture, border=round(min(picture.size) * 0.12))


def _bordered(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, border=round(min(picture.size) * 0.12), fill="black")


def _turned(way: Image.Transpose) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: picture.transpose(way)


def _palette(picture: Image.Image) -> Image.Image:
    return picture.quantize(64)


def _mode(mode: str) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: picture.convert(mode)


_MADE: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "the same bytes": ("bin", bytes),
    "JPEG, quality 80": ("jpg", _saved("JPEG", _same, quality=80)),
    "JPEG, quality 20": ("jpg", _saved("JPEG", _same, quality=20)),
    "half as wide": ("jpg", _saved("JPEG", _scaled(0.5), quality=85)),
    "twice as wide": ("jpg", _saved("JPEG", _scaled(2), quality=85)),
    "greyscale": ("png", _saved("PNG", _mode("L"))),
    "watermark": ("jpg", _saved("JPEG", _watermarked, quality=85)),
    "turned by 90 degrees": ("jpg", _saved("JPEG", _turned(_Transpose.ROTATE_90), quality=85)),
    "turned by 180 degrees": ("jpg", _saved("JPEG", _turned(_Transpose.ROTATE_180), quality=85)),
    "turned by 270 degrees": ("jpg", _saved("JPEG", _turned(_Transpose.ROTATE_270), quality=85)),
    "mirrored": ("jpg", _saved("JPEG", _turned(_Transpose.FLIP_LEFT_RIGHT), quality=85)),
    "upside down": ("jpg", _saved("JPEG", _turned(_Transpose.FLIP_TOP_BOTTOM), quality=85)),
    "turned and mirrored": ("jpg", _saved("JPEG", _turned(_Transpose.TRANSPOSE), quality=85)),
    "WebP": ("webp", _saved("WEBP", _same, quality=70)),
    "GIF": ("gif", _saved("GIF", _same)),
    "BMP": ("bmp", _saved("BMP", _same)),
    "TIFF": ("tiff", _saved("TIFF", _same, compression="tiff_lzw")),
    "AVIF": ("avif", _saved("AVIF", _same, quality=60, speed=10, max_threads=1)),
    "palette of 64 colours": ("png", _saved("PNG", _palette)),
    "CMYK": ("jpg", _saved("JPEG", _mode("CMYK"), quality=85)),
    "1 bit, black and white": ("png", _saved("PNG", _mode("1"))),
    "16 bit": ("png", _saved("PNG", _16_bit)),
    "see-through": ("png", _saved("PNG", _see_through)),
    "with a border": ("jpg", _saved("JPEG", _bordered, quality=85)),
}
_OUT_OF_REACH: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "cropped by an eighth": ("jpg", _saved("JPEG", _cropped, quality=85)),
}

ALTERATIONS = tuple(
    [Alteration(name, suffix, make) for name, (suffix, make) in _MADE.items()]
    + [Alteration(name, suffix, make, is_within_reach=False) for name, (suffix, make) in _OUT_OF_REACH.items()]
)
