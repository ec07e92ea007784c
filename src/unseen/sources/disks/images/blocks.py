"""Media that images keep in blocks of one size, some of them nowhere."""

from collections.abc import Callable

__all__ = ["read_blocks"]


def read_blocks(
    offset: int, size: int, *, size_bytes: int, block_bytes: int, give: Callable[[int, int, int], bytes]
) -> bytes:
    """Read a range of a medium, block by block.

    Args:
        offset: Where the range begins.
        size: How long it is; what lies behind the medium is left out.
        size_bytes: Of the medium.
        block_bytes: Of every block but the last.
        give: Given the number of a block, a place in it and a size, gives exactly these bytes, at least one.
    """
    end = min(offset + size, size_bytes)
    pieces: list[bytes] = []
    while 0 <= offset < end:
        number, start = divmod(offset, block_bytes)
        piece = give(number, start, min(end - offset, block_bytes - start))
        pieces.append(piece)
        offset += len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
