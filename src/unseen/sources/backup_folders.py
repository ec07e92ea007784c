"""The folder of a backup as one range of bytes: a table of names, and the files one behind the other.

A reader that may open nothing can so be lent a folder. The table: a magic line, the length of the rest of the table in
eight bytes, and for each file its size in eight bytes, the length of its name in two, and its name.
"""

import bisect
import os
import re
import stat
from collections.abc import Iterator
from functools import partial

from unseen.model import ByteSource, Item, Locator, Reason, State, UnreadError
from unseen.sources.files import Directory
from unseen.sources.phones.signatures import FOLDER_ENTRY, FOLDER_LENGTH, FOLDER_MAGIC

__all__ = ["FolderRange", "backup_in"]

# Files of a backup lie in folders named by the first two digits of their names.
_SHARD = re.compile(r"[0-9a-f]{2}")
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
# A phone holds a million files; more in one folder is something else.
_FILES_MAX = 5_000_000
_NAMES = ("Manifest.plist", "Manifest.db")


class FolderRange:
    """The files of one backup, opened one at a time while they are asked for."""

    def __init__(self, folder: int, names: tuple[str, ...]) -> None:
        """List a folder.

        Args:
            folder: Its descriptor, which becomes this object's own.
            names: Files at its top that belong to it.

        Raises:
            OSError: It cannot be listed.
        """
        self._folder = folder
        self._opened: tuple[int, int] | None = None
        top = ((name, _size(folder, name)) for name in names)
        entries = [*((name, size) for name, size in top if size >= 0), *_shards(folder)]
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
        os.close(self._folder)

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
        try:
            if self._opened is None or self._opened[0] != number:
                if self._opened is not None:
                    os.close(self._opened[1])
                    self._opened = None
                self._opened = number, os.open(self._names[number], _FLAGS, dir_fd=self._folder)
            piece = os.pread(self._opened[1], size, offset)
        except FileNotFoundError as error:
            raise UnreadError(Reason.CHANGED) from error
        except OSError as error:
            raise UnreadError(Reason.UNREADABLE) from error
        if not piece:
            raise UnreadError(Reason.CHANGED)
        return piece


def backup_in(directory: Directory) -> Item | None:
    """The whole of a folder as an item, if it looks like a backup by iTunes or the Finder; its files are items besides.

    What is encrypted in it can be read only together.
    """
    try:
        if any(_size(directory.descriptor, name) < 0 for name in _NAMES):
            return None
    except OSError:
        return None
    opener = partial(_open_folder, directory)
    return Item(Locator.of_file(directory.path), State.ALLOCATED, opener, is_folder=True)


def _open_folder(directory: Directory) -> ByteSource | Reason:
    try:
        # A descriptor of its own: listing moves the place of whoever shares it.
        own = os.open(".", _FLAGS | os.O_DIRECTORY, dir_fd=directory.descriptor)
        return FolderRange(own, _NAMES)
    except OSError:
        return Reason.UNREADABLE


def _shards(folder: int) -> Iterator[tuple[str, int]]:
    count = 0
    for shard in sorted(name for name in os.listdir(folder) if _SHARD.fullmatch(name)):
        try:
            inner = os.open(shard, _FLAGS | os.O_DIRECTORY, dir_fd=folder)
        except OSError:
            # The walk through the folder says why.
            continue
        try:
            for name in sorted(os.listdir(inner)):  # noqa: PTH208  # pathlib takes no descriptor
                size = _size(inner, name)
                count += 1
                if size >= 0 and count <= _FILES_MAX:
                    yield f"{shard}/{name}", size
        finally:
            os.close(inner)


def _size(folder: int, name: str) -> int:
    """Of an ordinary file; -1 of anything else."""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return found.st_size if stat.S_ISREG(found.st_mode) else -1
