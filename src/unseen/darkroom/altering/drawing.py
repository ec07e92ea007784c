"""What alterations draw: words, patches, pictures that have nothing to do with the one that is altered. All by code."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["Chance", "Colour", "Size", "draw_partner", "draw_words", "fitted", "side"]

Size = tuple[int, int]
Colour = tuple[int, int, int]

_LINE = "EXAMPLE  0123"
_VOCABULARY = ("example", "table", "river", "seven", "north", "paper", "window", "garden", "open", "0123", "morning")
# Patches of a drawn picture, from the coarsest to the finest.
_PATCHES = ((4, 3), (9, 7), (24, 18))
_SHAPES = 4


@dataclass(frozen=True, slots=True)
class Chance:
    """What one copy draws from.

    Attributes:
        rng: Everything that is drawn at random.
        partner: Gives an unrelated picture of a size, in RGB.
    """

    rng: np.random.Generator
    partner: Callable[[Size], Image.Image]

    @classmethod
    def of(cls, drawn_from: tuple[int, ...]) -> "Chance":
        """With partners that are drawn, too."""
        rng = np.random.default_rng(drawn_from)
        return cls(rng, lambda size: draw_partner(size, rng))

    def between(self, low: float, high: float) -> float:
        """A number, evenly drawn."""
        return float(self.rng.uniform(low, high))

    def coin(self) -> bool:
        """Yes as often as no."""
        return bool(self.rng.integers(2))

    def colour(self) -> Colour:
        """Any colour."""
        red, green, blue = (int(value) for value in self.rng.integers(0, 256, 3))
        return red, green, blue

    def words(self, count: int) -> str:
        """So many words without a meaning."""
        return " ".join(_VOCABULARY[at] for at in self.rng.integers(0, len(_VOCABULARY), count))


def side(length: float) -> int:
    """A side of at least one pixel."""
    return max(1, round(length))


def fitted(picture: Image.Image, width: float, height: float) -> Image.Image:
    """A picture of the same shape that is as large as fits."""
    share = min(width / picture.width, height / picture.height)
    return picture.resize((side(picture.width * share), side(picture.height * share)), Image.Resampling.BICUBIC)


def draw_words(height: int, line: str = _LINE) -> Image.Image:
    """A line of words as a mask, so many pixels high."""
    font = ImageFont.load_default_imagefont()
    left, top, right, bottom = font.getbbox(line)
    mask = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(mask).text((-left, -top), line, font=font, fill=255)
    return mask.resize((side(mask.width * height / mask.height), side(height)), Image.Resampling.BILINEAR)


def draw_partner(size: Size, rng: np.random.Generator) -> Image.Image:
    """A picture of nothing: soft patches coarse and fine, and some shapes with edges."""
    drawn = np.zeros((side(size[1]), side(size[0]), 3), np.float32)
    for depth, (across, down) in enumerate(_PATCHES):
        patches = Image.fromarray(rng.integers(0, 256, (down, across, 3), np.uint8))
        drawn += np.asarray(patches.resize((drawn.shape[1], drawn.shape[0]), Image.Resampling.BICUBIC)) / 2**depth
    picture = Image.fromarray((drawn / 1.75).clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for at in range(_SHAPES):
        (left, right), (top, bottom) = (np.sort(rng.integers(0, edge + 1, 2)) for edge in picture.size)
        box = (int(left), int(top), int(right), int(bottom))
        draw = pen.rectangle if at % 2 else pen.ellipse
        draw(box, fill=tuple(int(value) for value in rng.integers(0, 256, 3)))
    return picture
