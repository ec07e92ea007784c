"""The folder of a backup as one range of bytes: a table of names, and the files one behind the other.

A reader that may open nothing can so be lent a folder. The table: a magic line, the length of the rest of the table in
eight bytes, and for each file its size in eight bytes, the length of its name in two, and its name. A name that ends in
a slash is that of something that could not be looked at.
"""

import bisect
import os
import re
import stat
from collections.abc import Iterator
from functools import partial

from unseen.model import ByteSource, Item, Locator, Reason, State, UnreadError
from unseen.sources.files import Directory, open_below
from unseen.sources.phones.signatures import (
    FOLDER_ENTRY,
    FOLDER_LENGTH,
    FOLDER_MAGIC,
    INDEX_NAMES,
    JOURNAL_NAME,
    PLIST_NAME,
)

__all__ = ["FolderRange", "backup_in", "is_blob", "is_shard"]

# Files of a backup lie in folders named by the first two digits of their names; before iOS 10 at the top.
_SHARD = re.compile(r"[0-9a-f]{2}")
_BLOB = re.compile(r"[0-9a-f]{40}")
# A phone holds a million files; more in one folder is something else.
_FILES_MAX = 5_000_000


class FolderRange:
    """The files of one backup, opened one at a time while they are asked for."""

    def __init__(self, directory: Directory) -> None:
        """List a folder.

        Raises:
            OSError: It cannot be listed.
            UnreadError: It holds too many files.
        """
        self._directory = directory
        self._opened: tuple[int, int] | None = None
        entries = [*_top(directory.descriptor), *_shards(directory.descriptor)]
        if len(entries) > _FILES_MAX:
            raise UnreadError(Reason.TOO_MANY)
        self._names = [name for name, _ in entries]
        rows = b"".join(
            FOLDER_ENTRY.pack(size, len(packed)) + packed for name, size in entries for packed in (os.fsencode(name),)
        )
        self._table = FOLDER_MAGIC + FOLDER_LENGTH.pack(len(rows)) + rows
        self._ends: list[int] = []
        at = len(self._table)
        for _, size in entries:
            at += size
            self._ends.append(at)
        self.size_bytes = at

    def __del__(self) -> None:
        if self._opened is not None:
            os.close(self._opened[1])

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        pieces: list[bytes] = []
        stop = min(offset + size, self.size_bytes)
        while 0 <= offset < stop:
            if offset < len(self._table):
                piece = self._table[offset:stop]
            else:
                number = bisect.bisect_right(self._ends, offset)
                start = self._ends[number - 1] if number else len(self._table)
                piece = self._read(number, offset - start, min(stop, self._ends[number]) - offset)
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def _read(self, number: int, offset: int, size: int) -> bytes:
        if self._opened is None or self._opened[0] != number:
            if self._opened is not None:
                os.close(self._opened[1])
                self._opened = None
            descriptor = open_below(self._directory, self._names[number])
            if isinstance(descriptor, Reason):
                raise UnreadError(descriptor)
            self._opened = number, descriptor
        try:
            piece = os.pread(self._opened[1], size, offset)
        except OSError as error:
            raise UnreadError(Reason.UNREADABLE) from error
        if not piece:
            raise UnreadError(Reason.CHANGED)
        return piece


def backup_in(directory: Directory) -> Item | None:
    """The whole of a folder as an item, if it looks like a backup by iTunes or the Finder.

    Its files are members of that item: what is encrypted can be read only together, and what they were called on the
    phone stands in another file. So a walk passes over what `is_blob` and `is_shard` tell of.
    """
    try:
        if _size(directory.descriptor, PLIST_NAME) < 0:
            return None
        if all(_size(directory.descriptor, name) < 0 for name in INDEX_NAMES):
            return None
    except OSError:
        return None
    opener = partial(_open_folder, directory)
    return Item(Locator.of_file(directory.path), State.ALLOCATED, opener, is_folder=True)


def is_blob(name: str) -> bool:
    """Whether an ordinary file at the top of a backup is lent with it."""
    return _BLOB.fullmatch(name) is not None


def is_shard(name: str) -> bool:
    """Whether all ordinary files in a folder at the top of a backup are lent with it."""
    return _SHARD.fullmatch(name) is not None


def _open_folder(directory: Directory) -> ByteSource | Reason:
    try:
        return FolderRange(directory)
    except OSError:
        return Reason.UNREADABLE
    except UnreadError as error:
        return error.reason


def _top(folder: int) -> Iterator[tuple[str, int]]:
    for name in (PLIST_NAME, *INDEX_NAMES, JOURNAL_NAME, *filter(is_blob, _listed(folder))):
        size = _size(folder, name)
        if size >= 0:
            yield name, size


def _shards(folder: int) -> Iterator[tuple[str, int]]:
    count = 0
    for shard in filter(is_shard, _listed(folder)):
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECTORY
        try:
            inner = os.open(shard, flags, dir_fd=folder)
        except NotADirectoryError:
            # A file or a link of this name is an item of the walk.
            continue
        except OSError:
            yield f"{shard}/", 0
            continue
        try:
            for name in _listed(inner):
                size = _size(inner, name)
                count += 1
                if size >= 0 and count <= _FILES_MAX + 1:
                    yield f"{shard}/{name}", size
        except OSError:
            yield f"{shard}/", 0
        finally:
            os.close(inner)


def _listed(folder: int) -> list[str]:
    # A descriptor of its own: listing moves the place of whoever shares it.
    own = os.open(".", os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY, dir_fd=folder)
    try:
        return sorted(os.listdir(own))  # noqa: PTH208  # pathlib takes no descriptor
    finally:
        os.close(own)


def _size(folder: int, name: str) -> int:
    """Of an ordinary file; -1 of anything else, and of what is not there.

    Raises:
        OSError: It cannot be told.
    """
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return -1
    return found.st_size if stat.S_ISREG(found.st_mode) else -1
