"""Measures what compressed bytes would become before a library is let loose on them."""

import zlib

from unseen.sources.layers.member import Context

__all__ = ["measure"]

_PIECE_BYTES = 1 << 20


def measure(packed: bytes, context: Context) -> int:
    """Inflate a zlib stream piece by piece, keeping nothing, and count it.

    Returns:
        Bytes that came out, as far as the stream is sound.

    Raises:
        UnreadError: `too_large`: more than the limits allow.
    """
    inflater = zlib.decompressobj()
    total, rest = 0, packed
    while rest and not inflater.eof:
        try:
            piece = inflater.decompress(rest, _PIECE_BYTES)
        except zlib.error:
            break
        if not piece:
            break
        context.budget.inflate(len(piece), inflated_before=total, compressed_bytes=len(packed))
        total += len(piece)
        rest = inflater.unconsumed_tail
    return total
