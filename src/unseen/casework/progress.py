"""How far a scan has come, told while it runs."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from unseen.casework.buckets import Fetching
from unseen.darkroom import Choose, Darkroom
from unseen.model import Item, ItemHashes

__all__ = ["CountAhead", "Progress", "Watched"]

# A line that people read need not change more often.
_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan has come.

    Attributes:
        files: Items dealt with, those of an earlier run included.
        files_before: Items that an earlier run of this scan has dealt with.
        size_bytes: Bytes read in this run.
        seconds: Since this run began to read.
        files_total: All items of the sources, those twice that lie in two of them, and those found in containers so
            far; None while they are being counted,
            or where they cannot be. The last word has what there really was.
    """

    files: int
    files_before: int
    size_bytes: int
    seconds: float
    files_total: int | None


class CountAhead:
    """Counts the items of the sources in a thread of its own, in constant memory; a context manager."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = items
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)
        self.total: int | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _count(self) -> None:
        count = 0
        for _ in self._items:
            count += 1
            if self._stopped.is_set():
                return
        self.total = count


class Watched:
    """A darkroom whose answers are counted as they come."""

    def __init__(
        self,
        darkroom: Darkroom | Fetching,
        told: Callable[[Progress], None],
        *,
        files_before: int,
        ahead: CountAhead | None,
    ) -> None:
        self._darkroom = darkroom
        self._told = told
        self._files_before = files_before
        self._ahead = ahead

    def develop(self, items: Iterable[Item], /, *, choose: Choose) -> Iterator[tuple[Item, ItemHashes]]:
        """Give what the darkroom gives."""
        files, size_bytes, began = self._files_before, 0, time.monotonic()
        told_at, members = began, 0
        for item, hashes in self._darkroom.develop(items, choose=choose):
            files += 1
            # What lies in containers is not counted ahead: it is added as it turns up.
            members += len(item.locator.steps) > 1
            size_bytes += hashes.size_bytes
            now = time.monotonic()
            if now - told_at >= _EVERY_S:
                told_at = now
                ahead = None if self._ahead is None else self._ahead.total
                total = None if ahead is None else max(files, ahead + members)
                self._told(Progress(files, self._files_before, size_bytes, now - began, total))
            yield item, hashes
        self._told(Progress(files, self._files_before, size_bytes, time.monotonic() - began, files))
