"""Memory as a descriptor that nobody can write to any more."""

import fcntl
import os

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["is_sealed", "new_memory", "seal", "sealed_content", "sealed_memory", "write_whole"]

_PIECE_BYTES = 1 << 20
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


def sealed_memory(data: bytes) -> int:
    """Bytes as a sealed descriptor."""
    descriptor = new_memory()
    write_whole(descriptor, data)
    seal(descriptor)
    return descriptor


def sealed_content(content: ByteSource) -> int:
    """The bytes of a range as a sealed descriptor.

    Raises:
        UnreadError: They cannot be had, or are fewer than was said.
    """
    descriptor = new_memory()
    try:
        offset = 0
        while offset < content.size_bytes:
            offset += _write_piece(descriptor, content.read_at(offset, min(_PIECE_BYTES, content.size_bytes - offset)))
        seal(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _write_piece(descriptor: int, piece: bytes) -> int:
    if not piece:
        raise UnreadError(Reason.UNREADABLE)
    write_whole(descriptor, piece)
    return len(piece)


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
