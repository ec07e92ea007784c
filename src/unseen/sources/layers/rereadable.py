"""Bytes that only come as a stream, from first to last: held in memory if few, read again from the start if many."""

from collections import deque
from collections.abc import Callable, Iterator

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers.ranges import MemoryRange

__all__ = ["Rereadable", "hold"]

# Behind the furthest byte read: readers of containers step back a little all the time.
_WINDOW_BYTES = 8 << 20
# Whoever asks what a range is reads its start and its end; neither may cost a walk through all of it.
_END_BYTES = 128 << 10


class Rereadable:
    """A stream as a range: forwards it reads on, backwards beyond a window it starts anew."""

    def __init__(self, reopen: Callable[[], Iterator[bytes]], size_bytes: int, *, start: bytes = b"", end: bytes = b""):
        """Describe a stream.

        Args:
            reopen: Gives all pieces anew, in order. May raise `UnreadError`, as may the iterator.
            size_bytes: Of all pieces together.
            start: The first bytes, as many as are to be had without a stream.
            end: The last bytes, likewise.
        """
        self.size_bytes = size_bytes
        self._reopen = reopen
        self._ends = ((0, start), (size_bytes - len(end), end))
        self._stream: Iterator[bytes] | None = None
        self._pieces: deque[tuple[int, bytes]] = deque()
        self._at = 0

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        stop = min(offset + size, self.size_bytes)
        if offset < 0 or offset >= stop:
            return b""
        for at, kept in self._ends:
            if at <= offset and stop <= at + len(kept):
                return kept[offset - at : stop - at]
        stream = self._stream
        if stream is None or offset < (self._pieces[0][0] if self._pieces else self._at):
            self._pieces.clear()
            self._at = 0
            stream = self._stream = self._reopen()
        self._read_on(stream, offset, stop)
        wanted = (
            piece[max(0, offset - at) : stop - at]
            for at, piece in self._pieces
            if at < stop and offset < at + len(piece)
        )
        return b"".join(wanted)

    def _read_on(self, stream: Iterator[bytes], offset: int, stop: int) -> None:
        while self._at < stop:
            piece = next(stream, None)
            if piece is None:
                # There were more bytes when they were counted.
                self._stream = None
                raise UnreadError(Reason.CHANGED)
            self._pieces.append((self._at, piece))
            self._at += len(piece)
            while self._pieces[0][0] + len(self._pieces[0][1]) <= offset - _WINDOW_BYTES:
                self._pieces.popleft()


def hold(pieces: Iterator[bytes], reopen: Callable[[], Iterator[bytes]], *, memory_bytes_max: int) -> ByteSource:
    """Read a stream to its end, and give it as a range: in memory where it fits, else to be read again.

    Args:
        pieces: All bytes, in order.
        reopen: Gives the same pieces anew, for what does not fit into memory.
        memory_bytes_max: What fits.

    Raises:
        UnreadError: What `pieces` raises.
    """
    held: list[bytes] = []
    size_bytes = 0
    for piece in pieces:
        held.append(piece)
        size_bytes += len(piece)
        if size_bytes > memory_bytes_max:
            break
    else:
        return MemoryRange(held[0] if len(held) == 1 else b"".join(held))
    whole = b"".join(held)
    start, end = whole[:_END_BYTES], whole[-_END_BYTES:]
    del held, whole
    for piece in pieces:
        size_bytes += len(piece)
        end = (end + piece)[-_END_BYTES:]
    return Rereadable(reopen, size_bytes, start=start, end=end)
