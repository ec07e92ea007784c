"""Keep a scan or a sync from running twice at once. The kernel drops the lock with its process, however that ends."""

import fcntl
import os
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from unseen.errors import StoreError

__all__ = ["ScanLock", "SyncLock", "is_scanning"]

# Which locks are held on this machine, by the number of the file; see proc_locks(5).
_LOCKS = Path("/proc/locks")


class _Lock:
    """A file whose lock is held until released or until the process dies."""

    def __init__(self, store_path: Path, path: Path, what: str) -> None:
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._path = path
            self._descriptor = _take(path)
        except BlockingIOError as error:
            raise StoreError(
                f"the same {what} is running already in {store_path}",
                hint="wait until it has ended; it can be resumed if it is interrupted",
            ) from error
        except OSError as error:
            raise StoreError(f"cannot write to the store {store_path}: {error.strerror or error}") from error

    def release(self) -> None:
        """Give the lock back."""
        # Removed while still held: whoever waits on the old file sees that it is no longer the one at this path.
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


class ScanLock(_Lock):
    """The right to run the scan of one key in one store."""

    def __init__(self, store_path: Path, key: bytes) -> None:
        """Take the lock.

        Raises:
            StoreError: Another process runs this scan, or the store's directory cannot be written.
        """
        super().__init__(store_path, store_path / "scans" / f"{key.hex()}.lock", "scan")


class SyncLock(_Lock):
    """The right to fetch one list into one store: pages of two runs, put together, are no list."""

    def __init__(self, store_path: Path, name: str) -> None:
        """Take the lock.

        Raises:
            StoreError: Another process fetches this list, or the store's directory cannot be written.
        """
        super().__init__(store_path, store_path / "syncs" / f"{sha256(name.encode()).hexdigest()}.lock", "sync")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_scanning(store_path: Path) -> bool:
    """Whether a scan runs in a store, as far as this machine can tell.

    Looked up and not tried out: whoever took the lock to see whether it is free would turn away a scan that begins.
    """
    try:
        files = {path.stat().st_ino for path in (store_path / "scans").glob("*.lock")}
        held = [line.split() for line in _LOCKS.read_text(encoding="ascii").splitlines()] if files else []
    except OSError:
        return False
    # Number of the lock, kind, whether it is mandatory, access, process, device and file, start, end.
    return any(lock[1:4] == ["FLOCK", "ADVISORY", "WRITE"] and int(lock[5].split(":")[2]) in files for lock in held)


def _take(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
