"""Locks the process it is called in, step by step, each from a wider to a narrower world."""

import contextlib
import ctypes
import errno
import os
import resource
import signal
from dataclasses import dataclass

from unseen.darkroom.landlock import install_landlock
from unseen.darkroom.seccomp import WORKER_SOCKET, install_filter

__all__ = ["MEMORY_BYTES_MAX", "Sandbox", "die_with_parent", "lock_process"]

# A picture of the largest size, as Pillow holds it (4 bytes a pixel: 1 GB) and as it is hashed (768 MB), beside its
# file (at most 1.3 GB) and the interpreter. What asks for more gets MemoryError and is recorded as too large.
MEMORY_BYTES_MAX = 4 << 30
# The socket, the standard three, the item in hand, files of digests, and room for a library that duplicates one.
_DESCRIPTORS_MAX = 16
# A reader holds all segments of an image, at most 900 (`unseen.sources.segments`), and one of its members.
_READER_DESCRIPTORS_MAX = 1_000

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Which protections hold in every worker.

    Attributes:
        seccomp: Only the listed system calls; without it nothing is decoded unless `--unsafe-no-sandbox` was given.
        landlock_version: Version of Landlock's interface in use; 0 where the kernel has none.
        is_single_threaded: The process had one thread when it was locked; Landlock does not reach others.
    """

    seccomp: bool
    landlock_version: int
    is_single_threaded: bool

    @property
    def gaps(self) -> tuple[str, ...]:
        """What does not hold, in plain words; empty where all does."""
        gaps = []
        if not self.seccomp:
            gaps.append("no seccomp filter: a decoder that is taken over can do what this user can")
        if not self.landlock_version:
            gaps.append("no Landlock in this kernel: file access is refused by seccomp alone")
        if not self.is_single_threaded:
            gaps.append("a library had started threads before the lock: Landlock does not hold for them")
        return tuple(gaps)


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when the thread that started it ends.

    Raises:
        OSError: The parent is gone already.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        raise OSError(errno.ESRCH, "the parent is gone")


def lock_process(*, unsafe_no_sandbox: bool, reader_bytes_max: int | None = None) -> Sandbox:
    """Lock this process for good; it keeps its socket and what is sent over it.

    Args:
        unsafe_no_sandbox: Go on without seccomp where it cannot be had, and say so.
        reader_bytes_max: For a process that looks into containers: it may make memory of up to so many bytes at a
            time and send it to its parent. None for one that decodes.

    Raises:
        OSError: seccomp, or a step before it, cannot be had.
    """
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # numbers, not paths
        if int(name) > WORKER_SOCKET:
            # The one that lists this folder is gone by now.
            with contextlib.suppress(OSError):
                os.close(int(name))
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS_MAX if reader_bytes_max is None else _READER_DESCRIPTORS_MAX),
        (resource.RLIMIT_FSIZE, reader_bytes_max or 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))
    # A process that is not dumpable cannot be traced by others of this user, nor read through /proc.
    _prctl(_PR_SET_DUMPABLE, 0)
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208  # names alone are counted
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    landlock_version = install_landlock()
    has_seccomp = True
    try:
        install_filter(is_reader=reader_bytes_max is not None)
        _prove_locked()
    except OSError:
        if not unsafe_no_sandbox:
            raise
        has_seccomp = False
    return Sandbox(has_seccomp, landlock_version, threads == 1)


def _prove_locked() -> None:
    """Try what must fail.

    Raises:
        OSError: It did not.
    """
    try:
        descriptor = os.open("/", os.O_RDONLY)
    except PermissionError:
        return
    os.close(descriptor)
    raise OSError(errno.EPERM, "the filter was installed and does not hold")


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option} was refused")
