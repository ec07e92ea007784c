"""Thumbs.db of Windows Me, 2000, XP and 2003: which picture each stream is the thumbnail of, and where it begins.

The catalogue has no published specification; its fields are those that forensic tools agree on. A stream's name is the
number of its thumbnail written backwards.
"""

import struct

from unseen.model import ByteSource, UnreadError
from unseen.sources.carving import Found, find
from unseen.sources.documents.ole_streams import Compound
from unseen.sources.layers.ranges import Part

__all__ = ["names_of", "picture_in"]

_CATALOG = "Catalog"
_CATALOG_BYTES_MAX = 64 << 20
# Before the picture stand twelve, sixteen or twenty-four bytes.
_HEADER_BYTES_MAX = 32
_SLACK_BYTES = 4


def names_of(compound: Compound) -> dict[str, str]:
    """How the streams of a catalogue are shown: with the name of the picture that each is a thumbnail of."""
    if _CATALOG not in compound.names:
        return {}
    try:
        data = compound.read(_CATALOG, _CATALOG_BYTES_MAX)
    except UnreadError:
        return {}
    names: dict[str, str] = {}
    at = struct.unpack_from("<H", data)[0] if len(data) > 16 else len(data)
    while at + 16 <= len(data):
        size, number = struct.unpack_from("<II", data, at)
        if size < 16:
            break
        name = data[at + 16 : at + size].decode("utf-16-le", "replace").split("\0")[0]
        stream = str(number)[::-1]
        names[stream] = f"{stream} ({name})"
        at += size
    return names


def picture_in(content: ByteSource) -> ByteSource | None:
    """The picture that a stream consists of but for a short header; None where it is something else."""
    head = content.read_at(0, 1 << 16)
    if b"\xff\xd8\xff" not in head[: _HEADER_BYTES_MAX + 3] and b"\x89PNG" not in head[: _HEADER_BYTES_MAX + 4]:
        return None
    found = next(find(content), None)
    if not isinstance(found, Found) or found.kind == "text" or not 0 < found.offset <= _HEADER_BYTES_MAX:
        return None
    is_rest = content.size_bytes - found.offset - found.size_bytes <= _SLACK_BYTES
    return Part(content, found.offset, found.size_bytes) if is_rest else None
