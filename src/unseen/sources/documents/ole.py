"""OLE compound files: Office's binary documents, Outlook's messages, Windows' Thumbs.db. Their streams are members.

Pictures that a stream holds as files would are found by looking into the stream; here are those that it does not:
deflated ones, those cut into records, and those that no stream refers to any more.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from unseen.model import ByteSource, Reason, State, UnreadError
from unseen.sources.carving import Found, content_of, find
from unseen.sources.documents import ole_records, thumbs
from unseen.sources.documents.ole_streams import Compound
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import MemoryRange, Part

__all__ = ["unpack"]

# Streams of Office are read whole to look for records; the largest presentations have some hundred megabytes.
_STREAM_BYTES_MAX = 1 << 30
_HEAD_BYTES = 4_096
_WITH_METAFILES = frozenset({"Pictures", "Data", "WordDocument", "0Table", "1Table"})


@dataclass(slots=True)
class _Ole:
    source: ByteSource
    context: Context
    compound: Compound
    # Digests of the pictures that streams hold.
    given: set[bytes] = field(default_factory=set)


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give streams, and what is hidden in them or besides; see `registry.Unpack`."""
    given: set[bytes] = set()
    try:
        ole = _Ole(source, context, Compound(source), given)
    except UnreadError as error:
        yield error.reason
    else:
        names = thumbs.names_of(ole.compound)
        for name in ole.compound.names:
            try:
                yield from _stream(ole, name, names.get(name, name))
            except UnreadError as error:
                yield error.reason
    yield from _besides(source, given)


def _stream(ole: _Ole, name: str, shown: str) -> Iterator[Member | Reason]:
    head = ole.compound.read(name, _HEAD_BYTES)
    if ole_records.starts_encrypted(name, head):
        yield Reason.ENCRYPTED
    content = ole.compound.open(name)
    _note(ole.given, content)
    picture = thumbs.picture_in(content)
    yield _member(shown, content if picture is None else picture)
    last = name.rpartition("/")[2]
    if content.size_bytes > _STREAM_BYTES_MAX:
        yield Reason.TOO_LARGE
        return
    if last == "[1]Ole10Native":
        packaged = ole_records.packaged_file(content.read_at(0, content.size_bytes))
        if packaged is not None:
            yield _member(f"{name}/{packaged[0]}", MemoryRange(packaged[1]))
    elif last == "PowerPoint Document":
        data = content.read_at(0, content.size_bytes)
        for at, made in ole_records.embedded_objects(data, ole.context):
            yield _member(f"{name}@{at}", MemoryRange(made))
    elif last in {"Workbook", "Book"}:
        group = ole_records.drawing_group(content.read_at(0, content.size_bytes))
        if group:
            yield from _carved(f"{name} drawings", MemoryRange(group), ole.given)
            yield from _metafiles(ole, f"{name} drawings", group)
    if last in _WITH_METAFILES:
        yield from _metafiles(ole, name, content.read_at(0, content.size_bytes))


def _note(given: set[bytes], content: ByteSource) -> None:
    """Note the pictures that whoever looks into a stream will find there."""
    for found in find(content):
        if isinstance(found, Found):
            given.add(_digest(content_of(content, found)))


def _metafiles(ole: _Ole, name: str, data: bytes) -> Iterator[Member | Reason]:
    for at, kind, made in ole_records.metafiles(data, ole.context):
        content = MemoryRange(made)
        yield _member(f"{name}@{at}.{kind}", content)
        if kind != "bmp":
            # Drawings hold pictures; the drawing itself is rendered by nothing here.
            yield from _carved(f"{name}@{at}.{kind}", content, ole.given)


def _carved(name: str, content: ByteSource, given: set[bytes]) -> Iterator[Member | Reason]:
    for found in find(content):
        if isinstance(found, Reason):
            yield found
            continue
        part = content_of(content, found)
        given.add(_digest(part))
        yield _member(f"{name}@{found.offset}+{found.size_bytes}", part, State.CARVED)


def _besides(source: ByteSource, given: set[bytes]) -> Iterator[Member | Reason]:
    """Give whole pictures that lie in the file's bytes and in none of its streams: deleted thumbnails, for one."""
    # Behind the signature of the file itself.
    behind = Part(source, 8, source.size_bytes - 8)
    for found in find(behind):
        if isinstance(found, Reason):
            yield found
        elif found.is_whole:
            part = content_of(behind, found)
            if _digest(part) not in given:
                yield _member(f"@{8 + found.offset}+{found.size_bytes}", part, State.CARVED)


def _digest(part: ByteSource) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for at in range(0, part.size_bytes, 1 << 20):
        digest.update(part.read_at(at, 1 << 20))
    return digest.digest()


def _member(address: str, content: ByteSource, state: State = State.ALLOCATED) -> Member:
    return Member(layer="ole", address=address, state=state, open=partial(_itself, content))


def _itself(content: ByteSource) -> ByteSource:
    return content
