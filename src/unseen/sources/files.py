"""Open files and directories read-only, and say in one closed word why one could not be opened.

Nothing here follows a name to a place it did not name: files below a directory are opened relative to that directory's
own descriptor, so that a folder renamed or swapped during a walk changes nothing.
"""

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Callable
from functools import partial

from unseen.model import Item, Locator, Reason, State, Times
from unseen.sources.layers.ranges import FileRange
from unseen.sources.segments import is_later_segment, open_later_segments

__all__ = ["Directory", "item_at", "item_below", "mode_of", "open_below", "open_directory", "refused", "times_of"]

# O_NONBLOCK: a fifo swapped in for a file must not hang the scan. O_NOATIME leaves a suspect's time stamps alone.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FLAGS_DIRECTORY = _FLAGS | os.O_DIRECTORY

# The kernel refuses longer paths in one call (limits.h, PATH_MAX, with its final zero byte).
_PATH_BYTES_MAX = 4095

# struct statx (linux/stat.h): the mask of what is told, and the time of birth behind the other fields.
_STATX = struct.Struct("<I76xqI")
_STATX_BYTES, _STATX_BTIME, _AT_EMPTY_PATH = 256, 0x800, 0x1000
_LIBC = ctypes.CDLL(None)

_REASONS = {
    # Gone, or no longer what the directory said it was.
    errno.ENOENT: Reason.CHANGED,
    errno.ENOTDIR: Reason.CHANGED,
    errno.ELOOP: Reason.CHANGED,
    errno.ESTALE: Reason.CHANGED,
    # What opening a socket, or a device without a driver, answers.
    errno.ENXIO: Reason.UNSUPPORTED,
    errno.ENODEV: Reason.UNSUPPORTED,
}


class Directory:
    """An open directory. Its descriptor closes when nothing refers to it any more: items may outlive the walk.

    Attributes:
        path: The path as the locators of what lies below spell it.
        descriptor: Open for reading.
    """

    __slots__ = ("descriptor", "path")

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    def __del__(self) -> None:
        os.close(self.descriptor)

    def identity(self) -> tuple[int, int]:
        """Device and inode: the same for every path that leads here."""
        status = os.fstat(self.descriptor)
        return status.st_dev, status.st_ino

    def join(self, name: str) -> str:
        """The path of what is called `name` in this directory."""
        return os.path.join(self.path, name)  # noqa: PTH118 - pathlib would rewrite the path as given


def open_directory(path: str, *, below: tuple[Directory, str] | None = None, follow: bool = False) -> Directory:
    """Open a directory by its path, or by its name below one that is open already.

    Raises:
        OSError: It cannot be opened.
    """
    flags = _FLAGS_DIRECTORY if follow else _FLAGS_DIRECTORY | os.O_NOFOLLOW
    if below is None:
        return Directory(path, _open_path(path, flags))
    parent, name = below
    return Directory(path, _open(name, flags, parent.descriptor))


