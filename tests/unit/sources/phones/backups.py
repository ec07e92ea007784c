"""Backups of phones, written as their published formats say."""

import hashlib
import io
import plistlib
import sqlite3
import tarfile
import zlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

__all__ = ["android_backup", "itunes_manifest", "make_itunes_backup", "tar_of"]

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


def make_itunes_backup(
    folder: Path, files: Mapping[tuple[str, str], bytes], *, password: str, old: bool = False
) -> dict[tuple[str, str], Path]:
    """Write an encrypted backup, and give where each file lies; those of empty content are named and not there."""
    class_key, file_key, index_key = b"\xc1" * 32, b"\xf1" * 32, b"\xa1" * 32
    common = {b"VERS": _int(3), b"TYPE": _int(1), b"UUID": b"u" * 16, b"SALT": b"s" * 20, b"ITER": _int(30)}
    secret = password.encode()
    if not old:
        common |= {b"DPSL": b"d" * 20, b"DPIC": _int(40)}
        secret = hashlib.pbkdf2_hmac("sha256", secret, b"d" * 20, 40, 32)
    passcode = hashlib.pbkdf2_hmac("sha1", secret, b"s" * 20, 30, 32)
    of_class = {b"UUID": b"v" * 16, b"CLAS": _int(3), b"WRAP": _int(2), b"KTYP": _int(0)}
    of_class[b"WPKY"] = aes_key_wrap(passcode, class_key)
    bag = b"".join(tag + _int(len(value)) + value for part in (common, of_class) for tag, value in part.items())
    locked = {key: (3).to_bytes(4, "little") + aes_key_wrap(class_key, key) for key in (file_key, index_key)}
    manifest = {"BackupKeyBag": bag, "IsEncrypted": True, "ManifestKey": locked[index_key], "Version": "10.0"}
    folder.mkdir(parents=True)
    (folder / "Manifest.plist").write_bytes(plistlib.dumps(manifest, fmt=plistlib.FMT_BINARY))
    places = {}
    with closing(sqlite3.connect(":memory:")) as index:
        index.execute(
            "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INT, file BLOB)"
        )
        for (domain, path), data in files.items():
            name = hashlib.sha1(f"{domain}-{path}".encode()).hexdigest()
            archive = _archived(len(data), locked[file_key])
            index.execute("INSERT INTO Files VALUES (?, ?, ?, 1, ?)", (name, domain, path, archive))
            place = places[domain, path] = folder / name[:2] / name
            place.parent.mkdir(exist_ok=True)
            if data:
                place.write_bytes(_encrypt(file_key, bytes(16), data))
        index.execute("INSERT INTO Files VALUES ('00', 'HomeDomain', 'Library', 2, NULL)")
        index.commit()
        packed = index.serialize()
    (folder / "Manifest.db").write_bytes(_encrypt(index_key, bytes(16), packed)[: len(packed)])
    return places


def _archived(size_bytes: int, locked_key: bytes) -> bytes:
    objects = ["$null", {"Size": size_bytes, "EncryptionKey": plistlib.UID(2), "LastModified": 1_700_000_000}]
    archive = {"$top": {"root": plistlib.UID(1)}, "$objects": [*objects, {"NS.data": locked_key}], "$version": 100_000}
    return plistlib.dumps({**archive, "$archiver": "NSKeyedArchiver"}, fmt=plistlib.FMT_BINARY)


def _int(value: int) -> bytes:
    return value.to_bytes(4, "big")
