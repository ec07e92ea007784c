"""Where pictures end: JPEG (ITU-T T.81 annex B), PNG (ISO/IEC 15948), GIF (GIF89a), Windows bitmaps, JPEG 2000.

Each function follows the structure from a beginning and gives None where it is none: what a decoder could not even
begin with is no picture.
"""

import re
import struct
import zlib

from unseen.sources.carving.blocks import BLOCK_BYTES, Blocks
from unseen.sources.carving.extent import Extent

__all__ = ["follow_bmp", "follow_gif", "follow_jp2", "follow_jpeg", "follow_png"]

# A picture whose end is not found is cut here: 200 megapixels at the best quality of phones take 100 MB.
_BROKEN_BYTES_MAX = 128 << 20
# Profiles, maker's notes and previews before the first frame: each segment has at most 64 KiB, and phones write some
# hundred. Beyond it the beginning is taken for chance.
_SEGMENTS_MAX = 4_096
# Frames that libjpeg-turbo decodes: sequential and progressive, Huffman or arithmetic. Lossless ones are in camera
# originals, where nothing here decodes them.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SOS, _EOI, _DQT = 0xDA, 0xD9, 0xDB
_GIF_CODE_SIZES = frozenset(bytes([size]) for size in range(1, 12))
_BMP_DEPTHS = frozenset({1, 4, 8, 16, 24, 32})
# Most pixels a side in a bitmap that was not made up.
_BMP_SIDE_MAX = 65_535


def follow_jpeg(blocks: Blocks, start: int) -> Extent | None:
    """Follow the segments of a JPEG, and the coded data of each scan, to its end mark.

    Pictures in its metadata are in segments whose length is known, and are passed over. Coded data looks like any
    other: where a file was cut short, what follows it is not checked to be part of it.
    """
    at, has_tables, has_frame, coded_at = start + 2, False, False, 0
    end_max = min(blocks.size_bytes, start + _BROKEN_BYTES_MAX)
    for _ in range(_SEGMENTS_MAX):
        head = blocks.read(at, 4)
        marker = head[1] if len(head) > 1 and head[0] == 0xFF else 0
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI and coded_at:
            return Extent(at + 2, coded_at, end_max)
        length = int.from_bytes(head[2:4], "big")
        if marker < 0xC0 or 0xD0 <= marker <= 0xD9 or length < 2:
            break
        has_tables |= marker == _DQT
        if marker in _FRAMES:
            if has_frame or not _is_frame(blocks.read(at + 4, length - 2)):
                break
            has_frame = True
        at += 2 + length
        if marker == _SOS:
            if not (has_frame and has_tables and _is_scan(blocks.read(at + 2 - length, length - 2))):
                break
            coded_at = coded_at or min(at, end_max)
            after = _after_scan(blocks, at, end_max)
            if after is None:
                break
            at = after
    return Extent(None, coded_at, end_max) if coded_at else None


def _is_frame(data: bytes) -> bool:
    """Whether a frame's header holds 8-bit samples, a width, and as many components as it says, each sampled."""
    if len(data) < 6 or data[0] != 8 or int.from_bytes(data[3:5], "big") == 0:
        return False
    count = data[5]
    samplings = data[7::3]
    return (
        count in {1, 3, 4}
        and len(data) == 6 + 3 * count
        and all(1 <= each >> 4 <= 4 and 1 <= each & 15 <= 4 for each in samplings)
    )


def _is_scan(data: bytes) -> bool:
    return len(data) >= 4 and 1 <= data[0] <= 4 and len(data) == 4 + 2 * data[0]


def _after_scan(blocks: Blocks, at: int, end_max: int) -> int | None:
    """Find the mark that follows coded data; None where there is none before `end_max`."""
    while at < end_max:
        # Up to the end of a block; a mark that straddles two is read on its own.
        piece = blocks.read(at, max(2, BLOCK_BYTES - at % BLOCK_BYTES))
        found = _MARKER.search(piece)
        if found is not None:
            return at + found.start()
        if len(piece) < 2:
            return None
        at += len(piece) - piece.endswith(b"\xff")
    return None


def follow_png(blocks: Blocks, start: int) -> Extent | None:
    """Follow the chunks of a PNG to `IEND`, each with its checksum."""
    at = start + 8
    end_max = min(blocks.size_bytes, start + _BROKEN_BYTES_MAX)
    has_header = has_data = False
    while True:
        head = blocks.read(at, 8)
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        is_sound = len(head) == 8 and name.isalpha() and length < 1 << 31
        if not has_header and not (name == b"IHDR" and length == 13):
            return None
        has_data |= name == b"IDAT"
        if not is_sound or not _has_checksum(blocks, at + 4, length + 4):
            return Extent(None, at, end_max) if has_data else None
        has_header = True
        at += length + 12
        if name == b"IEND":
            return Extent(at, at, end_max) if has_data else None


