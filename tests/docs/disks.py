"""A small disk as a camera leaves it: one partition with FAT, pictures in it, one of them deleted."""

import struct

__all__ = ["make_disk"]

_SECTOR_BYTES = 512
_SECTORS, _FAT_SECTORS, _ROOT_SECTORS = 8192, 32, 32
_DATA_AT = (1 + 2 * _FAT_SECTORS + _ROOT_SECTORS) * _SECTOR_BYTES
_PARTITION_AT = 1 << 20


def make_disk(files: dict[str, bytes], deleted: dict[str, bytes]) -> bytes:
    """A disk with an MBR and one volume of FAT16 (Microsoft's fatgen103); names as the volume keeps them, 8.3."""
    fat, root, data = bytearray(struct.pack("<HH", 0xFFF8, 0xFFFF)), bytearray(), bytearray()
    for name, content in (files | deleted).items():
        first, clusters = len(fat) // 2, -(-len(content) // _SECTOR_BYTES)
        stem, _, ending = name.partition(".")
        packed = f"{stem:8}{ending:3}".encode()
        root += (b"\xe5" + packed[1:] if name in deleted else packed) + b"\x20" + bytes(14)
        root += struct.pack("<HI", first, len(content))
        chain = [0] * clusters if name in deleted else [*range(first + 1, first + clusters), 0xFFFF]
        fat += struct.pack(f"<{clusters}H", *chain)
        data += content.ljust(clusters * _SECTOR_BYTES, b"\0")
    parameters = (512, 1, 1, 2, 512, _SECTORS, 0xF8, _FAT_SECTORS, 63, 255, 2048, 0, 0x80, 0, 0x29, 7)
    boot = b"\xeb\x3c\x90unseen  " + struct.pack("<HBHBHHBHHHIIBBBI", *parameters) + b"CAMERA     FAT16   "
    volume = boot.ljust(510, b"\0") + b"\x55\xaa" + 2 * bytes(fat.ljust(_FAT_SECTORS * _SECTOR_BYTES, b"\0"))
    volume = (volume + bytes(root)).ljust(_DATA_AT, b"\0") + bytes(data)
    table = (
        bytes(446) + struct.pack("<B3xB3xII", 0, 6, _PARTITION_AT // _SECTOR_BYTES, _SECTORS) + bytes(48) + b"\x55\xaa"
    )
    return table.ljust(_PARTITION_AT, b"\0") + volume.ljust(_SECTORS * _SECTOR_BYTES, b"\0")
