"""Pictures written as text in base64 (RFC 4648): in pages, style sheets, contact cards, JSON and property lists."""

import base64
import binascii
import re

from unseen.model import ByteSource
from unseen.sources.carving.blocks import BLOCK_BYTES, Blocks
from unseen.sources.carving.extent import Extent
from unseen.sources.carving.stills import follow_gif, follow_jpeg, follow_png
from unseen.sources.layers.ranges import MemoryRange

__all__ = ["decode_text", "follow_text"]

# The digits, the blanks and line ends between them, and the stroke that JSON puts before a slash.
_RUN = re.compile(rb"[A-Za-z0-9+/\\ \t\r\n]*")
_BETWEEN = b"\\ \t\r\n"
_HEAD_BYTES = 4_096
# Held in memory, and decoded beside it.
_TEXT_BYTES_MAX = 128 << 20
# What is decoded in vain counts as so many reads of the structure of something else.
_BYTES_PER_READ = 64
_FOLLOW = {b"\xff\xd8": follow_jpeg, b"\x89P": follow_png, b"GI": follow_gif}
# The sizes stated in its header: file, first chunk.
_WEBP_HEAD_BYTES = 20


def follow_text(blocks: Blocks, start: int) -> Extent | None:
    """Find the end of the text of a picture; None where the text does not decode to one."""
    if _end_of_picture(_decoded(blocks.read(start, _HEAD_BYTES)), is_head=True) is None:
        return None
    end = start
    while end - start < _TEXT_BYTES_MAX:
        piece = blocks.read(end, BLOCK_BYTES - end % BLOCK_BYTES)
        run = _RUN.match(piece)
        end += len(run[0]) if run else 0
        if not run or not piece or len(run[0]) < len(piece):
            break
    end += len(blocks.read(end, 2)) - len(blocks.read(end, 2).lstrip(b"="))
    if not decode_text(MemoryRange(blocks.read(start, end - start))):
        # Many beginnings in one long text would each decode it.
        blocks.spend((end - start) // _BYTES_PER_READ)
        return None
    return Extent(end, end, end)


def decode_text(text: ByteSource) -> bytes:
    """Decode the text of a picture, without whatever text follows it; empty where it is none."""
    decoded = _decoded(text.read_at(0, min(text.size_bytes, _TEXT_BYTES_MAX)))
    end = _end_of_picture(decoded, is_head=False)
    return decoded[:end] if end else b""


def _decoded(text: bytes) -> bytes:
    run = _RUN.match(text)
    digits = run[0].translate(None, _BETWEEN) if run else b""
    try:
        return base64.b64decode(digits[: len(digits) // 4 * 4] + _padded(digits[len(digits) // 4 * 4 :]))
    except binascii.Error:
        return b""


def _padded(rest: bytes) -> bytes:
    # One digit alone is not a byte.
    return rest.ljust(4, b"=") if len(rest) > 1 else b""


def _end_of_picture(data: bytes, *, is_head: bool) -> int | None:
    """Where the picture ends that some bytes begin with; of a head, whether it may be one at all."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) > _WEBP_HEAD_BYTES:
        end = 8 + int.from_bytes(data[4:8], "little")
        return end if is_head or end <= len(data) else None
    follow = _FOLLOW.get(data[:2])
    if follow is None or is_head:
        return None if follow is None else len(data)
    extent = follow(Blocks(MemoryRange(data)), 0)
    # What was cut short is a picture as far as it goes.
    return None if extent is None else extent.end or len(data)
