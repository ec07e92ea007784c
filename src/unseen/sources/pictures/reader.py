"""Gives what lies beside the pixels of a picture; the pixels themselves are the decoders'."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from unseen.model import ByteSource, Reason, State
from unseen.sources.carving import Found, content_of, find
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import MemoryRange, Part
from unseen.sources.layers.registry import HEAD_BYTES, recognise
from unseen.sources.pictures.exif import thumbnail_in
from unseen.sources.pictures.outline import Place, outline

__all__ = ["unpack"]

_EXIF = b"Exif\0\0"
# Metadata that did not fit one segment of a JPEG is continued in others: a name, 32 digits, full length, offset.
_CONTINUED = b"http://ns.adobe.com/xmp/extension/\0"
_CONTINUED_BYTES = len(_CONTINUED) + 40
_ZEROS_BYTES = 1 << 16


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give thumbnails, previews, and whatever follows the picture; see `unseen.sources.layers.registry.Unpack`."""
    found = outline(source.read_at(0, HEAD_BYTES), source)
    if found is None:
        return
    for place in found.places:
        yield from _in_place(source, place)
    yield from _continued(source, found.places, context.limits.memory_bytes_max)
    if found.end is not None and found.end < source.size_bytes:
        yield from _behind(source, found.end)


def _in_place(source: ByteSource, place: Place) -> Iterator[Member | Reason]:
    """Give the Exif thumbnail, and what else is found in a stretch of metadata."""
    known = None
    if place.size_bytes < 1 << 24:
        data = source.read_at(place.offset, place.size_bytes)
        skipped = len(_EXIF) if data.startswith(_EXIF) else 0
        thumbnail = thumbnail_in(data[skipped:])
        if thumbnail is not None:
            known = (place.offset + skipped + thumbnail[0], thumbnail[1])
            yield _member(source, "exif-thumbnail", known, State.ALLOCATED)
    for found in find(Part(source, place.offset, place.size_bytes)):
        if isinstance(found, Reason):
            yield found
        elif known is None or place.offset + found.offset != known[0]:
            yield _found(source, place.name, place.offset, found)


def _continued(source: ByteSource, places: tuple[Place, ...], bytes_max: int) -> Iterator[Member | Reason]:
    """Give what is found in extended XMP (XMP Specification Part 3, 1.1.3.1), put together from its segments."""
    parts: dict[bytes, dict[int, bytes]] = {}
    size_bytes = 0
    for place in places:
        if source.read_at(place.offset, len(_CONTINUED)) != _CONTINUED:
            continue
        data = source.read_at(place.offset, place.size_bytes)
        size_bytes += len(data)
        if size_bytes > bytes_max:
            yield Reason.TOO_LARGE
            break
        number = int.from_bytes(data[_CONTINUED_BYTES - 4 : _CONTINUED_BYTES], "big")
        parts.setdefault(data[len(_CONTINUED) : len(_CONTINUED) + 32], {})[number] = data[_CONTINUED_BYTES:]
    for index, each in enumerate(parts.values()):
        text = MemoryRange(b"".join(each[number] for number in sorted(each)))
        for found in find(text):
            yield found if isinstance(found, Reason) else _found(text, f"xmp{index}", 0, found)


def _behind(source: ByteSource, end: int) -> Iterator[Member | Reason]:
    """Give what is found behind a picture; the whole of it where it is a container of another kind or nothing known."""
    begins_at = _first_not_zero(source, end)
    if begins_at is None:
        return
    is_explained = False
    # From the very end of the picture: a film begins with zeros of its own.
    for found in find(Part(source, end, source.size_bytes - end)):
        if isinstance(found, Reason):
            yield found
        else:
            is_explained |= end + found.offset <= begins_at
            yield _found(source, "trailer", end, found)
    trailer = Part(source, begins_at, source.size_bytes - begins_at)
    if not is_explained and (begins_at == end or recognise(trailer) is not None):
        yield _member(source, f"trailer@{begins_at}", (begins_at, trailer.size_bytes), State.ALLOCATED)


def _first_not_zero(source: ByteSource, at: int) -> int | None:
    while piece := source.read_at(at, _ZEROS_BYTES):
        rest = piece.lstrip(b"\0")
        if rest:
            return at + len(piece) - len(rest)
        at += len(piece)
    return None


def _found(source: ByteSource, name: str, base: int, found: Found) -> Member:
    offset = base + found.offset
    address, moved = f"{name}@{offset}+{found.size_bytes}", replace(found, offset=offset)
    return Member(layer="picture", address=address, state=State.CARVED, open=partial(content_of, source, moved))


def _member(source: ByteSource, address: str, extent: tuple[int, int], state: State) -> Member:
    return Member(layer="picture", address=address, state=state, open=partial(Part, source, *extent))
