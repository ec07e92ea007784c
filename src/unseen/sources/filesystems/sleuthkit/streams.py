"""The streams of bytes that a file has: its contents, and what lies beside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytsk3

from unseen.model import ByteSource, Reason, Times, UnreadError
from unseen.sources.filesystems.asking import FAILURES
from unseen.sources.filesystems.extents import Extent, Scattered, cut
from unseen.sources.filesystems.sleuthkit.notes import NO_NOTES, Notes
from unseen.sources.filesystems.sleuthkit.volume import Volume
from unseen.sources.layers.member import Context

__all__ = ["Stream", "StreamBytes", "open_stream", "streams_of"]

# What holds contents: the default of most file systems, NTFS $DATA, and both forks of HFS+.
_CONTENTS = {
    int(pytsk3.TSK_FS_ATTR_TYPE_DEFAULT),
    int(pytsk3.TSK_FS_ATTR_TYPE_NTFS_DATA),
    int(pytsk3.TSK_FS_ATTR_TYPE_HFS_DATA),
    int(pytsk3.TSK_FS_ATTR_TYPE_HFS_RSRC),
}
_RESOURCE_FORK = int(pytsk3.TSK_FS_ATTR_TYPE_HFS_RSRC)
_REGULAR = {int(pytsk3.TSK_FS_META_TYPE_REG), int(pytsk3.TSK_FS_META_TYPE_UNDEF)}
_DIRECTORY = int(pytsk3.TSK_FS_META_TYPE_DIR)
# Flags of an attribute, tsk_fs.h.
# A filler stands for runs that have not been found; elsewhere than in NTFS for holes.
_FILLER = int(pytsk3.TSK_FS_ATTR_RUN_FLAG_FILLER)
_NOT_RESIDENT, _ENCRYPTED, _COMPRESSED = 0x02, 0x10, 0x20
# Two of NTFS's own files are not given, by entry and stream: the damaged clusters, as large as the volume and empty,
# and the boot record, which as a file of its own would pass for a volume of which all is missing. Both are looked
# through where they lie.
_NTFS = int(pytsk3.TSK_FS_TYPE_NTFS)
_NTFS_NOT_GIVEN = {(8, b"$Bad"), (7, b"")}
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One stream of a file.

    Attributes:
        name: Of an alternate data stream; empty for the contents.
        kind: The library's type of attribute, and `number` its number among these.
        runs: Whole blocks that its bytes lie in; none where they lie in the metadata.
        stored_bytes: How many of its bytes are stored at all.
        holds_contents: It is what a user stored, not the file system's own description of it.
        is_compressed: Its extents hold other bytes than it has.
        valid_bytes: Behind so many it reads as zeros, whatever its blocks hold.
        refusal: Why its bytes cannot be had.
        times: When its file was touched.
    """

    name: str
    kind: int
    number: int
    size_bytes: int
    runs: tuple[Extent, ...]
    stored_bytes: int
    holds_contents: bool
    is_compressed: bool
    valid_bytes: int
    refusal: Reason | None
    times: Times

    @property
    def extents(self) -> tuple[Extent, ...]:
        """Where its bytes lie, and no others; all blocks where they hold compressed ones."""
        return self.runs if self.is_compressed else tuple(cut(self.runs, min(self.size_bytes, self.valid_bytes)))

    def zero_filled(self) -> Iterator[Extent]:
        """Say where its bytes lie, with what reads as zeros behind them."""
        yield from self.extents
        yield Extent(None, min(self.size_bytes, sum(each.size_bytes for each in self.runs)) - self.valid_bytes)


def streams_of(volume: Volume, file: Any, notes: Notes = NO_NOTES) -> list[Stream]:
    """List the streams of a file, of whatever kind.

    Raises:
        UnreadError: Its metadata are damaged.
    """
    times = notes.times or _times_of(file)
    return volume.ask(lambda: [_stream(volume, file, each, (notes, times)) for each in file])


