"""Writing taken out of pages and screens, whose lines of words run as straight as the sides of a picture."""

import numpy as np
import numpy.typing as npt

__all__ = ["unwritten"]

_Luma = npt.NDArray[np.uint8]

# A page has a ground: so large a share of its pixels has nearly one grey level.
_GROUND_MIN = 0.2
_GROUND_LEVELS = 8
# Letters are lower than this share of the longer side, and pictures higher.
_LETTERS_MAX = 0.026


def unwritten(luma: _Luma) -> _Luma | None:
    """The picture without what is small and stands out from its ground, or None where it has no ground.

    Of light words on a dark ground nothing is left by the darkest of so many pixels above each other, and the lightest
    of as many of these gives everything higher its size back, to the pixel (an opening); on a light ground the other
    way round.

    Args:
        luma: uint8[h, w].
    """
    counts = np.bincount(luma.ravel(), minlength=256)
    near = np.convolve(counts, np.ones(_GROUND_LEVELS, np.intp), "valid")
    ground = int(near.argmax())
    if near[ground] < _GROUND_MIN * luma.size:
        return None
    height = max(2, round(_LETTERS_MAX * max(luma.shape)))
    if height >= len(luma):
        return None
    first, then = (np.minimum, np.maximum) if ground + _GROUND_LEVELS // 2 < 128 else (np.maximum, np.minimum)
    before, after = height // 2, height - 1 - height // 2
    chosen = _among(np.pad(luma, ((before, after), (0, 0)), mode="edge"), height, first)
    return _among(np.pad(chosen, ((after, before), (0, 0)), mode="edge"), height, then)


def _among(luma: _Luma, height: int, choose: np.ufunc) -> _Luma:
    """What is chosen of each pixel and the `height` - 1 below it, for all that have so many."""
    chosen, reach = luma, 1
    while reach < height:
        step = min(reach, height - reach)
        chosen = choose(chosen[:-step], chosen[step:])
        reach += step
    return chosen
