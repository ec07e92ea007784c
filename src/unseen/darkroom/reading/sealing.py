"""Memory as a descriptor that nobody can write to any more."""

import fcntl
import os

__all__ = ["is_sealed", "new_memory", "seal", "sealed_memory", "write_whole"]

_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


def sealed_memory(data: bytes) -> int:
    """Bytes as a sealed descriptor."""
    descriptor = new_memory()
    write_whole(descriptor, data)
    seal(descriptor)
    return descriptor


def new_memory() -> int:
    """Empty memory as a descriptor, not sealed yet."""
    return os.memfd_create("item", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


def write_whole(descriptor: int, data: bytes) -> None:
    """Write all of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def seal(descriptor: int) -> None:
    """Make it unchangeable for good."""
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)


def is_sealed(descriptor: int) -> bool:
    """Whether a descriptor is such memory, with every seal."""
    try:
        return fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) == _SEALS
    except OSError:
        return False
