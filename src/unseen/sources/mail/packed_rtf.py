"""The compressed RTF text of Outlook's messages.

Format: [MS-OXRTFCP], Rich Text Format (RTF) Compression Algorithm.
"""

import struct
from collections.abc import Iterator
from functools import partial

from unseen.model import ByteSource, Reason
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import MemoryRange

__all__ = ["unpack"]

# Size of all that follows, of the text, kind, checksum.
_HEADER = struct.Struct("<II4sI")
_PLAIN = b"MELA"
# Unpacking it takes some seconds; what it unpacks to has at most nine times as much.
_PACKED_BYTES_MAX = 32 << 20
_WINDOW_BYTES = 4096
# With which the window is filled at the beginning (section 2.1.3.1).
_FIRST = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Give the text."""
    size_bytes, _, kind, _ = _HEADER.unpack(source.read_at(0, _HEADER.size).ljust(_HEADER.size, b"\0"))
    if source.size_bytes > _PACKED_BYTES_MAX:
        yield Reason.TOO_LARGE
        return
    # The first of these sizes is stated without itself.
    packed = source.read_at(_HEADER.size, max(0, size_bytes + 4 - _HEADER.size))
    text, is_whole = (packed, True) if kind == _PLAIN else _inflate(packed)
    yield Member(layer="rtf", address="content.rtf", open=partial(MemoryRange, text))
    if not is_whole:
        yield Reason.TRUNCATED


def _inflate(packed: bytes) -> tuple[bytes, bool]:
    """The text, and whether it ended as it should: with a reference to the place that comes next."""
    text = bytearray(_FIRST)
    at = 0
    while at < len(packed):
        flags = packed[at]
        at += 1
        for bit in range(8):
            if not flags >> bit & 1:
                text += packed[at : at + 1]
                at += 1
                continue
            if at + 2 > len(packed):
                return bytes(text[len(_FIRST) :]), False
            place, size = divmod(packed[at] << 8 | packed[at + 1], 16)
            at += 2
            back = (len(text) - place) % _WINDOW_BYTES
            if back == 0:
                return bytes(text[len(_FIRST) :]), True
            for _ in range(size + 2):
                # What the window never held is blank.
                text.append(text[-back] if back <= len(text) else 0x20)
    return bytes(text[len(_FIRST) :]), False
