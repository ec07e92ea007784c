"""Searches for what was proposed, beside the pool: in threads of this process, several items at once."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from unseen.darkroom.crew import Task
from unseen.model import Aimed, ItemHashes

__all__ = ["Aiming", "Search"]

# Of each item, what a closer look at it goes for.
Search = Callable[[Sequence[ItemHashes]], Sequence[Aimed]]

# Searched together they cost what they cost one by one, and wait for each other: no more than spares handing over.
_ITEMS_AT_ONCE = 8
# Some ten megabytes wait at most, and an open file for each: whoever decodes faster than this is searched waits too.
_WAITING_MAX = 32


class Aiming:
    """Items whose proposals are being searched.

    Searches let go of Python's lock, so that workers are fed meanwhile, and several run at once.
    """

    def __init__(self, threads: int) -> None:
        """Prepare; no thread is started before the first search.

        Args:
            threads: How many searches run at once.
        """
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[tuple[Task, ItemHashes]] = deque()
        self._running: dict[Future[Sequence[Aimed]], list[Task]] = {}
        self._descriptor: int | None = None

    def open(self) -> int:
        """Give a descriptor that can be read when a search has ended."""
        if self._descriptor is None:
            self._descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        return self._descriptor

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is being searched."""
        return not (self._waiting or self._running)

    @property
    def is_full(self) -> bool:
        """Whether no more items should come before some of these are searched."""
        return len(self._waiting) >= _WAITING_MAX

    def add(self, task: Task, hashes: ItemHashes) -> None:
        """Have the proposals of an item searched."""
        self._waiting.append((task, hashes))

    def begin(self, search: Search) -> None:
        """Begin as many searches as there is room for."""
        while self._waiting and len(self._running) < self._threads:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="aiming")
            share = -(-len(self._waiting) // (self._threads - len(self._running)))
            some = [self._waiting.popleft() for _ in range(min(_ITEMS_AT_ONCE, share))]
            future = self._pool.submit(search, [hashes for _, hashes in some])
            self._running[future] = [task for task, _ in some]
            future.add_done_callback(self._wake)

    def take(self) -> list[tuple[Task, Aimed]]:
        """Give the items whose search has ended; raises what a search raised."""
        try:
            os.eventfd_read(self.open())
        except BlockingIOError:
            return []
        aimed = list[tuple[Task, Aimed]]()
        for future in [future for future in self._running if future.done()]:
            tasks = self._running[future]
            aimed += zip(tasks, future.result(), strict=True)
            del self._running[future]
        return aimed

    def abandon(self) -> None:
        """Let go of all items, when the caller stops asking."""
        for task in [*(task for task, _ in self._waiting), *(task for some in self._running.values() for task in some)]:
            task.close()
        self._waiting.clear()
        self._running.clear()

    def close(self) -> None:
        """Let go of the threads; what is being searched ends first, since nobody can end a thread."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._pool = self._descriptor = None

    def _wake(self, _: object) -> None:
        os.eventfd_write(self.open(), 1)
