"""Bytes that lie somewhere, read piece by piece: what every reader of a layer and every decoder of a video is given."""

from typing import Protocol

from unseen.model.outcomes import Reason

__all__ = ["ByteSource", "UnreadError"]


class ByteSource(Protocol):
    """A range of bytes that can be read at any place, in any order, and never written."""

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Give up to `size` bytes from `offset`; fewer, or none, only where the range ends.

        Raises:
            UnreadError: These bytes cannot be had, for a stated reason.
        """


class UnreadError(Exception):
    """Something could not be read, for a reason; whoever reads a layer turns it into a row and goes on.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
