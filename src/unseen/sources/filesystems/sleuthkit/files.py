"""The files of one volume that The Sleuth Kit has opened: allocated, deleted, and without a path."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Protocol

import pytsk3

from unseen.model import ByteSource, Reason, State, UnreadError
from unseen.sources.filesystems.extents import Claimed, Extent
from unseen.sources.filesystems.sleuthkit.notes import NO_NOTES, Notes, Notetaker, Oversized
from unseen.sources.filesystems.sleuthkit.streams import Stream, StreamBytes, open_stream, streams_of
from unseen.sources.filesystems.sleuthkit.tree import Folders, Tree
from unseen.sources.filesystems.sleuthkit.volume import Volume
from unseen.sources.filesystems.unclaimed import Account
from unseen.sources.layers.member import Context, Member
from unseen.sources.phones.backups import Backups

__all__ = ["Files", "Kind", "Origin"]

_USED = int(pytsk3.TSK_FS_META_FLAG_USED)
# The smallest metadata entry of a file system here: more entries than fit on the volume do not exist.
_METADATA_BYTES_MIN = 128


@dataclass(frozen=True, slots=True)
class Kind:
    """A file system that the library reads.

    Attributes:
        layer: As locators name it.
        number: The library's number of it.
        has_table: Metadata entries lie in a table that can be walked through; elsewhere they are slots of directories.
        first_of_users: Entries before it are the file system's own.
        tables_of: Gives blocks that lie among those of files and are neither files nor free.
        take_notes: Gives what looks up what the library does not pass on.
        oversized: Finds metadata entries that the library must not see the sizes of.
        lost: Finds metadata entries in free blocks, where they do not lie in a table.
        names: Gives, by path of a directory and name in it, better names than the library's.
        folders: Gives what gives name and number of all that lies in a directory which the library does not read.
        has_shadows: Windows may have kept copies of the volume as it was, within it.
    """

    layer: str
    is_mine: Callable[[bytes, ByteSource], bool]
    number: int
    has_table: bool = False
    first_of_users: int = 0
    tables_of: Callable[[ByteSource], Iterable[Extent]] = lambda _: ()
    take_notes: Callable[[Volume], Notetaker] | None = None
    oversized: Callable[[ByteSource], Iterable[Oversized]] = lambda _: ()
    names: Callable[[ByteSource], Mapping[str, Mapping[str, str]]] = lambda _: {}
    folders: Callable[[ByteSource], Folders] | None = None
    has_shadows: bool = False
    lost: Callable[[ByteSource, Iterable[Extent]], Iterable[int]] = lambda _source, _free: ()


class Origin(Protocol):
    """Where a volume comes from, which says how its files are addressed and which of them are worth giving.

    Attributes:
        is_whole: Every file of the volume is given, not only those that changed.
    """

    is_whole: ClassVar[bool]

    def address(self, path: str) -> str:
        """Give the address of a file."""

    def is_news(self, path: str, stream: Stream, content: ByteSource) -> bool:
        """Say whether a stream of the file at a path is to be given."""


class Files:
    """The files of a volume.

    Attributes:
        account: Where its bytes are noted.
    """

    def __init__(self, volume: Volume, kind: Kind, context: Context, origin: Origin) -> None:
        self.account = Account(volume.source)
        self._volume, self._kind, self._context, self._origin = volume, kind, context, origin
        folders = kind.folders(volume.source) if kind.folders is not None else None
        self._tree = Tree(volume, kind.names(volume.source), folders)
        self._opened_bytes = 0
        self._backups = Backups(context) if origin.is_whole else None
        self._notetaker: Notetaker = lambda _: NO_NOTES
        if kind.take_notes is not None:
            with contextlib.suppress(UnreadError):
                self._notetaker = kind.take_notes(volume)

    def members(self) -> Iterator[Member | Reason]:
        """Give allocated files, users' first, then deleted ones and those that no path leads to."""
        for entry in self._tree.files():
            if isinstance(entry.file, Reason):
                yield self._unread(entry.path, entry.file, State.ALLOCATED)
            else:
                yield from self._file(entry.path, entry.file)
        if self._backups is not None:
            yield from self._backups.members()
        self._tree.walk_deleted()
        self._occupy_own()
        occupied = self.account.occupied.merged()
        for inode, file in self._left_over(occupied):
            yield from self._left_over_file(inode, file, occupied)

    def is_named(self, inode: int) -> bool:
        """Say whether a name leads to a metadata entry, a deleted one too, once all members have been given."""
        return inode in self._tree.seen or inode in self._tree.deleted

    def _file(self, path: str, file: Any) -> Iterator[Member]:
        for stream in self._streams(file):
            if isinstance(stream, Reason):
                yield self._unread(path, stream, State.ALLOCATED)
                continue
            self.account.occupied.add(stream.runs)
            if stream.holds_contents:
                self.account.screened(stream.extents)
                if not stream.name and self._is_held(path, int(file.info.meta.addr)):
                    continue
                yield from self._given(path, file, stream, State.ALLOCATED)

    def _is_held(self, path: str, inode: int) -> bool:
        return self._backups is not None and self._backups.is_held(path, partial(self._open_again, inode))

    def _open_again(self, inode: int) -> ByteSource | Reason:
        """Open the contents of a file by its number: there may be too many to keep hold of each."""
        file = self._volume.file(inode)
        for stream in self._streams(file):
            if not isinstance(stream, Reason) and stream.holds_contents and not stream.name:
                return self._open(file, stream)
        return Reason.UNREADABLE

    def _occupy_own(self) -> None:
        """Note the blocks that the file system keeps for itself."""
        with contextlib.suppress(UnreadError):
            self.account.occupied.add(self._kind.tables_of(self._volume.source))
        for inode in range(int(self._volume.info.first_inum), self._kind.first_of_users):
            if inode not in self._tree.seen:
                with contextlib.suppress(UnreadError):
                    for stream in streams_of(self._volume, self._volume.file(inode)):
                        self.account.occupied.add(stream.runs)

    def _left_over(self, occupied: Claimed) -> Iterator[tuple[int, Any]]:
        """Give metadata entries that no allocated name leads to."""
        seen = self._tree.seen
        # Slots that hold no entry say so in the same way as damaged ones; their space is looked through.
        for inode, file in self._volume.files(each for each in self._left_over_numbers(occupied) if each not in seen):
            # exFAT's entries are not marked as used; they have no table in which unused ones could lie.
            meta = file.info.meta
            is_used = meta is not None and (not self._kind.has_table or int(meta.flags) & _USED)
            if is_used and not self._notes(file).is_part:
                yield inode, file

    def _left_over_numbers(self, occupied: Claimed) -> Iterator[int]:
        if not self._kind.has_table:
            yield from self._tree.deleted
            given = set(self._tree.deleted)
            for inode in self._kind.lost(self._volume.source, occupied.gaps()):
                if inode not in given:
                    given.add(inode)
                    yield inode
            return
        info = self._volume.info
        last = min(int(info.last_inum), self._volume.source.size_bytes // _METADATA_BYTES_MIN)
        yield from range(max(int(info.first_inum), self._kind.first_of_users), last + 1)

    def _left_over_file(self, inode: int, file: Any, occupied: Claimed) -> Iterator[Member]:
        path = self._tree.deleted.get(inode)
        state = State.DELETED if path is not None else State.ORPHAN
        for stream in self._streams(file):
            if not isinstance(stream, Reason) and stream.holds_contents and (left := _left_of(stream, occupied)):
                self.account.recovered(left.extents)
                yield from self._given(path or f"inode {inode}", file, left, state)

    def _streams(self, file: Any) -> list[Stream] | list[Reason]:
        try:
            return streams_of(self._volume, file, self._notes(file))
        except UnreadError as error:
            return [error.reason]

    def _notes(self, file: Any) -> Notes:
        try:
            return self._notetaker(file)
        except UnreadError:
            # The library could make something of the entry.
            return NO_NOTES

    def _given(self, path: str, file: Any, stream: Stream, state: State) -> Iterator[Member]:
        if self._origin.is_news(path, stream, StreamBytes(self._volume, file, stream)):
            yield Member(
                layer=self._kind.layer,
                address=self._origin.address(f"{path}:{stream.name}" if stream.name else path),
                open=partial(self._open, file, stream),
                state=state,
                times=stream.times,
                beside=self._beside if state is State.ALLOCATED and self._origin.is_whole and not stream.name else None,
            )

    def _beside(self, path: str) -> ByteSource | None:
        """Open the contents of a file by its path."""
        with contextlib.suppress(UnreadError):
            file = self._volume.at(path)
            for stream in self._streams(file) if file.info.meta is not None else ():
                if not isinstance(stream, Reason) and stream.holds_contents and not stream.name:
                    found = self._open(file, stream)
                    return None if isinstance(found, Reason) else found
        return None

    def _open(self, file: Any, stream: Stream) -> ByteSource | Reason:
        # Many files may say that they lie in the same blocks: what they hold together beyond the volume's own size
        # counts as inflated from it.
        size_bytes = self._volume.source.size_bytes
        before = max(0, self._opened_bytes - size_bytes)
        self._opened_bytes += stream.stored_bytes
        after = max(0, self._opened_bytes - size_bytes)
        try:
            self._context.budget.inflate(after - before, inflated_before=before, compressed_bytes=size_bytes)
        except UnreadError as error:
            return error.reason
        return open_stream(self._volume, file, stream, self._context)

    def _unread(self, path: str, reason: Reason, state: State) -> Member:
        return Member(layer=self._kind.layer, address=self._origin.address(path), open=lambda: reason, state=state)


def _left_of(stream: Stream, occupied: Claimed) -> Stream | None:
    """Cut what is left of a deleted stream before the first block that belongs to another file now.

    That file is an item itself, and what lies behind is looked through with all that nobody claims: to give another
    file's bytes under the deleted one's name would accuse.
    """
    free_bytes = occupied.free_bytes(stream.extents)
    if free_bytes >= sum(each.size_bytes for each in stream.extents):
        return stream
    if free_bytes == 0 or stream.is_compressed:
        return None
    return replace(stream, size_bytes=min(free_bytes, stream.size_bytes))
