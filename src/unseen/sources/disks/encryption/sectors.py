"""Volumes that are encrypted sector by sector with AES, each under its number.

Formats: IEEE 1619-2007 (XTS); Clemens Fruhwirth, "New Methods in Hard Disk Encryption" (CBC with ESSIV).
"""

import hashlib
import struct
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB, XTS

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.blocks import read_blocks

__all__ = ["SECTOR_BYTES", "Decrypt", "EncryptedSectors", "decrypt_cbc", "decrypt_xts"]

SECTOR_BYTES = 512
# Given a key, the number of a sector in 512 bytes, and its bytes.
Decrypt = Callable[[bytes, int, bytes], bytes]


class EncryptedSectors:
    """The sectors of an opened volume.

    Attributes:
        size_bytes: Of the volume: whole sectors.
    """

    def __init__(
        self,
        source: ByteSource,
        key: bytes,
        *,
        decrypt: Decrypt | None = None,
        sector_bytes: int = SECTOR_BYTES,
        first: int = 0,
    ) -> None:
        """Take the key as it is: whoever gives it has verified it.

        Args:
            source: The encrypted sectors and nothing else.
            key: Of the cipher.
            decrypt: For one sector; AES in XTS mode where it is not given.
            sector_bytes: Of a sector.
            first: The number of the first one, in 512 bytes whatever a sector has.
        """
        self._source, self._key, self._decrypt = source, key, decrypt or decrypt_xts
        self._sector_bytes, self._first = sector_bytes, first
        self.size_bytes = source.size_bytes // sector_bytes * sector_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        # Decrypted in pieces of whole sectors, so that what a caller asks for in small reads is fetched in one.
        return read_blocks(offset, size, size_bytes=self.size_bytes, block_bytes=1 << 16, give=self._piece)

    def _piece(self, number: int, start: int, size: int) -> bytes:
        first = ((number << 16) + start) // self._sector_bytes * self._sector_bytes
        skip = (number << 16) + start - first
        length = -(-(skip + size) // self._sector_bytes) * self._sector_bytes
        raw = self._source.read_at(first, length)
        if len(raw) < length:
            raise UnreadError(Reason.TRUNCATED)
        pieces = (
            self._decrypt(self._key, self._first + (first + at) // SECTOR_BYTES, raw[at : at + self._sector_bytes])
            for at in range(0, length, self._sector_bytes)
        )
        return b"".join(pieces)[skip : skip + size]


def decrypt_xts(key: bytes, sector: int, data: bytes) -> bytes:
    """Decrypt one unit of XTS, whose number counts in 64 bits."""
    tweak = struct.pack("<QQ", sector & 0xFFFFFFFFFFFFFFFF, 0)
    return Cipher(AES(key), XTS(tweak)).decryptor().update(data)


def decrypt_cbc(key: bytes, sector: int, data: bytes, *, plain_bits: int | None = None, hash_name: str = "") -> bytes:
    """Decrypt one sector in CBC mode.

    Args:
        key: Of the cipher.
        sector: Its number.
        data: Its bytes.
        plain_bits: How many bits of the number are used as they are; None where it is encrypted first (ESSIV).
        hash_name: With ESSIV, what makes a key for that of the key.
    """
    if plain_bits is not None:
        start = struct.pack("<QQ", sector & ((1 << plain_bits) - 1), 0)
    else:
        salt = hashlib.new(hash_name, key).digest()
        start = Cipher(AES(salt), ECB()).encryptor().update(struct.pack("<QQ", sector, 0))  # noqa: S305  # one block: ESSIV
    return Cipher(AES(key), CBC(start)).decryptor().update(data)
