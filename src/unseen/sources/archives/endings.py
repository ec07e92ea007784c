"""Whether an archive begins at its beginning and goes on to its end.

libarchive takes a file that stops between two entries for a whole one, and the middle of an entry for all of it.
"""

import struct
import zlib
from collections.abc import Iterator

from unseen.model import ByteSource

__all__ = ["described_at_length", "has_end", "is_later_volume"]

# libarchive may stand some bytes before or behind the end of the last block.
_ABOUT_BYTES = 32
_RAR4_END, _RAR5_END = 0x7B, 5
# Of tar: extended headers of one entry and of all that follow, long names, and Solaris's own.
_BLOCK_BYTES, _DESCRIBING, _WORDS_BYTES_MIN = 512, (b"x", b"g", b"X", b"L", b"K"), 512
_RAR5, _RAR5_MAIN = b"Rar!\x1a\x07\x01\x00", 1


def has_end(form: str, source: ByteSource, at: int) -> bool:
    """Say whether the end mark stands where reading ended.

    Args:
        form: Kind of archive, as `Reader.format` names it; kinds without an end mark always have their end.
        source: The archive.
        at: Where reading ended.

    Raises:
        UnreadError: The source cannot be read.
    """
    if form == "tar":
        return not source.read_at(max(0, at - 512), 512).strip(b"\0")
    if form == "lha":
        return source.read_at(at, 1) == b"\0"
    if form == "rar":
        start = max(0, at - _ABOUT_BYTES)
        near = source.read_at(start, 2 * _ABOUT_BYTES)
        return any(_is_rar_end(near[place:]) for place in range(len(near)))
    return True


def described_at_length(source: ByteSource) -> Iterator[tuple[int, int]]:
    """Say where in a plain tar file the headers begin and end that describe others and are longer than names.

    No program gives what stands in them. Goes on to the first block that is no header.

    Raises:
        UnreadError: The source cannot be read.
    """
    at = 0
    while len(block := source.read_at(at, _BLOCK_BYTES)) == _BLOCK_BYTES and any(block):
        digits = block[124:136].split(b"\0")[0].strip()
        is_octal = digits.isdigit() and not digits.strip(b"01234567")
        # Sizes beyond eight gibibytes are binary (GNU tar).
        size = int(digits, 8) if is_octal else int.from_bytes(block[125:136]) if block[124] & 0x80 else 0
        if block[156:157] in _DESCRIBING and size >= _WORDS_BYTES_MIN:
            yield at + _BLOCK_BYTES, at + _BLOCK_BYTES + size
        at += _BLOCK_BYTES + -(-size // _BLOCK_BYTES) * _BLOCK_BYTES


def is_later_volume(head: bytes) -> bool:
    """Say whether a RAR 5 archive is a volume that others come before (technote of WinRAR 5, main archive header)."""
    if not head.startswith(_RAR5):
        return False
    numbers: list[int] = []
    at, value, shift = len(_RAR5) + 4, 0, 0
    # Size, kind, flags, size of the extra area if these say so, flags of the archive, number of the volume.
    while at < min(len(head), 64) and len(numbers) < 6:
        value |= (head[at] & 0x7F) << shift
        shift += 7
        if head[at] < 0x80:
            numbers.append(value)
            value = shift = 0
        at += 1
    if len(numbers) < 6 or numbers[1] != _RAR5_MAIN:
        return False
    flags, number = numbers[4:6] if numbers[2] & 1 else numbers[3:5]
    return bool(flags & 2 and number)


def _is_rar_end(block: bytes) -> bool:
    if len(block) >= 7 and block[2] == _RAR4_END:
        (crc, size) = struct.unpack_from("<H3xH", block)
        return bool(size >= 7 and zlib.crc32(block[2:size]) & 0xFFFF == crc)
    if len(block) >= 7 and block[5] == _RAR5_END and block[4] < _ABOUT_BYTES:
        return zlib.crc32(block[4 : 5 + block[4]]) == int.from_bytes(block[:4], "little")
    return False
