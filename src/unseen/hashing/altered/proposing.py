"""What is worth hashing in a picture in which a known one may lie altered, and the hashes of it."""

import itertools
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from unseen.hashing.altered.edges import Averages, rectangles
from unseen.hashing.altered.family import borders, crops, turns
from unseen.hashing.altered.tilts import tilted_frames
from unseen.hashing.altered.writing import unwritten
from unseen.hashing.windows import WINDOW_MARGIN, Canvas
from unseen.model import QUALITY_MIN, Altered, Placing, Proposals

__all__ = ["PLACINGS_MAX", "look", "propose"]

# Every placing is searched in eight orientations: this is what the time for a picture allows.
PLACINGS_MAX = {Altered.OFF: 0, Altered.FAST: 72, Altered.THOROUGH: 1600}
_RECTANGLES = {Altered.FAST: 20, Altered.THOROUGH: 120}
# Of these so many may stand out no more than what a photograph shows: each takes the place of a crop.
_DOUBTFUL = {Altered.FAST: 6, Altered.THOROUGH: 120}
_TILTED_FRAMES = {Altered.FAST: 8, Altered.THOROUGH: 60}
_WHOLE = Placing(window=(0.0, 0.0, 1.0, 1.0))
# Windows whose edges all lie nearer than this share of the picture have nearly the same hash.
_APART = 0.004


def propose(luma: npt.NDArray[np.uint8], mode: Altered) -> tuple[Placing, ...]:
    """Where in this picture a known one may lie, the likeliest first; always the same for the same pixels.

    Args:
        luma: uint8[h, w], as `unseen.hashing.windows.shrink` makes it.
        mode: How many are worth their time: at most `PLACINGS_MAX` of it.

    Returns:
        No two alike, each within `WINDOW_MARGIN` of the frame.
    """
    if mode is Altered.OFF or min(luma.shape) < 5:
        return ()
    seen = _seen(luma, mode)
    family = [*turns(luma.shape, mode), *borders(mode), *crops(mode)]
    return tuple(_different([_WHOLE, *seen, *family]))[: PLACINGS_MAX[mode]]


def _seen(luma: npt.NDArray[np.uint8], mode: Altered) -> list[Placing]:
    """Rectangles and tilted frames; of a page first those that are left without its words."""
    averages, page = Averages.of(luma), unwritten(luma)
    if averages is None:
        return []
    count, doubtful = _RECTANGLES[mode], _DOUBTFUL[mode]
    unworded = None if page is None else Averages.of(page, is_whole=False)
    if unworded is None:
        windows = rectangles(averages, count, doubtful=doubtful)
    else:
        both = [rectangles(each, count, doubtful=doubtful // 2) for each in (unworded, averages)]
        windows = [window for pair in itertools.zip_longest(*both) for window in pair if window is not None]
    straight = _different(Placing(window=window) for window in windows)[:count]
    return [*straight, *tilted_frames(averages, _TILTED_FRAMES[mode])]


def look(luma: npt.NDArray[np.uint8], mode: Altered, *, full_size: tuple[int, int] | None = None) -> Proposals:
    """Propose placings and hash them; those that say too little to accuse anybody are left out.

    Args:
        luma: As for `propose`.
        mode: As for `propose`.
        full_size: (height, width) of the picture that was shrunk, as for `Canvas.of`.
    """
    placings = propose(luma, mode)
    canvas = Canvas.of(luma, full_size=full_size)
    groups: dict[tuple[float, tuple[float, float]], list[int]] = {}
    for at, placing in enumerate(placings):
        groups.setdefault((placing.angle_deg, placing.keystone), []).append(at)
    hashes = np.zeros((len(placings), 8, 32), np.uint8)
    qualities = np.zeros(len(placings), np.uint8)
    for (angle_deg, keystone), members in groups.items():
        is_straight = angle_deg == 0 and keystone == (0.0, 0.0)
        turned = canvas if is_straight else canvas.turned(angle_deg, keystone)
        hashes[members], qualities[members] = turned.hash([placings[at].window for at in members])
    kept = np.flatnonzero(qualities >= QUALITY_MIN)
    return Proposals(tuple(placings[at] for at in kept), hashes[kept].tobytes())


def _different(placings: Iterable[Placing]) -> list[Placing]:
    """All but those too far beyond the frame, and those that lie where one before them does."""
    kept: dict[tuple[float, ...], Placing] = {}
    near, far = -WINDOW_MARGIN, 1 + WINDOW_MARGIN
    for placing in placings:
        x, y, width, height = placing.window
        right, bottom = x + width, y + height
        if x >= near and y >= near and right <= far and bottom <= far:
            edges = round(x / _APART), round(y / _APART), round(right / _APART), round(bottom / _APART)
            kept.setdefault((*edges, placing.angle_deg, *placing.keystone), placing)
    return list(kept.values())
