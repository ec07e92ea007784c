"""Coefficients of a picture that was turned or flipped, and the hash of coefficients."""

import numpy as np
import numpy.typing as npt

from unseen.hashing.pdq import ORIENTATIONS

__all__ = ["hash_of", "oriented"]

Floats = npt.NDArray[np.float32]

_MEDIAN_RANK = 127  # of 256, from 0: the lower of the two in the middle, as PDQ takes it
# Cosines of odd order are opposite at the two ends of a picture, and rows and columns count from order one.
_ROW, _COL = np.mgrid[0:16, 0:16]
_BY_ROW = np.where(_ROW % 2 == 0, np.float32(-1), np.float32(1))
_BY_COL = _BY_ROW.T
_PLAIN = np.ones((16, 16), np.float32)
# Signs, and whether rows and columns change places afterwards.
_WAYS = dict(
    zip(
        ORIENTATIONS,
        [
            (_PLAIN, False),
            (_BY_COL, True),
            (_BY_ROW * _BY_COL, False),
            (_BY_ROW, True),
            (_BY_ROW, False),
            (_BY_COL, False),
            (_PLAIN, True),
            (_BY_ROW * _BY_COL, True),
        ],
        strict=True,
    )
)


def oriented(coefficients: Floats, orientation: str) -> Floats:
    """Give the coefficients of pictures that were turned and flipped so: float32[n, 16, 16] of the same.

    Raises:
        KeyError: `orientation` is none of `ORIENTATIONS`.
    """
    signs, is_transposed = _WAYS[orientation]
    signed = coefficients * signs
    return np.asarray(signed.transpose(0, 2, 1) if is_transposed else signed)


def hash_of(coefficients: Floats) -> bytes:
    """PDQ of float32[16, 16]: 32 bytes, the last coefficient being the most significant bit."""
    flat = coefficients.ravel()
    return np.packbits(flat[::-1] > np.partition(flat, _MEDIAN_RANK)[_MEDIAN_RANK]).tobytes()
