"""Walk a directory tree in constant memory, whatever it holds.

Entries are taken as the directory gives them, never gathered or sorted: a folder may hold millions. One stack of open
directories takes the place of recursion.
"""

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from unseen.model import Item, Reason
from unseen.sources.backup_folders import backup_in, is_blob, is_shard
from unseen.sources.files import Directory, item_below, open_directory, refused

__all__ = ["DEPTH_MAX", "Bounds", "walk"]

# Every level holds two descriptors open, two walks may run at once (one counts ahead), and 1,024 descriptors are what a
# process usually gets. No system lays folders this deep by itself; deeper ones are stated as `too_deep`.
DEPTH_MAX = 128


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a walk may take as screened elsewhere.

    Attributes:
        roots: Real paths of every source given: a link that leads into one of them is no item of its own.
        passed_over: (device, inode) of directories that hold no evidence, like the store's own.
        on_passed_over: Told the path of each directory passed over, so that it can be said.
    """

    roots: tuple[str, ...] = ()
    passed_over: frozenset[tuple[int, int]] = frozenset()
    on_passed_over: Callable[[str], None] = field(default=lambda _: None)


@dataclass(slots=True)
class _Level:
    """A directory that is being walked.

    Attributes:
        is_backup: It is the folder of a phone's backup, whose files are members of that.
        is_shard: It lies in one, and so do its files.
    """

    directory: Directory
    identity: tuple[int, int]
    entries: "os._ScandirIterator[str]"
    is_backup: bool = False
    is_shard: bool = False


def walk(root: Directory, bounds: Bounds) -> Iterator[Item]:
    """Give every item below an open directory, once, in no particular order.

    Symbolic links are not followed: on a mounted piece of evidence an absolute link would lead to the examiner's own
    files. A link that leads into the sources given is passed over, since its target is screened where it really lies;
    any other is `unsupported`, as are fifos, sockets and devices. Directories that cannot be read are `unreadable`.

    Args:
        root: Where to start; stays open for as long as items refer to it.
        bounds: What may be taken as screened elsewhere.
    """
    levels: list[_Level] = []
    try:
        yield from _enter(root, levels, bounds)
        while levels:
            yield from _step(levels, bounds)
    finally:
        # A walk may be left half-way.
        for level in levels:
            level.entries.close()


def _step(levels: list[_Level], bounds: Bounds) -> Iterator[Item]:
    """Take the next entry of the innermost directory."""
    level = levels[-1]
    entry, trouble = _next(level)
    if entry is None:
        levels.pop()
        if trouble is not None:
            yield refused(level.directory.path, trouble)
    elif _is(entry, os.DirEntry.is_file):
        if not (level.is_shard or (level.is_backup and is_blob(entry.name))):
            yield item_below(level.directory, entry.name)
    elif _is(entry, os.DirEntry.is_dir):
        yield from _descend(level.directory, entry.name, levels, bounds)
    elif not (entry.is_symlink() and _leads_inside(level.directory.join(entry.name), bounds.roots)):
        yield refused(level.directory.join(entry.name), Reason.UNSUPPORTED)


def _next(level: _Level) -> tuple[os.DirEntry[str] | None, OSError | None]:
    try:
        return next(level.entries, None), None
    except OSError as error:
        return None, error


def _is(entry: os.DirEntry[str], question: Callable[..., bool]) -> bool:
    try:
        return question(entry, follow_symlinks=False)
    except OSError:
        # Some file systems tell the kind only when asked for each file, and may refuse. Opening it will tell why.
        return question is os.DirEntry.is_file


def _descend(parent: Directory, name: str, levels: list[_Level], bounds: Bounds) -> Iterator[Item]:
    path = parent.join(name)
    if len(levels) >= DEPTH_MAX:
        yield refused(path, Reason.TOO_DEEP)
        return
    try:
        directory = open_directory(path, below=(parent, name))
    except OSError as error:
        yield refused(path, _why(error))
        return
    yield from _enter(directory, levels, bounds, is_shard=levels[-1].is_backup and is_shard(name))


def _enter(directory: Directory, levels: list[_Level], bounds: Bounds, *, is_shard: bool = False) -> Iterator[Item]:
    try:
        identity = directory.identity()
        if identity in bounds.passed_over:
            bounds.on_passed_over(directory.path)
            return
        # A bind mount or a damaged file system can make a folder its own ancestor: it is being walked already.
        if any(level.identity == identity for level in levels):
            return
        levels.append(_Level(directory, identity, os.scandir(directory.descriptor), is_shard=is_shard))
    except OSError as error:
        yield refused(directory.path, _why(error))
        return
    backup = backup_in(directory)
    if backup is not None:
        levels[-1].is_backup = True
        yield backup


def _why(error: OSError) -> Reason | OSError:
    # Descriptors ran out before DEPTH_MAX did: the process was given few.
    return Reason.TOO_DEEP if error.errno in {errno.EMFILE, errno.ENFILE} else error


def _leads_inside(path: str, roots: tuple[str, ...]) -> bool:
    try:
        target = os.path.realpath(path, strict=True)
    except OSError:
        # Dangling, in a circle, or too long to ask: nothing proves that it is screened elsewhere.
        return False
    return any(target == root or target.startswith(root.rstrip("/") + "/") for root in roots)
