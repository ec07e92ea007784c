"""The systematic family: windows that undo what leaves no trace in a picture, or may leave none.

A crop is undone by a window that reaches beyond the frame: the whole picture lay there. Which part of it is missing
nobody can see, so that windows are tried; those of `fast` were chosen one after the other for what each finds that
those before it do not. Corners that a turn brought in may have been cut away. And a border need not be seen: around a
picture that is white at its edges a white one is not, nor one that continues it out of focus.
"""

import itertools
import math

from unseen.model import Altered, Placing

__all__ = ["borders", "crops", "turns"]

# Of width and of height: the share that was cut off, and which part of that at the left or at the top. Chosen one after
# the other, on 370 photographs cropped by 5 to 20 % in all ways, for what each brings within 61 bits that no other did.
_CROPS_FAST = (
    ((0.075, 0.5), (0.075, 0.5)), ((0.1, 0.25), (0.1, 0.25)), ((0.1, 0.75), (0.1, 0.25)),
    ((0.1, 0.5), (0.1, 0.75)), ((0.125, 0.25), (0.1, 0.75)), ((0.125, 0.75), (0.125, 0.75)),
    ((0.1, 0.5), (0.15, 0.167)), ((0.15, 0.833), (0.15, 0.5)), ((0.15, 0.167), (0.15, 0.333)),
    ((0.15, 0.833), (0.15, 0.167)), ((0.15, 0.167), (0.15, 0.833)), ((0.15, 0.833), (0.15, 0.833)),
    ((0.075, 1.0), (0.05, 0.667)), ((0.125, 0.25), (0.075, 0.5)), ((0.15, 0.5), (0.125, 1.0)),
    ((0.15, 0.167), (0.15, 0.167)), ((0.15, 0.5), (0.15, 0.5)), ((0.0, 0.5), (0.1, 0.25)),
    ((0.15, 0.167), (0.15, 0.5)), ((0.15, 0.667), (0.15, 0.0)), ((0.2, 0.875), (0.15, 0.667)),
    ((0.15, 0.0), (0.15, 0.667)), ((0.15, 0.333), (0.15, 0.0)), ((0.2, 0.875), (0.2, 0.25)),
    ((0.2, 0.625), (0.2, 0.875)), ((0.15, 0.333), (0.15, 0.833)), ((0.075, 0.25), (0.025, 1.0)),
    ((0.2, 0.125), (0.15, 0.833)), ((0.15, 0.333), (0.2, 0.5)), ((0.15, 0.5), (0.125, 0.25)),
    ((0.2, 0.875), (0.15, 0.333)), ((0.0, 0.5), (0.125, 0.75)), ((0.2, 0.125), (0.2, 0.125)),
    ((0.2, 0.125), (0.2, 0.375)), ((0.2, 0.25), (0.2, 0.875)), ((0.15, 0.5), (0.15, 0.667)),
    ((0.2, 0.75), (0.2, 0.625)), ((0.2, 0.375), (0.2, 0.25)), ((0.075, 0.75), (0.05, 0.333)),
    ((0.15, 0.167), (0.0, 0.5)), ((0.2, 0.875), (0.2, 0.125)), ((0.15, 1.0), (0.2, 0.875)),
    ((0.2, 0.5), (0.2, 0.875)), ((0.125, 0.75), (0.125, 0.25)), ((0.2, 0.375), (0.2, 0.125)),
    ((0.2, 0.25), (0.2, 0.5)), ((0.15, 0.667), (0.2, 0.75)), ((0.15, 0.0), (0.15, 0.167)),
    ((0.15, 0.833), (0.2, 0.375)), ((0.2, 0.5), (0.2, 0.25)),
)  # fmt: skip
# The share cut off, and in how many places that may have been: the more is missing the farther it can lie, and the
# fewer bits are left for a window that lies aside.
_PLACES = {0.0: 1, 0.025: 2, 0.05: 4, 0.075: 5, 0.1: 5, 0.125: 5, 0.15: 7, 0.2: 9, 0.25: 11, 0.3: 13}
# As much of the width as of the height.
_ALIKE = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
# More of one than of the other: here every second place is tried.
_UNLIKE = ((0.05, 0.15), (0.05, 0.25), (0.1, 0.2), (0.15, 0.3))
# Borders: the share of width and of height, and in how many places across and down the picture may lie within it.
_BORDERS = ((0.05, 2), (0.1, 3), (0.15, 5), (0.2, 6), (0.25, 7))
_ANGLES_FAST = (3.0, 6.0, 9.0)
_ANGLES_THOROUGH = (1.5, 3.0, 4.5, 6.0, 7.5, 9.0, 10.5)
# Cut off before it was turned, in thorough: the share, and in how many places.
_CROPS_TURNED = ((0.05, 2), (0.1, 3))


