"""How images of disks are told from other files, by their bytes."""

from unseen.model import ByteSource, UnreadError
from unseen.sources.disks.partitions import read_tables

__all__ = ["is_disk", "is_ewf", "is_foreign_image"]

# Containers of disks that nothing here looks into: logical E01, version 2 of both, AFF and AFF4's zip is a zip.
_FOREIGN = (b"LVF\t\r\n\xff\0", b"EVF2\r\n\x81\0", b"LEF2\r\n\x81\0", b"AFF10\r\n\0")

# A table at the end of a disk is looked for in nothing smaller: a page of text has none.
_DISK_BYTES_MIN = 1 << 20


def is_ewf(head: bytes, _source: ByteSource) -> bool:
    """Whether this is a segment of an E01 or S01 image."""
    return head.startswith(b"EVF\t\r\n\xff\0")


def is_foreign_image(head: bytes, _source: ByteSource) -> bool:
    """Whether this is an image of a kind that nothing here looks into."""
    return head.startswith(_FOREIGN)


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
