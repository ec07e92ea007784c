"""How images of disks are told from other files, by their bytes."""

from unseen.model import ByteSource, UnreadError
from unseen.sources.disks.partitions import read_tables

__all__ = [
    "is_bitlocker",
    "is_disk",
    "is_dmg",
    "is_ewf",
    "is_filevault",
    "is_foreign_image",
    "is_locked_dmg",
    "is_luks",
    "is_lvm2",
    "is_mdraid",
    "is_qcow2",
    "is_vdi",
    "is_vhd",
    "is_vmdk",
]

# Images that nothing here puts together: logical E01, version 2 of both, AFF; of Parallels, QEMU's former format,
# VMware's snapshots, and Android.
_FOREIGN = (
    *(b"LVF\t\r\n\xff\0", b"EVF2\r\n\x81\0", b"LEF2\r\n\x81\0", b"AFF10\r\n\0"),
    *(b"WithoutFreeSpace", b"WithouFreSpacExt", b"QED\0", b"\xbe\xba\xfe\xca\0\0\0\0", b"\x3a\xff\x26\xed\1\0"),
)
# The list beside the pieces of a sparse bundle of macOS, which lie in a folder as files of their own.
_BUNDLE = b"<string>com.apple.diskimage.sparsebundle</string>"
_LOCKED_DMG = (b"encrcdsa", b"cdsaencr")
_TRAILER_BYTES = 512

# What the boot sector of BitLocker To Go holds where it looks like one of FAT (libbde's documentation).
_TO_GO = bytes.fromhex("3bd66749292ed84a8399f6a339e3d001")

# A table at the end of a disk is looked for in nothing smaller: a page of text has none.
_DISK_BYTES_MIN = 1 << 20


def is_ewf(head: bytes, _source: ByteSource) -> bool:
    """Whether this is a segment of an E01 or S01 image."""
    return head.startswith(b"EVF\t\r\n\xff\0")


def is_qcow2(head: bytes, _source: ByteSource) -> bool:
    """Whether this is an image of QEMU's own format."""
    return head.startswith(b"QFI\xfb")


def is_vdi(head: bytes, _source: ByteSource) -> bool:
    """Whether this is an image of VirtualBox."""
    return head[64:68] == b"\x7f\x10\xda\xbe"


def is_vmdk(head: bytes, _source: ByteSource) -> bool:
    """Whether this is an image of VMware, or the description of one."""
    return head.startswith((b"KDMV", b"COWD", b"# Disk DescriptorFile"))


def is_vhd(head: bytes, source: ByteSource) -> bool:
    """Whether this is a VHD or VHDX image; one of fixed size says so at its end."""
    return head.startswith((b"conectix", b"vhdxfile")) or _trailer(source).startswith(b"conectix")


def is_dmg(head: bytes, source: ByteSource) -> bool:
    """Whether this is an image of macOS, which says so at its end, or a sparse or encrypted one."""
    return head.startswith(b"sprs") or _trailer(source).startswith(b"koly") or is_locked_dmg(head, source)


def is_locked_dmg(head: bytes, source: ByteSource) -> bool:
    """Whether this is an encrypted image of macOS: of the first version its end says so."""
    return head.startswith(_LOCKED_DMG[0]) or source.read_at(max(0, source.size_bytes - 8), 8) == _LOCKED_DMG[1]


def is_foreign_image(head: bytes, _source: ByteSource) -> bool:
    """Whether this is an image of a kind that nothing here looks into."""
    return head.startswith(_FOREIGN) or (head.startswith(b"<?xml") and _BUNDLE in head[:4096])


def is_bitlocker(head: bytes, _source: ByteSource) -> bool:
    """Whether this is a volume that BitLocker encrypted; those of removable disks look like FAT to everybody else."""
    return head[3:11] == b"-FVE-FS-" or head[424:440] == _TO_GO


def is_luks(head: bytes, _source: ByteSource) -> bool:
    """Whether this is a LUKS volume."""
    return head.startswith(b"LUKS\xba\xbe")


def is_filevault(head: bytes, _source: ByteSource) -> bool:
    """Whether this is a volume of Apple's CoreStorage: version 1, a header of kind 16, and its two letters."""
    return head[8:12] == b"\1\0\x10\0" and head[88:90] == b"CS"


def is_lvm2(head: bytes, _source: ByteSource) -> bool:
    """Whether this is a physical volume of LVM 2, whose label lies in one of the first four sectors."""
    return any(
        head[at : at + 8] == b"LABELONE" and head[at + 24 : at + 32] == b"LVM2 001" for at in range(0, 2048, 512)
    )


def is_mdraid(head: bytes, _source: ByteSource) -> bool:
    """Whether this is a member of a Linux RAID whose superblock lies before its data (versions 1.1 and 1.2)."""
    return any(head[at : at + 8] == b"\xfc\x4e\x2b\xa9\1\0\0\0" for at in (0, 4096))


def is_disk(head: bytes, source: ByteSource) -> bool:
    """Whether this is a whole disk, as its sectors lie, with a table of partitions."""
    marks = (head[510:512] == b"\x55\xaa", head[512:520] == b"EFI PART", head[4096:4104] == b"EFI PART")
    maps = (head[512:514] == b"PM", head[2048:2050] == b"PM")
    if not any(marks + maps) and (source.size_bytes < _DISK_BYTES_MIN or source.size_bytes % 512):
        return False
    try:
        return read_tables(source) is not None
    except UnreadError:
        return False


def _trailer(source: ByteSource) -> bytes:
    at = source.size_bytes - _TRAILER_BYTES
    return source.read_at(at, 8) if at > 0 else b""
