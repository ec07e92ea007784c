"""Files that hold something where only a reader of their kind finds it, made byte by byte."""

import plistlib
import struct
import tempfile
from pathlib import Path

from tests.unit.sources.disks.test_lvm import EXTENT_BYTES, LINEAR, START, described, disk
from tests.unit.sources.documents.compound import compound
from tests.unit.sources.filesystems.test_fat import _exfat

__all__ = ["dmg", "exfat", "lvm", "thumbs"]

_SECTOR_BYTES = 512
_RAW, _END = 1, 0xFFFFFFFF


def thumbs(content: bytes) -> bytes:
    """A Thumbs.db of Windows XP with one thumbnail, and the catalogue that names it."""
    name = "beach.jpg\0".encode("utf-16-le")
    entry = struct.pack("<IIQ", 16 + len(name) + 2, 1, 0) + name + bytes(2)
    catalog = struct.pack("<HHIII", 16, 7, 1, 96, 96) + entry
    return compound({"Catalog": catalog, "1": struct.pack("<III", 12, 1, len(content)) + content})


def exfat(content: bytes) -> bytes:
    """A memory card with one file, which was deleted."""
    with tempfile.TemporaryDirectory() as folder:
        return _exfat(Path(folder), content, valid_bytes=len(content), is_deleted=True)


def lvm(content: bytes) -> bytes:
    """A physical volume of LVM 2 with a logical one that holds some bytes."""
    made = bytearray(disk(described(LINEAR)))
    # Noise where the volume lies would hide nothing, and shows that the bytes are those of the volume.
    at = START + 4 * EXTENT_BYTES + 100
    made[at : at + len(content)] = content
    return bytes(made)


def dmg(content: bytes) -> bytes:
    """A disk image of macOS (UDIF) whose sectors lie in it out of order, in two runs."""
    sectors = b"words before it" + content
    sectors = sectors.ljust(-(-len(sectors) // 1024) * 1024, b"\0")
    half = len(sectors) // 2
    count = len(sectors) // _SECTOR_BYTES
    runs = ((0, half, half), (half, 0, half))
    table = struct.pack(">4sIQQQII24x", b"mish", 1, 0, count, 0, 0, 0) + bytes(136) + struct.pack(">I", len(runs) + 1)
    for offset, place, size in runs:
        table += struct.pack(">IIQQQQ", _RAW, 0, offset // _SECTOR_BYTES, size // _SECTOR_BYTES, place, size)
    table += struct.pack(">IIQQQQ", _END, 0, count, 0, len(sectors), 0)
    described_ = {"resource-fork": {"blkx": [{"Attributes": "0x0050", "Data": table, "ID": "0", "Name": "whole disk"}]}}
    listed = plistlib.dumps(described_)
    trailer = struct.pack(">4sIIIQQQQQII16x", b"koly", 4, 512, 1, 0, 0, len(sectors), 0, 0, 1, 1) + bytes(136)
    trailer += struct.pack(">QQ", len(sectors), len(listed)) + bytes(120) + bytes(136) + struct.pack(">IQ", 1, count)
    return sectors[half:] + sectors[:half] + listed + trailer.ljust(512, b"\0")
