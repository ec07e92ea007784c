"""APFS: all volumes of a container, over libfsapfs, and the blocks that no file claims.

Snapshots cannot be opened through the library: what only they hold is found where it lies, by its structure.
"""

import contextlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pyfsapfs

from unseen.model import ByteSource, Reason, State, Times, UnreadError
from unseen.sources.filesystems.asking import FAILURES, View, ask
from unseen.sources.filesystems.extents import Extent, Scattered, cut
from unseen.sources.filesystems.favoured import is_favoured
from unseen.sources.filesystems.unclaimed import Account
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.whole_sectors import WholeSectors
from unseen.sources.phones.backups import Backups

__all__ = ["unpack"]

_LAYER = "apfs"
_KIND_MASK, _REGULAR, _DIRECTORY = 0o170000, 0o100000, 0o040000
_RESOURCE_FORK, _COMPRESSED = "com.apple.ResourceFork", "com.apple.decmpfs"
_IS_SPARSE = 1
_DEPTH_MAX = 2_048


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give the files of all volumes, then what no file claims."""
    account = Account(source)
    view = View(source)
    container = pyfsapfs.container()
    try:
        ask(view, lambda: container.open_file_object(view))
        count = ask(view, lambda: int(container.number_of_volumes))
    except UnreadError as error:
        yield error.reason
        count = 0
    for number in range(count):
        try:
            volume = _open_volume(view, container, number, context)
        except UnreadError as error:
            # The name is not needed to say which: volumes are numbered.
            yield _unread(str(number + 1), error.reason)
        else:
            yield from _Files(source, view, account, volume).members(Backups(context))
    block_bytes, blocks = struct.unpack_from("<IQ", source.read_at(0, 48), 36)
    if blocks * block_bytes > source.size_bytes:
        yield Reason.TRUNCATED
    yield from account.carve(_LAYER)


@dataclass(frozen=True, slots=True)
class _Volume:
    """A volume that can be read.

    Attributes:
        name: Its number, from 1, and its name.
        by_path: Gives the file at a path, or None.
        is_encrypted: Its blocks hold other bytes than its files.
    """

    name: str
    root: Any
    by_path: Callable[[str], Any]
    is_encrypted: bool


def _open_volume(view: View, container: Any, number: int, context: Context) -> _Volume:
    volume = ask(view, lambda: container.get_volume(number))
    name = ask(view, lambda: volume.name) or ""
    is_encrypted = ask(view, lambda: bool(volume.is_locked()))
    if is_encrypted and not any(_unlock(volume, password) for password in context.secrets.spelled):
        raise UnreadError(Reason.ENCRYPTED)
    root = ask(view, volume.get_root_directory)
    return _Volume(f"{number + 1} {name}".rstrip(), root, volume.get_file_entry_by_path, is_encrypted)


def _unlock(volume: Any, password: str) -> bool:
    """Try what was given as the user's password, and as the recovery key."""
    for offer in (volume.set_password, volume.set_recovery_password):
        try:
            offer(password)
            if volume.unlock():
                return True
        except FAILURES:
            continue
    return False


