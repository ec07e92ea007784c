"""Volumes of FileVault 2 on CoreStorage, made byte by byte: no free program makes them.

Format: Omar Choudary and Joachim Metz, "FileVault Drive Encryption (FVDE)".
"""

import base64
import hashlib
import struct
import uuid
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

__all__ = ["ROOT_KEYS", "make_filevault", "make_root_keys"]

# Where the keys of a system's volume lie, on the partition that it is started from.
ROOT_KEYS = "com.apple.boot.P/System/Library/Caches/com.apple.corestorage/EncryptedRoot.plist.wipekey"

_BLOCK, _LABEL, _UNIT, _SECTOR = 4096, 16384, 8192, 512
_LABELS_AT, _LOCKED_AT, _VOLUME_AT = 1, 8, 32
_KEY, _DISK, _GROUP, _FAMILY = (bytes([start]) * 8 + bytes(range(8)) for start in (0x51, 0x62, 0x73, 0x84))
_KEK, _MASTER = bytes(range(16)), bytes(range(16, 32))
_OBJECT = 10
_ROUNDS = 1_000


def make_filevault(
    volume: bytes,
    *,
    password: str | None,
    status: str = "Complete",
    disks: int = 1,
    pieces: tuple[tuple[int, int], ...] = (),
    pack: Callable[[bytes], bytes] = bytes,
) -> bytes:
    """Encrypt a volume of HFS+.

    Args:
        volume: What is encrypted.
        password: Of its only user; None as of a system's volume, whose keys lie on another partition.
        status: Of the conversion from what was not encrypted.
        disks: How many the group says to lie on.
        pieces: First block and number of blocks of what is there of the volume, laid down last piece first; by default
            all of it in one piece.
        pack: Packs the keys.
    """
    blocks = -(-len(volume) // _BLOCK)
    tweak = hashlib.sha256(_MASTER + _FAMILY).digest()[:16]
    padded = volume.ljust(blocks * _BLOCK, b"\0")
    sectors = [
        _crypt(_MASTER + tweak, at // _SECTOR, padded[at : at + _SECTOR]) for at in range(0, len(padded), _SECTOR)
    ]
    locked = b"".join(sectors)
    places, laid = [], b""
    for first, count in sorted(pieces or ((0, blocks),), reverse=True):
        places.append((first, count, _VOLUME_AT + len(laid) // _BLOCK))
        laid += locked[first * _BLOCK : (first + count) * _BLOCK]
    keys = _plist(("com.apple.corestorage.lvf.encryption.context", f"<dict>{_keys(status, password or '')}</dict>"))
    descriptions = _locked(len(padded), places, None if password is None else keys, pack)
    whole = b""
    for at, data in (
        (0, _header((_VOLUME_AT + 1) * _BLOCK + len(laid))),
        (_LABELS_AT, _label(disks)),
        (_LOCKED_AT, descriptions),
        (_VOLUME_AT, laid + bytes(_BLOCK)),
    ):
        whole = whole.ljust(at * _BLOCK, b"\0") + data
    return whole


def make_root_keys(*passwords: str) -> bytes:
    """Make the file with the keys of a system's volume: each of some users' passwords opens it."""
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>{_keys("Complete", *passwords)}</dict>
</plist>
"""
    return _crypt(_KEY + bytes(16), 0, text.encode())


def _keys(status: str, *passwords: str) -> str:
    """What is needed to unlock, as it stands in a property list."""
    users = "".join(
        f"<dict><key>PassphraseWrappedKEKStruct</key><data>{_text(_user(password))}</data>"
        "<key>UserType</key><integer>268435461</integer></dict>"
        for password in passwords
    )
    volume = struct.pack("<II", 2, 24) + aes_key_wrap(_KEK, _MASTER)
    empty = (
        "<dict><key>BlockAlgorithm</key><string>None</string><key>KEKWrappedVolumeKeyStruct</key><data></data></dict>"
    )
    return (
        f"<key>ConversionInfo</key><dict><key>ConversionStatus</key><string>{status}</string></dict>"
        f"<key>CryptoUsers</key><array>{users}</array>"
        f"<key>WrappedVolumeKeys</key><array>{empty}<dict><key>BlockAlgorithm</key><string>AES-XTS</string>"
        f"<key>KEKWrappedVolumeKeyStruct</key><data>{_text(volume.ljust(256, bytes(1)))}</data></dict></array>"
    )


def _user(password: str) -> bytes:
    salt = b"salt" * 4
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS, 16)
    head = struct.pack("<II16sII24s", 3, 16, salt, 16, 24, aes_key_wrap(key, _KEK))
    return (head.ljust(168, b"\0") + struct.pack("<I", _ROUNDS)).ljust(284, b"\0")


def _header(size_bytes: int) -> bytes:
    head = bytearray(_BLOCK)
    struct.pack_into("<IHHI", head, 4, 0xFFFFFFFF, 1, 0x10, 1)
    struct.pack_into("<I12xQ", head, 48, _SECTOR, size_bytes)
    struct.pack_into("<2sIHII", head, 88, b"CS", 1, 1, _BLOCK, _LABEL)
    struct.pack_into("<QQQQ", head, 104, *[_LABELS_AT] * 4)
    struct.pack_into("<II16s", head, 168, 16, 2, _KEY)
    head[304:320], head[320:336] = _DISK, _GROUP
    struct.pack_into("<I", head, 0, _crc32c(bytes(head[8:512])))
    return bytes(head)


def _label(disks: int) -> bytes:
    """What lies open: where the locked descriptions are, and which disks belong together."""
    body = bytearray(_LABEL - 64)
    struct.pack_into("<I", body, 0, _LABEL)
    struct.pack_into("<II", body, 156, _UNIT, _UNIT + 48)
    struct.pack_into("<Q16xQQ", body, _UNIT - 64 + 8, _VOLUME_AT - _LOCKED_AT, _LOCKED_AT, _LOCKED_AT)
    text = _plist(
        ("com.apple.corestorage.lvg.uuid", _string(_GROUP)),
        ("com.apple.corestorage.lvg.name", "<string>Group</string>"),
        ("com.apple.corestorage.lvg.physicalVolumes", f"<array>{_string(_DISK) * disks}</array>"),
    )
    body[_UNIT - 16 : _UNIT - 16 + len(text)] = text
    return _block(0x11, bytes(body))


def _locked(
    size_bytes: int, places: list[tuple[int, int, int]], keys: bytes | None, pack: Callable[[bytes], bytes]
) -> bytes:
    """The descriptions under the key of the header: the volume, where it lies, what it is, and its keys."""
    entries = b"".join(struct.pack("<8xQIIQQ", first, count, 0, 0, place) for first, count, place in places)
    about = _plist(
        ("com.apple.corestorage.lv.familyUUID", _string(_FAMILY)),
        ("com.apple.corestorage.lv.name", "<string>Volume</string>"),
        ("com.apple.corestorage.lv.size", f'<integer size="64">{size_bytes:#x}</integer>'),
        ("com.apple.corestorage.lv.uuid", _string(_DISK)),
    )
    size = len(about)
    described = struct.pack("<Q48xIIII", _OBJECT, size, size, 184, size).ljust(120, b"\0") + about
    units = [
        _block(0x105, struct.pack("<IIQQ", 1, 0, _OBJECT, 0)),
        _block(0x305, struct.pack("<II", len(places), 0) + entries),
        _block(0x1A, described),
        *_key_units(keys, pack),
    ]
    return b"".join(_crypt(_KEY + _DISK, number, unit) for number, unit in enumerate(units))


def _key_units(keys: bytes | None, pack: Callable[[bytes], bytes]) -> list[bytes]:
    """The keys, of which packed ones go on in a second description; wiped where they lie elsewhere."""
    if keys is None:
        return [b"LVFwiped" + _block(0x19, b"")[8:]]
    packed = pack(keys)
    here = len(packed) if packed == keys else len(packed) // 2
    head = struct.pack("<40xIIII", len(packed), len(keys), 944, here).ljust(880, b"\0")
    first = _block(0x19, head + packed[:here])
    rest = packed[here:]
    return [first, _block(0x24, struct.pack("<QII", 0, len(rest), 0) + rest)] if rest else [first]


def _block(kind: int, body: bytes) -> bytes:
    head = struct.pack("<HHIQQQQIIQ", 1, kind, 1, 1, _OBJECT, 0, 0, _UNIT, 0, 0)
    whole = (head + body).ljust(_UNIT - 8, b"\0")
    return struct.pack("<II", _crc32c(whole[: _UNIT - 8]), 0xFFFFFFFF) + whole


def _plist(*entries: tuple[str, str]) -> bytes:
    inner = "".join(f"<key>{key}</key>{value}" for key, value in entries)
    return f"<dict>{inner}</dict>\0".encode()


def _string(identity: bytes) -> str:
    return f"<string>{str(uuid.UUID(bytes=identity)).upper()}</string>"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _crypt(keys: bytes, unit: int, data: bytes) -> bytes:
    return Cipher(AES(keys), XTS(unit.to_bytes(16, "little"))).encryptor().update(data)


def _crc32c(data: bytes) -> int:
    """The weak CRC-32 of CoreStorage: Castagnoli's polynomial, and nothing inverted at the end."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value
