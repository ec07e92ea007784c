"""How far alterations move the coefficients of a hash: what `unseen.model` and `unseen.hashing.altered` say of it.

    python -m benchmarks.altered.fitting --photographs LIST --count 200 --kept FILE

Altered copies of photographs are hashed at the place where the photograph truly lies, but for 0.3 % and 0.15 degrees.
Every second photograph is fitted to; the others say how many bits the hash of the photograph costs then, and with the
constants that are in use. Of crops it is tried besides how far what was lost should be thought to move them together
(`unseen.matching.altered.lost`). The list names files, one a line; nothing but figures is kept of them.
"""

import argparse
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks import machine
from unseen.errors import UnseenError
from unseen.hashing.altered import sureness
from unseen.hashing.altered.orienting import hash_of
from unseen.hashing.altered.seeing import seen_parts
from unseen.hashing.pdq import pdq, pdq_float
from unseen.hashing.windows import cut_out
from unseen.matching.altered import lost, telling
from unseen.model import ALTERED_BLUR, ALTERED_FALL, ALTERED_NOISE, QUALITY_MIN, AlteredHash, How, Placing

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]
Copy = tuple[int, str, float, tuple[Floats, bytes], AlteredHash]

_SIDE_PIXELS = 512
_JPEG_QUALITY = 40
_CROPS = (0.05, 0.1, 0.2, 0.3)
_TILTS = (4.0, 10.0)
_BORDERS = (0.1, 0.25)
_IN_USE = (ALTERED_FALL, ALTERED_NOISE, ALTERED_BLUR, sureness.INVENTED, sureness.SURPRISE)
_SIZES = (0.5, 0.7, 1.0, 1.4, 2.0)
_NAMES = ("fall", "noise", "blur", "invented", "surprise")
_FREQUENCY = np.hypot(*np.mgrid[1:17, 1:17]).reshape(1, 256) / 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", required=True, type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--kept", type=Path)
    arguments = parser.parse_args()
    paths = arguments.photographs.read_text(encoding="utf-8").splitlines()[: arguments.count]
    copies = [copy for at, path in enumerate(paths) for copy in _copies(Path(path.split("\t")[0]), at)]
    photographs = np.array([at for at, *_ in copies])
    beyond = np.array([share for _, _, share, *_ in copies])
    agreeing = np.array([_agreeing(coefficients, value) for _, _, _, (coefficients, value), _ in copies])
    is_fitted = photographs % 2 == 0
    fitted = _fit(agreeing[is_fitted], beyond[is_fitted])
    costs = {name: _costs(agreeing, beyond, with_) for name, with_ in (("in use", _IN_USE), ("fitted", fitted))}
    kinds = np.array([kind for _, kind, *_ in copies])
    result = {
        "what": "benchmarks.altered.fitting",
        "machine": machine.describe(),
        "photographs": len(set(photographs.tolist())),
        "copies": len(copies),
        "in_use": dict(zip(_NAMES, _IN_USE, strict=True)),
        "fitted": {name: round(value, 4) for name, value in zip(_NAMES, fitted, strict=True)},
        "bits_of_others": {
            name: {kind: round(float(some[~is_fitted & (kinds == kind)].mean()), 1) for kind in dict.fromkeys(kinds)}
            for name, some in costs.items()
        },
        "lost_in_use": lost.UNSEEN,
        "bits_by_what_was_lost": {
            f"{kind}, {size:g} of it": [
                round(bits, 1) for bits in _told([one for one in copies if one[1] == kind], size)
            ]
            for kind in dict.fromkeys(kinds)
            if kind.startswith("crop")
            for size in _SIZES
        },
    }
    print(json.dumps(result, indent=1))
    if arguments.kept:
        arguments.kept.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _copies(path: Path, at: int) -> Iterator[Copy]:
    """Number, kind, share beyond the frame, coefficients and the photograph's own hash, and the place, of each copy."""
    with Image.open(path) as image:
        image.thumbnail((_SIDE_PIXELS, _SIDE_PIXELS))
        whole = image.convert("RGB")
    value, quality = pdq(np.asarray(whole))
    if quality < QUALITY_MIN:
        return
    rng = np.random.default_rng(at)
    for kind, copy, placing in _altered(whole, rng):
        try:
            pixels = _passed_on(copy)
            coefficients = pdq_float(cut_out(pixels, placing))
        except UnseenError:
            continue
        share = float(sureness.share_beyond(np.array([placing.window]))[0])
        seen = seen_parts(placing, (pixels.shape[0], pixels.shape[1]), "original")
        placed = AlteredHash(How(), hash_of(coefficients), 100, sureness.margins(coefficients), seen)
        yield at, kind, share, (coefficients.ravel().astype(np.float64), value), placed


