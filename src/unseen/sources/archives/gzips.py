"""Files that gzip compressed, and tar files in them.

libarchive reads gzip too, but neither compares its checksums nor gives the last bytes before a cut.
Format: RFC 1952.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.archives import signatures
from unseen.sources.archives.deflate import inflate
from unseen.sources.archives.names import to_address
from unseen.sources.archives.streams import Pass
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import Part
from unseen.sources.layers.registry import HEAD_BYTES
from unseen.sources.layers.rereadable import hold
from unseen.sources.layers.rest import rest_of

__all__ = ["unpack"]

_PIECE_BYTES = 256 << 10
_START = b"\x1f\x8b\x08"
_HAS_CHECKSUM, _HAS_EXTRA, _HAS_NAME, _HAS_COMMENT = 2, 4, 8, 16
# An extra field of the largest size, with room for a name and a comment.
_HEADER_BYTES_MAX = 128 << 10
# More than a name and its folder have, and less than any picture that a hash could tell.
_WORDS_BYTES_MIN = 512


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give the entries of a compressed tar file, or the one member of any other file."""
    head = source.read_at(0, HEAD_BYTES)
    inside = _Unpacked(source)
    try:
        start = inside.read_at(0, HEAD_BYTES)
    except UnreadError:
        start = b""
    kind = "tar" if signatures.is_tar(start, source) else "cpio" if signatures.is_cpio(start, source) else ""
    if kind:
        yield from Pass(inside, context, (kind,), packed_bytes=source.size_bytes).members()
        ended_at = inside.ended_at
    else:
        look = _Look(source, context)
        yield Member(layer="gz", address=to_address(_read_header(head)[0]), open=look.open)
        look.go_to_end()
        yield from look.damage
        ended_at = look.ended_at
    yield from _words(source)
    if ended_at is not None:
        yield from rest_of(source, ended_at, "gz")


def _words(source: ByteSource) -> Iterator[Member]:
    """What stands in the header, if that is longer than names make it."""
    _, header_bytes = _read_header(source.read_at(0, _HEADER_BYTES_MAX))
    if header_bytes >= _WORDS_BYTES_MIN:
        yield from rest_of(source, 10, "gz", stop=header_bytes)


class _Look:
    """The one member of a compressed file.

    Attributes:
        damage: Why it ended early.
        ended_at: Where the compressed data ended; None before all of it was read.
    """

    def __init__(self, source: ByteSource, context: Context) -> None:
        self.damage: list[Reason] = []
        self.ended_at: int | None = None
        self._is_read = False
        self._source = source
        self._context = context

    def go_to_end(self) -> None:
        """Learn how it ends, also of data that nobody wanted: what is told must not depend on that."""
        if not self._is_read:
            with suppress(UnreadError):
                for _ in self._counted():
                    pass

    def open(self) -> ByteSource:
        """Give what is compressed, as far as it goes."""
        self._is_read = True
        self.damage.clear()
        return hold(
            self._counted(), partial(_tolerant, self._source), memory_bytes_max=self._context.limits.memory_bytes_max
        )

    def _counted(self) -> Iterator[bytes]:
        size_bytes = 0
        try:
            for piece in _gunzip(self._source, self._end):
                self._context.budget.inflate(
                    len(piece), inflated_before=size_bytes, compressed_bytes=self._source.size_bytes
                )
                size_bytes += len(piece)
                yield piece
        except UnreadError as error:
            if not size_bytes or error.reason is Reason.TOO_LARGE:
                raise
            self.damage.append(error.reason)

    def _end(self, ended_at: int) -> None:
        self.ended_at = ended_at


class _Unpacked:
    """What is compressed, as a range for a reader that goes from front to end and knows by itself where that is.

    Attributes:
        ended_at: Where the compressed data ended; None before all of it was read.
    """

    # Nobody knows yet.
    size_bytes = 1 << 62

    def __init__(self, source: ByteSource) -> None:
        self.ended_at: int | None = None
        self._source = source
        self._pieces: Iterator[bytes] | None = None
        self._held = b""
        self._at = 0

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`; gives fewer bytes before damage, and raises at it."""
        if self._pieces is None or offset < self._at:
            self._pieces, self._held, self._at = _gunzip(self._source, self._end), b"", 0
        while self._at + len(self._held) <= offset:
            self._at += len(self._held)
            self._held = next(self._pieces, b"")
            if not self._held:
                return b""
        return self._held[offset - self._at : offset - self._at + size]

    def _end(self, ended_at: int) -> None:
        self.ended_at = ended_at


def _gunzip(source: ByteSource, finish: Callable[[int], None]) -> Iterator[bytes]:
    """Unpack all streams that follow each other; `finish` is told where the last one ended.

    Raises:
        UnreadError: `truncated` where one ends early, `unreadable` where one is broken or its checksum is wrong.
    """
    at = 0
    while (header := source.read_at(at, _HEADER_BYTES_MAX)).startswith(_START):
        data = Part(source, at + _read_header(header)[1], source.size_bytes)
        used: list[int] = []
        crc = size_bytes = 0
        for piece in inflate(data, used.append):
            crc = zlib.crc32(piece, crc)
            size_bytes += len(piece)
            yield piece
        trailer = data.read_at(used[0], 8)
        if len(trailer) < 8:
            raise UnreadError(Reason.TRUNCATED)
        if struct.unpack("<II", trailer) != (crc, size_bytes & 0xFFFFFFFF):
            raise UnreadError(Reason.UNREADABLE)
        at = source.size_bytes - data.size_bytes + used[0] + 8
    finish(at)


def _tolerant(source: ByteSource) -> Iterator[bytes]:
    """The same bytes once more; they end where the first reading broke off."""
    some = False
    try:
        for piece in _gunzip(source, lambda _: None):
            some = True
            yield piece
    except UnreadError:
        if not some:
            raise


def _read_header(head: bytes) -> tuple[str, int]:
    """The name that a header may hold (section 2.3), empty for none, and where the data begins."""
    flags = head[3] if len(head) > 3 else 0
    name, at = b"", 10
    if flags & _HAS_EXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    if flags & _HAS_NAME:
        name = head[at:].split(b"\0", 1)[0]
        at += len(name) + 1
    if flags & _HAS_COMMENT:
        at += len(head[at:].split(b"\0", 1)[0]) + 1
    return name.decode("utf-8", "surrogateescape"), at + (2 if flags & _HAS_CHECKSUM else 0)
