"""Real photographs, where this machine has them."""

from pathlib import Path

import numpy as np
import pdqhash
import pytest
from PIL import Image

from unseen.darkroom import hash_file


@pytest.mark.parametrize("part", range(6))
def test_photographs_equal_the_reference(vectors: Path, part: int) -> None:
    """Every photograph, from its file: pdqhash on Pillow's pixels and `hash_file` agree in every bit and in quality."""
    for path in sorted((vectors / "photos").glob("*.jpg"))[part::6]:
        with Image.open(path) as image:
            bits, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
        hashes = hash_file(path)
        assert hashes.reason is None
        assert (hashes.pdq, hashes.pdq_quality) == (np.packbits(bits.astype(np.uint8)).tobytes(), int(quality))
