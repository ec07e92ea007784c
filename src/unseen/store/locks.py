"""Keep one scan from running twice at once. The kernel drops the lock with its process, however that ends."""

import fcntl
import os
from pathlib import Path

from unseen.errors import StoreError

__all__ = ["ScanLock", "is_scanning"]

# Which locks are held on this machine, by the number of the file; see proc_locks(5).
_LOCKS = Path("/proc/locks")


class ScanLock:
    """The right to run the scan of one key in one store, held until released or until the process dies."""

    def __init__(self, store_path: Path, key: bytes) -> None:
        """Take the lock.

        Raises:
            StoreError: Another process runs this scan, or the store's directory cannot be written.
        """
        folder = store_path / "scans"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._path = folder / f"{key.hex()}.lock"
            self._descriptor = _take(self._path)
        except BlockingIOError as error:
            raise StoreError(
                f"the same scan is running already in {store_path}",
                hint="wait until it has ended; it can be resumed if it is interrupted",
            ) from error
        except OSError as error:
            raise StoreError(f"cannot write to the store {store_path}: {error.strerror or error}") from error

    def release(self) -> None:
        """Give the lock back."""
        # Removed while still held: whoever waits on the old file sees that it is no longer the one at this path.
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


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
