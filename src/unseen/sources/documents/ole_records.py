"""What Office keeps in records inside its streams ([MS-ODRAW], [MS-XLS], [MS-PPT], [MS-OLEDS])."""

import re
import struct
from collections.abc import Iterator

from unseen.sources.documents.inflating import inflate
from unseen.sources.layers.member import Context

__all__ = ["drawing_group", "embedded_objects", "metafiles", "packaged_file", "starts_encrypted"]

_DRAWING_GROUP, _CONTINUE, _FILE_PASS = 0x00EB, 0x003C, 0x002F
# Pictures of these kinds are kept without the header that files have, or deflated: EMF, WMF, PICT, bitmaps.
_BLIP = re.compile(rb"[\x1a\x1b\x1c\x1f]\xf0", re.DOTALL)
_KINDS = {0xF01A: "emf", 0xF01B: "wmf", 0xF01C: "pict", 0xF01F: "dib"}
# Of kinds that carry two identifiers instead of one, the instance says so.
_TWO_IDENTIFIERS = frozenset({0x3D5, 0x217, 0x543, 0x7A9})
_METAFILE_HEADER_BYTES = 34
_EMBEDDED = 0x1011


def starts_encrypted(name: str, data: bytes) -> bool:
    """Whether a stream says in its beginning that its document is encrypted."""
    last = name.rpartition("/")[2]
    match last:
        case "EncryptedPackage":
            return True
        case "WordDocument":
            return len(data) > 12 and data[:2] in {b"\xec\xa5", b"\xdc\xa5"} and bool(data[11] & 1)
        case "Current User":
            return data[12:16] == b"\xdf\xc4\xd1\xf3"
        case "Workbook" | "Book":
            return any(kind == _FILE_PASS for kind, _ in _biff(data[:4096]))
        case _:
            return False


def _biff(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        yield kind, data[at + 4 : at + 4 + size]
        at += 4 + size


def drawing_group(workbook: bytes) -> bytes:
    """Put together what Excel cuts into records of 8 KiB: the pictures of a workbook."""
    pieces: list[bytes] = []
    is_inside = False
    for kind, data in _biff(workbook):
        is_inside = kind == _DRAWING_GROUP or (kind == _CONTINUE and is_inside)
        if is_inside:
            pieces.append(data)
    return b"".join(pieces)


def metafiles(data: bytes, context: Context) -> Iterator[tuple[int, str, bytes]]:
    """Give offset, kind and content of pictures that are not kept as files would be.

    Raises:
        UnreadError: `too_large`: they inflate beyond the limits.
    """
    for match in _BLIP.finditer(data):
        at = match.start() - 2
        if at < 0 or at + 8 > len(data):
            continue
        instance, kind, size = struct.unpack_from("<HHI", data, at)
        begins = at + 8 + (32 if instance >> 4 in _TWO_IDENTIFIERS else 16)
        end = at + 8 + size
        if instance & 15 or size < 64 or end > len(data):
            continue
        if _KINDS[kind] == "dib":
            yield at, "bmp", _as_bitmap(data[begins + 1 : end])
            continue
        packed_bytes, compression = struct.unpack_from("<IB", data, begins + 28)
        content = data[begins + _METAFILE_HEADER_BYTES :][:packed_bytes]
        if content and compression in {0, 0xFE}:
            yield at, _KINDS[kind], inflate(content, context) if compression == 0 else content


def _as_bitmap(dib: bytes) -> bytes:
    """Put before a bitmap the header that files have."""
    if len(dib) < 40:
        return dib
    header_bytes, depth = struct.unpack_from("<I10xH", dib)
    colours = struct.unpack_from("<I", dib, 32)[0]
    palette_bytes = 4 * (colours or (1 << depth if depth <= 8 else 0))
    return b"BM" + struct.pack("<IHHI", 14 + len(dib), 0, 0, min(14 + header_bytes + palette_bytes, 1 << 31)) + dib


def embedded_objects(document: bytes, context: Context) -> Iterator[tuple[int, bytes]]:
    """Give offset and content of the compound files that PowerPoint keeps deflated among its records."""
    at = 0
    while at + 8 <= len(document):
        instance, kind, size = struct.unpack_from("<HHI", document, at)
        if kind == _EMBEDDED:
            content = document[at + 8 : at + 8 + size]
            yield at, inflate(content[4:], context) if instance >> 4 == 1 else content
        at += 8 + size


def packaged_file(native: bytes) -> tuple[str, bytes] | None:
    """Name and content of a file that was put into a document as an icon (`Ole10Native`); None where it is none."""
    at = 6
    texts: list[bytes] = []
    for _ in range(2):
        end = native.find(b"\0", at, at + 1024)
        if end < 0:
            return None
        texts.append(native[at:end])
        at = end + 1
    if at + 8 > len(native):
        return None
    path_bytes = struct.unpack_from("<I", native, at + 4)[0]
    at += 8 + path_bytes
    if at + 4 > len(native):
        return None
    size = struct.unpack_from("<I", native, at)[0]
    content = native[at + 4 : at + 4 + size]
    return (texts[0].decode("latin-1"), content) if content else None
