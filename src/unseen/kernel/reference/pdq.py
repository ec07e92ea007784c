"""PDQ defined in readable numpy: what every native variant must equal, bit for bit. Slow on purpose.

All arithmetic is float32 in one fixed order, because ties at the median decide the bits of flat pictures and the order
of rounding decides ties. Source: facebook/ThreatExchange, pdq/cpp (downscaling, hashing), as PyPI's pdqhash 0.2.8
runs it; the stretch is that of its command line.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["MEDIAN_RANK", "orientations", "pdq", "pdq_coefficients", "pdq_dihedral"]

_Pixels = npt.NDArray[np.uint8]
_Floats = npt.NDArray[np.float32]

_SIDE = 64
_COEFFICIENTS = 16
_STRETCHED_SIDE = 512
_HASHABLE_SIDE_MIN = 5
MEDIAN_RANK = 127  # of 256, from 0: the lower of the two in the middle


def pdq(pixels: _Pixels, *, stretch: bool = False) -> tuple[bytes, int]:
    """Hash a picture; see `unseen.hashing.pdq`."""
    if stretch:
        pixels = _stretch(pixels)
    if min(pixels.shape[:2]) < _HASHABLE_SIDE_MIN:
        return bytes(32), 0
    small = _small(pixels, is_plain=True)
    return _bits(_transform(small)), _quality(small)


def pdq_dihedral(pixels: _Pixels, *, stretch: bool = False) -> tuple[bytes, int]:
    """Hash the eight orientations of a picture, 32 bytes each; see `unseen.hashing.pdq_dihedral`."""
    if stretch:
        pixels = _stretch(pixels)
    if min(pixels.shape[:2]) < _HASHABLE_SIDE_MIN:
        return bytes(8 * 32), 0
    small = _small(pixels, is_plain=False)
    return b"".join(_bits(oriented) for oriented in orientations(_transform(small))), _quality(small)


def pdq_coefficients(pixels: _Pixels, *, is_plain: bool) -> bytes:
    """float32[16, 16] as bytes: what the bits are made from. For conformance tests, which see more in them."""
    return _transform(_small(pixels, is_plain=is_plain)).tobytes()


def _small(pixels: _Pixels, *, is_plain: bool) -> _Floats:
    luma = _luma(pixels)
    # The reference hashes a picture that is 64x64 already as it is, but filters it for the eight orientations.
    return luma if is_plain and luma.shape == (_SIDE, _SIDE) else _downscale(luma)


def _stretch(pixels: _Pixels) -> _Pixels:
    """Nearest neighbour to exactly 512x512, whatever the shape, where a side is longer."""
    rows, cols = pixels.shape[:2]
    if max(rows, cols) <= _STRETCHED_SIDE:
        return pixels
    at = np.arange(_STRETCHED_SIDE)
    stretched: _Pixels = pixels[(at * rows // _STRETCHED_SIDE)[:, None], (at * cols // _STRETCHED_SIDE)[None, :]]
    return stretched


def _luma(pixels: _Pixels) -> _Floats:
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    red, green, blue = (pixels[:, :, channel].astype(np.float64) for channel in range(3))
    return (red * 0.299 + green * 0.587 + blue * 0.114).astype(np.float32)


def _downscale(luma: _Floats) -> _Floats:
    """To 64x64: a box filter along rows, then along columns, both twice, and then one sample of every part."""
    rows, cols = luma.shape
    for _ in range(2):
        luma = _box(luma.T, _window(cols)).T
        luma = _box(luma, _window(rows))
    part = 2 * np.arange(_SIDE) + 1
    small: _Floats = luma[(part * rows // (2 * _SIDE))[:, None], (part * cols // (2 * _SIDE))[None, :]]
    return small


def _window(length: int) -> int:
    return (length + 2 * _SIDE - 1) // (2 * _SIDE)


def _box(values: _Floats, window: int) -> _Floats:
    """Mean of up to `window` neighbours along the first axis, by a running float32 sum: add first, then subtract."""
    length = len(values)
    ahead = (window + 2) // 2 - 1
    means = np.empty_like(values)
    total = np.zeros(values.shape[1], np.float32)
    count = 0
    for right in range(length + ahead):
        if right < length:
            total = total + values[right]
            count += 1
        if right >= window:
            total = total - values[right - window]
            count -= 1
        if right >= ahead:
            means[right - ahead] = total / np.float32(count)
    return means


def _quality(small: _Floats) -> int:
    hundred, white = np.float32(100), np.float32(255)
    steps = [(small[:-1] - small[1:]) * hundred / white, (small[:, :-1] - small[:, 1:]) * hundred / white]
    return min(100, sum(int(np.abs(step.astype(np.int32)).sum()) for step in steps) // 90)


def _transform(small: _Floats) -> _Floats:
    """The 16x16 lowest coefficients of the cosine transform, without row and column 0."""
    frequency, place = np.mgrid[1 : _COEFFICIENTS + 1, 0:_SIDE]
    scale = np.float64(np.float32(np.sqrt(2.0 / _SIDE)))
    matrix = (scale * np.cos((np.pi / 2.0 / _SIDE) * frequency * (2 * place + 1))).astype(np.float32)
    half = np.zeros((_COEFFICIENTS, _SIDE), np.float32)
    for k in range(_SIDE):
        half = half + matrix[:, k, None] * small[None, k, :]
    whole = np.zeros((_COEFFICIENTS, _COEFFICIENTS), np.float32)
    for k in range(_SIDE):
        whole = whole + half[:, k, None] * matrix[None, :, k]
    return whole


def orientations(coefficients: _Floats) -> list[_Floats]:
    """Turning or flipping a picture transposes its coefficients and changes the sign of some of them."""
    row, col = np.mgrid[0:_COEFFICIENTS, 0:_COEFFICIENTS]
    by_row = np.where(row % 2 == 0, -coefficients, coefficients)
    by_col = np.where(col % 2 == 0, -coefficients, coefficients)
    by_both = np.where((row + col) % 2 == 1, -coefficients, coefficients)
    return [coefficients, by_col.T, by_both, by_row.T, by_row, by_col, coefficients.T, by_both.T]


def _bits(coefficients: _Floats) -> bytes:
    """One bit a coefficient: is it above the lower median? The last coefficient is the most significant bit."""
    flat = coefficients.ravel()
    return np.packbits(flat[::-1] > np.sort(flat)[MEDIAN_RANK]).tobytes()
