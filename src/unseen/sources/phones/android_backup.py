"""Android backups (`adb backup`, *.ab): a few lines of text, then a tar archive, deflated and encrypted if so stated.

Source of the format: the Android Open Source Project, BackupManagerService and its successors (FullBackupEngine,
BackupPasswordManager): versions 1 to 5, AES-256 in CBC mode under a master key that a password opens.
"""

import contextlib
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import Part
from unseen.sources.layers.rereadable import hold
from unseen.sources.layers.rest import rest_of

__all__ = ["unpack", "warm_up"]

_VERSION_MAX = 5
_HEADER_BYTES_MAX = 4_096
_PIECE_BYTES = 1 << 20
# Android takes 10,000; a header may ask for years.
_ROUNDS_MAX = 1_000_000
_KEY_BYTES, _BLOCK_BYTES = 32, 16


@dataclass(frozen=True, slots=True)
class _Header:
    """The lines before the data.

    Attributes:
        is_packed: The data is deflated.
        locks: Of encrypted ones: salts of password and checksum, initial vector and the locked master key.
        data_at: Where the data begins.
    """

    is_packed: bool
    rounds: int
    locks: tuple[bytes, bytes, bytes, bytes] | None
    data_at: int


def warm_up() -> None:
    """Use what the libraries load when it is first used."""
    hashlib.pbkdf2_hmac("sha1", b"", b"salt", 1, _KEY_BYTES)
    _decrypt(bytes(_KEY_BYTES), bytes(_BLOCK_BYTES), iter([bytes(_BLOCK_BYTES)]))


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give the tar archive that a backup is, and what stands behind it."""
    header = _read_header(source)
    if isinstance(header, Reason):
        yield header
        return
    key = None if header.locks is None else _open_lock(header, context.secrets.passwords)
    if header.locks is not None and key is None:
        yield Reason.ENCRYPTED
        return
    look = _Look(source, header, key, context)
    yield Member(layer="ab", address="backup.tar", open=look.open)
    look.go_to_end()
    yield from look.damage
    ended_at = look.ended_at
    if key is not None and not header.is_packed:
        # Only the archive inside knows where it ends. Whatever somebody put behind it was never encrypted.
        ended_at = header.data_at
    if ended_at is not None:
        yield from rest_of(source, ended_at, "ab")


def _read_header(source: ByteSource) -> _Header | Reason:
    lines = source.read_at(0, _HEADER_BYTES_MAX).split(b"\n")
    try:
        version, is_packed, encryption = int(lines[1]), int(lines[2]), lines[3]
        if not 1 <= version <= _VERSION_MAX or is_packed > 1 or encryption not in {b"none", b"AES-256"}:
            return Reason.UNSUPPORTED
        count = 4 if encryption == b"none" else 9
        data_at = sum(len(line) + 1 for line in lines[:count])
        if count == 4:
            return _Header(bool(is_packed), 0, None, data_at)
        salt, check_salt, vector, locked = (bytes.fromhex(lines[at].decode()) for at in (4, 5, 7, 8))
        rounds = int(lines[6])
    except (ValueError, IndexError):
        return Reason.UNREADABLE
    is_sound = 1 <= rounds <= _ROUNDS_MAX and len(vector) == _BLOCK_BYTES and locked and not len(locked) % _BLOCK_BYTES
    return (
        _Header(bool(is_packed), rounds, (salt, check_salt, vector, locked), data_at) if is_sound else Reason.UNREADABLE
    )


def _open_lock(header: _Header, passwords: tuple[str, ...]) -> tuple[bytes, bytes] | None:
    """The master key and its initial vector, if one of the passwords opens them."""
    assert header.locks is not None
    salt, check_salt, vector, locked = header.locks
    for password in passwords:
        # Versions before 2 took the lower byte of each character.
        for spelled in dict.fromkeys((password.encode(), bytes(ord(letter) & 0xFF for letter in password))):
            user_key = hashlib.pbkdf2_hmac("sha1", spelled, salt, header.rounds, _KEY_BYTES)
            blob = b"".join(_decrypt(user_key, vector, iter([locked])))
            opened = _read_blob(blob)
            if opened is not None and _is_right(*opened, check_salt, header.rounds):
                return opened[1], opened[0]
    return None


def _read_blob(blob: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Initial vector, key and checksum, each behind its length."""
    parts = []
    for size in (_BLOCK_BYTES, _KEY_BYTES, _KEY_BYTES):
        if blob[:1] != bytes([size]) or len(blob) <= size:
            return None
        parts.append(blob[1 : size + 1])
        blob = blob[size + 1 :]
    return parts[0], parts[1], parts[2]


