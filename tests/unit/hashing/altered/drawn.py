"""Pictures drawn by code, with something to see everywhere, and what is put around them."""

import numpy as np
import numpy.typing as npt

__all__ = ["drawn_picture", "framed"]

Luma = npt.NDArray[np.uint8]


def drawn_picture(rows: int, cols: int, *, seed: int = 0) -> Luma:
    """Slow waves across each other, and grain: no straight edge, hardly a plain part."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:cols] / max(rows, cols)
    level = np.zeros((rows, cols))
    for _ in range(24):
        along, down, phase = rng.uniform(-40, 40), rng.uniform(-40, 40), rng.uniform(0, 6.3)
        level += np.sin(along * x + down * y + phase) / 8
    return np.clip(128 + 90 * level + rng.normal(0, 6, level.shape), 0, 255).astype(np.uint8)


def framed(picture: Luma, surroundings: Luma, top: int, left: int) -> tuple[Luma, tuple[float, ...]]:
    """The picture laid upon its surroundings, and the window in which it lies."""
    rows, cols = surroundings.shape
    whole = surroundings.copy()
    whole[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return whole, (left / cols, top / rows, picture.shape[1] / cols, picture.shape[0] / rows)
