"""Which altered pictures each side still finds: the alterations of `unseen audit recall`, the same files for all sides.

Here alone, and of photographs of places and things alone, altered pictures are files.
"""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks import machine
from benchmarks.pictures import CACHE, making, photographs, skimage_photographs
from benchmarks.race import OURS, PEERS, ROOT, clean_environment
from unseen.darkroom import CATALOGUE, UNALTERED
from unseen.darkroom.altering.making import alter

__all__ = ["SIDES", "Compared", "measure"]

# As programs that pass pictures on scale them; larger ones would only take longer.
_SIDE_PIXELS = 1280
_SEED = 1
Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Compared:
    """One side at one threshold.

    Attributes:
        name: As the table calls it.
        hash: Which of the hashes that the scripts take.
        bits: Length of the hash.
        within_bits: Largest distance that counts, inclusive.
        documented: Where the threshold comes from.
    """

    name: str
    hash: str
    bits: int
    within_bits: int
    documented: str


def _below(share: float, bits: int) -> int:
    """The largest distance that lies below a share of the bits: `perception` compares with <."""
    return ceil(share * bits) - 1


_GUIDE = "perception, guide to duplicates"
SIDES = (
    Compared("unseen", "unseen", 256, 31, "this program's default"),
    Compared("threatexchange PDQ", "threatexchange", 256, 31, "PdqSignal"),
    Compared("unseen at 51 bits", "unseen", 256, 51, "for comparison with the next"),
    Compared("PDQHash", "PDQHash", 256, _below(0.2, 256), _GUIDE),
    Compared("PHash", "PHash", 256, _below(0.2, 256), _GUIDE),
    Compared("PHash, 8 ways", "PHash, 8 ways", 256, _below(0.2, 256), _GUIDE),
    Compared("DHash", "DHash", 256, _below(0.07, 256), _GUIDE),
    Compared("AverageHash", "AverageHash", 256, _below(0.008, 256), _GUIDE),
    Compared("MarrHildreth", "MarrHildreth", 576, _below(0.1, 576), _GUIDE),
    Compared("BlockMean", "BlockMean", 968, _below(0.008, 968), _GUIDE),
    Compared("WaveletHash", "WaveletHash", 256, _below(0.02, 256), _GUIDE),
)
_SCRIPTS = {
    "unseen": (OURS, ("unseen",)),
    "threatexchange": (PEERS, ("threatexchange", "pdqhash", "pillow")),
    "perception": (PEERS, ("perception", "pdqhash", "opencv-contrib-python-headless", "pillow")),
}


def measure(count: int | None = None) -> dict[str, Any]:
    """Alter, have every side hash all files, and compare.

    Args:
        count: How many photographs; None for all.
    """
    # Before anything takes its time: this is what will have been measured.
    commit = machine.commit(ROOT)
    folder, pictures = _altered(count)
    codes: dict[str, dict[str, list[str]]] = {}
    versions: dict[str, str] = {}
    for side, (python, packages) in _SCRIPTS.items():
        settings = json.dumps({"side": side, "folder": str(folder), "packages": packages})
        command = [str(python), "-m", "benchmarks.sides.recall", settings]
        run = subprocess.run(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, check=True, text=True)
        said = json.loads(run.stdout.splitlines()[-1])
        versions |= said["versions"]
        for name, hashes in said["codes"].items():
            codes.setdefault(name, {}).update(hashes)
    return {
        "measured_at_utc": machine.now_utc(),
        "commit": commit,
        "pictures": pictures,
        "seed": _SEED,
        "alterations": [[one.kind, one.strength] for one in CATALOGUE],
        "versions": versions,
        "sides": [_compare(side, codes, pictures) for side in SIDES],
    }


def _altered(count: int | None) -> tuple[Path, int]:
    """A folder with every photograph in every alteration, and how many photographs these are."""
    originals = [*photographs(), *skimage_photographs()][:count]
    folder = CACHE / f"altered-{len(originals)}-{len(CATALOGUE)}"
    if folder.is_dir():
        return folder, len(originals)
    with making(folder) as partial:
        for at, original in enumerate(originals):
            original.thumbnail((_SIDE_PIXELS, _SIDE_PIXELS), Image.Resampling.BICUBIC)
            original.save(partial / _name(at, UNALTERED), "JPEG", quality=92)
            # What is altered is what a reader of that file sees.
            seen = Image.open(partial / _name(at, UNALTERED)).convert("RGB")
            for number in range(UNALTERED + 1, len(CATALOGUE) + 1):
                (partial / _name(at, number)).write_bytes(alter(seen, number, (_SEED, number, at)))
    return folder, len(originals)


def _name(picture: int, number: int) -> str:
    return f"{picture:03}-{number:02}.jpg"


def _compare(side: Compared, codes: dict[str, dict[str, list[str]]], pictures: int) -> dict[str, Any]:
    """Of each alteration: how many copies are found, are too flat, or come near another original."""
    originals = [_bits(codes[_name(at, UNALTERED)][side.hash][:1]) for at in range(pictures)]
    rows = []
    for number in range(UNALTERED, len(CATALOGUE) + 1):
        found = flat = unrelated = 0
        for at in range(pictures):
            copies = _bits(codes[_name(at, number)][side.hash])
            flat += not len(copies)
            distances = [_nearest(copies, original) for original in originals]
            found += distances[at] <= side.within_bits
            unrelated += sum(bits <= side.within_bits for other, bits in enumerate(distances) if other != at)
        rows.append({"found": found, "flat": flat, "unrelated": unrelated})
    return {
        "name": side.name,
        "within_bits": side.within_bits,
        "bits": side.bits,
        "documented": side.documented,
        "rows": rows,
    }


def _bits(texts: Iterable[str]) -> Bits:
    rows = [np.frombuffer(bytes.fromhex(text), np.uint8) for text in texts]
    return np.stack(rows) if rows else np.empty((0, 1), np.uint8)


def _nearest(copies: Bits, original: Bits) -> int:
    if not len(copies) or not len(original):
        return 1 << 20
    return int(np.bitwise_count(copies ^ original).sum(axis=1).min())
