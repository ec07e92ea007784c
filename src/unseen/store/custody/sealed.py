"""Contents on disk, encrypted piece by piece so that any range can be read and any change is noticed.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizar, "Online authenticated-encryption and its nonce-reuse
misuse-resistance", 2015) over ChaCha20-Poly1305 (RFC 8439), as age has it for its payloads. A file is eight bytes that
name the format, then pieces of 64 KiB of content, each followed by its tag of 16 bytes; the last piece may be shorter,
and is empty only where all of the content is. The nonce of a piece is its number in eleven bytes, most significant
first, and a byte that is 1 for the last piece and 0 for all others. So pieces cannot change places, be left out at the
end, or be added to it. What the content belongs to is authenticated with each piece. Every file has a key of its own.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from unseen.model import Reason, UnreadError

__all__ = ["KEY_BYTES", "PIECE_BYTES", "Sealed", "SealedSource", "sealed_size", "write_sealed"]

KEY_BYTES = 32
PIECE_BYTES = 64 * 1024
_MAGIC = b"unseen\x00\x01"
_TAG_BYTES = 16
_COUNTER_BYTES = 11


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was written.

    Attributes:
        size_bytes: Of the content.
        sha256: Of the content.
        file_sha256: Of the file.
    """

    size_bytes: int
    sha256: bytes
    file_sha256: bytes


def write_sealed(file: IO[bytes], key: bytes, chunks: Iterable[bytes], *, belongs_to: bytes) -> Sealed:
    """Encrypt a content into a file; at most two pieces of it are held at once.

    Args:
        file: Empty, for writing.
        key: 32 random bytes that encrypt nothing else.
        chunks: The content, in pieces of any size.
        belongs_to: What it is the content of: must be given again to read it.

    Raises:
        OSError: The disk is full, or refuses.
    """
    cipher, plain, written = ChaCha20Poly1305(key), sha256(), sha256(_MAGIC)
    file.write(_MAGIC)
    size_bytes = 0
    for number, (piece, is_last) in enumerate(_pieces(chunks)):
        plain.update(piece)
        size_bytes += len(piece)
        sealed = cipher.encrypt(_nonce(number, is_last=is_last), piece, belongs_to)
        written.update(sealed)
        file.write(sealed)
    return Sealed(size_bytes, plain.digest(), written.digest())


def sealed_size(size_bytes: int) -> int:
    """How large the file of a content is."""
    return len(_MAGIC) + size_bytes + _TAG_BYTES * _count(size_bytes)


class SealedSource:
    """A content that is decrypted as it is read: a `unseen.model.ByteSource`."""

    def __init__(self, descriptor: int, key: bytes, *, size_bytes: int, belongs_to: bytes) -> None:
        """Begin to read.

        Args:
            descriptor: Of the file; stays the caller's.
            key: Of this file.
            size_bytes: Of the content, as recorded.
            belongs_to: As given when it was written.

        Raises:
            UnreadError: The file is of another format, or not as large as it must be.
        """
        is_whole = os.fstat(descriptor).st_size == sealed_size(size_bytes)
        if not is_whole or os.pread(descriptor, len(_MAGIC), 0) != _MAGIC:
            raise UnreadError(Reason.CHANGED)
        self._descriptor = descriptor
        self._cipher = ChaCha20Poly1305(key)
        self._size_bytes = size_bytes
        self._belongs_to = belongs_to
        self._at: tuple[int, bytes] = -1, b""

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""
        return self._size_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """Give up to `size` bytes from `offset`; fewer, or none, only at the end.

        Raises:
            UnreadError: The file was altered, or cannot be read.
        """
        end = min(offset + size, self._size_bytes)
        parts = []
        while offset < end:
            number, within = divmod(offset, PIECE_BYTES)
            part = self._piece(number)[within : within + end - offset]
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def _piece(self, number: int) -> bytes:
        if self._at[0] == number:
            return self._at[1]
        is_last = number == _count(self._size_bytes) - 1
        place = len(_MAGIC) + number * (PIECE_BYTES + _TAG_BYTES)
        try:
            sealed = os.pread(self._descriptor, PIECE_BYTES + _TAG_BYTES, place)
            piece = self._cipher.decrypt(_nonce(number, is_last=is_last), sealed, self._belongs_to)
        except InvalidTag as error:
            raise UnreadError(Reason.CHANGED) from error
        except OSError as error:
            raise UnreadError(Reason.UNREADABLE) from error
        self._at = number, piece
        return piece


def _pieces(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Cut a content into pieces of one size, and say which is the last."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        # One piece is kept back: only the end of the content says which is the last.
        while len(held) > PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES]), False
            del held[:PIECE_BYTES]
    yield bytes(held), True


def _count(size_bytes: int) -> int:
    return max(1, -(-size_bytes // PIECE_BYTES))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_COUNTER_BYTES, "big") + bytes([is_last])
