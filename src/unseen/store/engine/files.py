"""Locks that are files. The kernel drops them with their process, however that ends."""

import fcntl
import os
from pathlib import Path

__all__ = ["FileLock", "is_any_locked"]

# Which locks are held on this machine, by the number of the file; see proc_locks(5).
_LOCKS = Path("/proc/locks")


class FileLock:
    """A file whose lock is held until released or until the process dies."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            BlockingIOError: Another process has it.
            OSError: The file cannot be made.
        """
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self._path = path
        self._descriptor = _take(path)

    def require(self) -> None:
        """Nothing takes it away."""

    def release(self) -> None:
        """Give the lock back."""
        # Removed while still held: whoever waits on the old file sees that it is no longer the one at this path.
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def is_any_locked(folder: Path) -> bool:
    """Whether any lock of a folder is held, as far as this machine can tell.

    Looked up and not tried out: whoever took the lock to see whether it is free would turn away somebody who begins.
    """
    try:
        files = {path.stat().st_ino for path in folder.glob("*.lock")}
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
