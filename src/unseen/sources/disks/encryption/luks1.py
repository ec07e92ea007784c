"""LUKS 1 volumes: from a password to the key of the volume, and from there to its sectors.

Format: Clemens Fruhwirth, "LUKS On-Disk Format Specification", version 1.2.3.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass
from functools import partial

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.encryption.sectors import (
    SECTOR_BYTES,
    Decrypt,
    EncryptedSectors,
    decrypt_cbc,
    decrypt_xts,
)
from unseen.sources.disks.encryption.stripes import merge_stripes
from unseen.sources.layers import MemoryRange, Part

__all__ = ["open_luks1"]

# Cipher, its mode, hash, first sector of the contents, bytes of the key, and its digest, salt and iterations.
_HEADER = struct.Struct(">8x32s32s32sII20s32sI40x")
# State, iterations, salt, first sector and number of the stripes.
_SLOT, _SLOTS, _IN_USE = struct.Struct(">II32sII"), 8, 0x00AC71F3
_STRIPES_BYTES_MAX = 64 << 20
# cryptsetup aims at two seconds, some millions; a header that asks for more would hold up whoever reads it.
_ITERATIONS_MAX = 50_000_000


def open_luks1(source: ByteSource, passwords: tuple[str, ...]) -> EncryptedSectors | None:
    """Open a volume with the first password that fits; None where none does.

    Raises:
        UnreadError: Its header asks for more than it may, for a cipher that nothing here has, or for what cannot be.
    """
    header = _read_header(source)
    opened = (header.open(password.encode("utf-8", "surrogateescape")) for password in passwords)
    return next((volume for volume in opened if volume is not None), None)


@dataclass(frozen=True, slots=True)
class _Header:
    source: ByteSource
    decrypt: Decrypt
    hash_name: str
    start: int
    key_bytes: int
    digest: tuple[bytes, bytes, int]
    slots: tuple[tuple[int, bytes, int, int], ...]

    def open(self, password: bytes) -> EncryptedSectors | None:
        for iterations, salt, sector, stripes in self.slots:
            size = self.key_bytes * stripes
            if not 0 < size <= _STRIPES_BYTES_MAX:
                raise UnreadError(Reason.UNREADABLE)
            padded = -(-size // SECTOR_BYTES) * SECTOR_BYTES
            raw = self.source.read_at(sector * SECTOR_BYTES, padded)
            if len(raw) < padded:
                raise UnreadError(Reason.TRUNCATED)
            derived = hashlib.pbkdf2_hmac(self.hash_name, password, salt, iterations, self.key_bytes)
            split = self._sectors(MemoryRange(raw), derived).read_at(0, size)
            key = merge_stripes(split, self.key_bytes, self.hash_name)
            if self._is_key(key):
                offset = self.start * SECTOR_BYTES
                return self._sectors(Part(self.source, offset, self.source.size_bytes - offset), key)
        return None

    def _is_key(self, key: bytes) -> bool:
        expected, salt, iterations = self.digest
        return hmac.compare_digest(hashlib.pbkdf2_hmac(self.hash_name, key, salt, iterations, 20), expected)

    def _sectors(self, source: ByteSource, key: bytes) -> EncryptedSectors:
        return EncryptedSectors(source, key, decrypt=self.decrypt)


def _read_header(source: ByteSource) -> _Header:
    size = _HEADER.size + _SLOTS * _SLOT.size
    head = source.read_at(0, size).ljust(size, b"\0")
    cipher, mode, name, start, key_bytes, digest, salt, iterations = _HEADER.unpack_from(head)
    slots = [_SLOT.unpack_from(head, _HEADER.size + number * _SLOT.size) for number in range(_SLOTS)]
    in_use = tuple(slot[1:] for slot in slots if slot[0] == _IN_USE)
    # How often trying one password digests something, all its slots together.
    if iterations * _SLOTS + sum(slot[0] for slot in in_use) > _ITERATIONS_MAX:
        raise UnreadError(Reason.UNSUPPORTED)
    hash_name = _text(name)
    is_known = (
        _text(cipher) == "aes"
        and hash_name in hashlib.algorithms_available
        and not hash_name.startswith("shake")
        and iterations > 0
        and all(slot[0] > 0 for slot in in_use)
    )
    decrypt = _decrypt_of(_text(mode), key_bytes) if is_known else None
    if decrypt is None:
        raise UnreadError(Reason.UNSUPPORTED)
    return _Header(source, decrypt, hash_name, start, key_bytes, (digest, salt, iterations), in_use)


def _decrypt_of(mode: str, key_bytes: int) -> Decrypt | None:
    chaining, _, initial = mode.partition("-")
    if chaining == "xts" and initial in {"plain", "plain64"} and key_bytes in {32, 64}:
        # The number of a sector counts in 32 bits with `plain`, which no volume up to 2 TiB exceeds.
        return decrypt_xts if initial == "plain64" else _decrypt_xts_32
    if chaining != "cbc" or key_bytes not in {16, 24, 32}:
        return None
    if initial in {"plain", "plain64"}:
        return partial(decrypt_cbc, plain_bits=64 if initial == "plain64" else 32)
    name, _, hash_name = initial.partition(":")
    # The hash makes a key of AES.
    is_known = name == "essiv" and hash_name in {"sha256", "md5"}
    return partial(decrypt_cbc, hash_name=hash_name) if is_known else None


def _decrypt_xts_32(key: bytes, sector: int, data: bytes) -> bytes:
    return decrypt_xts(key, sector & 0xFFFFFFFF, data)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("latin-1")
