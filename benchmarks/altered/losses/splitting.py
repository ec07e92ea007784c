"""Every copy that a side missed: at which step it was lost, and whether it is found from its true place."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.altered.copies import NUMBERS, ORIGINAL, Photographs
from benchmarks.altered.losses.placed import placed
from unseen.darkroom import CATALOGUE
from unseen.errors import UnseenError
from unseen.hashing.altered import refine
from unseen.hashing.pdq import ORIENTATIONS, pdq
from unseen.hashing.windows import Canvas, shrink
from unseen.matching.altered import RADIUS_BITS, decide
from unseen.model import Aim, Altered, Placing

__all__ = ["LOST", "read", "split"]

Pixels = npt.NDArray[np.uint8]
Said = dict[str, Any]

# By the search: nothing that was proposed came near enough, yet from the true place it is found.
# By aiming: something came near enough, and others came nearer.
# By refinement: it was aimed at, and only from the true place it is found.
# Too little: from the true place it is not found either. What is left of the picture does not say it.
LOST = ("search", "aiming", "refinement", "too little")


def split(photographs: Photographs, said: Iterable[Said], side: str, count: int) -> Said:
    """Count the steps.

    Args:
        photographs: Whose copies these are.
        said: What a side said of copies, as `benchmarks.sides.altered` does.
        side: `fast` or `thorough`.
        count: Of so many photographs, the first.
    """
    copies = {(one["photograph"], one["copy"]): one for one in said if "photograph" in one}
    wanted = {f"{at:05}" for at in range(count)}
    by_number: dict[int, list[Said]] = defaultdict(list)
    for (photograph, copy), one in sorted(copies.items()):
        # A copy of which nothing says how near it came is one of a photograph too flat to stand in a list.
        if photograph in wanted and f"{copy}.jpg" != ORIGINAL and one["nearest_bits"] is not None:
            by_number[int(copy)].append(one)
    rows = [_row(photographs, side, number, by_number[number]) for number in NUMBERS if by_number[number]]
    seen = {one["photograph"] for some in by_number.values() for one in some}
    return {"side": side, "radius_bits": RADIUS_BITS[Altered(side)], "photographs": len(seen), "rows": rows}


def _row(photographs: Photographs, side: str, number: int, copies: Iterable[Said]) -> Said:
    lost: Counter[str] = Counter()
    unknown = total = 0
    for one in copies:
        total += 1
        if one["is_found"]:
            continue
        place = photographs.copies_of(int(one["photograph"]))
        is_known = _is_found_from_its_place(place, number, int(one["photograph"]))
        unknown += is_known is None
        lost[_step(one, side, is_findable=bool(is_known))] += 1
    alteration = CATALOGUE[number - 1]
    return {
        "alteration": [alteration.kind, alteration.strength],
        "copies": total,
        "found": total - lost.total(),
        "lost": {step: lost[step] for step in LOST},
        "place_unknown": unknown,
    }


def _step(one: Mapping[str, Any], side: str, *, is_findable: bool) -> str:
    if not is_findable:
        return "too little"
    if one["is_aimed"]:
        return "refinement"
    return "aiming" if one["nearest_bits"] <= RADIUS_BITS[Altered(side)] else "search"


def _is_found_from_its_place(place: Path, number: int, at: int) -> bool | None:
    """Whether refinement and decision find a copy when told where it lies; None where nobody can tell."""
    with Image.open(place / ORIGINAL) as opened:
        size = opened.size
        value, _ = pdq(np.asarray(opened.convert("RGB")))
    true = placed(size, number, at)
    if true is None:
        return None
    with Image.open(place / f"{number:03}.jpg") as opened:
        pixels = np.asarray(opened.convert("RGB"))
    try:
        aim = _aim(pixels, true.placing, value)
    except UnseenError:
        # It reaches further than windows may.
        return None
    return any(decide(found, value) is not None for found in refine(pixels, [aim]))


def _aim(pixels: Pixels, placing: Placing, value: bytes) -> Aim:
    canvas = Canvas.of(shrink(pixels), full_size=pixels.shape[:2]).turned(placing.angle_deg, placing.keystone)
    hashes, _ = canvas.hash([placing.window])
    bits = np.bitwise_count(hashes[0] ^ np.frombuffer(value, np.uint8)).sum(axis=1)
    return Aim(placing, ORIENTATIONS[int(bits.argmin())], value, int(bits.min()))


def read(path: Path) -> list[Said]:
    """Lines that a side said."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