class _Files:
    """The files of one volume."""

    def __init__(self, source: ByteSource, view: View, account: Account, volume: _Volume) -> None:
        self._source, self._view, self._account, self._volume = source, view, account, volume
        self._seen: set[int] = set()

    def members(self, backups: Backups) -> Iterator[Member | Reason]:
        for member in self._all():
            # A resource fork has an address that no file of a backup has.
            if not backups.is_held(member.address, member.open):
                yield member
        yield from backups.members()

    def _all(self) -> Iterator[Member]:
        # Folders not yet walked, the next one last.
        pending = [("", self._volume.root, 0)]
        while pending:
            path, folder, depth = pending.pop()
            folders: list[tuple[str, Any, int]] = []
            for child_path, child in self._children(path, folder) if depth <= _DEPTH_MAX else [(path, Reason.TOO_DEEP)]:
                try:
                    yield from self._child(child_path, child, depth, folders)
                except UnreadError as error:
                    yield _unread(self._volume.name + child_path, error.reason)
            folders.reverse()
            folders.sort(key=lambda each: is_favoured(each[0]))
            pending.extend(folders)

    def _children(self, path: str, folder: Any) -> Iterator[tuple[str, Any | Reason]]:
        try:
            count = ask(self._view, lambda: int(folder.number_of_sub_file_entries))
        except UnreadError as error:
            yield path, error.reason
            return
        for number in range(count):
            try:
                child = ask(self._view, partial(folder.get_sub_file_entry, number))
                yield f"{path}/{ask(self._view, child.get_name)}", child
            except UnreadError as error:
                yield path, error.reason

    def _child(
        self, path: str, child: Any | Reason, depth: int, folders: list[tuple[str, Any, int]]
    ) -> Iterator[Member]:
        if isinstance(child, Reason):
            raise UnreadError(child)
        number = ask(self._view, lambda: int(child.identifier))
        if number in self._seen:
            # Another name of the same file.
            return
        self._seen.add(number)
        kind = ask(self._view, lambda: int(child.file_mode)) & _KIND_MASK
        if kind == _DIRECTORY:
            folders.append((path, child, depth + 1))
        elif kind == _REGULAR:
            yield from self._streams(path, child)

    def _streams(self, path: str, file: Any) -> Iterator[Member]:
        attributes = ask(self._view, lambda: {each.name: each for each in file.extended_attributes})
        size_bytes = ask(self._view, lambda: int(file.size))
        times = _times_of(file)
        if size_bytes > 0:
            content = self._content(file, size_bytes, is_stored=_COMPRESSED not in attributes)
            yield replace(_member(self._volume.name + path, content, times), beside=self._beside)
        fork = attributes.get(_RESOURCE_FORK)
        # A compressed file may keep its contents there.
        if (
            fork is not None
            and _COMPRESSED not in attributes
            and (fork_bytes := ask(self._view, lambda: int(fork.size)))
        ):
            yield _member(f"{self._volume.name}{path}:rsrc", _Content(self._view, fork, fork_bytes), times)

    def _beside(self, address: str) -> ByteSource | None:
        """Open the contents of a file by its address."""
        with contextlib.suppress(UnreadError):
            path = address.removeprefix(self._volume.name)
            file = ask(self._view, lambda: self._volume.by_path(path))
            size_bytes = ask(self._view, lambda: int(file.size)) if file is not None else 0
            return _Content(self._view, file, size_bytes) if size_bytes else None
        return None

    def _content(self, file: Any, size_bytes: int, *, is_stored: bool) -> ByteSource:
        """Give the bytes of a file: by their blocks where these hold them, else through the library."""
        runs = _runs(self._view, file) if is_stored else []
        if self._volume.is_encrypted or not runs:
            return _Content(self._view, file, size_bytes)
        self._account.occupied.add(runs)
        content = Scattered(self._source, cut(runs, size_bytes))
        if content.size_bytes < size_bytes:
            return _Content(self._view, file, size_bytes)
        self._account.screened(tuple(cut(runs, size_bytes)))
        return content


class _Content(WholeSectors):
    """Bytes that the library has to decrypt, inflate or put together."""

    def __init__(self, view: View, stream: Any, size_bytes: int) -> None:
        super().__init__(partial(_read, view, stream), size_bytes)


def _read(view: View, stream: Any, size: int, offset: int) -> bytes:
    data: bytes = ask(view, lambda: stream.read_buffer_at_offset(size, offset))
    if not data:
        raise UnreadError(Reason.TRUNCATED)
    return data if len(data) == size else data + _read(view, stream, size - len(data), offset + len(data))


def _runs(view: View, file: Any) -> list[Extent]:
    def extents() -> list[Extent]:
        found = (file.get_extent(number) for number in range(file.number_of_extents))
        return [Extent(None if flags & _IS_SPARSE else offset, size) for offset, size, flags in found]

    return ask(view, extents)


def _member(address: str, content: ByteSource, times: Times) -> Member:
    return Member(layer=_LAYER, address=address, open=lambda: content, times=times)


def _unread(address: str, reason: Reason) -> Member:
    return Member(layer=_LAYER, address=address, open=lambda: reason, state=State.ALLOCATED)


def _times_of(file: Any) -> Times:
    """Read nanoseconds since 1970, as APFS keeps them."""
    try:
        return Times(
            modified_ns=file.get_modification_time_as_integer(),
            accessed_ns=file.get_access_time_as_integer(),
            changed_ns=file.get_inode_change_time_as_integer(),
            born_ns=file.get_creation_time_as_integer(),
        )
    except FAILURES:
        return Times()
