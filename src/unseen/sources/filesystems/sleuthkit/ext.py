"""Where ext2, ext3 and ext4 keep their own tables among the blocks of files.

Source: the Linux kernel's documentation of ext4, "Super Block", "Block Group Descriptors" and "Layout".
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.filesystems.extents import Extent
from unseen.sources.filesystems.sleuthkit.notes import NO_NOTES, Notes, Notetaker, Oversized
from unseen.sources.filesystems.sleuthkit.volume import Volume

__all__ = ["oversized", "tables_of", "take_notes"]

_SUPERBLOCK_AT, _SUPERBLOCK_BYTES = 1_024, 1_024
_IS_SPARSE, _HAS_GROUP_CHECKSUMS, _HAS_CHECKSUMS = 0x1, 0x10, 0x400
_HAS_META_GROUPS, _IS_64_BIT, _HAS_ENCRYPTION = 0x10, 0x80, 0x10000
# A table of descriptors for more than 64 TiB at the usual 128 MiB a group is taken for damage.
_GROUPS_MAX = 1 << 19
# Fields of a group's descriptor, and flags among them.
_GROUP_FLAGS_AT, _UNUSED_AT, _UNUSED_HIGH_AT = 18, 28, 50
_INODES_UNINITIALISED, _INODES_ZEROED = 0x1, 0x4
# Fields of an inode, and flags among them.
_SIZE_AT, _INODE_FLAGS_AT, _SIZE_HIGH_AT = 4, 32, 108
_IS_ENCRYPTED, _HAS_EXTENTS, _IS_INLINE = 0x800, 0x80000, 0x10000000
_RESIZE_INODE, _DOUBLY_INDIRECT_AT = 7, 92
_INODE_BYTES_MIN, _INODES_PIECE = 128, 8_192


@dataclass(frozen=True, slots=True)
class _Group:
    """Where a group of blocks has its tables, in bytes from the start of the volume.

    Attributes:
        unused: How many inodes at the end of its table are not in use and may hold what lay there before.
    """

    start: int
    block_bitmap: int
    inode_bitmap: int
    inodes: int
    unused: int


@dataclass(frozen=True, slots=True)
class _Layout:
    block_bytes: int
    inodes_per_group: int
    inode_bytes: int
    incompatible: int
    is_sparse: bool
    # A copy of the superblock with all descriptors, and what is kept free for more of them.
    copy_bytes: int
    groups: tuple[_Group, ...]


def tables_of(source: ByteSource) -> Iterator[Extent]:
    """Give the blocks of superblocks, group descriptors, bitmaps and tables of inodes, as the descriptors name them.

    They are neither files nor free: known as what they are, they do not come between the blocks of a deleted file.

    Raises:
        UnreadError: They cannot be found.
    """
    layout = _read_layout(source)
    for number, group in enumerate(layout.groups):
        if not layout.is_sparse or _has_copy(number):
            yield Extent(group.start, layout.copy_bytes)
        yield Extent(group.block_bitmap, layout.block_bytes)
        yield Extent(group.inode_bitmap, layout.block_bytes)
        yield Extent(group.inodes, layout.inodes_per_group * layout.inode_bytes)
    if layout.groups:
        # Maps the descriptors kept free, through one block that is in no table.
        at = layout.groups[0].inodes + (_RESIZE_INODE - 1) * layout.inode_bytes + _DOUBLY_INDIRECT_AT
        yield Extent(int.from_bytes(source.read_at(at, 4), "little") * layout.block_bytes, layout.block_bytes)


def oversized(source: ByteSource) -> Iterator[Oversized]:
    """Give inodes that say to be larger than their volume and map each block.

    The library makes a list of all blocks of such an inode wherever its name appears, holes too: for the largest size
    that can be written it would be at it for ever. Sparse files larger than their volume are given up with them.

    A new file system need not wipe its tables: they hold what was on the volume before, and that is taken for inodes
    too, since old ones lead to old files. What of it is no inode often looks like an oversized one.

    Raises:
        UnreadError: The tables cannot be found or read.
    """
    layout = _read_layout(source)
    for number, group in enumerate(layout.groups):
        size_bytes = layout.inodes_per_group * layout.inode_bytes
        for piece_at in range(0, size_bytes, _INODES_PIECE * layout.inode_bytes):
            wanted = min(_INODES_PIECE * layout.inode_bytes, size_bytes - piece_at)
            table = source.read_at(group.inodes + piece_at, wanted)
            for index in _oversized_in(table, layout.inode_bytes, source.size_bytes):
                at = group.inodes + piece_at + index * layout.inode_bytes
                in_group = piece_at // layout.inode_bytes + index
                yield Oversized(
                    inode=number * layout.inodes_per_group + in_group + 1,
                    is_written=in_group < layout.inodes_per_group - group.unused,
                    size_fields=(Extent(at + _SIZE_AT, 4), Extent(at + _SIZE_HIGH_AT, 4)),
                )


def _oversized_in(table: bytes, inode_bytes: int, limit_bytes: int) -> list[int]:
    """Say which inodes of a table are larger than a limit and have no extents."""
    rows = np.frombuffer(table, np.uint8)[: len(table) // inode_bytes * inode_bytes].reshape(-1, inode_bytes)

    def field(at: int) -> npt.NDArray[np.uint64]:
        return np.ascontiguousarray(rows[:, at : at + 4]).view("<u4")[:, 0].astype(np.uint64)

    sizes = field(_SIZE_AT) | field(_SIZE_HIGH_AT) << np.uint64(32)
    has_map = (field(_INODE_FLAGS_AT) & np.uint64(_HAS_EXTENTS | _IS_INLINE)) == 0
    return [int(each) for each in np.flatnonzero(has_map & (sizes > np.uint64(limit_bytes)))]


def take_notes(volume: Volume) -> Notetaker:
    """Give what looks up whether a file is encrypted.

    Raises:
        UnreadError: The tables of inodes cannot be found.
    """
    layout = _read_layout(volume.source)
    if not layout.incompatible & _HAS_ENCRYPTION:
        return lambda _: NO_NOTES

    def notes(file: Any) -> Notes:
        group, index = divmod(int(file.info.meta.addr) - 1, layout.inodes_per_group)
        if group >= len(layout.groups):
            raise UnreadError(Reason.UNREADABLE)
        at = layout.groups[group].inodes + index * layout.inode_bytes + _INODE_FLAGS_AT
        flags = int.from_bytes(volume.source.read_at(at, 4), "little")
        return Notes(refusal=Reason.ENCRYPTED) if flags & _IS_ENCRYPTED else NO_NOTES

    return notes


def _read_layout(source: ByteSource) -> _Layout:
    superblock = source.read_at(_SUPERBLOCK_AT, _SUPERBLOCK_BYTES)
    if len(superblock) < _SUPERBLOCK_BYTES:
        raise UnreadError(Reason.TRUNCATED)
    (blocks,) = struct.unpack_from("<I", superblock, 4)
    first_block, size_log = struct.unpack_from("<II", superblock, 20)
    blocks_per_group, _, inodes_per_group = struct.unpack_from("<III", superblock, 32)
    (inode_bytes,) = struct.unpack_from("<H", superblock, 88)
    incompatible, read_only = struct.unpack_from("<II", superblock, 96)
    (reserved,) = struct.unpack_from("<H", superblock, 206)
    descriptor_bytes = 32
    if incompatible & _IS_64_BIT:
        descriptor_bytes = struct.unpack_from("<H", superblock, 254)[0]
        blocks |= struct.unpack_from("<I", superblock, 336)[0] << 32
    if size_log > 6 or not blocks_per_group or not inodes_per_group or descriptor_bytes not in {32, 64}:
        raise UnreadError(Reason.UNREADABLE)
    if 0 < inode_bytes < _INODE_BYTES_MIN or inodes_per_group > 8 << 10 << size_log:
        # A group's inodes are counted by the bits of one block.
        raise UnreadError(Reason.UNREADABLE)
    if incompatible & _HAS_META_GROUPS:
        # Descriptors lie in every group by itself there.
        raise UnreadError(Reason.UNSUPPORTED)
    block_bytes = 1_024 << size_log
    groups = min(-(-(blocks - first_block) // blocks_per_group), _GROUPS_MAX)
    descriptors = source.read_at((first_block + 1) * block_bytes, groups * descriptor_bytes)
    group_bytes = blocks_per_group * block_bytes
    has_unused = bool(read_only & (_HAS_GROUP_CHECKSUMS | _HAS_CHECKSUMS))
    if groups * inodes_per_group * (inode_bytes or _INODE_BYTES_MIN) > source.size_bytes:
        raise UnreadError(Reason.TRUNCATED)
    return _Layout(
        block_bytes=block_bytes,
        inodes_per_group=inodes_per_group,
        inode_bytes=inode_bytes or 128,
        incompatible=incompatible,
        is_sparse=bool(read_only & _IS_SPARSE),
        copy_bytes=(1 + reserved - (-groups * descriptor_bytes // block_bytes)) * block_bytes,
        groups=tuple(
            _Group(
                first_block * block_bytes + number * group_bytes,
                *_tables(descriptor, block_bytes),
                _unused(descriptor, inodes_per_group) if has_unused else 0,
            )
            for number, descriptor in enumerate(_cut(descriptors, descriptor_bytes))
        ),
    )


def _cut(descriptors: bytes, descriptor_bytes: int) -> Iterator[bytes]:
    for at in range(0, len(descriptors) - descriptor_bytes + 1, descriptor_bytes):
        yield descriptors[at : at + descriptor_bytes]


def _tables(descriptor: bytes, block_bytes: int) -> tuple[int, int, int]:
    """Say where the two bitmaps and the inodes of a group lie."""
    bitmap, inode_bitmap, inodes = struct.unpack_from("<III", descriptor)
    high = struct.unpack_from("<III", descriptor, 32) if len(descriptor) > 32 else (0, 0, 0)
    return (
        (bitmap | high[0] << 32) * block_bytes,
        (inode_bitmap | high[1] << 32) * block_bytes,
        (inodes | high[2] << 32) * block_bytes,
    )


def _unused(descriptor: bytes, inodes_per_group: int) -> int:
    """Say how many inodes at the end of a group's table may hold what lay there before."""
    (flags,) = struct.unpack_from("<H", descriptor, _GROUP_FLAGS_AT)
    if flags & _INODES_ZEROED:
        # Whatever is there has been written since.
        return 0
    if flags & _INODES_UNINITIALISED:
        return inodes_per_group
    (unused,) = struct.unpack_from("<H", descriptor, _UNUSED_AT)
    if len(descriptor) > 32:
        unused |= struct.unpack_from("<H", descriptor, _UNUSED_HIGH_AT)[0] << 16
    # More than there are is damage: nothing is left out on its word.
    return int(unused) if unused <= inodes_per_group else 0


def _has_copy(group: int) -> bool:
    """Say whether a group holds a copy of the superblock: 0, 1, and powers of 3, 5 and 7."""
    return group <= 1 or any(group == base ** round(math.log(group, base)) for base in (3, 5, 7))
