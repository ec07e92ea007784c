"""What the kernel can be given as a picture."""

import numpy as np
import numpy.typing as npt

from unseen.errors import PixelsError

__all__ = ["SIDE_MAX", "checked"]

# Sums count their terms in float32, which holds integers exactly up to here; far above any picture.
SIDE_MAX = 1 << 24


def checked(pixels: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Give it without gaps in memory, as the kernel takes it.

    Raises:
        PixelsError: It is empty or not of such a shape and type.
    """
    array = np.asarray(pixels)
    if array.dtype != np.uint8:
        raise PixelsError(
            f"pixels are {array.dtype}, not uint8", hint="scale them to 0 … 255 first; clipping loses light"
        )
    if array.ndim not in {2, 3} or (array.ndim == 3 and array.shape[2] != 3):
        raise PixelsError(
            f"pixels have shape {array.shape}, not [h, w, 3] or [h, w]", hint="convert the picture to RGB"
        )
    rows, cols = array.shape[:2]
    if not (0 < rows <= SIDE_MAX and 0 < cols <= SIDE_MAX):
        raise PixelsError(f"a picture of {cols}x{rows} pixels cannot be hashed")
    return np.ascontiguousarray(array)
