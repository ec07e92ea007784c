"""Asking native readers that lie over a range: their faults, and those of what they read from, as closed reasons."""

import os
from collections.abc import Callable
from typing import Protocol, TypeVar

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["FAILURES", "View", "ask"]

_Result = TypeVar("_Result")
# Bindings turn faults of their libraries into OSError, and leave others of their own where they did not expect any.
FAILURES = (OSError, RuntimeError, SystemError, ValueError, TypeError, AttributeError, OverflowError, KeyError)


class _Beneath(Protocol):
    """What a reader reads from: remembers why the last bytes asked for could not be had."""

    failure: Reason | None


def ask(beneath: _Beneath, question: Callable[[], _Result]) -> _Result:
    """Ask a reader something.

    Raises:
        UnreadError: It failed, or what it read for this cannot be had.
    """
    beneath.failure = None
    try:
        answer = question()
    except FAILURES as error:
        raise UnreadError(beneath.failure or Reason.UNREADABLE) from error
    if beneath.failure is not None:
        raise UnreadError(beneath.failure)
    return answer


class View:
    """A range as the open file that the readers of libyal ask for."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._at = 0
        self.failure: Reason | None = None

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
