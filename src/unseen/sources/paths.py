"""Read a list of paths, as `find` writes it."""

import os
from collections.abc import Iterator
from typing import IO

from unseen.errors import SourceError

__all__ = ["paths_from"]

_BLOCK_BYTES = 65_536

# Sixteen times what the kernel takes in one call: longer than this is no path but a wrong kind of file.
_PATH_BYTES_MAX = 65_536


def paths_from(stream: IO[bytes]) -> Iterator[str]:
    """Give the paths in a stream, each ended by a zero byte or by a newline.

    Names may hold newlines, never zero bytes: where the first 64 KiB hold a zero byte, zero bytes part the paths
    (`find -print0`), otherwise newlines. Empty ones are skipped. Constant memory.

    Args:
        stream: Bytes; names that are not UTF-8 come out as `surrogateescape` holds them.

    Raises:
        SourceError: The stream cannot be read, or has a stretch without separator that no path can be.
    """
    waiting = _read(stream)
    separator = b"\0" if b"\0" in waiting else b"\n"
    position = 0
    while waiting:
        *whole, rest = waiting.split(separator)
        for path in whole:
            position += 1
            if path:
                yield os.fsdecode(path)
        if len(rest) > _PATH_BYTES_MAX:
            raise SourceError(
                f"path {position + 1} of the list has more than {_PATH_BYTES_MAX:,} bytes",
                hint="end each path with a newline or a zero byte",
            )
        block = _read(stream)
        if not block:
            if rest:
                yield os.fsdecode(rest)
            return
        waiting = rest + block


def _read(stream: IO[bytes]) -> bytes:
    """A whole block, although pipes give what they have: the first one decides about the separator."""
    pieces: list[bytes] = []
    missing = _BLOCK_BYTES
    try:
        while missing and (piece := stream.read(missing)):
            pieces.append(piece)
            missing -= len(piece)
    except OSError as error:
        raise SourceError(f"cannot read the list of paths: {error.strerror or error}") from error
    return b"".join(pieces)