def _stream(volume: Volume, file: Any, attribute: Any, known: tuple[Notes, Times]) -> Stream:
    notes, times = known
    info = attribute.info
    flags, size_bytes = int(info.flags), int(info.size)
    name = _name_of(volume, attribute)
    runs = tuple(_runs(volume, attribute))
    stored_bytes = size_bytes
    if flags & _NOT_RESIDENT:
        stored_bytes = sum(each.size_bytes for each in runs if each.offset is not None)
    is_missing = int(volume.info.ftype) == _NTFS and any(int(run.flags) & _FILLER for run in attribute)
    refusal = Reason.ENCRYPTED if flags & _ENCRYPTED else notes.refusal
    if not name and stored_bytes < size_bytes:
        refusal = refusal or notes.unstored
    if is_missing:
        refusal = refusal or Reason.UNREADABLE
    return Stream(
        name=name,
        kind=int(info.type),
        number=int(info.id),
        size_bytes=size_bytes,
        runs=runs,
        stored_bytes=stored_bytes,
        holds_contents=size_bytes > 0 and _holds_contents(volume, file, attribute),
        is_compressed=bool(flags & _COMPRESSED),
        valid_bytes=notes.valid_bytes.get(name, size_bytes),
        refusal=refusal,
        times=times,
    )


def _name_of(volume: Volume, attribute: Any) -> str:
    """Say what users call a stream: only NTFS lets them name any, and forks of HFS+ are known by their kind."""
    if int(volume.info.ftype) == _NTFS:
        return (attribute.info.name or b"").decode("utf-8", "surrogateescape")
    return "rsrc" if int(attribute.info.type) == _RESOURCE_FORK else ""


def _holds_contents(volume: Volume, file: Any, attribute: Any) -> bool:
    """Say whether an attribute is what users store; a directory has that beside it only, under a name."""
    kind, entry = int(attribute.info.type), file.info.meta
    if int(volume.info.ftype) == _NTFS and (int(entry.addr), attribute.info.name or b"") in _NTFS_NOT_GIVEN:
        return False
    # Links, devices and pipes hold nothing of their own; what a link leads to is screened where it lies.
    is_of_file = int(entry.type) in _REGULAR or (int(entry.type) == _DIRECTORY and bool(_name_of(volume, attribute)))
    return kind in _CONTENTS and is_of_file


def _runs(volume: Volume, attribute: Any) -> Iterator[Extent]:
    block_bytes = int(volume.info.block_size)
    for run in attribute:
        if int(run.len) > 0:
            # A run with any flag is not stored: it is a hole, or was not found.
            yield Extent(None if int(run.flags) else int(run.addr) * block_bytes, int(run.len) * block_bytes)


class StreamBytes:
    """The bytes of a stream, as the library gives them: compressed ones inflated, holes as zeros."""

    def __init__(self, volume: Volume, file: Any, stream: Stream) -> None:
        self._volume, self._file, self._stream = volume, file, stream
        self.size_bytes = stream.size_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        wanted = min(size, self.size_bytes - offset)
        if wanted <= 0 or offset < 0:
            return b""
        stream = self._stream
        valid = max(0, min(wanted, stream.valid_bytes - offset))
        if valid == 0:
            return bytes(wanted)
        data: bytes = self._volume.ask(lambda: self._file.read_random(offset, valid, stream.kind, stream.number))
        if len(data) < valid:
            raise UnreadError(Reason.TRUNCATED)
        if self._volume.sectors.is_bad(stream.runs):
            raise UnreadError(Reason.UNREADABLE)
        return data if valid == wanted else data.ljust(wanted, b"\0")


def open_stream(volume: Volume, file: Any, stream: Stream, context: Context) -> ByteSource | Reason:
    """Give the bytes of a stream, or the reason why there are none."""
    if stream.refusal is not None:
        return stream.refusal
    unstored_bytes = stream.size_bytes - stream.stored_bytes
    if unstored_bytes > 0:
        try:
            # A file may say that it is of any size: what is not stored counts as inflated.
            context.budget.inflate(unstored_bytes, inflated_before=0, compressed_bytes=stream.stored_bytes)
        except UnreadError as error:
            return error.reason
    direct = Scattered(volume.source, stream.zero_filled())
    is_plain = stream.runs and not stream.is_compressed and direct.size_bytes == stream.size_bytes
    return direct if is_plain else StreamBytes(volume, file, stream)


def _times_of(file: Any) -> Times:
    """Read when a file was touched; a time of zero means that none is kept."""
    meta = file.info.meta

    def nanoseconds(name: str) -> int | None:
        seconds = int(getattr(meta, name))
        return seconds * _NS + int(getattr(meta, name + "_nano")) if seconds > 0 else None

    try:
        return Times(
            modified_ns=nanoseconds("mtime"),
            accessed_ns=nanoseconds("atime"),
            changed_ns=nanoseconds("ctime"),
            born_ns=nanoseconds("crtime"),
        )
    except FAILURES:
        return Times()
