"""Volumes of BitLocker, made byte by byte: no free program makes them.

Format: Joachim Metz, "BitLocker Drive Encryption (BDE) format specification".
"""

import hashlib
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS

__all__ = ["make_bitlocker"]

_SECTOR = 512
_BLOCKS = (5 << 20, 6 << 20, 7 << 20)
_BLOCK_BYTES = 64 << 10
_HEADER_AT, _HEADER_BYTES = 11 << 19, 8192
_FVEK, _VMK, _CLEAR = bytes(range(32)), b"\xa1" * 32, b"\xb2" * 32
_AES_XTS_128 = 0x8004
_ROUNDS = 0x100000
_VMK_ENTRY, _FVEK_ENTRY, _HEADER_ENTRY, _PROPERTY = 2, 3, 15, 0
_KEY, _STRETCH, _LOCKED, _VMK_VALUE, _PLACE = 1, 3, 5, 8, 15


def make_bitlocker(volume: bytes, *, password: str | None) -> bytes:
    """Encrypt a volume of at least 8 MiB; where there is no password, its key lies open, as when it is suspended.

    What lies where the description of the encryption must lie is lost.
    """
    data = bytearray(b"".join(_encrypted(at, volume[at : at + _SECTOR]) for at in range(0, len(volume), _SECTOR)))
    for at in range(0, _HEADER_BYTES, _SECTOR):
        place = _HEADER_AT + at
        data[place : place + _SECTOR] = _encrypted(place, volume[at : at + _SECTOR])
    description = _description(len(volume), password)
    for place in _BLOCKS:
        data[place : place + _BLOCK_BYTES] = description.ljust(_BLOCK_BYTES, b"\0")
    head = bytearray(b"\xeb\x58\x90-FVE-FS-" + struct.pack("<HBH", _SECTOR, 8, 0)).ljust(_SECTOR, b"\0")
    head[160:176] = bytes.fromhex("3bd66749292ed84a8399f6a339e3d001")
    head[176:200] = struct.pack("<QQQ", *_BLOCKS)
    head[510:] = b"\x55\xaa"
    data[:_SECTOR] = head
    return bytes(data)


def _encrypted(at: int, sector: bytes) -> bytes:
    tweak = (at // _SECTOR).to_bytes(16, "little")
    return Cipher(AES(_FVEK), XTS(tweak)).encryptor().update(sector)


def _description(size_bytes: int, password: str | None) -> bytes:
    entries = _entry(_VMK_ENTRY, _VMK_VALUE, _protector(password))
    entries += _entry(_FVEK_ENTRY, _LOCKED, _locked(_VMK, _FVEK, _AES_XTS_128))
    entries += _entry(_HEADER_ENTRY, _PLACE, struct.pack("<QQ", _HEADER_AT, _HEADER_BYTES))
    size = 48 + len(entries)
    header = struct.pack("<IIII16sIIQ", size, 1, 48, size, b"v" * 16, 9, _AES_XTS_128, 133_000_000_000_000_000)
    block = b"-FVE-FS-" + struct.pack("<HHHH", 64 + size, 2, 4, 4)
    block += struct.pack("<QIIQQQQ", size_bytes, 0, _HEADER_BYTES // _SECTOR, *_BLOCKS, _HEADER_AT)
    return block + header + entries


def _protector(password: str | None) -> bytes:
    kind = 0 if password is None else 0x2000
    head = b"p" * 16 + struct.pack("<QHH", 133_000_000_000_000_000, 0, kind)
    if password is None:
        key = _entry(_PROPERTY, _KEY, struct.pack("<I", 0x2003) + _CLEAR)
        return head + key + _entry(_PROPERTY, _LOCKED, _locked(_CLEAR, _VMK, 0x2003))
    salt = b"s" * 16
    stretch = _entry(_PROPERTY, _STRETCH, struct.pack("<I", 0x1000) + salt)
    return head + stretch + _entry(_PROPERTY, _LOCKED, _locked(_stretched(password, salt), _VMK, 0x2003))


def _stretched(password: str, salt: bytes) -> bytes:
    first = hashlib.sha256(hashlib.sha256(password.encode("utf-16-le")).digest()).digest()
    last = bytes(32)
    rest = first + salt
    for count in range(_ROUNDS):
        last = hashlib.sha256(last + rest + count.to_bytes(8, "little")).digest()
    return last


def _locked(key: bytes, secret: bytes, method: int) -> bytes:
    """A key, under another one: nonce, checksum, and the key as an entry of its own."""
    nonce = struct.pack("<QI", 133_000_000_000_000_000, 1)
    made = AESCCM(key).encrypt(nonce, _entry(_PROPERTY, _KEY, struct.pack("<I", method) + secret), None)
    return nonce + made[-16:] + made[:-16]


def _entry(kind: int, value: int, data: bytes) -> bytes:
    return struct.pack("<HHHH", 8 + len(data), kind, value, 1) + data
