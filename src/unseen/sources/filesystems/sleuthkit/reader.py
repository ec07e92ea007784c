"""Reads a volume with The Sleuth Kit: files, deleted files, shadow copies and the space that no file claims."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import pytsk3

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.filesystems import hfs_folders, recognition
from unseen.sources.filesystems.sleuthkit import ext, fat, ntfs
from unseen.sources.filesystems.sleuthkit.files import Files, Kind
from unseen.sources.filesystems.sleuthkit.iso import rock_ridge_names
from unseen.sources.filesystems.sleuthkit.notes import Oversized
from unseen.sources.filesystems.sleuthkit.shadows import Given, Shadow, shadows_of
from unseen.sources.filesystems.sleuthkit.streams import Stream
from unseen.sources.filesystems.sleuthkit.volume import Volume
from unseen.sources.filesystems.unclaimed import Account
from unseen.sources.layers.member import Context, Member

__all__ = ["unpack"]

_HEAD_BYTES = 33_000
# Ends the names of the files that hold shadow copies, in `System Volume Information`.
_KEPT_COPIES = "{3808876b-c176-4e48-b7ae-04046e6cc752}"
_KINDS = (
    Kind(
        "ntfs",
        recognition.is_ntfs,
        pytsk3.TSK_FS_TYPE_NTFS,
        has_table=True,
        first_of_users=24,
        take_notes=ntfs.take_notes,
        has_shadows=True,
    ),
    Kind(
        "exfat", recognition.is_exfat, pytsk3.TSK_FS_TYPE_EXFAT, take_notes=fat.take_exfat_notes, lost=fat.lost_on_exfat
    ),
    Kind("iso9660", recognition.is_iso9660, pytsk3.TSK_FS_TYPE_ISO9660, names=rock_ridge_names),
    Kind("hfs", recognition.is_hfs, pytsk3.TSK_FS_TYPE_HFS, folders=hfs_folders.Folders),
    Kind(
        "ext",
        recognition.is_ext,
        pytsk3.TSK_FS_TYPE_EXT_DETECT,
        has_table=True,
        first_of_users=11,
        tables_of=ext.tables_of,
        oversized=ext.oversized,
        take_notes=ext.take_notes,
    ),
    Kind("fat", recognition.is_fat, pytsk3.TSK_FS_TYPE_FAT_DETECT, take_notes=fat.take_fat_notes, lost=fat.lost_on_fat),
)


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give the files of a volume, its deleted files, those of its shadow copies, then what no file claims."""
    head = source.read_at(0, _HEAD_BYTES)
    kind = next((each for each in _KINDS if each.is_mine(head, source)), None)
    if kind is None:
        yield Reason.UNSUPPORTED
        return
    try:
        oversized = _oversized(source, kind)
        blanked = [extent for each in oversized for extent in each.size_fields]
        volume = Volume(source, kind.number, sorted(blanked, key=lambda extent: extent.offset or 0))
    except UnreadError as error:
        yield error.reason
        yield from Account(source).carve(kind.layer)
        return
    shadows = list(shadows_of(source)) if kind.has_shadows else []
    live = _Live(is_remembering=bool(shadows))
    files = Files(volume, kind, context, live)
    yield from files.members()
    for each in oversized:
        # A place that was never written holds no entry of this file system, unless a name leads there: what says that
        # it was not may lie.
        if each.inode >= kind.first_of_users and (each.is_written or files.is_named(each.inode)):
            yield Member(layer=kind.layer, address=f"inode {each.inode}", open=lambda: Reason.TOO_LARGE)
    for shadow in shadows:
        yield from [shadow] if isinstance(shadow, Reason) else _in_shadow(shadow, kind, context, live.given)
    if volume.sectors.swallowed is not None:
        yield volume.sectors.swallowed
    if int(volume.info.block_count) * int(volume.info.block_size) > source.size_bytes:
        yield Reason.TRUNCATED
    yield from files.account.carve(kind.layer)


def _oversized(source: ByteSource, kind: Kind) -> list[Oversized]:
    try:
        return list(kind.oversized(source))
    except UnreadError as error:
        if error.reason is Reason.UNSUPPORTED:
            # Where they cannot be told, the library may be at it for long; whoever waits for it ends it.
            return []
        # Tables that cannot be are no volume to let the library loose on.
        raise


def _in_shadow(shadow: Shadow, kind: Kind, context: Context, given: Given) -> Iterator[Member | Reason]:
    """Give the files of a shadow copy that the volume does not give itself; its free space is the volume's."""
    try:
        volume = Volume(shadow.source, kind.number)
    except UnreadError as error:
        yield error.reason
        return
    yield from Files(volume, kind, context, _Past(shadow, given)).members()


@dataclass(frozen=True, slots=True)
class _Live:
    """The volume as it is."""

    is_whole: ClassVar[bool] = True
    is_remembering: bool
    given: Given = field(default_factory=Given)

    def address(self, path: str) -> str:
        """A file's path is its address."""
        return path

    def is_news(self, _path: str, stream: Stream, content: ByteSource) -> bool:
        """Everything is."""
        if self.is_remembering:
            self.given.add(stream, content)
        return True


@dataclass(frozen=True, slots=True)
class _Past:
    """The volume as a shadow copy keeps it."""

    is_whole: ClassVar[bool] = False
    shadow: Shadow
    given: Given

    def address(self, path: str) -> str:
        """Files of a copy lie below its number."""
        return f"shadow copy {self.shadow.number}/{path.removeprefix('/')}"

    def is_news(self, path: str, stream: Stream, content: ByteSource) -> bool:
        """Whatever is not the same any more, but for what keeps the copies: a copy holds none of it."""
        return not path.endswith(_KEPT_COPIES) and not self.given.has(stream, content, self.shadow.changed)
