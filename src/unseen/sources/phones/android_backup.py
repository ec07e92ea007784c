"""Android backups (`adb backup`, *.ab): a few lines of text, then a tar archive, deflated and encrypted if so stated.

Source of the format: the Android Open Source Project, BackupManagerService and its successors (FullBackupEngine,
BackupPasswordManager): versions 1 to 5, AES-256 in CBC mode under a master key that a password opens.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import Part
from unseen.sources.layers.rereadable import hold

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
    """Give the tar archive that a backup is."""
    header = _read_header(source)
    if isinstance(header, Reason):
        yield header
        return
    key = None if header.locks is None else _open_lock(header, context.secrets.passwords)
    if header.locks is not None and key is None:
        yield Reason.ENCRYPTED
        return
    damage: list[Reason] = []

    def read() -> ByteSource:
        if key is None and not header.is_packed:
            return Part(source, header.data_at, source.size_bytes)
        reopen = partial(_data, source, header, key, context, [])
        pieces = _data(source, header, key, context, damage)
        return hold(pieces, reopen, memory_bytes_max=context.limits.memory_bytes_max)

    yield Member(layer="ab", address="backup.tar", open=read)
    yield from damage


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


def _data(
    source: ByteSource, header: _Header, key: tuple[bytes, bytes] | None, context: Context, damage: list[Reason]
) -> Iterator[bytes]:
    """The archive, piece by piece; what is damaged ends it, and is told."""
    offsets = range(header.data_at, source.size_bytes, _PIECE_BYTES)
    pieces: Iterator[bytes] = (source.read_at(offset, _PIECE_BYTES) for offset in offsets)
    if key is not None:
        pieces = _decrypt(*key, pieces)
    if not header.is_packed:
        yield from pieces
        return
    size_bytes = 0
    unpacker = zlib.decompressobj()
    try:
        for piece in _inflate(unpacker.decompress, pieces, lambda: unpacker.unconsumed_tail):
            context.budget.inflate(len(piece), inflated_before=size_bytes, compressed_bytes=source.size_bytes)
            size_bytes += len(piece)
            yield piece
        if not unpacker.eof:
            damage.append(Reason.TRUNCATED)
    except zlib.error as error:
        if not size_bytes:
            raise UnreadError(Reason.UNREADABLE) from error
        damage.append(Reason.UNREADABLE)


def _inflate(
    unpack_some: Callable[[bytes, int], bytes], pieces: Iterator[bytes], tail: Callable[[], bytes]
) -> Iterator[bytes]:
    for piece in pieces:
        data = piece
        while data:
            if some := unpack_some(data, _PIECE_BYTES):
                yield some
            data = tail()


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
