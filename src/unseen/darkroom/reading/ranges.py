"""Bytes that another process reads: a worker asks a reader for ranges of a member too large to be sent whole.

The parent serves the same way what lies in no file of this machine, such as a large object of a bucket.
"""

import os
import socket
import struct
import threading

from unseen.darkroom.wire import REASON_CODES, REASONS
from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers import reason_of

__all__ = ["Lender", "RemoteRange", "serve_ranges"]

# Large enough that asking costs nothing beside digesting; small enough for any pool of memory.
_PIECE_BYTES = 1 << 20
_REQUEST = struct.Struct("<QI")
# The code of a reason (0: none), and how many bytes follow.
_ANSWER = struct.Struct("<B3xI")


class RemoteRange:
    """The bytes of a member, asked for over a socket. The other side is not trusted: it can give wrong bytes only."""

    def __init__(self, descriptor: int, size_bytes: int) -> None:
        self._descriptor = descriptor
        self.size_bytes = size_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        wanted = min(size, self.size_bytes - offset) if offset >= 0 else 0
        if wanted <= _PIECE_BYTES:
            return self._ask(offset, wanted) if wanted > 0 else b""
        whole = bytearray()
        while len(whole) < wanted:
            whole += self._ask(offset + len(whole), min(_PIECE_BYTES, wanted - len(whole)))
        return bytes(whole)

    def _ask(self, offset: int, size: int) -> bytes:
        try:
            _send(self._descriptor, _REQUEST.pack(offset, size))
            code, length = _ANSWER.unpack(_receive(self._descriptor, _ANSWER.size))
            if code and code < len(REASONS):
                raise UnreadError(REASONS[code] or Reason.UNREADABLE)
            if code or length != size:
                raise UnreadError(Reason.READER_CRASHED)
            return _receive(self._descriptor, length)
        except OSError as error:
            raise UnreadError(Reason.READER_CRASHED) from error


class Lender:
    """Serves one source to any number of processes, to each on a socket of its own; one reading at a time.

    Attributes:
        size_bytes: Of the source.
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._turn = threading.Lock()
        self.size_bytes = source.size_bytes

    def lend(self) -> int:
        """A socket on which ranges may be asked for, until it is closed; the caller closes it."""
        ours, theirs = socket.socketpair()
        # A thread, since reading may wait for a network while other processes have something to say.
        threading.Thread(target=self._serve, args=(ours,), daemon=True).start()
        return theirs.detach()

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        with self._turn:
            return self._source.read_at(offset, size)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            serve_ranges(connection.fileno(), self)


def serve_ranges(descriptor: int, source: ByteSource) -> None:
    """Answer requests for ranges until the other side hangs up."""
    while True:
        try:
            offset, size = _REQUEST.unpack(_receive(descriptor, _REQUEST.size))
        except OSError:
            return
        try:
            # A range that is shorter than it said cannot be told from one that lies: neither is what was announced.
            data, code = source.read_at(offset, min(size, _PIECE_BYTES)), 0
        except Exception as error:  # noqa: BLE001  # a reader's fault costs this member and nothing else
            data, code = b"", REASON_CODES[reason_of(error)]
        try:
            _send(descriptor, _ANSWER.pack(code, len(data)) + data)
        except OSError:
            return


def _send(descriptor: int, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[os.write(descriptor, view) :]


def _receive(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size)
    if len(data) == size:
        return data
    pieces = bytearray(data)
    while len(pieces) < size:
        data = os.read(descriptor, size - len(pieces))
        if not data:
            raise OSError("hung up")
        pieces += data
    return bytes(pieces)
