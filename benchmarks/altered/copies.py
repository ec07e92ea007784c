"""Photographs that somebody provides, and every altered copy of them, as files that all sides read.

Photographs are no part of this project: `UNSEEN_PHOTOS` names a folder of them, or a text file with one path a line.
Only photographs of places and things belong there, never of people.
"""

import hashlib
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from benchmarks.pictures import CACHE
from unseen.darkroom import CATALOGUE
from unseen.darkroom.altering.making import alter

__all__ = ["NUMBERS", "ORIGINAL", "SEED", "Photographs", "given_photographs"]

SEED = 20261123
ORIGINAL = "original.jpg"
# As programs that pass pictures on scale them; larger ones would only take longer.
_SIDE_PIXELS = 1024
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_FIRST = next(number for number, one in enumerate(CATALOGUE, start=1) if one.kind == "crop anywhere")
# Tilts between these are no different.
_TILTS = frozenset({1, 2, 4, 6, 8, 10})
# Numbers in the catalogue of what the table shows: from here on everything is drawn anew for each photograph.
NUMBERS = tuple(
    number
    for number, one in enumerate(CATALOGUE, start=1)
    if number >= _FIRST and (not one.kind.startswith("tilt") or one.amount in _TILTS)
)


@dataclass(frozen=True)
class Photographs:
    """Photographs in a fixed order, and the folder where their copies lie.

    Attributes:
        paths: Of the photographs themselves.
        folder: Of what is made of them; a folder for each photograph, named by its number.
    """

    paths: tuple[Path, ...]
    folder: Path

    def copies_of(self, at: int) -> Path:
        """The folder with one photograph and all its copies; made where it is not there."""
        place = self.folder / f"{at:05}"
        if not place.is_dir():
            partial = place.with_suffix(f".{os.getpid()}")
            partial.mkdir(parents=True, exist_ok=True)
            self._make(at, partial)
            partial.rename(place)
        return place

    def beside(self, at: int) -> set[str]:
        """Names of the photographs that may stand beside one in what shows several."""
        return {f"{other:05}" for other in _others(random.Random(SEED + at), at, len(self.paths))}

    def _make(self, at: int, place: Path) -> None:
        original = _load(self.paths[at])
        original.save(place / ORIGINAL, "JPEG", quality=92)
        # What is altered is what a reader of that file sees.
        seen = Image.open(place / ORIGINAL).convert("RGB")
        choose = random.Random(SEED + at)
        partner = _partners(choose, [_load(self.paths[other]) for other in _others(choose, at, len(self.paths))])
        for number in NUMBERS:
            copy = alter(seen, number, (SEED, number, at), partner=partner, is_passed_on=True)
            (place / f"{number:03}.jpg").write_bytes(copy)


def given_photographs(count: int) -> Photographs | None:
    """The first so many of those that are provided; None where none are.

    A folder's are shuffled, so that few of them are still of all kinds; a list keeps its order.
    """
    given = os.environ.get("UNSEEN_PHOTOS")
    if not given:
        return None
    place = Path(given)
    if place.is_dir():
        paths = sorted(path for path in place.rglob("*") if path.suffix.lower() in _SUFFIXES)
        random.Random(SEED).shuffle(paths)
    else:
        paths = [Path(line) for line in place.read_text(encoding="utf-8").splitlines() if line]
    kept = tuple(paths[:count])
    name = hashlib.sha256("\n".join(map(str, (NUMBERS, *kept))).encode()).hexdigest()[:12]
    return Photographs(kept, CACHE / f"altered-{name}") if kept else None


def _load(path: Path) -> Image.Image:
    with Image.open(path) as opened:
        opened.draft("RGB", (2 * _SIDE_PIXELS, 2 * _SIDE_PIXELS))
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    picture.thumbnail((_SIDE_PIXELS, _SIDE_PIXELS), Image.Resampling.BICUBIC)
    return picture


def _others(choose: random.Random, at: int, count: int) -> list[int]:
    """A few photographs but for one."""
    return [other for other in choose.sample(range(count), min(5, count)) if other != at][:4]


def _partners(choose: random.Random, others: Sequence[Image.Image]) -> Callable[[tuple[int, int]], Image.Image] | None:
    if not others:
        return None
    return lambda size: ImageOps.fit(choose.choice(others), size)
