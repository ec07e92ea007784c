"""Where a compressed file ends that something stands behind.

libarchive gives up on xz and zstd there, keeps back what it had unpacked last, and passes over some bytes behind lz4.
Formats: The .xz File Format 1.2 (sections 2.1 and 2.2); RFC 8878 (3.1.1 and 3.1.2); LZ4 Frame Format Description 1.6.
"""

import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress

from unseen.model import ByteSource, UnreadError
from unseen.sources.layers.member import Budget

__all__ = ["COMPRESS", "end_of_packed", "passed_over"]

COMPRESS = b"\x1f\x9d"
_XZ, _XZ_FOOTER_BYTES, _XZ_FOOTER = b"\xfd7zXZ\0", 12, b"YZ"
_ZSTD, _LZ4 = b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"
_PIECE_BYTES = 1 << 20
# Ten times the dictionary of the strongest setting.
_XZ_MEMORY_BYTES_MAX = 1 << 30
# Of a zstd block: its last bit, two bits of kind, and its size; a run has one byte, whatever it says.
_RUN, _RESERVED = 1, 3


def end_of_packed(head: bytes, source: ByteSource, budget: Budget) -> int:
    """Say where the compressed streams end with which a file begins; its own end for any other kind, and for damage.

    Args:
        head: The first bytes of the file.
        source: The file.
        budget: Counts what had to be unpacked to tell.

    Raises:
        UnreadError: The file cannot be read, or holds a bomb.
    """
    if head.startswith(_XZ):
        return source.size_bytes if _ends_as_xz(source) else _end_of_xz(source, budget)
    for magic, after_frame in ((_ZSTD, _after_zstd), (_LZ4, _after_lz4)):
        if head.startswith(magic):
            return _end_of_frames(source, magic, after_frame)
    return source.size_bytes


def passed_over(head: bytes, source: ByteSource) -> Iterator[tuple[int, int]]:
    """Say where frames of zstd and lz4 begin and end that every program steps over: they may hold anything."""
    for magic, after_frame in ((_ZSTD, _after_zstd), (_LZ4, _after_lz4)):
        if head.startswith(magic):
            at = 0
            with suppress(UnreadError):
                for end in _frames(source, magic, after_frame):
                    if source.read_at(at, len(magic)) != magic:
                        yield at + 8, end
                    at = end


def _ends_as_xz(source: ByteSource) -> bool:
    """Whether a footer stands at the end, with or without zeros behind it."""
    tail = source.read_at(max(0, source.size_bytes - _PIECE_BYTES), _PIECE_BYTES).rstrip(b"\0")
    footer = tail[-_XZ_FOOTER_BYTES:]
    return footer.endswith(_XZ_FOOTER) and zlib.crc32(footer[4:10]) == int.from_bytes(footer[:4], "little")


def _end_of_xz(source: ByteSource, budget: Budget) -> int:
    """Only unpacking tells: a block need not say how long it is."""
    end = 0
    while source.read_at(end, len(_XZ)) == _XZ:
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES_MAX)
        try:
            at = _follow_xz(source, end, unpacker, budget)
        except lzma.LZMAError:
            at = None
        if at is None:
            # Cut, or broken in its middle: libarchive tells which.
            return end or source.size_bytes
        end = at + _zeros_at(source, at)
    return end


def _follow_xz(source: ByteSource, start: int, unpacker: lzma.LZMADecompressor, budget: Budget) -> int | None:
    unpacked_bytes, at = 0, start
    while not unpacker.eof:
        piece = source.read_at(at, _PIECE_BYTES) if unpacker.needs_input else b""
        if unpacker.needs_input and not piece:
            return None
        at += len(piece)
        some = unpacker.decompress(piece, _PIECE_BYTES)
        budget.inflate(len(some), inflated_before=unpacked_bytes, compressed_bytes=source.size_bytes)
        unpacked_bytes += len(some)
    return at - len(unpacker.unused_data)


def _zeros_at(source: ByteSource, at: int) -> int:
    """Streams may be padded by zeros, four at a time; more than this is no padding."""
    piece = source.read_at(at, _PIECE_BYTES)
    return (len(piece) - len(piece.lstrip(b"\0"))) // 4 * 4


def _end_of_frames(source: ByteSource, magic: bytes, after_frame: Callable[[ByteSource, int], int | None]) -> int:
    try:
        return max(_frames(source, magic, after_frame), default=source.size_bytes)
    except UnreadError:
        return source.size_bytes


def _frames(source: ByteSource, magic: bytes, after_frame: Callable[[ByteSource, int], int | None]) -> Iterator[int]:
    """The end of each frame, one after the other; a frame that is cut or broken has none."""
    at = 0
    while True:
        head = source.read_at(at, 8)
        if head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5 and len(head) == 8:
            # One that both formats step over.
            after: int | None = at + 8 + int.from_bytes(head[4:], "little")
        else:
            after = after_frame(source, at) if head.startswith(magic) else None
        if after is None or after > source.size_bytes:
            return
        at = after
        yield at


def _after_zstd(source: ByteSource, at: int) -> int | None:
    descriptor = source.read_at(at + 4, 1).ljust(1, b"\0")[0]
    is_single = descriptor >> 5 & 1
    # Window, dictionary and size of the content.
    described = (1 - is_single) + (0, 1, 2, 4)[descriptor & 3] + (is_single, 2, 4, 8)[descriptor >> 6]
    at += 5 + described
    while True:
        head = source.read_at(at, 3)
        value = int.from_bytes(head, "little")
        kind, size = value >> 1 & 3, value >> 3
        if len(head) < 3 or kind == _RESERVED:
            return None
        at += 3 + (1 if kind == _RUN else size)
        if value & 1:
            # A checksum of the content.
            return at + (4 if descriptor & 4 else 0)


def _after_lz4(source: ByteSource, at: int) -> int | None:
    flags = source.read_at(at + 4, 1).ljust(1, b"\0")[0]
    has_block_sums, has_size, has_sum, has_dictionary = (flags >> bit & 1 for bit in (4, 3, 2, 0))
    at += 7 + 8 * has_size + 4 * has_dictionary
    while len(head := source.read_at(at, 4)) == 4:
        at += 4
        size = int.from_bytes(head, "little") & 0x7FFFFFFF
        if not size:
            return at + 4 * has_sum
        at += size + 4 * has_block_sums
    return None
