"""Deflate, which zip and gzip share: unpacked piece by piece, and to the last byte before damage."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

from isal import isal_zlib

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["inflate", "stored"]

_PIECE_BYTES = 256 << 10
_SALVAGE_BYTES = 1 << 10


def stored(packed: ByteSource) -> Iterator[bytes]:
    """Give data that is not compressed.

    Raises:
        UnreadError: The source cannot be read.
    """
    for at in range(0, packed.size_bytes, _PIECE_BYTES):
        yield packed.read_at(at, _PIECE_BYTES)


def inflate(packed: ByteSource, finish: Callable[[int], None]) -> Iterator[bytes]:
    """Unpack deflate (RFC 1951).

    Args:
        packed: The compressed data, and possibly more.
        finish: Is told, once, how many bytes of it were used.

    Raises:
        UnreadError: `truncated` where the data ends early, `unreadable` where it is broken.
    """
    given_bytes = 0
    try:
        # ISA-L takes two thirds of zlib's time.
        for piece in _inflate(isal_zlib.decompressobj(-zlib.MAX_WBITS), packed, finish, _PIECE_BYTES):
            given_bytes += len(piece)
            yield piece
    except (isal_zlib.error, UnreadError):  # type: ignore[misc]  # the stubs of isal give it as a value
        # Where damage begins is zlib's to say, which gives one byte more before it; in small pieces, since what was
        # unpacked together with the broken byte is lost to it.
        yield from _salvage(packed, finish, given_bytes)


def _inflate(unpacker: Any, packed: ByteSource, finish: Callable[[int], None], piece_bytes: int) -> Iterator[bytes]:
    used = 0
    for chunk in stored(packed):
        used += len(chunk)
        rest = chunk
        while not unpacker.eof:
            piece = unpacker.decompress(rest, piece_bytes)
            if piece:
                yield piece
            rest = unpacker.unconsumed_tail
            if not rest and len(piece) < piece_bytes:
                break
        if unpacker.eof:
            finish(used - len(unpacker.unused_data))
            return
    raise UnreadError(Reason.TRUNCATED)


def _salvage(packed: ByteSource, finish: Callable[[int], None], given_bytes: int) -> Iterator[bytes]:
    at = 0
    try:
        for piece in _inflate(zlib.decompressobj(-zlib.MAX_WBITS), packed, finish, _SALVAGE_BYTES):
            at += len(piece)
            if at > given_bytes:
                yield piece[max(0, given_bytes - (at - len(piece))) :]
    except zlib.error as error:
        raise UnreadError(Reason.UNREADABLE) from error
