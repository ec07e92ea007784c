"""Outlook's `winmail.dat` ([MS-OXTNEF]): attachments of a message, and what the message itself keeps besides."""

import struct
from collections.abc import Iterator
from functools import partial

from unseen.model import ByteSource, Reason
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import Part

__all__ = ["unpack"]

_HEADER_BYTES = 6
# attAttachRendData opens an attachment; its name and content follow, and what else is known of it.
_OPENS, _TITLE, _DATA, _PROPERTIES, _MESSAGE = 0x00069002, 0x00018010, 0x0006800F, 0x00069005, 0x00069003
_TITLE_BYTES_MAX = 1_024


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give attachments under their names, and the properties that may hold pictures; see `registry.Unpack`."""
    del context
    at, number = _HEADER_BYTES, 0
    title, data = "", None
    while at + 9 <= source.size_bytes:
        level, attribute, size = struct.unpack("<BII", source.read_at(at, 9))
        start, end = at + 9, at + 9 + size + 2
        if level not in {1, 2} or end > source.size_bytes:
            yield Reason.TRUNCATED
            break
        content = Part(source, start, size)
        at = end
        if attribute == _OPENS:
            if data is not None:
                yield _member(number, title, data)
            number, title, data = number + 1, "", None
        elif attribute == _TITLE:
            title = content.read_at(0, min(size, _TITLE_BYTES_MAX)).split(b"\0")[0].decode("latin-1")
        elif attribute == _DATA:
            data = content
        elif attribute in {_PROPERTIES, _MESSAGE}:
            # Messages within the message, and its formatted text: found by looking into them.
            yield _member(number, "properties", content)
    if data is not None:
        yield _member(number, title, data)


def _member(number: int, title: str, content: Part) -> Member:
    return Member(layer="tnef", address=f"{number} {title}".strip(), open=partial(_itself, content))


def _itself(content: Part) -> Part:
    return content
