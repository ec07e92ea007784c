"""Frames of video as decoders leave them, brightness and colours in planes of their own, and what PDQ is of them.

They become RGB as FFmpeg's libswscale makes them on x86-64 (its fixed point, `yuv2rgb`, without scaling), which is what
vPDQ hashes.
"""

import numpy as np
import numpy.typing as npt

from unseen.kernel.reference.pdq import pdq

__all__ = ["pdq_of_planes", "rgb_of_planes"]

_Plane = npt.NDArray[np.uint8]

# By whether the range is the full one: eight times the brightness that is black, and the weights in parts of 2^13 of
# brightness, of the red difference in red and in green, and of the blue difference in green and in blue (BT.601).
_WEIGHTS = {False: (128, 9539, 13075, -6660, -3209, 16525), True: (0, 8192, 11485, -5850, -2819, 14516)}


def pdq_of_planes(brightness: _Plane, blue: _Plane, red: _Plane, *, is_full_range: bool) -> tuple[bytes, int]:
    """Hash a frame of video; see `unseen.hashing.pdq_of_planes`."""
    return pdq(rgb_of_planes(brightness, blue, red, is_full_range=is_full_range))


def rgb_of_planes(brightness: _Plane, blue: _Plane, red: _Plane, *, is_full_range: bool) -> npt.NDArray[np.uint8]:
    """The pixels of a frame: each product is rounded down by itself, and colours are those of the nearest sample."""
    rows, cols = brightness.shape
    black, light, red_of_red, green_of_red, green_of_blue, blue_of_blue = _WEIGHTS[is_full_range]
    lights = ((8 * brightness.astype(np.int32) - black) * light) >> 16
    blues, reds = (
        8 * plane.astype(np.int32).repeat(2, axis=0).repeat(2, axis=1)[:rows, :cols] - 1024 for plane in (blue, red)
    )
    channels = [
        lights + ((reds * red_of_red) >> 16),
        lights + ((blues * green_of_blue) >> 16) + ((reds * green_of_red) >> 16),
        lights + ((blues * blue_of_blue) >> 16),
    ]
    return np.stack(channels, axis=-1).clip(0, 255).astype(np.uint8)
