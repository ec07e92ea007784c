"""Where ext2, ext3 and ext4 keep their own tables among the blocks of files.

Source: the Linux kernel's documentation of ext4, "Super Block", "Block Group Descriptors" and "Layout".
"""

import struct
from collections.abc import Iterator

from unseen.model import ByteSource
from unseen.sources.filesystems.extents import Extent

__all__ = ["tables_of"]

_SUPERBLOCK_AT, _SUPERBLOCK_BYTES = 1_024, 1_024
_IS_64_BIT, _IS_SPARSE, _HAS_META_GROUPS = 0x80, 0x1, 0x10
# Beyond 64 TiB at the usual 128 MiB a group, a volume's number of groups is taken for damage.
_GROUPS_MAX = 1 << 19


def tables_of(source: ByteSource) -> Iterator[Extent]:
    """Give the blocks of superblocks, group descriptors, bitmaps and tables of inodes, as the descriptors name them.

    They are neither files nor free: known as what they are, they do not come between the blocks of a deleted file.

    Raises:
        UnreadError: The range cannot be read.
    """
    superblock = source.read_at(_SUPERBLOCK_AT, _SUPERBLOCK_BYTES)
    if len(superblock) < _SUPERBLOCK_BYTES:
        return
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
    if size_log > 6 or not blocks_per_group or descriptor_bytes not in {32, 64} or incompatible & _HAS_META_GROUPS:
        return
    block_bytes = 1_024 << size_log
    groups = min(-(-(blocks - first_block) // blocks_per_group), _GROUPS_MAX)
    descriptors = source.read_at((first_block + 1) * block_bytes, groups * descriptor_bytes)
    table_bytes = inodes_per_group * (inode_bytes or 128)
    copy_bytes = (1 + reserved) * block_bytes + -(-groups * descriptor_bytes // block_bytes) * block_bytes
    for group in range(len(descriptors) // descriptor_bytes):
        if not read_only & _IS_SPARSE or _has_copy(group):
            yield Extent((first_block + group * blocks_per_group) * block_bytes, copy_bytes)
        low = struct.unpack_from("<III", descriptors, group * descriptor_bytes)
        high = struct.unpack_from("<III", descriptors, group * descriptor_bytes + 32 * (descriptor_bytes == 64))
        for at, size_bytes in enumerate((block_bytes, block_bytes, table_bytes)):
            block = low[at] | (high[at] << 32 if descriptor_bytes == 64 else 0)
            yield Extent(block * block_bytes, size_bytes)


def _has_copy(group: int) -> bool:
    """Say whether a group holds a copy of the superblock: 0, 1, and powers of 3, 5 and 7."""
    if group <= 1:
        return True
    for base in (3, 5, 7):
        power = base
        while power < group:
            power *= base
        if power == group:
            return True
    return False
