"""LUKS 2 volumes: from a password to the key of the volume, and from there to its sectors.

Format: Milan Broz, "LUKS2 On-Disk Format Specification", version 1.1.3.
"""

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.kdf.argon2 import Argon2i, Argon2id

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.encryption.sectors import SECTOR_BYTES, EncryptedSectors
from unseen.sources.disks.encryption.stripes import merge_stripes
from unseen.sources.layers import MemoryRange, Part

__all__ = ["open_luks2"]

_BINARY_BYTES = 4096
_CHECKSUM = slice(448, 512)
# Sizes that a header with its JSON may have; the twin lies right behind the first.
_HEADER_SIZES = tuple(0x4000 << power for power in range(9))
# The format allows 32 keyslots and areas of a few MiB; 4,000 stripes of 64 bytes are usual.
_KEYSLOTS_MAX, _AREA_BYTES_MAX, _KEY_BYTES_MAX = 32, 64 << 20, 512
# What trying one password may cost: cryptsetup aims at two seconds and takes 1 GiB at most for most. Passes over
# memory are counted in KiB: 64 over 1 GiB.
_MEMORY_KIB_MAX, _WORK_KIB_MAX, _ITERATIONS_MAX = 2 << 20, 64 << 20, 50_000_000


def open_luks2(source: ByteSource, passwords: tuple[str, ...]) -> EncryptedSectors | None:
    """Open a volume with the first password that fits; None where none does.

    Raises:
        UnreadError: Neither header is sound, or it asks for something that nothing here has.
    """
    header = _read_header(source)
    try:
        segments = [*header["segments"].values()]
        if len(segments) != 1 or segments[0]["type"] != "crypt" or header["config"].get("requirements"):
            # Half way through being encrypted anew, or with checksums of its own.
            raise UnreadError(Reason.UNSUPPORTED)
        for password in passwords:
            key = _find_key(source, header, password.encode("utf-8", "surrogateescape"))
            if key is not None:
                return _volume(source, segments[0], key)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise UnreadError(Reason.UNREADABLE) from error
    return None


def _volume(source: ByteSource, segment: Mapping[str, Any], key: bytes) -> EncryptedSectors:
    offset, sector_bytes = int(segment["offset"]), int(segment["sector_size"])
    if segment["encryption"] != "aes-xts-plain64" or sector_bytes not in {512, 1024, 2048, 4096}:
        raise UnreadError(Reason.UNSUPPORTED)
    half = len(key) // 2
    if half not in {16, 32} or key[:half] == key[half:]:
        raise UnreadError(Reason.UNREADABLE)
    left = max(0, source.size_bytes - offset)
    part = Part(source, offset, left if segment["size"] == "dynamic" else int(segment["size"]))
    return EncryptedSectors(part, key, sector_bytes=sector_bytes, first=int(segment["iv_tweak"]))


def _read_header(source: ByteSource) -> dict[str, Any]:
    for offset in (0, *_HEADER_SIZES):
        raw = source.read_at(offset, _BINARY_BYTES)
        if len(raw) < _BINARY_BYTES or raw[:6] != (b"SKUL\xba\xbe" if offset else b"LUKS\xba\xbe"):
            continue
        (size_bytes,) = struct.unpack_from(">Q", raw, 8)
        if size_bytes not in _HEADER_SIZES:
            continue
        whole = source.read_at(offset, size_bytes)
        name = raw[72:104].rstrip(b"\0").decode("latin-1")
        if name not in hashlib.algorithms_guaranteed or name.startswith("shake"):
            continue
        blanked = whole[: _CHECKSUM.start] + bytes(64) + whole[_CHECKSUM.stop :]
        digest = hashlib.new(name, blanked).digest()
        if hmac.compare_digest(digest, whole[_CHECKSUM][: len(digest)]):
            try:
                header: dict[str, Any] = json.loads(whole[_BINARY_BYTES:].split(b"\0", 1)[0])
            except (ValueError, RecursionError):
                continue
            if isinstance(header, dict):
                return header
    raise UnreadError(Reason.UNREADABLE)


def _find_key(source: ByteSource, header: Mapping[str, Any], password: bytes) -> bytes | None:
    for name, keyslot in [*header["keyslots"].items()][:_KEYSLOTS_MAX]:
        if keyslot["type"] != "luks2":
            continue
        key = _open_keyslot(source, keyslot, password)
        for digest in header["digests"].values():
            if name in digest["keyslots"] and _is_key(digest, key):
                return key
    return None


def _open_keyslot(source: ByteSource, keyslot: Mapping[str, Any], password: bytes) -> bytes:
    area, split = keyslot["area"], keyslot["af"]
    key_bytes, stripes = int(keyslot["key_size"]), int(split["stripes"])
    size_bytes = -(-key_bytes * stripes // SECTOR_BYTES) * SECTOR_BYTES
    if not 0 < key_bytes <= _KEY_BYTES_MAX or not 0 < size_bytes <= _AREA_BYTES_MAX:
        raise UnreadError(Reason.UNREADABLE)
    if area["encryption"] != "aes-xts-plain64":
        raise UnreadError(Reason.UNSUPPORTED)
    derived = _derive(keyslot["kdf"], password, int(area["key_size"]))
    raw = source.read_at(int(area["offset"]), size_bytes)
    if len(raw) < size_bytes:
        raise UnreadError(Reason.TRUNCATED)
    split_key = EncryptedSectors(MemoryRange(raw), derived).read_at(0, size_bytes)
    return merge_stripes(split_key[: key_bytes * stripes], key_bytes, split["hash"])


def _derive(kdf: Mapping[str, Any], password: bytes, size_bytes: int) -> bytes:
    salt = base64.b64decode(kdf["salt"])
    if kdf["type"] == "pbkdf2":
        return _pbkdf2(kdf, password, salt, size_bytes)
    makers: dict[str, type[Argon2i | Argon2id]] = {"argon2id": Argon2id, "argon2i": Argon2i}
    passes, memory_kib = int(kdf["time"]), int(kdf["memory"])
    if kdf["type"] not in makers or memory_kib > _MEMORY_KIB_MAX or passes * memory_kib > _WORK_KIB_MAX:
        raise UnreadError(Reason.UNSUPPORTED)
    maker = makers[kdf["type"]]
    try:
        return maker(
            salt=salt, length=size_bytes, iterations=passes, lanes=int(kdf["cpus"]), memory_cost=memory_kib
        ).derive(password)
    except UnsupportedAlgorithm as error:
        raise UnreadError(Reason.READER_NOT_INSTALLED) from error


def _pbkdf2(stated: Mapping[str, Any], secret: bytes, salt: bytes, size_bytes: int) -> bytes:
    iterations = int(stated["iterations"])
    if iterations > _ITERATIONS_MAX:
        raise UnreadError(Reason.UNSUPPORTED)
    return hashlib.pbkdf2_hmac(stated["hash"], secret, salt, iterations, size_bytes)


def _is_key(digest: Mapping[str, Any], key: bytes) -> bool:
    expected = base64.b64decode(digest["digest"])
    made = _pbkdf2(digest, key, base64.b64decode(digest["salt"]), len(expected))
    return hmac.compare_digest(made, expected)
