"""Whether an archive goes on to its end: libarchive takes a file that stops between two entries for a whole one."""

import struct
import zlib

from unseen.model import ByteSource

__all__ = ["has_end"]

# libarchive may stand some bytes before or behind the end of the last block.
_ABOUT_BYTES = 32
_RAR4_END, _RAR5_END = 0x7B, 5


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


def _is_rar_end(block: bytes) -> bool:
    if len(block) >= 7 and block[2] == _RAR4_END:
        (crc, size) = struct.unpack_from("<H3xH", block)
        return bool(size >= 7 and zlib.crc32(block[2:size]) & 0xFFFF == crc)
    if len(block) >= 7 and block[5] == _RAR5_END and block[4] < _ABOUT_BYTES:
        return zlib.crc32(block[4 : 5 + block[4]]) == int.from_bytes(block[:4], "little")
    return False
