"""Bytes of a range, held in blocks for a while: those who follow a file's structure come back to the same place."""

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["BLOCK_BYTES", "Blocks"]

BLOCK_BYTES = 1 << 20
# The one being searched, its neighbour, and two where a structure leads.
_KEPT = 4
# Reads that one search may take, beside one for each 64 bytes: blocks of a GIF have 255 bytes, and other structures
# larger ones. Files made so that many beginnings share one long structure would ask for their product.
_READS_MAX = 1_000_000
_BYTES_PER_READ = 64


class Blocks:
    """A range of bytes, read by blocks."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._kept: dict[int, bytes] = {}
        self._reads_left = _READS_MAX + source.size_bytes // _BYTES_PER_READ
        self.size_bytes = source.size_bytes

    def read(self, offset: int, size: int) -> bytes:
        """Give `size` bytes from `offset`, fewer only where the range ends.

        Raises:
            UnreadError: They cannot be read; or `too_many`: too many were asked for altogether.
        """
        self.spend(1)
        if offset >= self.size_bytes:
            return b""
        number, skipped = divmod(offset, BLOCK_BYTES)
        if skipped + size <= BLOCK_BYTES:
            return self.block(number)[skipped : skipped + size]
        return self._source.read_at(offset, max(0, min(size, self.size_bytes - offset)))

    def spend(self, reads: int) -> None:
        """Count reads, or work that takes as long as some.

        Raises:
            UnreadError: `too_many`.
        """
        self._reads_left -= reads
        if self._reads_left < 0:
            raise UnreadError(Reason.TOO_MANY)

    def block(self, number: int) -> bytes:
        """Give the whole of one block; it is remembered for a while.

        Raises:
            UnreadError: It cannot be read.
        """
        block = self._kept.pop(number, None)
        if block is None:
            block = self._source.read_at(number * BLOCK_BYTES, BLOCK_BYTES)
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
        self._kept[number] = block
        return block

    def find(self, wanted: bytes, offset: int, end: int) -> int | None:
        """Find some bytes from `offset` that lie wholly before `end`; None where there are none.

        Raises:
            UnreadError: See `read`.
        """
        end = min(end, self.size_bytes)
        while offset < end:
            piece = self.read(offset, min(BLOCK_BYTES, end - offset))
            at = piece.find(wanted)
            if at >= 0:
                return offset + at
            if len(piece) < len(wanted) or offset + len(piece) >= end:
                return None
            offset += len(piece) - len(wanted) + 1
        return None
