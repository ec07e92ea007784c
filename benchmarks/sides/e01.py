"""A whole E01 image, from its first byte to its last, in pieces of 1 MiB."""

import hashlib
import os
from collections.abc import Callable
from typing import Any

from benchmarks.sides.protocol import Work, serve

_PIECE_BYTES = 1 << 20


def _unseen(settings: dict[str, Any]) -> Work:
    """With every chunk's checksum verified."""
    from unseen.sources.disks.ewf.medium import EwfMedium
    from unseen.sources.layers import FileRange

    source = FileRange(os.open(settings["image"], os.O_RDONLY))

    def everything(use: Callable[[bytes], object]) -> None:
        # Anew each time: nothing is kept from the round before.
        medium = EwfMedium(source)
        for offset in range(0, medium.size_bytes, _PIECE_BYTES):
            use(medium.read_at(offset, _PIECE_BYTES))

    return _work(everything)


def _libewf(settings: dict[str, Any]) -> Work:
    import pyewf

    def everything(use: Callable[[bytes], object]) -> None:
        handle = pyewf.handle()
        handle.open([settings["image"]])
        size_bytes = handle.get_media_size()
        for offset in range(0, size_bytes, _PIECE_BYTES):
            use(handle.read_buffer_at_offset(min(_PIECE_BYTES, size_bytes - offset), offset))
        handle.close()

    return _work(everything)


def _work(everything: Callable[[Callable[[bytes], object]], None]) -> Work:
    digest = hashlib.md5(usedforsecurity=False)
    everything(digest.update)
    return Work(lambda: everything(len), 1, digest.hexdigest())


if __name__ == "__main__":
    _SIDES = {"unseen": _unseen, "libewf": _libewf}
    serve(lambda settings: _SIDES[settings["side"]](settings))
