"""The data of one zip entry: unpacked, decrypted, and held against its checksum."""

import encodings.cp437
import encodings.cp1252  # a process that is locked can import no codec any more
import struct
from collections.abc import Iterator

from inflate64 import Inflater

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.archives.libarchive import Reader
from unseen.sources.archives.zip_files.records import ZipEntry

__all__ = ["Joined", "inflate64", "read_by_library", "spell"]

# The unpacker of deflate64 gives all that a piece unpacks to at once: at most some thousand times as much.
_PIECE64_BYTES = 16 << 10
_CODECS = (encodings.cp437.Codec(), encodings.cp1252.Codec())


class Joined:
    """Some bytes, and behind them a range."""

    def __init__(self, first: bytes, second: ByteSource) -> None:
        self._first = first
        self._second = second
        self.size_bytes = len(first) + second.size_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        if offset >= len(self._first):
            return self._second.read_at(offset - len(self._first), size)
        piece = self._first[offset : offset + size]
        return piece + self._second.read_at(0, size - len(piece)) if size > len(piece) else piece


def inflate64(packed: ByteSource) -> Iterator[bytes]:
    """Unpack deflate64 (method 9), which Windows uses for large files.

    Args:
        packed: The compressed data.

    Raises:
        UnreadError: `truncated` where the data ends early, `unreadable` where it is broken.
    """
    unpacker = Inflater()
    for at in range(0, packed.size_bytes, _PIECE64_BYTES):
        try:
            piece = unpacker.inflate(packed.read_at(at, _PIECE64_BYTES))
        except ValueError as error:
            raise UnreadError(Reason.UNREADABLE) from error
        if piece:
            yield piece
        if unpacker.eof:
            return
    raise UnreadError(Reason.TRUNCATED)


def spell(password: str) -> Iterator[bytes]:
    """Give the bytes that archivers make of a password: UTF-8 now, the code page of the machine before."""
    yield (first := password.encode("utf-8", "surrogateescape"))
    for codec in _CODECS if not password.isascii() else ():
        other = codec.encode(password, "replace")[0]
        if other != first:
            yield other


def read_by_library(entry: ZipEntry, packed: ByteSource, password: bytes | None) -> Iterator[bytes]:
    """Unpack what only libarchive can, as an archive of this one entry.

    Raises:
        UnreadError: `encrypted` where the password is wrong, `unsupported` where libarchive cannot either.
    """
    extra = struct.pack("<HHQQ", 1, 16, entry.size_bytes, packed.size_bytes)
    if entry.aes:
        extra += struct.pack("<HH", 0x9901, 7) + entry.aes
    header = struct.pack(
        "<4sHHHHHIIIHH",
        b"PK\3\4",
        63,
        # Not as it was streamed: sizes are known by now. The byte that passwords are checked against moves with that.
        entry.flags & 1,
        99 if entry.aes else entry.method,
        0,
        0,
        entry.check << 24,
        0xFFFFFFFF,
        0xFFFFFFFF,
        1,
        len(extra),
    )
    source = Joined(header + b"x" + extra, packed)
    passwords = () if password is None else (password,)
    with Reader(source, ("zip_streamable",), passwords=passwords, options=b"zip:ignorecrc32") as reader:
        if reader.next_entry() is None:
            raise UnreadError(Reason.UNREADABLE)
        yield from reader.data()
