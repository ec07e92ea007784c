"""Alterations at the edge of a picture, or over it: crops at any place, borders, tilts, captions, stickers."""

from collections.abc import Callable, Mapping
from math import cos, pi, radians, sin

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from unseen.darkroom.altering.drawing import Chance, Colour, draw_words, fitted, side

__all__ = ["EDGERS"]

# Shapes of pages, screens and posts, width to height.
_SHAPES = (16 / 9, 9 / 16, 1.0, 4 / 3, 3 / 4, 21 / 9)
# Another shape is at least so different, and leaves at least so much of the frame to the picture.
_SHAPE_MIN, _SHAPE_MAX = 1.15, 2.2


def _crop(picture: Image.Image, share: float, chance: Chance) -> Image.Image:
    """Cut a share of the width and of the height away, anywhere."""
    width, height = side(picture.width * (1 - share)), side(picture.height * (1 - share))
    left = int(chance.rng.integers(0, picture.width - width + 1))
    top = int(chance.rng.integers(0, picture.height - height + 1))
    return picture.crop((left, top, left + width, top + height))


def _frame(
    picture: Image.Image, share: float, chance: Chance, ground: Callable[[int, int], Image.Image]
) -> Image.Image:
    """Lay a picture on a ground of which it leaves a share of width and of height free.

    Even all around, or shifted: as often one as the other.
    """
    width, height = side(picture.width / (1 - share)), side(picture.height / (1 - share))
    framed = ground(width, height)
    across, down = (0.5, 0.5) if chance.coin() else (chance.between(0, 1), chance.between(0, 1))
    framed.paste(picture, (round((width - picture.width) * across), round((height - picture.height) * down)))
    return framed


def _plain(colour: Colour) -> Callable[[int, int], Image.Image]:
    return lambda width, height: Image.new("RGB", (width, height), colour)


def _blurred_border(picture: Image.Image, share: float, chance: Chance) -> Image.Image:
    # As programs do that fill a frame: the picture itself, larger and out of focus.
    radius = 0.03 * max(picture.size)

    def ground(width: int, height: int) -> Image.Image:
        enlarged = ImageOps.fit(picture, (side(width / 4), side(height / 4)), Image.Resampling.BILINEAR)
        return enlarged.filter(ImageFilter.GaussianBlur(radius / 4)).resize((width, height), Image.Resampling.BILINEAR)

    return _frame(picture, share, chance, ground)


def _own_border(picture: Image.Image, share: float, chance: Chance) -> Image.Image:
    red, green, blue = picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]  # RGB: three
    return _frame(picture, share, chance, _plain((red, green, blue)))


def _tilt(picture: Image.Image, degrees: float, chance: Chance) -> Image.Image:
    """Turn one way or the other, by up to half a degree less; what comes in from outside is black."""
    drawn = chance.between(degrees - 0.5, degrees)
    return picture.rotate(drawn if chance.coin() else -drawn, Image.Resampling.BICUBIC)


def _tilt_cut(picture: Image.Image, degrees: float, chance: Chance) -> Image.Image:
    """Turn, and keep the largest part of the same shape that shows nothing from outside."""
    tilted = _tilt(picture, degrees, chance)
    shape = max(picture.width / picture.height, picture.height / picture.width)
    share = 1 / (cos(radians(degrees)) + shape * sin(radians(degrees)))
    width, height = side(picture.width * share), side(picture.height * share)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return tilted.crop((left, top, left + width, top + height))


def _caption(picture: Image.Image, share: float, chance: Chance) -> Image.Image:
    """Words on a bar that is added above or below."""
    height = side(picture.height * share)
    ground, ink = ((255, 255, 255), (0, 0, 0)) if chance.coin() else ((0, 0, 0), (255, 255, 255))
    captioned = Image.new("RGB", (picture.width, picture.height + height), ground)
    is_above = chance.coin()
    captioned.paste(picture, (0, height if is_above else 0))
    words = fitted(draw_words(side(height * 0.5), chance.words(4)), picture.width * 0.9, height * 0.6)
    top = (0 if is_above else picture.height) + (height - words.height) // 2
    captioned.paste(ink, ((picture.width - words.width) // 2, top), words)
    return captioned


def _mirror_crop(picture: Image.Image, share: float, chance: Chance) -> Image.Image:
    return _crop(ImageOps.mirror(picture), share, chance)


def _crop_tilt(picture: Image.Image, degrees: float, chance: Chance) -> Image.Image:
    return _tilt(_crop(picture, 0.05, chance), degrees, chance)


def _stickers(picture: Image.Image, count: float, chance: Chance) -> Image.Image:
    stuck = picture.copy()
    pen = ImageDraw.Draw(stuck)
    low, high = (0.18, 0.28) if count == 1 else (0.1, 0.18)
    for _ in range(int(count)):
        radius = chance.between(low, high) * min(picture.size) / 2
        x, y = chance.between(0.1, 0.9) * picture.width, chance.between(0.1, 0.9) * picture.height
        if chance.coin():
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=chance.colour(), outline="white")
        else:
            pen.polygon(_star(x, y, radius), fill=chance.colour(), outline="white")
    return stuck


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    reach = [radius if point % 2 == 0 else radius * 0.5 for point in range(10)]
    return [(x + far * sin(at * pi / 5), y - far * cos(at * pi / 5)) for at, far in enumerate(reach)]


def _letterbox(picture: Image.Image, chance: Chance) -> Image.Image:
    """Black bars at two edges, until the frame has another shape."""
    own = picture.width / picture.height
    others = [one for one in _SHAPES if _SHAPE_MIN <= max(one / own, own / one) <= _SHAPE_MAX]
    shape = others[int(chance.rng.integers(len(others)))] if others else own * _SHAPE_MIN
    size = side(max(picture.width, picture.height * shape)), side(max(picture.height, picture.width / shape))
    boxed = Image.new("RGB", size)
    boxed.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return boxed


EDGERS: Mapping[str, Callable[[Image.Image, float | str, Chance], Image.Image]] = {
    "crop anywhere": lambda picture, share, chance: _crop(picture, float(share), chance),
    "black border": lambda picture, share, chance: _frame(picture, float(share), chance, _plain((0, 0, 0))),
    "white border": lambda picture, share, chance: _frame(picture, float(share), chance, _plain((255, 255, 255))),
    "blurred border": lambda picture, share, chance: _blurred_border(picture, float(share), chance),
    "own border": lambda picture, share, chance: _own_border(picture, float(share), chance),
    "tilt, black corners": lambda picture, degrees, chance: _tilt(picture, float(degrees), chance),
    "tilt, cut to the frame": lambda picture, degrees, chance: _tilt_cut(picture, float(degrees), chance),
    "caption above or below": lambda picture, share, chance: _caption(picture, float(share), chance),
    "mirrored and cropped": lambda picture, share, chance: _mirror_crop(picture, float(share), chance),
    "cropped and tilted": lambda picture, degrees, chance: _crop_tilt(picture, float(degrees), chance),
    "stickers": lambda picture, count, chance: _stickers(picture, float(count), chance),
    "letterbox": lambda picture, _, chance: _letterbox(picture, chance),
}
