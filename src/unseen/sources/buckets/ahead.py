"""Fetches objects before they are asked for, so that nobody waits for the network twice."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from unseen.model import Reason
from unseen.sources.buckets.objects import Fetch, ObjectRange

__all__ = ["Ahead"]

# Requests at once: enough for a thousand small objects a second at a round trip of 15 ms.
_REQUESTS_MAX = 16
# Held in memory until somebody takes them; at least one object, however large.
_HELD_BYTES_MAX = 256 << 20


class Ahead:
    """What is being fetched and was not taken yet. Used by one thread; closes when left."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_REQUESTS_MAX, thread_name_prefix="bucket")
        self._waiting: deque[Fetch] = deque()
        self._begun: dict[int, Future[bytes | ObjectRange | Reason]] = {}
        self._held_bytes = 0

    def expect(self, fetches: Sequence[Fetch]) -> None:
        """Fetch these in their order, as far as there is room; they will be taken in about that order."""
        self._waiting.extend(fetches)
        self._fill()

    def take(self, fetch: Fetch) -> bytes | ObjectRange | Reason:
        """What it gives; waits for it, and makes room for the next."""
        begun = self._begun.pop(id(fetch), None)
        if begun is None:
            # It is taken out of order, or nobody announced it.
            self._waiting = deque(each for each in self._waiting if each is not fetch)
            return fetch()
        try:
            return begun.result()
        finally:
            self._held_bytes -= fetch.held_bytes
            self._fill()

    def _fill(self) -> None:
        while self._waiting and len(self._begun) < 2 * _REQUESTS_MAX:
            fetch = self._waiting[0]
            if self._begun and self._held_bytes + fetch.held_bytes > _HELD_BYTES_MAX:
                return
            self._waiting.popleft()
            self._held_bytes += fetch.held_bytes
            self._begun[id(fetch)] = self._threads.submit(fetch)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.clear()
        self._begun.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)
