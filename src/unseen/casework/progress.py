"""How far a scan has come, told while it runs."""

import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from unseen.casework.buckets import Fetching
from unseen.darkroom import Choose, Darkroom
from unseen.model import Item, ItemHashes, Locator

__all__ = ["CountAhead", "Progress", "Watched"]

# A line that people read need not change more often.
_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan has come.

    Attributes:
        files: Items dealt with, those of an earlier run included.
        files_before: Items that an earlier run of this scan has dealt with.
        size_bytes: Bytes of the sources' own files dealt with, those of an earlier run included; of a container that is
            being looked into, as many as came out of it so far, and never more than it has.
        size_bytes_before: Of these, what an earlier run has dealt with.
        seconds: Since this run began to read.
        files_total: All items of the sources, those twice that lie in two of them, and those found in containers so
            far; None while they are being counted, or where they cannot be. The last word has what there really was.
        size_bytes_total: Bytes of all files of the sources, likewise; what lies in containers is part of these.
    """

    files: int
    files_before: int
    size_bytes: int
    size_bytes_before: int
    seconds: float
    files_total: int | None
    size_bytes_total: int | None


class CountAhead:
    """Counts the items of the sources and their bytes in a thread of its own, in constant memory; a context manager.

    Attributes:
        total: Number of items and of bytes; None until all are counted.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = items
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)
        self.total: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _count(self) -> None:
        count = size_bytes = 0
        for item in self._items:
            count += 1
            size_bytes += _size_bytes_of(item.locator)
            if self._stopped.is_set():
                return
        self.total = count, size_bytes


class Watched:
    """A darkroom whose answers are counted as they come."""

    def __init__(
        self,
        darkroom: Darkroom | Fetching,
        told: Callable[[Progress], None],
        *,
        before: tuple[int, int],
        ahead: CountAhead | None,
    ) -> None:
        """Watch a darkroom.

        Args:
            darkroom: What develops.
            told: Whom to tell.
            before: Items, and bytes of the sources' own files, that an earlier run has dealt with.
            ahead: What counts the whole; None where it cannot be counted.
        """
        self._darkroom = darkroom
        self._told = told
        self._files_before, self._size_bytes_before = before
        self._ahead = ahead
        self._files, self._size_bytes = before
        self._members = 0
        # Of containers that are not answered yet: bytes that came out of them, and how many they have.
        self._open: dict[str, tuple[int, int]] = {}

    def develop(self, items: Iterable[Item], /, *, choose: Choose) -> Iterator[tuple[Item, ItemHashes]]:
        """Give what the darkroom gives."""
        began = told_at = time.monotonic()
        for item, hashes in self._darkroom.develop(items, choose=choose):
            self._count(item.locator, hashes.size_bytes)
            now = time.monotonic()
            if now - told_at >= _EVERY_S:
                told_at = now
                self._tell(now - began, None if self._ahead is None else self._ahead.total)
            yield item, hashes
        # What there really was.
        self._members = 0
        self._tell(time.monotonic() - began, (0, 0))

    def _count(self, locator: Locator, size_bytes: int) -> None:
        self._files += 1
        root = locator.steps[0][1]
        if len(locator.steps) == 1:
            self._open.pop(root, None)
            self._size_bytes += size_bytes
            return
        # What lies in containers is not counted ahead: it is added as it turns up.
        self._members += 1
        came, most = self._open.get(root) or (0, _size_bytes_of(Locator((locator.steps[0],))))
        self._open[root] = min(came + size_bytes, most), most

    def _tell(self, seconds: float, ahead: tuple[int, int] | None) -> None:
        size_bytes = self._size_bytes + sum(came for came, _ in self._open.values())
        files_total = size_bytes_total = None
        if ahead is not None:
            # Sources may overlap, and files grow.
            files_total, size_bytes_total = max(self._files, ahead[0] + self._members), max(size_bytes, ahead[1])
        before = self._files_before, self._size_bytes_before
        self._told(Progress(self._files, before[0], size_bytes, before[1], seconds, files_total, size_bytes_total))


def _size_bytes_of(locator: Locator) -> int:
    """Of an ordinary file, by its path; 0 of anything else, which takes no time to read."""
    try:
        found = os.lstat(locator.steps[0][1])
    except (OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
