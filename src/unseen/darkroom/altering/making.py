"""Makes altered copies, in the memory of one process: no file is read and none written.

Imported by a worker before it locks itself, with all of Pillow that it needs. Each copy is saved as JPEG of quality 90,
as programs that pass pictures on do it; strengths are shares of the picture, so that they mean the same for any size.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from unseen.darkroom.altering.catalogue import CATALOGUE, UNALTERED
from unseen.darkroom.develop import develop, nothing_read
from unseen.darkroom.digests import Digests, digest_memory
from unseen.decoding import SNIFF_BYTES, Kind, Limits, decode, sniff
from unseen.model import ByteSource, ItemHashes, Reason, UnreadError
from unseen.sources.layers import FileRange

__all__ = ["PIXELS_MAX", "Copyist", "alter", "develop_altered"]

# The largest alteration doubles both sides: a hundred megapixels, held some four times over, fit beside the original
# into the memory of a worker.
PIXELS_MAX = 25_000_000
# Twice this is still less than what a JPEG may measure, and words drawn over it stay within reason.
_SIDE_MAX = 32_000
_SAVED_QUALITY = 90
_REASONS = {
    Kind.NOT_MEDIA: Reason.NOT_MEDIA,
    Kind.UNSUPPORTED: Reason.UNSUPPORTED,
    # Their frames are another matter.
    Kind.VIDEO: Reason.UNSUPPORTED,
}
# Neither a picture's own light nor dark.
_BACKGROUND = (24, 26, 30)
_WORDS = "EXAMPLE  0123"
_TELEPHONE = (1080, 2160)


class Copyist:
    """What a locked worker alters pictures with."""

    def __init__(self, seed: int, limits: Limits) -> None:
        """Make every alteration once: what a library loads late, it can load no more behind the lock."""
        self._seed = seed
        self._limits = limits
        rows, cols = np.mgrid[0:48, 0:64]
        ramp = Image.fromarray(np.stack([rows * 5, cols * 3, rows * cols % 256], axis=2).astype(np.uint8))
        for number in range(UNALTERED + 1, len(CATALOGUE) + 1):
            develop(alter(ramp, number), limits=limits)

    def develop(self, descriptor: int, number: int) -> ItemHashes:
        """Take the hashes of an altered copy of what an open file holds. Raises nothing."""
        try:
            return develop_altered(FileRange(descriptor), number, seed=self._seed, limits=self._limits)
        except UnreadError as error:
            return nothing_read(error.reason)
        except OSError:
            return nothing_read(Reason.UNREADABLE)


def develop_altered(source: ByteSource, number: int, *, seed: int, limits: Limits) -> ItemHashes:
    """Decode a picture, alter it, and take the hashes of the copy.

    Args:
        source: The picture's bytes.
        number: Of the alteration, from 1, in the catalogue.
        seed: Of what is drawn at random; the same seed, bytes and alteration give the same hashes.
        limits: What one item may ask for.

    Returns:
        PDQ and variants of the copy beside size and digests of the *original*, by which whoever asked notices that it
        changed meanwhile. Without a PDQ, and with the reason, for what is no whole picture; videos are `unsupported`.

    Raises:
        UnreadError: The bytes cannot be had.
    """
    kind = sniff(source.read_at(0, SNIFF_BYTES)).kind
    if kind not in {Kind.JPEG, Kind.PICTURE} or source.size_bytes > limits.bytes_max:
        reason = _REASONS.get(kind, Reason.TOO_LARGE)
        return ItemHashes(size_bytes=source.size_bytes, sha256=None, sha1=None, md5=None, reason=reason)
    data = source.read_at(0, source.size_bytes)
    digests = digest_memory(data)
    limits = replace(limits, pixels_max=min(limits.pixels_max, PIXELS_MAX))
    if number == UNALTERED:
        return develop(data, limits=limits)
    try:
        return _develop_copy(data, number, digests=digests, seed=seed, limits=limits)
    except MemoryError:
        return digests.finish(Reason.TOO_LARGE)


def _develop_copy(data: bytes, number: int, *, digests: Digests, seed: int, limits: Limits) -> ItemHashes:
    picture = decode(data, limits)
    if isinstance(picture, Reason):
        return digests.finish(picture)
    if picture.is_partial:
        return digests.finish(Reason.TRUNCATED)
    if max(picture.pixels.shape) > _SIDE_MAX:
        return digests.finish(Reason.TOO_LARGE)
    original = digests.finish(None)
    entropy = int.from_bytes((original.sha256 or b"")[:8], "big")
    copied = develop(alter(Image.fromarray(picture.pixels).convert("RGB"), number, (seed, number, entropy)))
    return replace(copied, size_bytes=original.size_bytes, sha256=original.sha256, sha1=original.sha1, md5=original.md5)


def alter(picture: Image.Image, number: int, drawn_from: tuple[int, ...] = (0,)) -> bytes:
    """Make one altered copy as a JPEG file in memory.

    Args:
        picture: In RGB, of any size.
        number: Of the alteration in the catalogue, from 2: the first is no alteration.
        drawn_from: Seeds of what is drawn at random.
    """
    alteration = CATALOGUE[number - 1]
    if alteration.kind == "jpeg":
        return _save(picture, int(alteration.amount))
    if alteration.kind == "noise":
        return _save(_noise(picture, float(alteration.amount), drawn_from))
    return _save(_MAKERS[alteration.kind](picture, alteration.amount))


def _save(picture: Image.Image, quality: int = _SAVED_QUALITY) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _side(length: float) -> int:
    return max(1, round(length))


def _scale(picture: Image.Image, share: float) -> Image.Image:
    return picture.resize((_side(picture.width * share), _side(picture.height * share)), Image.Resampling.BICUBIC)


def _thumbnail(picture: Image.Image, pixels: float) -> Image.Image:
    return _scale(picture, pixels / max(picture.size))


def _stretch(picture: Image.Image, share: float) -> Image.Image:
    return picture.resize((_side(picture.width * share), picture.height), Image.Resampling.BICUBIC)


def _crop(picture: Image.Image, share: float) -> Image.Image:
    across, down = round(picture.width * share), round(picture.height * share)
    return picture.crop((across, down, max(across + 1, picture.width - across), max(down + 1, picture.height - down)))


def _pad(picture: Image.Image, share: float) -> Image.Image:
    across, down = round(picture.width * share), round(picture.height * share)
    return ImageOps.expand(picture, border=(across, down), fill="black")


def _rotate(picture: Image.Image, degrees: float) -> Image.Image:
    # Corners that come in from outside are black; a right angle keeps every pixel.
    is_right = degrees % 90 == 0
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=is_right)


def _flip(picture: Image.Image, way: str) -> Image.Image:
    return picture.transpose(Image.Transpose[way])


def _blur(picture: Image.Image, share: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(share * max(picture.size)))


def _noise(picture: Image.Image, levels: float, drawn_from: tuple[int, ...]) -> Image.Image:
    pixels = np.asarray(picture, np.float32)
    drawn = np.random.default_rng(drawn_from).standard_normal(pixels.shape, np.float32)
    drawn *= levels
    drawn += pixels
    return Image.fromarray(drawn.clip(0, 255).astype(np.uint8))


def _words(height: int) -> Image.Image:
    """A line of words as a mask, so many pixels high."""
    font = ImageFont.load_default_imagefont()
    left, top, right, bottom = font.getbbox(_WORDS)
    mask = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(mask).text((-left, -top), _WORDS, font=font, fill=255)
    return mask.resize((_side(mask.width * height / mask.height), _side(height)), Image.Resampling.BILINEAR)


def _watermark(picture: Image.Image, amount: float | str) -> Image.Image:
    marked = picture.copy()
    height = _side(picture.height * 0.06)
    if amount == "corner":
        mask = _words(height).point(lambda value: value // 2)
        marked.paste((255, 255, 255), (round(picture.width * 0.04), round(picture.height * 0.9)), mask)
        return marked
    mask = _words(height).point(lambda value: round(value * float(amount)))
    for line, top in enumerate(range(0, picture.height, 3 * height)):
        for left in range(-(line % 2) * mask.width // 2, picture.width, _side(mask.width * 1.25)):
            marked.paste((255, 255, 255), (left, top), mask)
    return marked


def _bar(width: int, height: int) -> Image.Image:
    """Words on a white bar."""
    bar = Image.new("RGB", (width, height), "white")
    bar.paste((0, 0, 0), (round(width * 0.05), round(height * 0.25)), _words(_side(height * 0.5)))
    return bar


def _caption(picture: Image.Image, share: float) -> Image.Image:
    captioned = picture.copy()
    height = _side(picture.height * share)
    captioned.paste(_bar(picture.width, height), (0, picture.height - height))
    return captioned


def _caption_bar(picture: Image.Image, share: float) -> Image.Image:
    height = _side(picture.height * share)
    captioned = Image.new("RGB", (picture.width, picture.height + height))
    captioned.paste(picture, (0, 0))
    captioned.paste(_bar(picture.width, height), (0, picture.height))
    return captioned


_COLOURS: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "grey": lambda picture: picture.convert("L"),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.3),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    "contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.5),
    "gamma": lambda picture: picture.point([round(255 * (value / 255) ** 0.6) for value in range(256)] * 3),
    "warm": lambda picture: picture.convert("RGB", (1.15, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 0.75, 0)),
    "negative": ImageOps.invert,
}


def _screenshot(picture: Image.Image, how: str) -> Image.Image:
    if how == "window":
        edge, title = _side(picture.width * 0.01), _side(picture.height * 0.06)
        shot = Image.new("RGB", (picture.width + 2 * edge, picture.height + title + edge), _BACKGROUND)
        shot.paste((230, 230, 230), (round(shot.width * 0.02), round(title * 0.25)), _words(_side(title * 0.5)))
        shot.paste(picture, (edge, title))
        return shot
    shot = Image.new("RGB", _TELEPHONE, _BACKGROUND)
    shot.paste((230, 230, 230), (40, 30), _words(40))
    fitted = ImageOps.contain(picture, (_TELEPHONE[0], _TELEPHONE[1] - 400), Image.Resampling.BICUBIC)
    shot.paste(fitted, ((shot.width - fitted.width) // 2, (shot.height - fitted.height) // 2))
    return shot


# The kinds of the catalogue but for those that need more than an amount.
_MAKERS: Mapping[str, Callable[[Image.Image, float | str], Image.Image]] = {
    "scale": lambda picture, share: _scale(picture, float(share)),
    "stretch": lambda picture, share: _stretch(picture, float(share)),
    "crop": lambda picture, share: _crop(picture, float(share)),
    "pad": lambda picture, share: _pad(picture, float(share)),
    "rotate": lambda picture, degrees: _rotate(picture, float(degrees)),
    "flip": lambda picture, way: _flip(picture, str(way)),
    "blur": lambda picture, share: _blur(picture, float(share)),
    "watermark": _watermark,
    "caption": lambda picture, share: _caption(picture, float(share)),
    "caption bar": lambda picture, share: _caption_bar(picture, float(share)),
    "colour": lambda picture, how: _COLOURS[str(how)](picture),
    "thumbnail": lambda picture, pixels: _thumbnail(picture, float(pixels)),
    "thumbnail turned": lambda picture, pixels: _rotate(_thumbnail(picture, float(pixels)), 180),
    "screenshot": lambda picture, how: _screenshot(picture, str(how)),
}
