"""Windows' thumbcache_*.db and iconcache_*.db, from Vista to 11: one file of entries, each a picture.

The fields are those of libyal's description of the format of Windows Explorer's thumbnail cache.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from unseen.model import ByteSource, Reason, State
from unseen.sources.carving import content_of, find
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import Part

__all__ = ["unpack"]

_MAGIC = b"CMMM"
_VISTA, _EIGHT = 20, 30
_HEADER_BYTES_MIN = 24
# Where the sizes of identifier, padding and data stand in the header of an entry, and how long that is.
_LAYOUTS = {_VISTA: (24, 56), 21: (16, 48)}
_LAYOUT_SINCE_EIGHT = (16, 56)
_IDENTIFIER_BYTES_MAX = 4_096
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where an entry's picture lies, and its identifier."""

    offset: int
    size_bytes: int
    identifier: str


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give the picture of each entry, and what is found where no entry is; see `registry.Unpack`."""
    del context
    version = struct.unpack("<I", source.read_at(4, 4))[0]
    sizes_at, header_bytes = _LAYOUTS.get(version, _LAYOUT_SINCE_EIGHT)
    if version < _VISTA:
        yield Reason.UNSUPPORTED
    at, unused_from = _next(source, _HEADER_BYTES_MIN), _HEADER_BYTES_MIN
    while at is not None:
        entry_bytes = int.from_bytes(source.read_at(at + 4, 4), "little")
        entry = _entry(source, at, entry_bytes, (sizes_at, header_bytes))
        if entry is None:
            # No header of an entry: what it would cover is searched instead.
            at = _next(source, at + len(_MAGIC))
            continue
        yield from _carved(source, unused_from, at)
        if entry.size_bytes:
            address = f"@{at} {entry.identifier}".strip()
            part = Part(source, entry.offset, entry.size_bytes)
            yield Member(layer="thumbcache", address=address, open=partial(_itself, part))
        # What is left of an entry that was here before.
        unused_from = entry.offset + entry.size_bytes
        at = _next(source, at + entry_bytes)
    yield from _carved(source, unused_from, source.size_bytes)


def _entry(source: ByteSource, at: int, entry_bytes: int, layout: tuple[int, int]) -> _Entry | None:
    sizes_at, header_bytes = layout
    sizes = source.read_at(at + sizes_at, 12)
    if len(sizes) < 12:
        return None
    name_bytes, padding_bytes, data_bytes = struct.unpack("<III", sizes)
    used = header_bytes + name_bytes + padding_bytes + data_bytes
    if name_bytes > _IDENTIFIER_BYTES_MAX or used > entry_bytes or at + used > source.size_bytes:
        return None
    name = source.read_at(at + header_bytes, name_bytes).decode("utf-16-le", "replace").replace("\0", "")
    return _Entry(at + header_bytes + name_bytes + padding_bytes, data_bytes, name)


def _next(source: ByteSource, at: int) -> int | None:
    """Where the next entry may begin."""
    while at < source.size_bytes:
        piece = source.read_at(at, _PIECE_BYTES)
        found = piece.find(_MAGIC)
        if found >= 0:
            return at + found
        if len(piece) < _PIECE_BYTES:
            return None
        at += len(piece) - len(_MAGIC) + 1
    return None


def _carved(source: ByteSource, start: int, end: int) -> Iterator[Member | Reason]:
    between = Part(source, start, end - start)
    for found in find(between):
        if isinstance(found, Reason):
            yield found
            continue
        address = f"@{start + found.offset}+{found.size_bytes}"
        yield Member(layer="thumbcache", address=address, state=State.CARVED, open=partial(content_of, between, found))


def _itself(part: Part) -> Part:
    return part
