"""Writes OLE compound files of version 3 ([MS-CFB]): what no library does."""

import struct
from typing import Any

__all__ = ["compound"]

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NONE = 0xFFFFFFFF


class _Chains:
    """Sectors of one size, and which follows which."""

    def __init__(self, size: int) -> None:
        self.size, self.data, self.next = size, bytearray(), list[int]()

    def add(self, content: bytes) -> int:
        """Append a chain; where it begins."""
        start, count = len(self.next), -(-len(content) // self.size)
        if not count:
            return _END
        self.data += content.ljust(count * self.size, b"\0")
        self.next += [start + index + 1 for index in range(count - 1)] + [_END]
        return start


def compound(streams: dict[str, bytes]) -> bytes:
    """A file with streams by their paths."""
    sectors, minis = _Chains(_SECTOR), _Chains(_MINI)
    entries: list[list[Any]] = [["Root Entry", 5, _NONE, _NONE, 0, 0]]
    places = {"": 0}
    for path, content in streams.items():
        parent = 0
        steps = path.split("/")
        for depth, step in enumerate(steps):
            key = "/".join(steps[: depth + 1])
            if key not in places:
                places[key] = len(entries)
                # Siblings hang on each other's right.
                entries.append([step, 1, entries[parent][3], _NONE, 0, 0])
                entries[parent][3] = places[key]
            parent = places[key]
        chains = minis if len(content) < _CUTOFF else sectors
        entries[parent][1], entries[parent][4:] = 2, [chains.add(content), len(content)]
    entries[0][4:] = [sectors.add(bytes(minis.data)), len(minis.data)]
    minifat_at = sectors.add(
        struct.pack(f"<{len(minis.next)}I", *minis.next).ljust(-(-len(minis.next) // 128) * 512, b"\xff")
    )
    packed = b"".join(_entry(*entry) for entry in entries)
    directory_at = sectors.add(packed.ljust(-(-len(packed) // _SECTOR) * _SECTOR, b"\0"))
    tables = 1
    while len(sectors.next) + tables > tables * 128:
        tables += 1
    fat_at = len(sectors.next)
    chain = [*sectors.next, *[_FAT] * tables]
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(tables * _SECTOR, b"\xff")
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack(
        "<IIIIIIIII", 0, tables, directory_at, 0, _CUTOFF, minifat_at, -(-len(minis.next) // 128), _END, 0
    )
    head += struct.pack(f"<{tables}I", *range(fat_at, fat_at + tables))
    return head.ljust(_SECTOR, b"\xff") + bytes(sectors.data) + fat


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    packed = name.encode("utf-16-le") + b"\0\0"
    return (
        packed.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(packed), kind, 1, _NONE, right, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
