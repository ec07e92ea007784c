"""Pictures drawn by code for conformance tests: every kind at any size, from a seed. They show nothing."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["KINDS", "SIZES", "draw"]

Pixels = npt.NDArray[np.uint8]
Draw = Callable[[np.random.Generator, int, int], npt.NDArray[np.generic]]

# (rows, columns): below and at the smallest hashable side, around 64 and 128 where windows change, around 512 where
# the other convention sets in, around multiples of the vector widths, and far from square.
SIZES = [
    *[
        (1, 1),
        (1, 9),
        (9, 1),
        (1, 700),
        (4, 5),
        (5, 4),
        (5, 5),
        (6, 6),
        (5, 400),
        (400, 5),
        (7, 11),
        (15, 17),
        (16, 16),
    ],
    *[
        (17, 33),
        (31, 32),
        (33, 31),
        (56, 75),
        (75, 56),
        (63, 65),
        (64, 64),
        (65, 63),
        (127, 129),
        (128, 128),
        (129, 127),
    ],
    *[(131, 257), (200, 311), (256, 256), (300, 513), (513, 300), (512, 512), (77, 1025), (1281, 60), (641, 779)],
]


def _noise(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return rng.integers(0, 256, (rows, cols, 3))


def _clouds(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    y, x = np.mgrid[0:rows, 0:cols]
    waves = [
        np.sin(y[..., None] * rng.uniform(0, 0.2, 3) + x[..., None] * rng.uniform(0, 0.2, 3) + rng.uniform(0, 6, 3))
        for _ in range(5)
    ]
    return np.asarray(128 + 25 * np.sum(waves, axis=0))


def _flat(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return np.broadcast_to(rng.integers(0, 256, 3), (rows, cols, 3))


def _black(_: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return np.zeros((rows, cols, 3))


def _white(_: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return np.full((rows, cols, 3), 255)


def _nearly_flat(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return rng.integers(0, 255, 3) + rng.integers(0, 2, (rows, cols, 3))


def _one_bright_pixel(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    pixels = np.full((rows, cols, 3), 3)
    pixels[rng.integers(rows), rng.integers(cols)] = 255
    return pixels


def _ramp_across(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return np.broadcast_to((np.linspace(0, 255, cols)[:, None] * rng.uniform(0.2, 1, 3)), (rows, cols, 3))


def _ramp_down(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return np.broadcast_to((np.linspace(0, 255, rows)[:, None, None] * rng.uniform(0.2, 1, 3)), (rows, cols, 3))


def _ramp_wrapped(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    y, x = np.mgrid[0:rows, 0:cols]
    return np.asarray(((y * rng.integers(1, 5) + x * rng.integers(1, 5)) % 256)[..., None].repeat(3, axis=2))


def _blocks(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    palette = rng.integers(0, 256, (4, 3))
    cells = rng.integers(0, 4, (rows // 13 + 1, cols // 13 + 1)).repeat(13, axis=0).repeat(13, axis=1)
    return palette[cells[:rows, :cols]]


def _chequers(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    y, x = np.mgrid[0:rows, 0:cols] // rng.integers(1, 9)
    return np.asarray(((y + x) % 2 * 255)[..., None].repeat(3, axis=2))


def _stripes(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return np.broadcast_to((np.arange(cols) // rng.integers(1, 9) % 2 * 200)[:, None], (rows, cols, 3))


def _disc(_: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    y, x = np.mgrid[0:rows, 0:cols]
    inside = (2 * y - rows) ** 2 + (2 * x - cols) ** 2 < min(rows, cols) ** 2 * 0.6
    return np.where(inside[..., None], [220, 180, 20], [10, 30, 90])


def _strokes(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    pixels = np.full((rows, cols, 3), 250)
    for _ in range(20):
        y, x = rng.integers(rows), rng.integers(cols)
        pixels[y : y + 2, x : x + int(rng.integers(1, cols + 1))] = rng.integers(0, 120, 3)
    return pixels


def _dark(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return np.asarray(_clouds(rng, rows, cols), np.float64) / 40


def _pure_colours(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    return rng.integers(0, 2, (rows, cols, 3)) * 255


def _half_and_half(rng: np.random.Generator, rows: int, cols: int) -> npt.NDArray[np.generic]:
    pixels = np.array(_noise(rng, rows, cols))
    pixels[:, : cols // 2] = 255
    return pixels


KINDS: dict[str, Draw] = {
    "noise": _noise,
    "clouds": _clouds,
    "flat": _flat,
    "black": _black,
    "white": _white,
    "nearly flat": _nearly_flat,
    "one bright pixel": _one_bright_pixel,
    "ramp across": _ramp_across,
    "ramp down": _ramp_down,
    "ramp wrapped": _ramp_wrapped,
    "blocks": _blocks,
    "chequers": _chequers,
    "stripes": _stripes,
    "disc": _disc,
    "strokes": _strokes,
    "dark": _dark,
    "pure colours": _pure_colours,
    "half and half": _half_and_half,
}


def draw(kind: str, rows: int, cols: int, *, seed: int) -> Pixels:
    """Draw one picture, uint8[rows, cols, 3]; the same arguments give the same picture."""
    drawn = KINDS[kind](np.random.default_rng((seed, rows, cols)), rows, cols)
    return np.ascontiguousarray(np.clip(drawn, 0, 255).astype(np.uint8))
