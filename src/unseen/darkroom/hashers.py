"""Hashers that a licensee plugged in: which are installed, and what they say of a picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from unseen.errors import SandboxError
from unseen.hashing.plugin import HASHER_BYTES_MAX, HASHERS_GROUP, HASHERS_MAX, Hasher

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["hash_extra", "installed_signals", "load_hashers"]


def installed_signals() -> tuple[str, ...]:
    """Names of the installed hashers in their order, without running any of their code. Usually there is none.

    Raises:
        SandboxError: There are more than an answer has room for.
    """
    signals = tuple(point.name for point in _points())
    if len(signals) > HASHERS_MAX:
        raise SandboxError(f"{len(signals)} hashers are plugged in, at most {HASHERS_MAX} have room in an answer")
    return signals


def load_hashers() -> tuple[Hasher, ...]:
    """Load the installed hashers, in the order of `installed_signals`.

    Raises:
        SandboxError: A hasher cannot be loaded, promises what an answer cannot hold, or has another name than its
            entry point.
    """
    return tuple(_load(point) for point in _points())


def _points() -> "list[EntryPoint]":
    # A tenth of a worker's start, and no worker asks where nothing is plugged in.
    from importlib.metadata import entry_points

    return sorted(entry_points(group=HASHERS_GROUP), key=lambda point: point.name)


def _load(point: "EntryPoint") -> Hasher:
    try:
        hasher: Hasher = point.load()()
        signal, size_bytes = hasher.signal, hasher.size_bytes
    except Exception as error:
        raise SandboxError(f"hasher {point.name} cannot be loaded: {error}") from error
    if signal != point.name:
        raise SandboxError(f"hasher {signal} is plugged in under the name {point.name}")
    if not 0 < size_bytes <= HASHER_BYTES_MAX:
        raise SandboxError(f"hasher {signal} gives {size_bytes} bytes, not 1 to {HASHER_BYTES_MAX}")
    return hasher


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
