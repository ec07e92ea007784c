"""The pixels of one picture, or of one frame, to what is searched for altered copies, or found at what is aimed at."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from unseen.darkroom.undoing.aims import Undoing
from unseen.hashing import altered
from unseen.hashing.windows import shrink
from unseen.model import Aim, Altered, AlteredHash, ItemHashes, Placing, Proposals, Reason

__all__ = ["joined", "propose", "refine", "unfinished", "with_altered"]

Pixels = npt.NDArray[np.uint8]


def with_altered(hashes: ItemHashes, pixels: Pixels, undoing: Undoing) -> ItemHashes:
    """Add to the hashes of a picture what is wanted of altered copies; where memory does not suffice, say so.

    Args:
        hashes: Of these pixels.
        pixels: uint8[height, width, 3] or uint8[height, width].
        undoing: What is wanted.
    """
    if not undoing.is_asked:
        return hashes
    try:
        if undoing.aims:
            return replace(hashes, altered=refine(pixels, undoing.aims))
        return replace(hashes, proposals=propose(pixels, undoing.altered))
    except MemoryError:
        return unfinished(hashes)


def unfinished(hashes: ItemHashes) -> ItemHashes:
    """What is said of an item in which altered copies could not be looked for to the end."""
    is_whole = hashes.reason in {None, Reason.LOW_QUALITY}
    return replace(hashes, proposals=None, reason=Reason.ALTERED_UNFINISHED if is_whole else hashes.reason)


def propose(pixels: Pixels, mode: Altered) -> Proposals:
    """Say where in a picture a known one may lie."""
    return altered.look(shrink(pixels), mode, full_size=(pixels.shape[0], pixels.shape[1]))


def refine(pixels: Pixels, aims: Iterable[Aim], time_s: float | None = None) -> tuple[AlteredHash, ...]:
    """Look closely at what is aimed at.

    Args:
        pixels: As for `propose`, of the same picture.
        aims: All in this picture.
        time_s: Of a frame: when it is shown.
    """
    found = altered.refine(pixels, tuple(aims))
    return tuple(replace(one, how=replace(one.how, convention="full", time_s=time_s)) for one in found)


def joined(parts: Iterable[tuple[tuple[int, int], Proposals]], placings_max: int) -> Proposals:
    """The proposals of several frames as those of one item, as many as there is room for."""
    placings = list[Placing]()
    hashes, frames = list[bytes](), list[tuple[int, int]]()
    for frame, one in parts:
        if len(placings) + len(one.placings) > placings_max:
            break
        placings += one.placings
        hashes.append(one.hashes)
        frames += [frame] * len(one.placings)
    return Proposals(tuple(placings), b"".join(hashes), tuple(frames))
