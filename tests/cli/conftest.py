"""A folder with pictures drawn by code."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def draw(seed: int, width: int = 600, height: int = 400) -> Image.Image:
    """A picture of coloured hills: something for a hash to hold on to."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`known/` holds two pictures; `uploads/` copies of them, another picture, a text, and a broken picture."""
    known, uploads = tmp_path / "known", tmp_path / "uploads"
    known.mkdir()
    uploads.mkdir()
    draw(1).save(known / "bridge.png")
    draw(2).save(known / "harbour.png")
    draw(1).resize((300, 200)).save(uploads / "small.jpg", quality=80)
    draw(2).transpose(Image.Transpose.ROTATE_90).save(uploads / "turned.png")
    draw(3).save(uploads / "other.png")
    (uploads / "readme.txt").write_text("nothing to see\n")
    (uploads / "broken.png").write_bytes((known / "bridge.png").read_bytes()[:40])
    (tmp_path / "clean").mkdir()
    draw(4).save(tmp_path / "clean" / "other.png")
    return tmp_path
