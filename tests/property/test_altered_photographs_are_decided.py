"""Law: what was altered is found at its bound once it is undone, and an unrelated picture is not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from unseen.hashing import pdq
from unseen.hashing.altered import refine
from unseen.matching.altered import decide
from unseen.model import QUALITY_MIN, Aim, Placing

Pixels = npt.NDArray[np.uint8]
Alteration = Callable[[Pixels], tuple[Pixels, Placing]]
_WHOLE = Placing(window=(0.0, 0.0, 1.0, 1.0))


def _cropped(pixels: Pixels) -> tuple[Pixels, Placing]:
    rows, cols = pixels.shape[:2]
    top, left = rows // 25, cols // 40
    part = pixels[top : top + rows * 9 // 10, left : left + cols * 9 // 10]
    window = -left / part.shape[1], -top / part.shape[0], cols / part.shape[1], rows / part.shape[0]
    return part, Placing(window=window)


def _bordered(pixels: Pixels) -> tuple[Pixels, Placing]:
    rows, cols = pixels.shape[:2]
    whole = np.full((rows + 60, cols + 40, 3), 255, np.uint8)
    whole[30:-30, 20:-20] = pixels
    window = 20 / (cols + 40), 30 / (rows + 60), cols / (cols + 40), rows / (rows + 60)
    return whole, Placing(window=window)


def _tilted(pixels: Pixels) -> tuple[Pixels, Placing]:
    image = Image.fromarray(pixels).rotate(4, Image.Resampling.BILINEAR)
    return np.asarray(image), replace(_WHOLE, angle_deg=4.0)


def _photographs(vectors: Path) -> list[tuple[Pixels, bytes]]:
    """Some photographs of things, with the hashes that a list would have of them."""
    found = []
    for path in sorted((vectors / "photos").glob("*.jpg"))[::6]:
        with Image.open(path) as image:
            image.thumbnail((512, 512))
            pixels = np.asarray(image.convert("RGB"))
        value, quality = pdq(pixels)
        if quality >= QUALITY_MIN:
            found.append((pixels, value))
    return found


@pytest.mark.parametrize("alter", [_cropped, _bordered, _tilted])
def test_altered_photographs_are_found_and_others_are_not(vectors: Path, alter: Alteration) -> None:
    """From a placing that is a little off; towards the hash of another photograph the same search leads to no match."""
    pictures = _photographs(vectors)
    found_count = 0
    for at, (pixels, value) in enumerate(pictures):
        altered, placing = alter(pixels)
        x, y, width, height = placing.window
        off = replace(placing, window=(x + 0.01, y - 0.01, width, height + 0.01), angle_deg=placing.angle_deg + 0.5)
        other = pictures[at - 1][1]
        hashes = refine(altered, [Aim(off, "original", value, 40), Aim(off, "original", other, 60)])
        assert not any(decide(each, other) for each in hashes)
        found_count += any(decide(each, value) for each in hashes)
    assert found_count >= 0.9 * len(pictures)
