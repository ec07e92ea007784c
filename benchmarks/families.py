"""Rows of altered copies: all placings of a picture against a list at once, beside one hash after the other."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks import pictures
from benchmarks.race import Side, race
from unseen.hashing.altered import look
from unseen.model import Altered

__all__ = ["search"]

Codes = npt.NDArray[np.uint8]

_SEED = 20261124
_RADIUS_BITS = {Altered.FAST: 64, Altered.THOROUGH: 64}
# So many entries for each picture lie 0 bits to the radius and a little more from one of its hashes.
_PLANTED = 40
_SIDE_MAX = 512


def search(mode: Altered, codes: Path, *, count: int, rounds: int) -> list[dict[str, Any]]:
    """Search the proposals of photographs in a list in which some entries lie near them.

    The peer compares each hash with every entry. In `thorough` that would take minutes, so that our own plain search
    is alone beside it. All answers are the same: of each entry within the radius the two nearest placings.
    """
    families = [_hashes(photograph, mode) for photograph in pictures.photographs()[:count]]
    entries = _planted(np.load(codes), families, _RADIUS_BITS[mode])
    place = pictures.CACHE / f"{codes.stem}-near-{mode.value}-{count}"
    np.save(place.with_suffix(".npy"), entries)
    np.savez(place.with_suffix(".npz"), *families)
    settings = {
        "codes": str(place.with_suffix(".npy")),
        "families": str(place.with_suffix(".npz")),
        "radius_bits": _RADIUS_BITS[mode],
    }
    sides = [Side(name, "families", {"side": name, **settings}) for name in ("unseen", "one_by_one")]
    if mode is Altered.FAST:
        sides.append(Side("faiss_flat", "families", {"side": "faiss_flat", **settings}, True, ("faiss-cpu",)))
    return race(sides, rounds=rounds)


def _hashes(photograph: Image.Image, mode: Altered) -> Codes:
    luma = photograph.convert("L")
    luma.thumbnail((_SIDE_MAX, _SIDE_MAX), Image.Resampling.BOX)
    return np.frombuffer(look(np.array(luma), mode).hashes, np.uint8).reshape(-1, 32)


def _planted(entries: Codes, families: list[Codes], radius_bits: int) -> Codes:
    rng = np.random.default_rng(_SEED)
    for hashes in families:
        near = hashes[rng.integers(0, len(hashes), _PLANTED)]
        order = rng.random((_PLANTED, 256)).argsort(axis=1)
        changed = order < rng.integers(0, radius_bits + 3, (_PLANTED, 1))
        entries[rng.integers(0, len(entries), _PLANTED)] = near ^ np.packbits(changed, axis=1)
    return entries
