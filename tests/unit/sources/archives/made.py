"""Archives of kinds that no free program writes, made byte by byte: contents stored as they are."""

import struct
import zlib
from collections.abc import Mapping


def make_rar4(files: Mapping[str, bytes], *, is_encrypted: bool = False) -> bytes:
    """A RAR archive of version 4 (technote of UnRAR 3.x): blocks with a checksum of 16 bits."""

    def block(kind: int, flags: int, body: bytes) -> bytes:
        rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest

    pieces = [b"Rar!\x1a\x07\x00", block(0x73, 0, bytes(6))]
    for name, data in files.items():
        path = name.encode()
        body = struct.pack(
            "<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x5A000000, 20, 0x30, len(path), 0o100644
        )
        pieces += [block(0x74, 0x8000 | (4 if is_encrypted else 0), body + path), data]
    return b"".join([*pieces, block(0x7B, 0x4000, b"")])


def make_rar5(files: Mapping[str, bytes], *, is_encrypted: bool = False) -> bytes:
    """A RAR archive of version 5 (technote of WinRAR 5): blocks of numbers of seven bits a byte."""

    def number(value: int) -> bytes:
        pieces = bytearray()
        while value > 0x7F:
            pieces.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*pieces, value])

    def block(*fields: int | bytes) -> bytes:
        body = b"".join(number(field) if isinstance(field, int) else field for field in fields)
        sized = number(len(body)) + body
        return struct.pack("<I", zlib.crc32(sized)) + sized

    pieces = [b"Rar!\x1a\x07\x01\x00"]
    if is_encrypted:
        pieces.append(block(4, 0, 0, 0, b"\x0f" + bytes(16)))
    pieces.append(block(1, 0, 0))
    for name, data in files.items():
        path, crc = name.encode(), struct.pack("<I", zlib.crc32(data))
        pieces += [block(2, 2, len(data), 4, len(data), 0o100644, crc, 0, 1, len(path), path), data]
    return b"".join([*pieces, block(5, 0, 0)])


def make_cab(files: Mapping[str, bytes]) -> bytes:
    """A cabinet ([MS-CAB]) with one folder whose data is not compressed."""
    entries, at = b"", 0
    for name, data in files.items():
        entries += struct.pack("<IIHHHH", len(data), at, 0, 0x5A21, 0, 0x80) + name.encode() + b"\0"
        at += len(data)
    whole = b"".join(files.values())
    blocks = [whole[start : start + 32_768] for start in range(0, len(whole), 32_768)]
    data_at = 36 + 8 + len(entries)
    body = b"".join(struct.pack("<IHH", 0, len(block), len(block)) + block for block in blocks)
    folder = struct.pack("<IHH", data_at, len(blocks), 0)
    header = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, data_at + len(body), 0, 44, 0, 3, 1, 1, len(files), 0, 0, 0)
    return header + folder + entries + body


def make_lha(files: Mapping[str, bytes]) -> bytes:
    """An LHA archive with headers of level 0 and the method that stores."""
    pieces = []
    for name, data in files.items():
        path = name.encode()
        rest = b"-lh0-" + struct.pack("<IIIBB", len(data), len(data), 0x5A210000, 0x20, 0)
        rest += bytes([len(path)]) + path + struct.pack("<H", _crc16(data))
        pieces.append(bytes([len(rest), sum(rest) & 0xFF]) + rest + data)
    return b"".join([*pieces, b"\0"])


def _crc16(data: bytes) -> int:
    """CRC-16/ARC."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
