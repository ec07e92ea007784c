"""PDQ by the variant in use. Arguments are checked a floor above, in `unseen.hashing`."""

import numpy as np
import numpy.typing as npt

from unseen.kernel import _native, reference
from unseen.kernel.variant import is_reference

__all__ = ["pdq", "pdq_coefficients", "pdq_dihedral", "pdq_of_planes"]

_Plane = npt.NDArray[np.uint8]


def pdq(pixels: npt.NDArray[np.uint8], *, stretch: bool = False) -> tuple[bytes, int]:
    """Hash C-contiguous `uint8[h, w, 3]` or `uint8[h, w]`: 32 bytes and the quality, 0 to 100."""
    if is_reference():
        return reference.pdq(pixels, stretch=stretch)
    return _native.pdq(pixels, stretch)


def pdq_dihedral(pixels: npt.NDArray[np.uint8], *, stretch: bool = False) -> tuple[bytes, int]:
    """Hash the eight orientations, 32 bytes each one after the other, and the quality, 0 to 100."""
    if is_reference():
        return reference.pdq_dihedral(pixels, stretch=stretch)
    return _native.pdq_dihedral(pixels, stretch)


def pdq_coefficients(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What the hash of a picture with sides of 5 and more is made from: `float32[16, 16]`."""
    of = reference.pdq_coefficients if is_reference() else _native.pdq_coefficients
    return np.frombuffer(bytearray(of(pixels, is_plain=True)), np.float32).reshape(16, 16)


def pdq_of_planes(brightness: _Plane, blue: _Plane, red: _Plane, *, is_full_range: bool) -> tuple[bytes, int]:
    """Hash a frame, `uint8[h, w]` and two of `uint8[h / 2, (w + 1) / 2]`, gaps between rows only: as `pdq`."""
    if is_reference():
        return reference.pdq_of_planes(brightness, blue, red, is_full_range=is_full_range)
    return _native.pdq_of_planes(brightness, blue, red, is_full_range)
