"""PDQ of decoded pixels. Reading files and decoding them happens elsewhere."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from unseen import kernel
from unseen.errors import PixelsError, UsageError
from unseen.hashing.pixels import SIDE_MAX, checked
from unseen.model import ORIENTATIONS

__all__ = ["CONVENTIONS", "ORIENTATIONS", "Convention", "pdq", "pdq_dihedral", "pdq_float", "pdq_of_planes"]

Convention = Literal["full", "512"]

CONVENTIONS: tuple[Convention, ...] = ("full", "512")

# Smaller pictures have no coefficients; their hash is zero.
_SIDE_MIN = 5


def pdq(pixels: npt.ArrayLike, *, convention: Convention = "full") -> tuple[bytes, int]:
    """Hash a picture with PDQ and say how much its hash can be trusted.

    Equal bit for bit, and in quality, to PyPI's pdqhash 0.2.8 (the C++ reference of facebook/ThreatExchange) on the
    same pixels; a grey picture equals its plane repeated three times. A picture with a side below 5 has the hash zero
    and the quality 0, as there.

    Args:
        pixels: uint8[height, width, 3] (row-major RGB, 0 … 255) or uint8[height, width] (grey). Any strides.
        convention: `full` hashes all pixels. `512` first stretches a picture with a side above 512 to 512x512 by
            nearest neighbour, as Meta's command line does; other pictures are the same in both.

    Returns:
        The hash, 32 bytes, most significant bit first; and the quality, 0 … 100, higher is better.

    Raises:
        PixelsError: The array is empty or not of such a shape and type.
        UsageError: There is no such convention.

    Example:
        >>> rows, cols = np.mgrid[0:64, 0:64]
        >>> hash_bytes, quality = pdq((rows * cols % 251).astype(np.uint8))
        >>> hash_bytes.hex()[:16], quality
        ('999933116633c633', 100)
    """
    return kernel.pdq(checked(pixels), stretch=_is_stretched(convention))


def pdq_dihedral(pixels: npt.ArrayLike, *, convention: Convention = "full") -> tuple[npt.NDArray[np.uint8], int]:
    """Hash the eight ways a picture can be turned and flipped, for little more than the price of one.

    Equal to pdqhash's `compute_dihedral` as `pdq` is to `compute`. The first row equals `pdq` except for a picture of
    exactly 64x64, which the reference filters here and not there.

    Args:
        pixels: As for `pdq`.
        convention: As for `pdq`.

    Returns:
        uint8[8, 32] in the order of `ORIENTATIONS`, each most significant bit first; and the quality, 0 … 100. `plus`
        and `minus` are flipped along a diagonal; rotations are counter-clockwise.

    Raises:
        PixelsError: The array is empty or not of such a shape and type.
        UsageError: There is no such convention.
    """
    eight_bytes, quality = kernel.pdq_dihedral(checked(pixels), stretch=_is_stretched(convention))
    return np.frombuffer(bytearray(eight_bytes), np.uint8).reshape(len(ORIENTATIONS), -1), quality


def pdq_float(pixels: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Give the coefficients that the bits of `pdq` are made from, of all pixels.

    Args:
        pixels: As for `pdq`.

    Returns:
        float32[16, 16]: vertical by horizontal frequency, both from 1. A bit of the hash says whether its coefficient
        lies above the lower median of all 256; the last coefficient is the most significant bit. Zeros for a picture
        with a side below 5.

    Raises:
        PixelsError: The array is empty or not of such a shape and type.
    """
    array = checked(pixels)
    return kernel.pdq_coefficients(array) if min(array.shape[:2]) >= _SIDE_MIN else np.zeros((16, 16), np.float32)


def pdq_of_planes(
    brightness: npt.NDArray[np.uint8], blue: npt.NDArray[np.uint8], red: npt.NDArray[np.uint8], *, is_full_range: bool
) -> tuple[bytes, int]:
    """Hash a frame of video as its decoder leaves it, without making its pixels.

    Equal to `pdq` of the pixels that FFmpeg's libswscale makes of such a frame on x86-64 (BT.601, RGB24, no
    scaling), which are those that vPDQ hashes; on other machines libswscale may round otherwise, this does not.

    Args:
        brightness: uint8[h, w] (Y, row-major, 0 … 255), h even; gaps between rows are allowed.
        blue: uint8[h / 2, (w + 1) / 2] (Cb, likewise).
        red: The same (Cr).
        is_full_range: Black is 0 and white 255; else, as in television, 16 and 235.

    Returns:
        As `pdq`.

    Raises:
        PixelsError: They are not the planes of one frame.
    """
    rows, cols = brightness.shape
    colours = (rows // 2, (cols + 1) // 2)
    planes = [plane if plane.strides[1] == 1 else np.ascontiguousarray(plane) for plane in (brightness, blue, red)]
    if rows % 2 or any(plane.dtype != np.uint8 for plane in planes) or {blue.shape, red.shape} != {colours}:
        raise PixelsError("not the planes of one frame", hint="a plane of brightness, and two of half its sides")
    if not (0 < rows <= SIDE_MAX and 0 < cols <= SIDE_MAX):
        raise PixelsError(f"a picture of {cols}x{rows} pixels cannot be hashed")
    return kernel.pdq_of_planes(*planes, is_full_range=is_full_range)


def _is_stretched(convention: Convention) -> bool:
    if convention not in CONVENTIONS:
        raise UsageError(f"no convention {convention!r}", hint=f"conventions: {', '.join(CONVENTIONS)}")
    return convention == "512"