def _is_right(_vector: bytes, key: bytes, checksum: bytes, salt: bytes, rounds: int) -> bool:
    # Java makes characters of signed bytes, and these into UTF-8; the first version took the bytes themselves.
    spelled = "".join(chr(byte if byte < 0x80 else 0xFF00 | byte) for byte in key).encode()
    return any(hashlib.pbkdf2_hmac("sha1", each, salt, rounds, _KEY_BYTES) == checksum for each in (spelled, key))


class _Look:
    """The data of one backup.

    Attributes:
        damage: Why it ended early.
        ended_at: Where in the backup the deflated data ended; None before all of it was read, and where none was.
    """

    def __init__(self, source: ByteSource, header: _Header, key: tuple[bytes, bytes] | None, context: Context) -> None:
        self.damage: list[Reason] = []
        self.ended_at: int | None = None
        self._is_read = False
        self._source = source
        self._header = header
        self._key = key
        self._context = context

    def open(self) -> ByteSource:
        """Give the archive, as far as it goes."""
        self._is_read = True
        if self._key is None and not self._header.is_packed:
            return Part(self._source, self._header.data_at, self._source.size_bytes)
        self.damage.clear()
        return hold(self._counted(), self._plain, memory_bytes_max=self._context.limits.memory_bytes_max)

    def go_to_end(self) -> None:
        """Learn how it ends, also of data that nobody wanted: what is told must not depend on that."""
        if self._header.is_packed and not self._is_read:
            with contextlib.suppress(UnreadError):
                for _ in self._counted():
                    pass

    def _counted(self) -> Iterator[bytes]:
        """The archive, piece by piece; what is damaged ends it, and is told."""
        if not self._header.is_packed:
            yield from self._stored()
            return
        size_bytes = 0
        try:
            for piece in self._inflated():
                self._context.budget.inflate(
                    len(piece), inflated_before=size_bytes, compressed_bytes=self._source.size_bytes
                )
                size_bytes += len(piece)
                yield piece
            if self.ended_at is None:
                self.damage.append(Reason.TRUNCATED)
        except zlib.error as error:
            if not size_bytes:
                raise UnreadError(Reason.UNREADABLE) from error
            self.damage.append(Reason.UNREADABLE)

    def _plain(self) -> Iterator[bytes]:
        """The same once more."""
        with contextlib.suppress(zlib.error):
            yield from self._inflated() if self._header.is_packed else self._stored()

    def _stored(self) -> Iterator[bytes]:
        offsets = range(self._header.data_at, self._source.size_bytes, _PIECE_BYTES)
        pieces = (self._source.read_at(offset, _PIECE_BYTES) for offset in offsets)
        return pieces if self._key is None else _decrypt(*self._key, pieces)

    def _inflated(self) -> Iterator[bytes]:
        unpacker = zlib.decompressobj()
        packed_bytes = 0
        for piece in self._stored():
            packed_bytes += len(piece)
            data = piece
            while data:
                if some := unpacker.decompress(data, _PIECE_BYTES):
                    yield some
                data = unpacker.unconsumed_tail
            if unpacker.eof:
                packed_bytes -= len(unpacker.unused_data)
                if self._key is not None:
                    # Padded to whole blocks, by one byte at least.
                    packed_bytes = (packed_bytes // _BLOCK_BYTES + 1) * _BLOCK_BYTES
                self.ended_at = self._header.data_at + packed_bytes
                return


def _decrypt(key: bytes, vector: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What AES-CBC hides, without its padding; bytes beyond the last whole block are dropped."""
    decryptor = Cipher(AES(key), CBC(vector)).decryptor()
    held = b""
    for piece in pieces:
        held += decryptor.update(piece)
        if len(held) > _BLOCK_BYTES:
            yield held[:-_BLOCK_BYTES]
            held = held[-_BLOCK_BYTES:]
    padding = held[-1] if held else 0
    yield held[:-padding] if 1 <= padding <= _BLOCK_BYTES and len(held) == _BLOCK_BYTES else held
