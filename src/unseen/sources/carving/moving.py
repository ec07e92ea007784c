"""Where videos, and pictures in the same containers, end: RIFF, ISO/IEC 14496-12 boxes, Matroska, ASF."""

import struct

from unseen.sources.carving.blocks import Blocks
from unseen.sources.carving.extent import Extent

__all__ = ["follow_asf", "follow_boxes", "follow_matroska", "follow_riff"]

# A video whose end is not found is cut here; by then its index, without which nothing plays, has mostly come or not.
_BROKEN_BYTES_MAX = 4 << 30
# Boxes of ISO media files and QuickTime that stand outermost.
_BOXES = frozenset(
    {
        *(b"moov", b"mdat", b"meta", b"moof", b"mfra", b"free", b"skip", b"wide", b"uuid", b"pdin", b"sidx", b"ssix"),
        *(b"styp", b"meco", b"prft", b"emsg", b"udta", b"pnot", b"PICT", b"idat", b"mpvd", b"sefd", b"junk"),
    }
)
_BOXES_OF_CONTENT = frozenset({b"moov", b"mdat", b"meta", b"moof"})
# Fragmented films have a box or two for each second.
_BOXES_MAX = 100_000
_SEGMENT = b"\x18\x53\x80\x67"
# The last bytes of the identifiers of ASF's objects: header and data, simple index, index.
_ASF_TAILS = frozenset(bytes.fromhex(tail) for tail in ("a6d900aa0062ce6c", "89f400a0c90349cb", "903400a0c90349be"))


def follow_riff(blocks: Blocks, start: int) -> Extent | None:
    """Take the size a RIFF file states; large AVI files go on with further ones behind it."""
    head = blocks.read(start, 30)
    if head[:4] != b"RIFF" or len(head) < 30 or not (_is_webp(head) or _is_avi(head)):
        return None
    end = start + 8 + _even(int.from_bytes(head[4:8], "little"))
    while blocks.read(end, 12)[0:4] == b"RIFF" and blocks.read(end, 12)[8:] == b"AVIX":
        size_bytes = int.from_bytes(blocks.read(end + 4, 4), "little")
        if end + 8 + size_bytes > blocks.size_bytes:
            break
        end += 8 + _even(size_bytes)
    return _stated(blocks, start, end, checked=start + 12)


def _is_avi(head: bytes) -> bool:
    return head[8:16] == b"AVI LIST" and head[20:24] == b"hdrl"


def _is_webp(head: bytes) -> bool:
    """Whether a WebP file's first chunk is one of its three, fits the file, and begins as it must (RFC 9649)."""
    file_bytes, chunk_bytes = (int.from_bytes(head[at : at + 4], "little") for at in (4, 16))
    starts_well = {
        b"VP8 ": head[23:26] == b"\x9d\x01*",
        b"VP8L": head[20:21] == b"/",
        b"VP8X": chunk_bytes == 10,
    }
    return 10 <= chunk_bytes <= file_bytes - 12 and starts_well.get(head[12:16], False)


def follow_boxes(blocks: Blocks, start: int) -> Extent | None:
    """Follow the outermost boxes of an MP4, QuickTime, HEIF or AVIF file to the first that is none."""
    head = blocks.read(start, 12)
    at = start + int.from_bytes(head[:4], "big")
    if not 8 <= at - start <= 1024 or not head[8:12].strip(b" \0").isalnum():
        return None
    seen: set[bytes] = set()
    for _ in range(_BOXES_MAX):
        head = blocks.read(at, 16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if name not in _BOXES:
            break
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        elif length == 0:
            # To the end of a file that nothing tells here.
            length = _BROKEN_BYTES_MAX
        if length < 8:
            break
        seen.add(name)
        at += length
    return _stated(blocks, start, at, checked=start + 12) if seen & _BOXES_OF_CONTENT else None


def follow_matroska(blocks: Blocks, start: int) -> Extent | None:
    """Take the size that the segment of a Matroska or WebM file states."""
    head = blocks.read(start, 256)
    header = _varying(head, 4)
    if header is None or (b"matroska" not in head and b"webm" not in head):
        return None
    segment_at = header[1] + header[0]
    segment = _varying(head, segment_at + 4)
    if head[segment_at : segment_at + 4] != _SEGMENT or segment is None:
        return None
    value, after = segment
    # Live recordings leave the size open: all bits set.
    is_open = value == (1 << 7 * (after - segment_at - 4)) - 1
    end = start + (_BROKEN_BYTES_MAX if is_open else after + value)
    return _stated(blocks, start, end, checked=start + after)


def _varying(data: bytes, at: int) -> tuple[int, int] | None:
    """A number of EBML (RFC 8794), and where it ends; None where there is none."""
    if at >= len(data) or data[at] == 0:
        return None
    size = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + size], "big") & (1 << 7 * size) - 1
    return (value, at + size) if at + size <= len(data) else None


def follow_asf(blocks: Blocks, start: int) -> Extent | None:
    """Take the sizes of the three objects of an ASF file: header, data, and indexes behind them."""
    at = start
    for _ in range(8):
        head = blocks.read(at, 24)
        if len(head) < 24:
            break
        size_bytes = struct.unpack_from("<Q", head, 16)[0]
        is_object = 24 <= size_bytes < 1 << 50 and (at > start or size_bytes < 64 << 20)
        if not is_object or head[8:16] not in _ASF_TAILS:
            break
        at += size_bytes
    return _stated(blocks, start, at, checked=start + 24) if at > start else None


def _even(size_bytes: int) -> int:
    return size_bytes + size_bytes % 2


def _stated(blocks: Blocks, start: int, end: int, *, checked: int) -> Extent:
    end_max = min(blocks.size_bytes, start + _BROKEN_BYTES_MAX)
    return Extent(end if end <= blocks.size_bytes else None, checked, end_max)
