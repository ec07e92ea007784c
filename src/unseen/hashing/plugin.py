"""What a hasher must offer that a licensee plugs in for a signal this program cannot compute itself.

Installed under the entry point group `unseen.hashers`, named like its signal. It runs inside the darkroom: it is loaded
before the worker is locked and can open nothing afterwards, so it must read its tables when it is made.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["HASHERS_GROUP", "HASHERS_MAX", "HASHER_BYTES_MAX", "Hasher"]

HASHERS_GROUP = "unseen.hashers"
# A worker answers in one message of fixed size; PhotoDNA takes 144 bytes, and no custodian was seen with two of them.
HASHERS_MAX = 4
HASHER_BYTES_MAX = 256


class Hasher(Protocol):
    """A perceptual hash of one picture, and its distance.

    Attributes:
        signal: Its name, as lists spell it.
        size_bytes: Length of a value, 1 … `HASHER_BYTES_MAX`.
        threshold: Largest distance that still counts as a match, inclusive.
    """

    signal: str
    size_bytes: int
    threshold: int

    def hash_pixels(self, pixels: npt.NDArray[np.uint8]) -> bytes | None:
        """Hash uint8[h, w, 3] (row-major RGB, 0 … 255); None where the picture says too little."""

    def distances(self, query: bytes, values: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Distances of `query` to each row of uint8[n, size_bytes]."""