def _has_checksum(blocks: Blocks, at: int, size: int) -> bool:
    if at + size + 4 > blocks.size_bytes:
        return False
    checksum, end = 0, at + size
    while at < end:
        piece = blocks.read(at, min(end - at, BLOCK_BYTES - at % BLOCK_BYTES))
        if not piece:
            return False
        checksum = zlib.crc32(piece, checksum)
        at += len(piece)
    return checksum.to_bytes(4, "big") == blocks.read(end, 4)


def follow_gif(blocks: Blocks, start: int) -> Extent | None:
    """Follow the blocks of a GIF to its trailer."""
    head = blocks.read(start, 13)
    if len(head) < 13 or head[6:8] == b"\0\0" or head[8:10] == b"\0\0":
        return None
    end_max = min(blocks.size_bytes, start + _BROKEN_BYTES_MAX)
    at: int | None = start + 13 + _palette_bytes(head[10])
    images = 0
    while at is not None:
        head = blocks.read(at, 10)
        if head[:1] == b"\x3b" and images:
            return Extent(at + 1, start + 13, end_max)
        if head[:1] == b"\x21" and len(head) > 2:
            at = _after_gif_data(blocks, at + 2)
        elif head[:1] == b"\x2c" and len(head) == 10 and head[5:7] != b"\0\0" and head[7:9] != b"\0\0":
            at += 10 + _palette_bytes(head[9])
            # The size of the codes that follow.
            if blocks.read(at, 1) not in _GIF_CODE_SIZES:
                break
            images += 1
            at = _after_gif_data(blocks, at + 1)
        else:
            break
    return Extent(None, start + 13, end_max) if images else None


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_gif_data(blocks: Blocks, at: int) -> int | None:
    """Pass over blocks of at most 255 bytes to the empty one; None where they run out of the range."""
    while True:
        size = blocks.read(at, 1)
        if not size:
            return None
        at += 1 + size[0]
        if size == b"\0":
            return at


def follow_bmp(blocks: Blocks, start: int) -> Extent | None:
    """Compute the end of a Windows bitmap from its header, every field of which must make sense."""
    head = blocks.read(start, 34)
    if len(head) < 34:
        return None
    size_bytes, _, pixels_at, header_bytes = struct.unpack_from("<IIII", head, 2)
    if header_bytes == 12:
        width, height, planes, depth = struct.unpack_from("<HHHH", head, 18)
        compression = 0
    else:
        width, height, planes, depth, compression = struct.unpack_from("<iiHHI", head, 18)
    height = abs(height)
    is_plain = (
        planes == 1
        and depth in _BMP_DEPTHS
        and 1 <= width <= _BMP_SIDE_MAX
        and 1 <= height <= _BMP_SIDE_MAX
        and compression in {0, 1, 2, 3, 6}
        and 14 + header_bytes <= pixels_at <= 14 + header_bytes + 16 + 4 * 256 + 4096
    )
    if not is_plain:
        return None
    if compression in {1, 2}:
        end = start + size_bytes
        fits = size_bytes > pixels_at
    else:
        end = start + pixels_at + (width * depth + 31) // 32 * 4 * height
        # Writers count two bytes more or less, or leave the size out.
        fits = size_bytes == 0 or abs(start + size_bytes - end) <= 4
    return Extent(end, start + pixels_at, end) if fits and end <= blocks.size_bytes else None


def follow_jp2(blocks: Blocks, start: int) -> Extent | None:
    """Follow the boxes of a JPEG 2000 file to the end of its code stream."""
    at, end_max = start + 12, min(blocks.size_bytes, start + _BROKEN_BYTES_MAX)
    if blocks.read(start, 4) != b"\x00\x00\x00\x0c":
        return None
    for _ in range(_SEGMENTS_MAX):
        head = blocks.read(at, 16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if name not in {b"ftyp", b"jp2h", b"jp2c", b"xml ", b"uuid", b"jp2i", b"res ", b"rreq", b"uinf"} or length < 8:
            return None
        if at + length > end_max:
            return Extent(None, at, end_max) if name == b"jp2c" else None
        at += length
        if name == b"jp2c":
            return Extent(at, start + 12, end_max)
    return None
