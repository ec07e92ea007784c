"""Asking native readers that lie over a range: their faults, and those of what they read from, as closed reasons."""

import os
from collections.abc import Callable
from typing import Protocol, TypeVar

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["FAILURES", "Beneath", "View", "ask"]

_Result = TypeVar("_Result")
# Bindings turn faults of their libraries into OSError, and leave others of their own where they did not expect any.
FAILURES = (OSError, RuntimeError, SystemError, ValueError, TypeError, AttributeError, OverflowError, KeyError)


class Beneath(Protocol):
    """What a reader reads from.

    Attributes:
        failure: Why something asked for since the last question could not be had.
        swallowed: Why something could not be had that a reader went on without.
    """

    failure: Reason | None
    swallowed: Reason | None


def ask(beneath: Beneath, question: Callable[[], _Result]) -> _Result:
    """Ask a reader something.

    Raises:
        UnreadError: It failed, perhaps because what it read for this cannot be had.
    """
    beneath.failure = None
    try:
        return question()
    except FAILURES as error:
        raise UnreadError(beneath.failure or Reason.UNREADABLE) from error
    finally:
        beneath.swallowed = beneath.swallowed or beneath.failure


class View:
    """A range as the open file that the readers of libyal ask for."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._at = 0
        self.failure: Reason | None = None
        self.swallowed: Reason | None = None

    def read(self, size: int) -> bytes:
        """Give the next bytes."""
        try:
            data = self._source.read_at(self._at, size)
        except UnreadError as error:
            self.failure = self.failure or error.reason
            raise OSError(error.reason.value) from error
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> None:
        """Go somewhere."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._source.size_bytes}[whence]

    def tell(self) -> int:
        """Say where."""
        return self._at

    def get_size(self) -> int:
        """Say how many bytes there are."""
        return self._source.size_bytes
