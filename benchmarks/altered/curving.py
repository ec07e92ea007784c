"""What wider or narrower bounds would find: refined copies of known photographs, each against its own entry."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.altered.copies import NUMBERS, ORIGINAL
from unseen.darkroom import CATALOGUE
from unseen.hashing.altered import look, refine
from unseen.hashing.pdq import pdq
from unseen.hashing.windows import shrink
from unseen.matching.altered import BOUND_BITS, RADIUS_BITS, Kind, kind_of, soft_distance
from unseen.model import ORIENTATIONS, QUALITY_MIN, Aim, Altered, AlteredHash, How

__all__ = ["found", "look_at_copies"]

Line = dict[str, Any]
Pixels = npt.NDArray[np.uint8]
# A search would go for others too; of one entry it goes for the two nearest placings.
_AIMS_MAX = 2


def look_at_copies(folder: Path, mode: Altered) -> Iterator[Line]:
    """Refine every copy of a photograph towards its own hash, where any placing comes near it at all.

    Args:
        folder: As `Photographs.copies_of` gives it.
        mode: Which placings are proposed.

    Yields:
        What was done, and what a decision takes of each refined placing; nothing for a photograph that is too flat.
    """
    value, quality = pdq(_opened(folder / ORIGINAL))
    if quality < QUALITY_MIN:
        return
    for number in NUMBERS:
        pixels = _opened(folder / f"{number:03}.jpg")
        refined = [
            {
                "kind": kind_of(each.how).value,
                "pdq": each.pdq.hex(),
                "margins": each.margins.hex(),
                "seen": each.seen.hex(),
                "entry": value.hex(),
            }
            for each in refine(pixels, _aims(pixels, mode, value))
            if each.pdq_quality >= QUALITY_MIN
        ]
        what = f"{CATALOGUE[number - 1].kind}, {CATALOGUE[number - 1].strength}"
        yield {"photo": folder.name, "copy": number, "what": what, "mode": mode.value, "refined": refined}


def found(lines: Iterable[Line], moves: Iterable[int]) -> list[Line]:
    """Which share of the copies is within the bounds, all moved by so many bits: of each alteration, and of all."""
    over: dict[str, list[float]] = defaultdict(list)
    photographs = set()
    for line in lines:
        photographs.add(line["photo"])
        nearest = min((_over(one) for one in line["refined"]), default=float("inf"))
        over[line["what"]].append(nearest)
        over["all of these"].append(nearest)
    return [
        {
            "what": what,
            "copies": len(some),
            "photographs": len(photographs),
            "found": {str(by_bits): sum(bits <= by_bits for bits in some) for by_bits in moves},
        }
        for what, some in sorted(over.items())
    ]


def _aims(pixels: Pixels, mode: Altered, value: bytes) -> list[Aim]:
    proposals = look(shrink(pixels), mode, full_size=(pixels.shape[0], pixels.shape[1]))
    hashes = np.frombuffer(proposals.hashes, np.uint8).reshape(-1, len(value))
    distances = np.bitwise_count(hashes ^ np.frombuffer(value, np.uint8)).sum(axis=1, dtype=np.int64)
    nearest: dict[int, Aim] = {}
    for at in np.argsort(distances, kind="stable").tolist():
        placing, orientation = divmod(at, len(ORIENTATIONS))
        if distances[at] > RADIUS_BITS[mode] or len(nearest) == _AIMS_MAX:
            break
        aim = Aim(proposals.placings[placing], ORIENTATIONS[orientation], value, int(distances[at]))
        nearest.setdefault(placing, aim)
    return list(nearest.values())


def _over(one: Line) -> int:
    """By how many bits a refined copy lies over the bound of its kind."""
    pdq_, margins, seen, value = (bytes.fromhex(one[name]) for name in ("pdq", "margins", "seen", "entry"))
    return soft_distance(AlteredHash(How(), pdq_, 100, margins, seen), value) - BOUND_BITS[Kind(one["kind"])]


def _opened(path: Path) -> Pixels:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))
