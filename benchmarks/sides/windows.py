"""Windows of a decoded picture: the small copy, its turns, and the hashes of a family of windows."""

from collections.abc import Callable
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.sides.protocol import Work, serve

# Six widths by six heights by six places across by six down: 1,296 windows, some of which reach beyond the frame.
_FAMILY = [
    (x, y, width, height)
    for width, height in product(np.linspace(0.6, 1.3, 6).tolist(), repeat=2)
    for x, y in product(np.linspace(-0.1, 0.1, 6).tolist(), repeat=2)
]


def _work(settings: dict[str, Any]) -> Work:
    unseen: Any = import_module("unseen.hashing")

    paths = sorted(Path(settings["folder"]).glob("*.jpg"))
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    canvases = [unseen.Canvas.of(unseen.shrink(picture), full_size=picture.shape[:2]) for picture in pictures]
    half = (0.25, 0.25, 0.5, 0.5)
    cuts = [unseen.cut_out(canvas.luma, import_module("unseen.model").Placing(window=half)) for canvas in canvases]
    works: dict[str, tuple[Callable[[], object], int]] = {
        "shrink": (lambda: [unseen.shrink(picture) for picture in pictures], len(pictures)),
        "turn": (lambda: [canvas.turned(3.0) for canvas in canvases], len(canvases)),
        "window": (lambda: [canvas.hash(_FAMILY) for canvas in canvases], len(canvases) * len(_FAMILY)),
        "cut": (lambda: [unseen.pdq_dihedral(cut) for cut in cuts], len(cuts)),
    }
    return Work(*works[settings["side"]])


if __name__ == "__main__":
    serve(_work)
