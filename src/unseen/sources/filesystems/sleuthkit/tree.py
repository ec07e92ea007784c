"""The directories of a file system: every allocated file once, users' folders first, and the names of deleted ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytsk3

from unseen.model import Reason, UnreadError
from unseen.sources.filesystems.asking import FAILURES
from unseen.sources.filesystems.favoured import is_favoured, may_hold_favoured
from unseen.sources.filesystems.sleuthkit.volume import Volume

__all__ = ["Entry", "Folders", "Tree"]

# No system makes paths of more levels: Windows ends at 32,767 characters, Linux at 4,096 bytes a call.
_DEPTH_MAX = 2_048
_DIRECTORY = int(pytsk3.TSK_FS_META_TYPE_DIR)
# Directories that the library makes up; what is in them is found by its own ways.
_VIRTUAL = {int(pytsk3.TSK_FS_META_TYPE_VIRT), int(pytsk3.TSK_FS_META_TYPE_VIRT_DIR)}
_UNALLOCATED = int(pytsk3.TSK_FS_META_FLAG_UNALLOC)
_NAME_UNALLOCATED = int(pytsk3.TSK_FS_NAME_FLAG_UNALLOC)
# Given the number of a directory, name and number of all that lies in it; may raise `UnreadError`.
Folders = Callable[[int], Iterator[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, found by its name.

    Attributes:
        path: From the root of the volume, as text with `surrogateescape`.
        file: The library's object, or why there is none.
    """

    path: str
    file: Any | Reason


@dataclass(frozen=True, slots=True)
class _Directory:
    path: str
    inode: int
    depth: int
    # Its favoured folders have been walked; its files have not.
    is_second_time: bool = False


class Tree:
    """A walk of all directories.

    Attributes:
        seen: Metadata entries of allocated files and directories that were given.
        deleted: Path by metadata entry, of unallocated names; known when the walk has ended.
    """

    def __init__(
        self,
        volume: Volume,
        names: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        folders: Folders | None = None,
    ) -> None:
        """Walk a volume.

        Args:
            volume: What the library opened.
            names: By path of a directory and name in it, better names than the library's.
            folders: Reads a directory that the library does not.
        """
        self._volume = volume
        self._names = names
        self._folders = folders
        self._deleted_directories: list[_Directory] = []
        self.seen: set[int] = set()
        self.deleted: dict[int, str] = {}

    def files(self) -> Iterator[Entry]:
        """Give every allocated file and directory once, at the first path that leads to it."""
        root = int(self._volume.info.root_inum)
        self.seen.add(root)
        pending = [_Directory("", root, 0)]
        yield Entry("/", self._opened(root))
        while pending:
            directory = pending.pop()
            favoured: list[_Directory] = []
            others: list[_Directory] = []
            if may_hold_favoured(directory.path) and not directory.is_second_time:
                # Only looked through for folders: its files come after what lies in those.
                favoured = list(self._favoured_folders(directory))
                pending.append(_Directory(directory.path, directory.inode, directory.depth, is_second_time=True))
                yield from (Entry(each.path, self._opened(each.inode)) for each in favoured)
            else:
                yield from self._files_of(directory, others)
            pending.extend(reversed(others))
            pending.extend(reversed(favoured))

    def walk_deleted(self) -> None:
        """Learn the names in deleted directories, once all that is allocated is known."""
        walked: set[int] = set()
        while self._deleted_directories:
            directory = self._deleted_directories.pop()
            if directory.inode in walked or directory.inode in self.seen or directory.depth > _DEPTH_MAX:
                continue
            walked.add(directory.inode)
            for name, file in self._children(directory):
                if not isinstance(file, Reason):
                    self._note_deleted(directory, name, int(file.info.name.meta_addr))

    def _favoured_folders(self, directory: _Directory) -> Iterator[_Directory]:
        for name, file in self._children(directory):
            if isinstance(file, Reason) or not _is_allocated(file) or int(file.info.meta.type) != _DIRECTORY:
                continue
            inode, path = int(file.info.meta.addr), f"{directory.path}/{name}"
            if inode not in self.seen and is_favoured(path):
                self.seen.add(inode)
                yield _Directory(path, inode, directory.depth + 1)

    def _files_of(self, directory: _Directory, folders: list[_Directory]) -> Iterator[Entry]:
        if directory.depth > _DEPTH_MAX:
            yield Entry(directory.path, Reason.TOO_DEEP)
            return
        for name, file in self._children(directory):
            path = f"{directory.path}/{name}"
            if isinstance(file, Reason):
                yield Entry(path if name else directory.path or "/", file)
            elif not _is_allocated(file):
                self._note_deleted(directory, name, int(file.info.name.meta_addr))
            elif int(file.info.meta.type) not in _VIRTUAL and int(file.info.meta.addr) not in self.seen:
                inode = int(file.info.meta.addr)
                self.seen.add(inode)
                if int(file.info.meta.type) == _DIRECTORY:
                    folders.append(_Directory(path, inode, directory.depth + 1))
                yield Entry(path, file)

    def _note_deleted(self, directory: _Directory, name: str, inode: int) -> None:
        path = f"{directory.path}/{name}"
        file = self._opened(inode)
        if isinstance(file, Reason) or file.info.meta is None or not int(file.info.meta.flags) & _UNALLOCATED:
            # The entry serves another file by now, which is found by its own name.
            return
        if int(file.info.meta.type) == _DIRECTORY:
            self._deleted_directories.append(_Directory(path, inode, directory.depth + 1))
        self.deleted.setdefault(inode, path)

    def _children(self, directory: _Directory) -> Iterator[tuple[str, Any | Reason]]:
        """Give names with files; with an empty name, why the rest of the directory cannot be read."""
        try:
            listing = iter(self._volume.directory(directory.inode))
        except (UnreadError, *FAILURES) as error:
            if self._folders is not None:
                yield from self._children_elsewise(directory)
            else:
                yield "", error.reason if isinstance(error, UnreadError) else Reason.UNREADABLE
            return
        while True:
            try:
                file = self._volume.ask(lambda: next(listing, None))
            except UnreadError as error:
                yield "", error.reason
                return
            if file is None:
                return
            if file.info.name is not None and (
                name := (file.info.name.name or b"").decode("utf-8", "surrogateescape")
            ) not in {"", ".", ".."}:
                better = self._names.get(directory.path, {}).get(name, name)
                yield better, file if _has_metadata(file) else Reason.UNREADABLE

    def _children_elsewise(self, directory: _Directory) -> Iterator[tuple[str, Any | Reason]]:
        assert self._folders is not None
        try:
            for name, inode in self._folders(directory.inode):
                yield name, self._opened(inode)
        except UnreadError as error:
            yield "", error.reason

    def _opened(self, inode: int) -> Any | Reason:
        try:
            return self._volume.file(inode)
        except UnreadError as error:
            return error.reason


def _has_metadata(file: Any) -> bool:
    """Say whether a file is what its name says: an allocated name must lead to a metadata entry."""
    return file.info.meta is not None or not _is_named(file)


def _is_named(file: Any) -> bool:
    # Without a name where another library led there, which leads to what is allocated.
    return file.info.name is None or not int(file.info.name.flags) & _NAME_UNALLOCATED


def _is_allocated(file: Any) -> bool:
    return _is_named(file) and not int(file.info.meta.flags) & _UNALLOCATED