def mode_of(path: str, *, follow: bool) -> int:
    """What kind of thing lies at a path of any length: `st_mode`. Opens nothing for reading.

    Raises:
        OSError: It cannot be told.
    """
    descriptor = _open_path(path, os.O_PATH | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    try:
        return os.fstat(descriptor).st_mode
    finally:
        os.close(descriptor)


def item_below(directory: Directory, name: str) -> Item:
    """An ordinary file in an open directory."""
    return _item(Locator.of_file(directory.join(name)), partial(open_below, directory, name), directory, name)


def item_at(path: str, *, follow: bool) -> Item:
    """A file by its path as given; `follow` says whether the path itself may be a symbolic link."""
    flags = _FLAGS if follow else _FLAGS | os.O_NOFOLLOW
    locator, open_it = Locator.of_file(path), partial(_open_at, path, flags)
    folder, _, name = path.rpartition("/")
    try:
        directory = open_directory(folder or ("/" if path.startswith("/") else "."), follow=True)
    except OSError:
        # A folder that may be entered but not listed: what continues the file cannot be told from it.
        return Item(locator, State.ALLOCATED, open_it)
    return _item(locator, open_it, directory, name)


def times_of(descriptor: int) -> Times:
    """When an open file was touched, as its file system says; when it was made, where the kernel tells."""
    found = os.fstat(descriptor)
    return Times(
        modified_ns=found.st_mtime_ns,
        accessed_ns=found.st_atime_ns,
        changed_ns=found.st_ctime_ns,
        born_ns=_born_ns(descriptor),
    )


def _born_ns(descriptor: int) -> int | None:
    """When a file was made: statx(2), which Python does not have."""
    answer = ctypes.create_string_buffer(_STATX_BYTES)
    if _LIBC.statx(descriptor, b"", _AT_EMPTY_PATH, _STATX_BTIME, answer) != 0:
        return None
    mask, seconds, nanoseconds = _STATX.unpack_from(answer)
    return int(seconds * 10**9 + nanoseconds) if mask & _STATX_BTIME else None


def refused(path: str, why: Reason | OSError) -> Item:
    """An item that there is no opening, for a stated reason: it is counted and has its row like any other."""
    reason = _reason_of(why) if isinstance(why, OSError) else why
    return Item(Locator.of_file(path), State.ALLOCATED, partial(_refuse, reason))


def _item(locator: Locator, open_it: Callable[[], int | Reason], directory: Directory, name: str) -> Item:
    opener = partial(_open_sibling, directory)
    if is_later_segment(name, opener, close=_close):
        return Item(locator, State.ALLOCATED, open_it, is_later=True)
    return Item(locator, State.ALLOCATED, open_it, partial(_open_later, open_it, name, opener))


def _open_later(
    open_it: Callable[[], int | Reason], name: str, opener: Callable[[str], FileRange | None]
) -> tuple[int, ...]:
    first = open_it()
    if isinstance(first, Reason):
        return ()
    try:
        return tuple(each.descriptor for each in open_later_segments(name, FileRange(first), opener, close=_close))
    finally:
        os.close(first)


def _open_sibling(directory: Directory, name: str) -> FileRange | None:
    opened = open_below(directory, name)
    return None if isinstance(opened, Reason) else FileRange(opened)


def _close(opened: FileRange) -> None:
    os.close(opened.descriptor)


def _refuse(reason: Reason) -> Reason:
    return reason


def open_below(directory: Directory, name: str) -> int | Reason:
    """A descriptor of an ordinary file in an open directory, or why there is none. Raises nothing."""
    try:
        return _regular(_open(name, _FLAGS | os.O_NOFOLLOW, directory.descriptor))
    except OSError as error:
        return _reason_of(error)


def _open_at(path: str, flags: int) -> int | Reason:
    try:
        return _regular(_open_path(path, flags))
    except OSError as error:
        return _reason_of(error)


def _regular(descriptor: int) -> int | Reason:
    # Only the open descriptor says what was opened: the name may lead elsewhere by now.
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    return Reason.CHANGED if stat.S_ISDIR(mode) else Reason.UNSUPPORTED


def _open(path: str, flags: int, parent: int | None) -> int:
    if flags & os.O_PATH:
        return os.open(path, flags, dir_fd=parent)
    try:
        return os.open(path, flags | os.O_NOATIME, dir_fd=parent)
    except PermissionError:
        # O_NOATIME is for the owner alone. On a medium mounted read-only nothing is written either way.
        return os.open(path, flags, dir_fd=parent)


def _open_path(path: str, flags: int) -> int:
    """Open a path of any length, in pieces that the kernel takes."""
    parent = None
    try:
        while len(os.fsencode(path)) > _PATH_BYTES_MAX:
            # A name has at most 255 bytes; bytes are counted at their most, four for each character.
            cut = path.rfind("/", 1, _PATH_BYTES_MAX // 4)
            if cut < 0:
                raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
            step = os.open(path[:cut], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
            if parent is not None:
                os.close(parent)
            parent = step
            path = path[cut:].lstrip("/")
        return _open(path, flags, parent)
    finally:
        if parent is not None:
            os.close(parent)


def _reason_of(error: OSError) -> Reason:
    return _REASONS.get(error.errno or 0, Reason.UNREADABLE)
