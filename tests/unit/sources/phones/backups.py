"""Backups of phones, written as their published formats say."""

import hashlib
import io
import plistlib
import tarfile
import zlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

__all__ = ["android_backup", "itunes_manifest", "tar_of"]

ROUNDS = 50


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """A tar archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def android_backup(tar: bytes, *, version: int = 5, is_packed: bool = True, password: str | None = None) -> bytes:
    """What `adb backup` writes of a tar archive."""
    data = zlib.compress(tar) if is_packed else tar
    lines = ["ANDROID BACKUP", str(version), str(int(is_packed)), "none" if password is None else "AES-256"]
    if password is None:
        return "\n".join(lines).encode() + b"\n" + data
    salt, check_salt = b"\x81" * 64, b"\x92" * 64
    user_vector, vector, key = b"\xa3" * 16, b"\xb4" * 16, bytes(range(112, 144))
    spelled = password.encode() if version > 1 else bytes(ord(letter) & 0xFF for letter in password)
    java = "".join(chr(byte if byte < 0x80 else 0xFF00 | byte) for byte in key).encode() if version > 1 else key
    checksum = hashlib.pbkdf2_hmac("sha1", java, check_salt, ROUNDS, 32)
    blob = bytes([16]) + vector + bytes([32]) + key + bytes([32]) + checksum
    user_key = hashlib.pbkdf2_hmac("sha1", spelled, salt, ROUNDS, 32)
    locked = _encrypt(user_key, user_vector, blob)
    lines += [*(each.hex().upper() for each in (salt, check_salt)), str(ROUNDS)]
    lines += [each.hex().upper() for each in (user_vector, locked)]
    return "\n".join(lines).encode() + b"\n" + _encrypt(key, vector, data)


def _encrypt(key: bytes, vector: bytes, data: bytes) -> bytes:
    padding = 16 - len(data) % 16
    encryptor = Cipher(AES(key), CBC(vector)).encryptor()
    return encryptor.update(data + bytes([padding]) * padding) + encryptor.finalize()


def itunes_manifest(*, is_encrypted: bool, form: plistlib.PlistFormat = plistlib.FMT_BINARY) -> bytes:
    """The Manifest.plist of a backup by iTunes."""
    applications = {f"org.example.app{number}": {"CFBundleVersion": str(number)} for number in range(2_000)}
    manifest = {"Applications": applications, "BackupKeyBag": b"VERS" + bytes(500), "IsEncrypted": is_encrypted}
    return plistlib.dumps({**manifest, "Version": "10.0"}, fmt=form)