def crops(mode: Altered) -> list[Placing]:
    """Windows beyond the frame, straight."""
    if mode is Altered.FAST:
        return [_uncropped(across, down) for across, down in _CROPS_FAST]
    pairs = [(share, share, 1) for share in _ALIKE]
    pairs += [pair for share in _PLACES for pair in ((share, 0.0, 1), (0.0, share, 1))]
    pairs += [pair for less, more in _UNLIKE for pair in ((less, more, 2), (more, less, 2))]
    return [
        _uncropped(across, down)
        for wide, high, step in pairs
        for across in _places(wide, _PLACES[wide])[::step]
        for down in _places(high, _PLACES[high])[::step]
    ]


def borders(mode: Altered) -> list[Placing]:
    """Windows inside, of the same shape: in the very middle, as borders mostly are, and in `thorough` anywhere."""
    middle = [(share, 0.5, 0.5) for share, _ in _BORDERS]
    anywhere = [
        (share, across / (count - 1), down / (count - 1))
        for share, count in _BORDERS
        for across, down in itertools.product(range(count), repeat=2)
    ]
    return [
        Placing(window=(share * across, share * down, 1 - share, 1 - share))
        for share, across, down in (middle if mode is Altered.FAST else middle + anywhere)
    ]


def turns(shape: tuple[int, int], mode: Altered) -> list[Placing]:
    """Small turns to both sides: with corners filled, and with the largest upright part of the same shape cut out.

    Args:
        shape: Height and width in pixels; the share that a turn cuts off follows from them.
        mode: How many.
    """
    placings = []
    for angle, side in itertools.product(_ANGLES_FAST if mode is Altered.FAST else _ANGLES_THOROUGH, (1.0, -1.0)):
        cut = _cut_by(angle, shape)
        shares = [(0.0, 1), (cut, 1)]
        if mode is Altered.THOROUGH:
            shares += [
                (cut / 2, 1),
                *_CROPS_TURNED,
                *((cut + share * (1 - cut), places) for share, places in _CROPS_TURNED),
            ]
        placings += [
            Placing(window=_uncropped(*both).window, angle_deg=side * angle)
            for share, places in shares
            for both in _in_places(share, places)
        ]
    return placings


def _in_places(share: float, places: int) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return list(itertools.product(_places(share, places), _places(share, places)))


def _places(share: float, count: int) -> list[tuple[float, float]]:
    return [(share, 0.5)] if count == 1 else [(share, place / (count - 1)) for place in range(count)]


def _uncropped(across: tuple[float, float], down: tuple[float, float]) -> Placing:
    (x, width), (y, height) = ((-share * part / (1 - share), 1 / (1 - share)) for share, part in (across, down))
    return Placing(window=(x, y, width, height))


def _cut_by(angle_deg: float, shape: tuple[int, int]) -> float:
    """Share of each side that is lost when a turned picture is cut to the largest upright part of its own shape."""
    angle = math.radians(angle_deg)
    longer = max(shape) / min(shape)
    return 1 - 1 / (math.cos(angle) + math.sin(angle) * longer)
