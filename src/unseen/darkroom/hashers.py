"""Hashers that a licensee plugged in: which are installed, and what they say of a picture."""

from collections.abc import Sequence
from importlib.metadata import entry_points

import numpy as np
import numpy.typing as npt

from unseen.errors import SandboxError
from unseen.hashing.plugin import HASHER_BYTES_MAX, HASHERS_GROUP, HASHERS_MAX, Hasher

__all__ = ["hash_extra", "load_hashers"]


def load_hashers() -> tuple[Hasher, ...]:
    """Load the installed hashers, in order of their names. Usually there is none.

    Raises:
        SandboxError: A hasher promises what an answer cannot hold, or there are too many.
    """
    hashers = tuple(point.load()() for point in sorted(entry_points(group=HASHERS_GROUP), key=lambda point: point.name))
    if len(hashers) > HASHERS_MAX:
        raise SandboxError(f"{len(hashers)} hashers are plugged in, at most {HASHERS_MAX} have room in an answer")
    for hasher in hashers:
        if not 0 < hasher.size_bytes <= HASHER_BYTES_MAX:
            raise SandboxError(f"hasher {hasher.signal} gives {hasher.size_bytes} bytes, not 1 to {HASHER_BYTES_MAX}")
    return hashers


def hash_extra(pixels: npt.NDArray[np.uint8], hashers: Sequence[Hasher]) -> tuple[tuple[str, bytes], ...]:
    """Ask every hasher about one picture.

    A hasher that fails on a picture, or gives a value of another length, gives nothing for it.
    """
    if not hashers:
        return ()
    rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)
    found = []
    for hasher in hashers:
        try:
            value = hasher.hash_pixels(rgb)
        except Exception:  # noqa: BLE001, S112  # foreign code must not take the other hashes with it
            continue
        if value is not None and len(value) == hasher.size_bytes:
            found.append((hasher.signal, bytes(value)))
    return tuple(found)
