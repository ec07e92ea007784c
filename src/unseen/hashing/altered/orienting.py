"""Coefficients and parts of a picture that was turned or flipped, and the hash of coefficients."""

import numpy as np
import numpy.typing as npt

from unseen.hashing.pdq import ORIENTATIONS

__all__ = ["hash_of", "oriented", "oriented_parts"]

Floats = npt.NDArray[np.float32]
Parts = npt.NDArray[np.bool_]

_MEDIAN_RANK = 127  # of 256, from 0: the lower of the two in the middle, as PDQ takes it
# Whether rows are taken from the bottom up, whether columns from the right, and whether they change places afterwards.
_WAYS = dict(
    zip(
        ORIENTATIONS,
        [
            (False, False, False),
            (False, True, True),
            (True, True, False),
            (True, False, True),
            (True, False, False),
            (False, True, False),
            (False, False, True),
            (True, True, True),
        ],
        strict=True,
    )
)
# Cosines of odd order are opposite at the two ends of a picture, and rows and columns count from order one.
_ODD = np.where(np.arange(16) % 2 == 0, np.float32(-1), np.float32(1))


def oriented(coefficients: Floats, orientation: str) -> Floats:
    """Give the coefficients of pictures that were turned and flipped so: float32[n, 16, 16] of the same.

    Raises:
        KeyError: `orientation` is none of `ORIENTATIONS`.
    """
    by_row, by_col, is_transposed = _WAYS[orientation]
    signed = coefficients * np.where(by_row, _ODD, np.float32(1))[:, None] * np.where(by_col, _ODD, np.float32(1))
    return np.asarray(signed.transpose(0, 2, 1) if is_transposed else signed)


def oriented_parts(parts: Parts, orientation: str) -> Parts:
    """Turn and flip parts of a picture so: bool[n, n] of the same.

    Raises:
        KeyError: `orientation` is none of `ORIENTATIONS`.
    """
    by_row, by_col, is_transposed = _WAYS[orientation]
    turned = parts[:: -1 if by_row else 1, :: -1 if by_col else 1]
    return turned.T if is_transposed else turned


def hash_of(coefficients: Floats) -> bytes:
    """PDQ of float32[16, 16]: 32 bytes, the last coefficient being the most significant bit."""
    flat = coefficients.ravel()
    return np.packbits(flat[::-1] > np.partition(flat, _MEDIAN_RANK)[_MEDIAN_RANK]).tobytes()