def _altered(whole: Image.Image, rng: np.random.Generator) -> Iterator[tuple[str, Image.Image, Placing]]:
    cols, rows = whole.size
    for share in _CROPS:
        width, height = round(cols * (1 - share)), round(rows * (1 - share))
        left, top = int(rng.integers(0, cols - width + 1)), int(rng.integers(0, rows - height + 1))
        window = -left / width, -top / height, cols / width, rows / height
        yield f"crop {share:.0%}", whole.crop((left, top, left + width, top + height)), _near(window, 0.0, rng)
    for share in _BORDERS:
        edge = round(max(cols, rows) * share / 2)
        framed = Image.new("RGB", (cols + 2 * edge, rows + 2 * edge))
        framed.paste(whole, (edge, edge))
        window = edge / framed.width, edge / framed.height, cols / framed.width, rows / framed.height
        yield f"border {share:.0%}", framed, _near(window, 0.0, rng)
    for angle_deg in _TILTS:
        tilted = whole.rotate(angle_deg, Image.Resampling.BILINEAR)
        yield f"tilt {angle_deg:.0f}", tilted, _near((0.0, 0.0, 1.0, 1.0), angle_deg + rng.normal(0, 0.15), rng)


def _near(window: tuple[float, ...], angle_deg: float, rng: np.random.Generator) -> Placing:
    x, y, width, height = (share + off for share, off in zip(window, rng.normal(0, 0.003, 4).tolist(), strict=True))
    return Placing(window=(x, y, width, height), angle_deg=angle_deg)


def _passed_on(copy: Image.Image) -> Pixels:
    kept = io.BytesIO()
    copy.save(kept, "JPEG", quality=_JPEG_QUALITY)
    with Image.open(kept) as again:
        return np.asarray(again.convert("RGB"))


def _agreeing(coefficients: Floats, value: bytes) -> Floats:
    """How far each coefficient lies on the side of the photograph's bit, in medians of how far all lie off."""
    apart = coefficients - np.sort(coefficients)[127]
    signs = np.where(np.unpackbits(np.frombuffer(value, np.uint8))[::-1], 1, -1)
    return np.asarray(signs * apart / np.median(np.abs(apart)))


def _costs(agreeing: Floats, beyond: Floats, constants: tuple[float, ...]) -> Floats:
    """Bits that it takes to write down each photograph's hash for somebody who sees the copy."""
    fall, noise, blur, invented, surprise = constants
    moved = np.sqrt(noise**2 + (blur**2 + invented**2 * beyond[:, None]) * _FREQUENCY ** (-2 * fall))
    right = 1 / (1 + np.exp(-np.clip(1.702 * agreeing / moved, -50, 50)))
    return np.asarray(-np.log2((1 - surprise) * right + surprise / 2).sum(axis=1))


def _told(copies: list[Copy], size: float) -> list[float]:
    """Bits that the photographs' hashes cost: the mean, and what four of five do not exceed."""
    lost.lost_ways.cache_clear()
    with mock.patch.object(lost, "UNSEEN", size * lost.UNSEEN):
        bits = [telling.bits_told(placed, value) for *_, (_, value), placed in copies[::4]]
    lost.lost_ways.cache_clear()
    return [float(np.mean(bits)), float(np.percentile(bits, 80))]


def _fit(agreeing: Floats, beyond: Floats) -> tuple[float, ...]:
    """Constants that cost least: each by itself up and down, by less and less, until nothing helps."""
    best, by = [1.0, 0.2, 0.2, 2.0, 0.01], 1.5
    least = float(_costs(agreeing, beyond, tuple(best)).mean())
    while by > math.exp(0.01):
        before = least
        for at in range(len(best)):
            for times in (by, 1 / by):
                tried = [*best[:at], best[at] * times, *best[at + 1 :]]
                cost = float(_costs(agreeing, beyond, tuple(tried)).mean())
                if cost < least:
                    best, least = tried, cost
        if before - least < 1e-3:
            by = math.sqrt(by)
    return tuple(best)


if __name__ == "__main__":
    main()
