"""Which parts of a window lie in the picture, and which beyond its frame. Not here: what that says of a hash."""

import math

import numpy as np
import numpy.typing as npt

from unseen.hashing.altered.orienting import oriented_parts
from unseen.model import SEEN_SIDE, Placing

__all__ = ["seen_parts"]


def seen_parts(placing: Placing, size: tuple[int, int], orientation: str) -> bytes:
    """Say which of 24 by 24 equal parts of what a placing cuts out show the picture, by the middle of each.

    Args:
        placing: Undoes what it says as `Placing` has it: what is undone keeps the picture's size, so that a part must
            lie within that as well as within the picture.
        size: (height, width) of the picture in pixels.
        orientation: One of `ORIENTATIONS`: how what was cut out is turned and flipped.

    Returns:
        72 bytes, as `AlteredHash.seen` has them.

    Raises:
        KeyError: `orientation` is none.
    """
    height, width = size
    x, y, wide, high = placing.window
    middles = (np.arange(SEEN_SIDE) + 0.5) / SEEN_SIDE
    right, down = np.meshgrid((x + wide * middles - 0.5) * width, (y + high * middles - 0.5) * height)
    is_kept = (np.abs(right) <= width / 2) & (np.abs(down) <= height / 2)
    depth = 1 + placing.keystone[0] * right / width + placing.keystone[1] * down / height
    right, down = right / depth, down / depth
    cos, sin = math.cos(math.radians(placing.angle_deg)), math.sin(math.radians(placing.angle_deg))
    is_there = (np.abs(right * cos + down * sin) <= width / 2) & (np.abs(down * cos - right * sin) <= height / 2)
    parts: npt.NDArray[np.bool_] = is_kept & is_there
    return np.packbits(oriented_parts(parts, orientation)).tobytes()
