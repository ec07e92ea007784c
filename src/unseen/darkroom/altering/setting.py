"""Alterations that set a picture into something larger: collages, screenshots, another picture, a photographed screen.

What surrounds it is drawn by code, or is a picture that whoever asks provides; words are drawn and mean nothing.
"""

from collections.abc import Callable, Mapping
from math import cos, radians, sin

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from unseen.darkroom.altering.drawing import Chance, Colour, Size, draw_words, fitted, side

__all__ = ["SETTERS"]

# Ground, words, and what lies between.
_SHADES: Mapping[str, tuple[Colour, Colour, Colour]] = {
    "light": ((250, 250, 250), (30, 30, 34), (205, 208, 214)),
    "dark": ((18, 19, 22), (225, 226, 230), (62, 64, 70)),
}
_TELEPHONES = ((540, 1110), (540, 1170), (608, 1080))
_DESKTOPS = ((1280, 720), (1366, 768), (1440, 900))
# Of a screen, in its own sides from its centre.
_CORNERS = ((-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5))
# A screen that is photographed need not be finer than this: the photograph is not.
_SCREEN_SIDE = 640


def _collage(picture: Image.Image, form: str, chance: Chance) -> Image.Image:
    """The whole picture in one cell, unrelated ones of the same size in the others, and a gap or none."""
    columns, rows = (2, 2) if form == "2x2" else (int(form), 1) if chance.coin() else (1, int(form))
    cell = fitted(picture, 640, 640)
    gap = round(chance.between(0, 0.03) * min(cell.size)) if chance.coin() else 0
    across, down = cell.width + gap, cell.height + gap
    pasted = Image.new("RGB", (columns * across + gap, rows * down + gap), "white" if chance.coin() else "black")
    place = int(chance.rng.integers(columns * rows))
    for at in range(columns * rows):
        one = cell if at == place else chance.partner(cell.size)
        pasted.paste(one, (gap + at % columns * across, gap + at // columns * down))
    return pasted


def _in_picture(picture: Image.Image, share: float, chance: Chance) -> Image.Image:
    """Small, anywhere upon an unrelated picture."""
    scene = chance.partner((960, 640) if chance.coin() else (720, 900))
    size = chance.between(share - 0.2, share)
    inset = fitted(picture, scene.width * size, scene.height * size)
    if chance.coin():
        edge = side(0.01 * max(inset.size))
        edged = Image.new("RGB", (inset.width + 2 * edge, inset.height + 2 * edge), "white")
        edged.paste(inset, (edge, edge))
        inset = edged
    room = scene.width - inset.width, scene.height - inset.height
    scene.paste(inset, (round(chance.between(0, room[0])), round(chance.between(0, room[1]))))
    return scene


def _screenshot(picture: Image.Image, how: str, chance: Chance) -> Image.Image:
    device, shade = how.split()
    ground, ink, grey = _SHADES[shade]
    sizes = _TELEPHONES if device == "telephone" else _DESKTOPS
    size = sizes[int(chance.rng.integers(len(sizes)))]
    shot = Image.new("RGB", size, ground)
    page = _Page(shot, ink, grey, chance)
    return page.telephone(picture) if device == "telephone" else page.desktop(picture)


class _Page:
    """A screen with words, buttons and a picture."""

    def __init__(self, shot: Image.Image, ink: Colour, grey: Colour, chance: Chance) -> None:
        self._shot, self._ink, self._grey, self._chance = shot, ink, grey, chance
        self._pen = ImageDraw.Draw(shot)

    def telephone(self, picture: Image.Image) -> Image.Image:
        """A post: who wrote it, the picture as wide as the screen or nearly, answers below, buttons at the foot."""
        (width, height), chance = self._shot.size, self._chance
        line = width // 30
        self._words(line, line // 2, line, 1)
        self._words(width - 5 * line, line // 2, line, 1)
        top = 3 * line
        self._pen.ellipse((line, top, 4 * line, top + 3 * line), fill=chance.colour())
        self._words(5 * line, top + line // 2, line, 2)
        top = self._paragraph((line, top + 4 * line), width - 2 * line, line, int(chance.rng.integers(0, 4)))
        # Some programs leave a margin beside pictures and some do not.
        margin = 0 if chance.coin() else round(chance.between(0.02, 0.05) * width)
        inset = fitted(picture, width - 2 * margin, height * 0.62)
        self._shot.paste(inset, ((width - inset.width) // 2, top))
        top += inset.height + line
        for at in range(4):
            self._pen.ellipse((line + 4 * at * line, top, 3 * line + 4 * at * line, top + 2 * line), outline=self._ink)
        self._paragraph((line, top + 3 * line), width - 2 * line, line, (height - top - 6 * line) // (2 * line))
        self._buttons(height - 3 * line)
        return self._shot

    def desktop(self, picture: Image.Image) -> Image.Image:
        """A browser's window: tabs, an address, columns of words beside, above and below the picture."""
        (width, height), chance = self._shot.size, self._chance
        line = height // 60
        self._pen.rectangle((0, 0, width, 5 * line), fill=self._grey)
        self._words(2 * line, line // 2, line, 3)
        self._pen.rectangle((10 * line, 3 * line - line // 2, width - 10 * line, 5 * line - line // 2), fill="white")
        left = round(chance.between(0.04, 0.22) * width)
        column = round(chance.between(0.42, 0.62) * width)
        self._paragraph((line, 7 * line), left - 3 * line, line, height // (2 * line) - 5)
        right = left + column + 2 * line
        self._paragraph((right, 7 * line), width - right - line, line, height // (2 * line) - 5)
        top = self._paragraph((left, 7 * line), column, line, int(chance.rng.integers(1, 6)))
        inset = fitted(picture, column, height * chance.between(0.5, 0.72))
        self._shot.paste(inset, (left + (column - inset.width) // 2, top))
        below = top + inset.height + line
        self._paragraph((left, below), column, line, (height - below) // (2 * line))
        return self._shot

    def _words(self, left: int, top: int, height: int, count: int) -> None:
        words = draw_words(side(height), self._chance.words(count))
        self._shot.paste(self._ink, (left, top), words)

    def _paragraph(self, place: Size, width: int, line: int, lines: int) -> int:
        """Lines of words, the last one short; gives where it ends."""
        left, top = place
        for at in range(max(0, lines)):
            words = draw_words(side(line), self._chance.words(side(width / line / 3)))
            kept = width if at < lines - 1 else round(width * self._chance.between(0.2, 0.9))
            self._shot.paste(self._ink, (left, top), words.crop((0, 0, max(1, min(words.width, kept)), words.height)))
            top += 2 * line
        return top

    def _buttons(self, top: int) -> None:
        width, height = self._shot.size
        self._pen.rectangle((0, top, width, height), fill=self._grey)
        size = (height - top) // 2
        for at in range(5):
            x = round(width * (at + 0.5) / 5)
            self._pen.rectangle((x - size // 2, top + size // 2, x + size // 2, top + size // 2 + size), fill=self._ink)


def _photographed(picture: Image.Image, degrees: float, chance: Chance) -> Image.Image:
    """A screen that shows the picture, photographed from a little aside: askew, soft, striped, something behind."""
    shown = fitted(picture, _SCREEN_SIDE, _SCREEN_SIDE)
    bezel = side(chance.between(0.02, 0.06) * max(shown.size))
    screen = Image.new("RGB", (shown.width + 2 * bezel, shown.height + 2 * bezel), (14, 14, 16))
    screen.paste(shown, (bezel, bezel))
    around = chance.between(1.08, 1.4)
    size = side(screen.width * around), side(screen.height * around)
    behind = chance.partner(size).filter(ImageFilter.GaussianBlur(6))
    seen_from = _view(screen.size, size, degrees, chance)
    projected = screen.transform(size, Image.Transform.PERSPECTIVE, seen_from, Image.Resampling.BICUBIC)
    mask = Image.new("L", screen.size, 255)
    behind.paste(projected, (0, 0), mask.transform(size, Image.Transform.PERSPECTIVE, seen_from))
    soft = behind.filter(ImageFilter.GaussianBlur(chance.between(0.3, 1.0)))
    return Image.fromarray(_striped(np.asarray(soft, np.float32), chance))


def _view(screen: Size, photograph: Size, degrees: float, chance: Chance) -> tuple[float, ...]:
    """Where on the screen each point of the photograph lies, as the eight numbers of a projection.

    The screen is turned about its own centre by up to so many degrees from side to side and up and down, a third of
    that in its plane, and stands two to three times its larger side away.
    """
    yaw, pitch, roll = (radians(chance.between(-most, most)) for most in (degrees, degrees, degrees / 3))
    about_y = np.array([[cos(yaw), 0, sin(yaw)], [0, 1, 0], [-sin(yaw), 0, cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, cos(pitch), -sin(pitch)], [0, sin(pitch), cos(pitch)]])
    about_z = np.array([[cos(roll), -sin(roll), 0], [sin(roll), cos(roll), 0], [0, 0, 1]])
    turned = about_z @ about_x @ about_y
    away = np.array([0.0, 0.0, chance.between(2, 3) * max(screen)])
    # A point (x, y) of the screen, from its centre, is seen at x * turned[:, 0] + y * turned[:, 1] + away.
    corners = [x * screen[0] * turned[:, 0] + y * screen[1] * turned[:, 1] + away for x, y in _CORNERS]
    reach = [max(abs(corner[axis] / corner[2]) for corner in corners) for axis in (0, 1)]
    focal = min(photograph[axis] / 2 / reach[axis] for axis in (0, 1)) * 0.97
    columns = turned[:, 0], turned[:, 1], away
    # The inverse of a matrix of these columns, but for a factor that a projection does not see.
    inverse = np.stack([np.cross(columns[1], columns[2]), np.cross(columns[2], columns[0]), np.cross(*columns[:2])])
    to_plane = np.array(
        [[1 / focal, 0, -photograph[0] / 2 / focal], [0, 1 / focal, -photograph[1] / 2 / focal], [0, 0, 1]]
    )
    to_screen = np.array([[1, 0, screen[0] / 2], [0, 1, screen[1] / 2], [0, 0, 1]])
    view = to_screen @ inverse @ to_plane
    return tuple(float(value) for value in (view / view[2, 2]).ravel()[:8])


def _striped(pixels: npt.NDArray[np.float32], chance: Chance) -> npt.NDArray[np.uint8]:
    """Two faint gratings, as a camera's grid over a screen's gives, another brightness, and some noise."""
    rows, columns = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    for _ in range(2):
        turn, period = chance.between(0, np.pi), chance.between(3, 12)
        wave = np.sin((columns * cos(turn) + rows * sin(turn)) * np.float32(2 * np.pi / period))
        pixels = pixels * (1 + np.float32(chance.between(0.01, 0.04)) * wave)[:, :, None]
    noise = chance.rng.standard_normal(pixels.shape, np.float32) * 3
    return (pixels * chance.between(0.8, 1.15) + noise).clip(0, 255).astype(np.uint8)


SETTERS: Mapping[str, Callable[[Image.Image, float | str, Chance], Image.Image]] = {
    "collage": lambda picture, form, chance: _collage(picture, str(form), chance),
    "screenshot with text": lambda picture, how, chance: _screenshot(picture, str(how), chance),
    "picture in picture": lambda picture, share, chance: _in_picture(picture, float(share), chance),
    "photographed screen": lambda picture, degrees, chance: _photographed(picture, float(degrees), chance),
}
