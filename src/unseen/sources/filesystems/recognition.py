"""Which file system a range of sectors holds, told from its first bytes."""

import struct

from unseen.model import ByteSource

__all__ = [
    "is_apfs",
    "is_exfat",
    "is_ext",
    "is_fat",
    "is_hfs",
    "is_iso9660",
    "is_ntfs",
    "is_unsupported",
]

_SECTOR = 512
# Second sector of a disk with a GUID partition table: what looks like a file system before it is a leftover.
_GPT = b"EFI PART"
# UEFI 2.10, 13.3: FAT sectors are 512, 1024, 2048 or 4096 bytes, clusters powers of two up to 128 sectors.
_SECTOR_SIZES = (512, 1024, 2048, 4096)
# The file $Boot of an NTFS volume begins as the volume does; it has sixteen sectors, of 4 KiB at most.
_BOOT_FILE_BYTES = 16 * 4_096
_BOOT_MARK = b"\x55\xaa"
# Where the Fast File System of BSD and Solaris keeps its superblock; the magic is 1,372 bytes in, in
# either order of bytes.
_UFS_SUPERBLOCKS = (65_536, 8_192, 262_144)
_UFS_MAGICS = frozenset(struct.pack(order + "I", magic) for magic in (0x011954, 0x19540119) for order in "<>")
# Recognised so that they are stated, not read: (offset, magic) of XFS, ReFS, F2FS and EROFS.
_STATED = (
    (0, b"XFSB"),
    (3, b"ReFS\0"),
    (1_024, b"\x10\x20\xf5\xf2"),
    (1_024, b"\xe2\xe1\xf5\xe0"),
)
_BTRFS = (65_600, b"_BHRfS_M")
# No file system whose superblock lies far in is smaller; every file of a tree is asked, and most are small.
_FAR_IN_BYTES_MIN = 1 << 20
# ECMA-167: volume structure descriptors lie from byte 32,768, 2,048 bytes each; NSR02 and NSR03 mean UDF.
_VOLUME_DESCRIPTORS = 32_768
_DESCRIPTOR_BYTES = 2_048
_DESCRIPTORS_MAX = 16


def is_ntfs(head: bytes, source: ByteSource) -> bool:
    """Say whether a volume boot record names NTFS."""
    return head[3:11] == b"NTFS    " and source.size_bytes > _BOOT_FILE_BYTES and head[_SECTOR : _SECTOR + 8] != _GPT


def is_exfat(head: bytes, _: ByteSource) -> bool:
    """Say whether a volume boot record names exFAT."""
    return head[3:11] == b"EXFAT   " and head[_SECTOR : _SECTOR + 8] != _GPT


def is_fat(head: bytes, _: ByteSource) -> bool:
    """Say whether a boot sector holds the parameters of FAT12, FAT16 or FAT32 (Microsoft's fatgen103)."""
    if len(head) < _SECTOR:
        return False
    sector, per_cluster, reserved, fats = struct.unpack_from("<HBHB", head, 11)
    media = head[21]
    return (
        head[510:512] == _BOOT_MARK
        and head[_SECTOR : _SECTOR + 8] != _GPT
        and head[0] in {0xEB, 0xE9, 0x00}
        and sector in _SECTOR_SIZES
        and per_cluster.bit_count() == 1
        and reserved > 0
        and fats in {1, 2}
        and media >= 0xF0
        and any(head[19:21] + head[32:36])
    )


def is_ext(head: bytes, _: ByteSource) -> bool:
    """Say whether a superblock of ext2, ext3 or ext4 lies at byte 1,024, with values that these can have."""
    if head[1_080:1_082] != b"\x53\xef" or len(head) < 2_048:
        return False
    inodes, blocks = struct.unpack_from("<II", head, 1_024)
    (block_size_log,) = struct.unpack_from("<I", head, 1_048)
    per_group, _fragments, inodes_per_group = struct.unpack_from("<III", head, 1_056)
    creator, revision = struct.unpack_from("<II", head, 1_096)
    has_groups = bool(inodes and blocks and per_group and inodes_per_group)
    return has_groups and bool(block_size_log <= 6 and creator <= 4 and revision <= 1)


def is_iso9660(head: bytes, _: ByteSource) -> bool:
    """Say whether the first volume descriptor is one of ISO 9660 (ECMA-119)."""
    return head[_VOLUME_DESCRIPTORS + 1 : _VOLUME_DESCRIPTORS + 6] == b"CD001"


def is_hfs(head: bytes, _: ByteSource) -> bool:
    """Say whether a volume header at byte 1,024 names HFS+, HFSX or the older HFS (Apple, TN1150)."""
    header = head[1_024:1_028]
    return header in {b"H+\x00\x04", b"HX\x00\x05"} or (header[:2] == b"BD" and head[1_148:1_150] == b"H+")


def is_apfs(head: bytes, _: ByteSource) -> bool:
    """Say whether the first block is the superblock of an APFS container."""
    return head[32:36] == b"NXSB" and int.from_bytes(head[36:40], "little").bit_count() == 1


def is_unsupported(head: bytes, source: ByteSource) -> bool:
    """Say whether this is a file system known by name and not read: XFS, btrfs, ReFS, F2FS, EROFS, UFS, UDF."""
    at, magic = _BTRFS
    return (
        any(head.startswith(each, offset) for offset, each in _STATED)
        or (_may_lie_far_in(source) and (source.read_at(at, len(magic)) == magic or _is_ufs(source)))
        or _is_udf(head, source)
    )


def _is_ufs(source: ByteSource) -> bool:
    return any(source.read_at(at + 1_372, 4) in _UFS_MAGICS for at in _UFS_SUPERBLOCKS)


def _may_lie_far_in(source: ByteSource) -> bool:
    return source.size_bytes >= _FAR_IN_BYTES_MIN and source.size_bytes % _SECTOR == 0


def _is_udf(head: bytes, source: ByteSource) -> bool:
    """Follow the descriptors: BEA01, then NSR02 or NSR03."""
    if head[_VOLUME_DESCRIPTORS + 1 : _VOLUME_DESCRIPTORS + 6] != b"BEA01":
        return False
    descriptors = source.read_at(_VOLUME_DESCRIPTORS, _DESCRIPTORS_MAX * _DESCRIPTOR_BYTES)
    return any(
        descriptors[at + 1 : at + 6] in {b"NSR02", b"NSR03"} for at in range(0, len(descriptors), _DESCRIPTOR_BYTES)
    )
