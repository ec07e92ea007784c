"""Where documents and archives end: PDF (ISO 32000), zip (APPNOTE.TXT), OLE compound files ([MS-CFB])."""

import re
import struct

from unseen.sources.carving.blocks import Blocks
from unseen.sources.carving.extent import Extent

__all__ = ["follow_ole", "follow_pdf", "follow_zip"]

# Documents and archives whose end is not found are cut here.
_BROKEN_BYTES_MAX = 256 << 20
# A later revision of a PDF begins right behind the end of the one before: an object, or a table of them.
_REVISION = re.compile(rb"[\s\0]*(?:%[^\r\n]*[\r\n]+\s*)*(?:\d+\s+\d+\s+obj|xref|startxref)")
_PDF_VERSION = re.compile(rb"%PDF-[12]\.\d")
# Only comments stand before the first object.
_FIRST_OBJECT_BYTES = 4_096
_ENTRIES_MAX = 1_000_000
# The newest feature that any zip entry needs has number 63.
_VERSION_MAX = 63
_METHODS = frozenset({0, 1, 6, 8, 9, 12, 14, 93, 95, 98, 99})
_LOCAL, _CENTRAL, _END, _END_64, _LOCATOR_64 = (
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
)
_CENTRAL_BYTES, _LOCAL_BYTES = 46, 30


def follow_pdf(blocks: Blocks, start: int) -> Extent | None:
    """Find the end mark of a PDF, and those of the later revisions that follow it directly."""
    head = blocks.read(start, _FIRST_OBJECT_BYTES)
    if not _PDF_VERSION.match(head) or b" obj" not in head:
        return None
    end_max = min(blocks.size_bytes, start + _BROKEN_BYTES_MAX)
    # Beyond the next beginning another document's end would be found.
    following = blocks.find(b"%PDF-", start + 8, end_max)
    end_max = end_max if following is None else following
    at, end = start + 8, None
    while True:
        mark = blocks.find(b"%%EOF", at, end_max)
        if mark is None:
            break
        at = end = mark + 5
        if not _REVISION.match(blocks.read(at, 256)):
            break
    if end is not None:
        after = blocks.read(end, 2)
        end += 2 if after == b"\r\n" else 1 if after[:1] in {b"\r", b"\n"} else 0
    return Extent(end, start + 8, end_max)


def follow_zip(blocks: Blocks, start: int) -> Extent | None:
    """Pass over the entries of a zip file to its directory, and over that to its end."""
    at, end_max = start, min(blocks.size_bytes, start + _BROKEN_BYTES_MAX)
    end, own = None, set[int]()
    for _ in range(_ENTRIES_MAX):
        magic = blocks.read(at, 4)
        if magic == _LOCAL:
            after = _after_entry(blocks, at, end_max)
            if after is None:
                break
            own.add(at)
            at = after
        elif magic == _CENTRAL:
            at += _CENTRAL_BYTES + sum(int.from_bytes(blocks.read(at + field, 2), "little") for field in (28, 30, 32))
        elif magic == _END_64:
            at += 12 + int.from_bytes(blocks.read(at + 4, 8), "little")
        elif magic == _LOCATOR_64:
            at += 20
        else:
            if magic == _END:
                end = at + 22 + int.from_bytes(blocks.read(at + 20, 2), "little")
            break
    if not own:
        return None
    return Extent(end if end and end <= blocks.size_bytes else None, start + 4, end_max, frozenset(own))


def _after_entry(blocks: Blocks, at: int, end_max: int) -> int | None:
    """Where the next header begins; None where this one makes no sense, or none follows."""
    head = blocks.read(at, _LOCAL_BYTES)
    if len(head) < _LOCAL_BYTES:
        return None
    version, flags, method = struct.unpack_from("<HHH", head, 4)
    packed_bytes = int.from_bytes(head[18:22], "little")
    name_bytes, extra_bytes = (int.from_bytes(head[at : at + 2], "little") for at in (26, 28))
    name = blocks.read(at + _LOCAL_BYTES, name_bytes) if name_bytes < 4_096 else b""
    is_entry = 10 <= version & 0xFF <= _VERSION_MAX and method in _METHODS
    if not is_entry or not name or min(name) < 0x20:
        return None
    data_at = at + _LOCAL_BYTES + name_bytes + extra_bytes
    if not flags & 8 and packed_bytes != 0xFFFFFFFF:
        return data_at + packed_bytes
    # The size comes behind the data, or in an extra field: the next header tells.
    while True:
        found = blocks.find(b"PK", data_at, end_max)
        if found is None:
            return None
        if blocks.read(found, 4) in {_LOCAL, _CENTRAL}:
            return found
        data_at = found + 2


def follow_ole(blocks: Blocks, start: int) -> Extent | None:
    """Bound a compound file by the sectors that its allocation tables can name."""
    head = blocks.read(start, 76)
    if len(head) < 76:
        return None
    major, mark, sector_bits, mini_bits = struct.unpack_from("<HHHH", head, 26)
    tables = struct.unpack_from("<I", head, 44)[0]
    if (major, sector_bits) not in {(3, 9), (4, 12)} or mark != 0xFFFE or mini_bits != 6 or not 0 < tables < 1 << 20:
        return None
    sector_bytes = 1 << sector_bits
    end_max = min(blocks.size_bytes, start + sector_bytes * (1 + tables * (sector_bytes // 4)))
    return Extent(None, start + 8, min(end_max, start + _BROKEN_BYTES_MAX))
