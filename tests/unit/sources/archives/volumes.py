"""RAR archives in several volumes, made byte by byte: no free program writes them. Contents are stored as they are."""

import struct
import zlib

# Flags of a RAR 4 block: a volume, with names of the newer kind; of its file: goes on from the last, into the next.
_VOLUME4, _FROM_LAST, _INTO_NEXT = 0x0011, 1, 2


def make_rar4_volumes(name: str, data: bytes, count: int) -> list[bytes]:
    """Volumes of version 4 (technote of UnRAR 3.x)."""

    def block(kind: int, flags: int, body: bytes) -> bytes:
        rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest

    volumes = []
    path, pieces = name.encode(), _cut(data, count)
    for number, piece in enumerate(pieces):
        more = (_FROM_LAST if number else 0) | (_INTO_NEXT if number < count - 1 else 0)
        # All but the last state the checksum of their own piece.
        crc = zlib.crc32(data if number == count - 1 else piece)
        body = struct.pack("<IIBIIBBHI", len(piece), len(data), 3, crc, 0x5A000000, 20, 0x30, len(path), 0o100644)
        volumes.append(
            b"Rar!\x1a\x07\x00"
            + block(0x73, _VOLUME4 | (0x100 if number == 0 else 0), bytes(6))
            + block(0x74, 0x8000 | more, body + path)
            + piece
            + block(0x7B, 0x4000 | (1 if number < count - 1 else 0), b"")
        )
    return volumes


def make_rar5_volumes(name: str, data: bytes, count: int) -> list[bytes]:
    """Volumes of version 5 (technote of WinRAR 5)."""

    def number_of(value: int) -> bytes:
        pieces = bytearray()
        while value > 0x7F:
            pieces.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*pieces, value])

    def block(*fields: int | bytes) -> bytes:
        body = b"".join(number_of(field) if isinstance(field, int) else field for field in fields)
        sized = number_of(len(body)) + body
        return struct.pack("<I", zlib.crc32(sized)) + sized

    volumes = []
    path = name.encode()
    for number, piece in enumerate(_cut(data, count)):
        is_last = number == count - 1
        more = (8 if number else 0) | (0 if is_last else 16)
        crc = struct.pack("<I", zlib.crc32(data if is_last else piece))
        main = block(1, 0, 3, number) if number else block(1, 0, 1)
        volumes.append(
            b"Rar!\x1a\x07\x01\x00"
            + main
            + block(2, 2 | more, len(piece), 4, len(data), 0o100644, crc, 0, 1, len(path), path)
            + piece
            + block(5, 0, 0 if is_last else 1)
        )
    return volumes


def _cut(data: bytes, count: int) -> list[bytes]:
    size = -(-len(data) // count)
    return [data[at : at + size] for at in range(0, len(data), size)]
