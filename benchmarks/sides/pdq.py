"""Decoded pixels to PDQ."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.sides.protocol import Work, digest, serve


def _pixels(folder: str) -> list[npt.NDArray[np.uint8]]:
    from PIL import Image

    return [np.asarray(Image.open(path).convert("RGB")) for path in sorted(Path(folder).glob("*.jpg"))]


def _unseen(settings: dict[str, Any]) -> Work:
    unseen: Any = import_module("unseen.hashing")

    pictures = _pixels(settings["folder"])
    hashed = [(pdq.hex(), quality) for pdq, quality in map(unseen.pdq, pictures)]
    return Work(lambda: [unseen.pdq(picture) for picture in pictures], len(pictures), digest(hashed))


def _unseen_dihedral(settings: dict[str, Any]) -> Work:
    unseen: Any = import_module("unseen.hashing")

    pictures = _pixels(settings["folder"])
    return Work(lambda: [unseen.pdq_dihedral(picture) for picture in pictures], len(pictures))


def _pdqhash(settings: dict[str, Any]) -> Work:
    import pdqhash

    pictures = _pixels(settings["folder"])
    hashed = [(np.packbits(bits).tobytes().hex(), int(quality)) for bits, quality in map(pdqhash.compute, pictures)]
    return Work(lambda: [pdqhash.compute(picture) for picture in pictures], len(pictures), digest(hashed))


if __name__ == "__main__":
    _SIDES = {"unseen": _unseen, "unseen_dihedral": _unseen_dihedral, "pdqhash": _pdqhash}
    serve(lambda settings: _SIDES[settings["side"]](settings))
