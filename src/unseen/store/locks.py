"""Keep a scan or a sync from running twice at once. A lock goes with its process, however that ends."""

from hashlib import sha256
from types import TracebackType
from typing import Self

from unseen.errors import StoreError
from unseen.store.engine import Store

__all__ = ["ScanLock", "SyncLock", "is_scanning"]

_SCANS, _SYNCS = "scans", "syncs"


class _Lock:
    """A lock of the store, held until released or until the process dies."""

    def __init__(self, store: Store, kind: str, key: bytes, what: str) -> None:
        lock = store.backend.lock(kind, key)
        if lock is None:
            raise StoreError(
                f"the same {what} is running already in {store.name}",
                hint="wait until it has ended; it can be resumed if it is interrupted",
            )
        self._lock = lock

    def require(self) -> None:
        """Make sure that it is still held.

        Raises:
            StoreError: It was lost, with the connection that held it.
        """
        self._lock.require()

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()


class ScanLock(_Lock):
    """The right to run the scan of one key in one store."""

    def __init__(self, store: Store, key: bytes) -> None:
        """Take the lock.

        Raises:
            StoreError: Somebody runs this scan, or the lock cannot be taken at all.
        """
        super().__init__(store, _SCANS, key, "scan")


class SyncLock(_Lock):
    """The right to fetch one list into one store: pages of two runs, put together, are no list."""

    def __init__(self, store: Store, name: str) -> None:
        """Take the lock.

        Raises:
            StoreError: Somebody fetches this list, or the lock cannot be taken at all.
        """
        super().__init__(store, _SYNCS, sha256(name.encode()).digest(), "sync")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_scanning(store: Store) -> bool:
    """Whether a scan runs in a store, as far as can be told from here."""
    return store.backend.is_locked(_SCANS)
