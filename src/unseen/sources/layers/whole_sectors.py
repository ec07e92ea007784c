"""Bytes from a reader written in C that is trusted with whole sectors alone."""

from collections.abc import Callable

from unseen.model import Reason, UnreadError

__all__ = ["WholeSectors"]

# libbde of 2026 gives wrong bytes, without an error, for a range that begins inside a sector and ends in
# another one. Its sisters share much of its code: none is asked for anything but whole sectors, the largest that
# there are.
_SECTOR_BYTES = 4096
# Readers copy what they give; more than this at once would only take memory.
_PIECE_BYTES_MAX = 16 << 20


class WholeSectors:
    """What a reader gives, as a range of bytes.

    Attributes:
        size_bytes: Of what it gives.
    """

    def __init__(self, read: Callable[[int, int], bytes], size_bytes: int) -> None:
        """Take what reads.

        Args:
            read: Gives so many bytes from an offset, in this order. Raises nothing but `UnreadError`.
            size_bytes: Of all that can be read.
        """
        self._read = read
        self.size_bytes = size_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        if offset < 0 or size <= 0 or offset >= self.size_bytes:
            return b""
        first = offset // _SECTOR_BYTES * _SECTOR_BYTES
        last = min(offset + size, self.size_bytes)
        end = min(-(-last // _SECTOR_BYTES) * _SECTOR_BYTES, self.size_bytes)
        pieces = [self._piece(at, min(_PIECE_BYTES_MAX, end - at)) for at in range(first, end, _PIECE_BYTES_MAX)]
        whole = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return whole if len(whole) == size and first == offset else whole[offset - first : last - first]

    def _piece(self, offset: int, size: int) -> bytes:
        piece = self._read(size, offset)
        if len(piece) < size:
            raise UnreadError(Reason.TRUNCATED)
        return piece
