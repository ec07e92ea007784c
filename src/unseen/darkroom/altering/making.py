"""Makes altered copies, in the memory of one process: no file is read and none written.

Imported by a worker before it locks itself, with all of Pillow that it needs. Each copy is saved as JPEG of quality 90,
as programs that pass pictures on do it; strengths are shares of the picture, so that they mean the same for any size.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from unseen.darkroom.altering.catalogue import CATALOGUE, UNALTERED
from unseen.darkroom.altering.drawing import Chance, Size, draw_words, fitted, side
from unseen.darkroom.altering.edging import EDGERS
from unseen.darkroom.altering.setting import SETTERS
from unseen.darkroom.develop import develop, nothing_read
from unseen.darkroom.digests import Digests, digest_memory
from unseen.darkroom.undoing.aims import NOT_ASKED, Undoing
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
# Programs that set pictures into frames and pages scale larger ones down first.
_SET_SIDE = 2048
# What a messenger may leave of a picture: the smallest that goes round, saved hard.
_PASSED_ON_SIDE, _PASSED_ON_QUALITY = 512, 40
_REASONS = {
    Kind.NOT_MEDIA: Reason.NOT_MEDIA,
    Kind.UNSUPPORTED: Reason.UNSUPPORTED,
    # Their frames are another matter.
    Kind.VIDEO: Reason.UNSUPPORTED,
}
# Neither a picture's own light nor dark.
_BACKGROUND = (24, 26, 30)
_TELEPHONE = (1080, 2160)


class Copyist:
    """What a locked worker alters pictures with."""

    def __init__(self, seed: int, limits: Limits) -> None:
        """Make every kind of alteration once: what a library loads late, it can load no more behind the lock."""
        self._seed = seed
        self._limits = limits
        rows, cols = np.mgrid[0:48, 0:64]
        ramp = Image.fromarray(np.stack([rows * 5, cols * 3, rows * cols % 256], axis=2).astype(np.uint8))
        for number in _KINDS.values():
            develop(alter(ramp, number), limits=limits)

    def develop(self, descriptor: int, number: int, undoing: Undoing = NOT_ASKED) -> ItemHashes:
        """Take the hashes of an altered copy of what an open file holds. Raises nothing."""
        try:
            source = FileRange(descriptor)
            return develop_altered(source, number, seed=self._seed, limits=self._limits, undoing=undoing)
        except UnreadError as error:
            return nothing_read(error.reason)
        except OSError:
            return nothing_read(Reason.UNREADABLE)


def develop_altered(
    source: ByteSource, number: int, *, seed: int, limits: Limits, undoing: Undoing = NOT_ASKED
) -> ItemHashes:
    """Decode a picture, alter it, and take the hashes of the copy.

    Args:
        source: The picture's bytes.
        number: Of the alteration, from 1, in the catalogue.
        seed: Of what is drawn at random; the same seed, bytes and alteration give the same hashes.
        limits: What one item may ask for.
        undoing: What is wanted of altered copies, of the copy.

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
        return develop(data, limits=limits, undoing=undoing)
    try:
        return _develop_copy(data, number, digests=digests, seed=seed, limits=limits, undoing=undoing)
    except MemoryError:
        return digests.finish(Reason.TOO_LARGE)


def _develop_copy(
    data: bytes, number: int, *, digests: Digests, seed: int, limits: Limits, undoing: Undoing
) -> ItemHashes:
    picture = decode(data, limits)
    if isinstance(picture, Reason):
        return digests.finish(picture)
    if picture.is_partial:
        return digests.finish(Reason.TRUNCATED)
    if max(picture.pixels.shape) > _SIDE_MAX:
        return digests.finish(Reason.TOO_LARGE)
    original = digests.finish(None)
    entropy = int.from_bytes((original.sha256 or b"")[:8], "big")
    copy = alter(Image.fromarray(picture.pixels).convert("RGB"), number, (seed, number, entropy))
    copied = develop(copy, undoing=undoing)
    return replace(copied, size_bytes=original.size_bytes, sha256=original.sha256, sha1=original.sha1, md5=original.md5)


