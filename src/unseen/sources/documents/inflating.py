"""Inflates what documents hold deflated, piece by piece and within the limits."""

import zlib
from collections.abc import Iterator

from unseen.sources.layers.member import Context

__all__ = ["inflate", "measure"]

_PIECE_BYTES = 1 << 20


def inflate(packed: bytes, context: Context) -> bytes:
    """Inflate a zlib stream as far as it is sound.

    Raises:
        UnreadError: `too_large`: more would come out than the limits allow.
    """
    return b"".join(_pieces(packed, context))


def measure(packed: bytes, context: Context) -> int:
    """Count what would come out of a zlib stream and keep nothing: before a library is let loose on it.

    Raises:
        UnreadError: See `inflate`.
    """
    return sum(map(len, _pieces(packed, context)))


def _pieces(packed: bytes, context: Context) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    total, rest = 0, packed
    while rest and not inflater.eof:
        try:
            piece = inflater.decompress(rest, _PIECE_BYTES)
        except zlib.error:
            return
        if not piece:
            return
        context.budget.inflate(len(piece), inflated_before=total, compressed_bytes=len(packed))
        total += len(piece)
        yield piece
        rest = inflater.unconsumed_tail
