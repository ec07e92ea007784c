"""A reader process as its parent sees it: started, told, listened to, and replaced."""

import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import astuple

from unseen.darkroom.crew import START_S, read_greeting, spawn
from unseen.darkroom.reading.sealing import is_sealed
from unseen.darkroom.reading.wire import (
    MESSAGE_BYTES_MAX,
    SECRET_BYTES_MAX,
    Delivered,
    Message,
    Order,
    Way,
    pack_order,
    unpack_message,
)
from unseen.darkroom.wire import Garbled
from unseen.hashing import kernel_in_use
from unseen.sources.layers import LayerLimits, Secrets

__all__ = ["Heard", "Reader"]

# `-P`: a module lying in the folder of evidence must not be imported in the place of Python's own.
READER_COMMAND: Sequence[str] = (sys.executable, "-P", "-m", "unseen.darkroom.reading.reader")
_DESCRIPTOR_BYTES = 4


# A message, its bytes, and the sealed memory beside it.
Heard = tuple[Message, bytes, int | None]


class Reader:
    """A process that looks into one file at a time.

    Attributes:
        deadline_at_s: When it must have spoken, on the parent's monotonic clock.
        is_locked: It has said so.
        is_spent: It has had the image of a disk before it, and gets no other file.
    """

    def __init__(self, limits: LayerLimits, secrets: Secrets, now_s: float, *, unsafe_no_sandbox: bool) -> None:
        arguments = (int(unsafe_no_sandbox), *astuple(limits), kernel_in_use())
        self.socket, self._process = spawn(READER_COMMAND, arguments)
        self.deadline_at_s = now_s + START_S
        self.is_locked = False
        self.is_spent = False
        for password in secrets.passwords:
            text = password.encode("utf-8", "surrogateescape")
            if len(text) <= SECRET_BYTES_MAX:
                self.tell(Order.SECRET, text=text)

    def tell(self, order: Order, number: int = 0, *, text: bytes = b"", descriptor: int | None = None) -> None:
        """Send an order; if the reader is gone, its death is noticed on listening."""
        descriptors = [] if descriptor is None else [descriptor]
        try:
            socket.send_fds(self.socket, [pack_order(order, number, text)], descriptors)
        except OSError:
            return

    def listen(self) -> Heard | None:
        """Take one message, its bytes, and the sealed memory beside it; None for the greeting.

        Raises:
            Garbled: It died, or sent what no honest reader sends.
            SandboxError: It could not lock itself.
        """
        try:
            room = socket.CMSG_SPACE(4 * _DESCRIPTOR_BYTES)
            message, ancillary, _, _ = self.socket.recvmsg(MESSAGE_BYTES_MAX + 1, room)
        except OSError as error:
            raise Garbled from error
        descriptors = _descriptors(ancillary)
        try:
            if not self.is_locked:
                read_greeting(message)
                self.is_locked, self.deadline_at_s = True, float("inf")
                _check(not descriptors)
                return None
            event = unpack_message(message)
            is_memory = isinstance(event, Delivered) and event.way is Way.MEMORY
            _check(len(descriptors) == is_memory)
            if isinstance(event, Delivered) and is_memory:
                _check_memory(descriptors[0], event.size_bytes)
        except BaseException:
            for descriptor in descriptors:
                os.close(descriptor)
            raise
        return event, message, descriptors[0] if descriptors else None

    def dismiss(self) -> None:
        """End the process, at once and for certain."""
        self._process.kill()
        self._process.wait()
        self.socket.close()


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found: list[int] = []
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            whole = len(data) - len(data) % _DESCRIPTOR_BYTES
            found += [
                int.from_bytes(data[at : at + _DESCRIPTOR_BYTES], sys.byteorder)
                for at in range(0, whole, _DESCRIPTOR_BYTES)
            ]
    return found


def _check_memory(descriptor: int, size_bytes: int) -> None:
    """Make sure that it is memory, of this size, which nobody can change any more."""
    _check(is_sealed(descriptor) and os.fstat(descriptor).st_size == size_bytes)


def _check(is_sound: bool) -> None:  # the condition itself
    if not is_sound:
        raise Garbled