def alter(
    picture: Image.Image,
    number: int,
    drawn_from: tuple[int, ...] = (0,),
    *,
    partner: Callable[[Size], Image.Image] | None = None,
    is_passed_on: bool = False,
) -> bytes:
    """Make one altered copy as a JPEG file in memory.

    Args:
        picture: In RGB, of any size.
        number: Of the alteration in the catalogue, from 2: the first is no alteration.
        drawn_from: Seeds of what is drawn at random.
        partner: Gives unrelated pictures of a size, in RGB, for what shows others besides; None to draw them.
        is_passed_on: Scale the copy down to 512 pixels on its longer side, and save it with quality 40.
    """
    alteration = CATALOGUE[number - 1]
    chance = Chance.of(drawn_from)
    chance = chance if partner is None else replace(chance, partner=partner)
    if alteration.kind in _SET_MAKERS:
        reduced = fitted(picture, _SET_SIDE, _SET_SIDE) if max(picture.size) > _SET_SIDE else picture
        altered = _SET_MAKERS[alteration.kind](reduced, alteration.amount, chance)
    elif alteration.kind == "noise":
        altered = _noise(picture, float(alteration.amount), chance.rng)
    elif alteration.kind == "jpeg":
        saved = _save(picture, int(alteration.amount))
        return _pass_on(Image.open(io.BytesIO(saved))) if is_passed_on else saved
    else:
        altered = _MAKERS[alteration.kind](picture, alteration.amount)
    return _pass_on(altered) if is_passed_on else _save(altered)


def _pass_on(picture: Image.Image) -> bytes:
    reduced = fitted(picture, _PASSED_ON_SIDE, _PASSED_ON_SIDE)
    return _save(reduced, _PASSED_ON_QUALITY)


def _save(picture: Image.Image, quality: int = _SAVED_QUALITY) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _scale(picture: Image.Image, share: float) -> Image.Image:
    return picture.resize((side(picture.width * share), side(picture.height * share)), Image.Resampling.BICUBIC)


def _thumbnail(picture: Image.Image, pixels: float) -> Image.Image:
    return _scale(picture, pixels / max(picture.size))


def _stretch(picture: Image.Image, share: float) -> Image.Image:
    return picture.resize((side(picture.width * share), picture.height), Image.Resampling.BICUBIC)


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


def _noise(picture: Image.Image, levels: float, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(picture, np.float32)
    drawn = rng.standard_normal(pixels.shape, np.float32)
    drawn *= levels
    drawn += pixels
    return Image.fromarray(drawn.clip(0, 255).astype(np.uint8))


def _watermark(picture: Image.Image, amount: float | str) -> Image.Image:
    marked = picture.copy()
    height = side(picture.height * 0.06)
    if amount == "corner":
        mask = draw_words(height).point(lambda value: value // 2)
        marked.paste((255, 255, 255), (round(picture.width * 0.04), round(picture.height * 0.9)), mask)
        return marked
    mask = draw_words(height).point(lambda value: round(value * float(amount)))
    for line, top in enumerate(range(0, picture.height, 3 * height)):
        for left in range(-(line % 2) * mask.width // 2, picture.width, side(mask.width * 1.25)):
            marked.paste((255, 255, 255), (left, top), mask)
    return marked


def _bar(width: int, height: int) -> Image.Image:
    """Words on a white bar."""
    bar = Image.new("RGB", (width, height), "white")
    bar.paste((0, 0, 0), (round(width * 0.05), round(height * 0.25)), draw_words(side(height * 0.5)))
    return bar


def _caption(picture: Image.Image, share: float) -> Image.Image:
    captioned = picture.copy()
    height = side(picture.height * share)
    captioned.paste(_bar(picture.width, height), (0, picture.height - height))
    return captioned


def _caption_bar(picture: Image.Image, share: float) -> Image.Image:
    height = side(picture.height * share)
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
        edge, title = side(picture.width * 0.01), side(picture.height * 0.06)
        shot = Image.new("RGB", (picture.width + 2 * edge, picture.height + title + edge), _BACKGROUND)
        shot.paste((230, 230, 230), (round(shot.width * 0.02), round(title * 0.25)), draw_words(side(title * 0.5)))
        shot.paste(picture, (edge, title))
        return shot
    shot = Image.new("RGB", _TELEPHONE, _BACKGROUND)
    shot.paste((230, 230, 230), (40, 30), draw_words(40))
    fitted = ImageOps.contain(picture, (_TELEPHONE[0], _TELEPHONE[1] - 400), Image.Resampling.BICUBIC)
    shot.paste(fitted, ((shot.width - fitted.width) // 2, (shot.height - fitted.height) // 2))
    return shot


_SET_MAKERS = {**EDGERS, **SETTERS}
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
# One number of each kind, and of each way that has a name: amounts of one kind go the same way.
_KINDS = {
    (one.kind, one.amount if isinstance(one.amount, str) else None): number
    for number, one in enumerate(CATALOGUE, start=1)
    if number > UNALTERED
}
