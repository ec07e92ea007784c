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

__all__ = ["android_backup", "blob_name", "itunes_manifest", "make_itunes_backup", "make_old_backup", "tar_of"]

ROUNDS = 50
_FILE_KEY, _INDEX_KEY = b"\xf1" * 32, b"\xa1" * 32


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
    folder: Path, files: Mapping[tuple[str, str], bytes], *, password: str | None, old: bool = False
) -> dict[tuple[str, str], Path]:
    """Write a backup, encrypted if with a password, and give where each file lies.

    Files of empty content are named and not there; `old` ones have one round of derivation.
    """
    manifest, locked = _lock(password, old=old)
    folder.mkdir(parents=True)
    (folder / "Manifest.plist").write_bytes(plistlib.dumps(manifest, fmt=plistlib.FMT_BINARY))
    places = {}
    with closing(sqlite3.connect(":memory:")) as index:
        index.execute(
            "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INT, file BLOB)"
        )
        for (domain, path), data in files.items():
            name = blob_name(domain, path)
            archive = _archived(len(data), None if password is None else locked[_FILE_KEY])
            index.execute("INSERT INTO Files VALUES (?, ?, ?, 1, ?)", (name, domain, path, archive))
            place = places[domain, path] = folder / name[:2] / name
            place.parent.mkdir(exist_ok=True)
            if data:
                place.write_bytes(data if password is None else _encrypt(_FILE_KEY, bytes(16), data))
        index.execute("INSERT INTO Files VALUES ('00', 'HomeDomain', 'Library', 2, NULL)")
        index.commit()
        packed = index.serialize()
    written = packed if password is None else _encrypt(_INDEX_KEY, bytes(16), packed)[: len(packed)]
    (folder / "Manifest.db").write_bytes(written)
    return places


def make_old_backup(folder: Path, files: Mapping[tuple[str, str], bytes], *, password: str | None) -> None:
    """Write a backup as iTunes made it before iOS 10: all files at the top, named in Manifest.mbdb."""
    manifest, locked = _lock(password, old=True)
    folder.mkdir(parents=True)
    (folder / "Manifest.plist").write_bytes(plistlib.dumps(manifest, fmt=plistlib.FMT_BINARY))
    rows = [_record("HomeDomain", "Library", 0x41ED, 0, b"")]
    for (domain, path), data in files.items():
        key = b"" if password is None else locked[_FILE_KEY]
        rows.append(_record(domain, path, 0x81A4, len(data), key))
        if data:
            written = data if password is None else _encrypt(_FILE_KEY, bytes(16), data)
            (folder / blob_name(domain, path)).write_bytes(written)
    (folder / "Manifest.mbdb").write_bytes(b"mbdb\5\0" + b"".join(rows))


def blob_name(domain: str, path: str) -> str:
    """What a backup calls a file."""
    return hashlib.sha1(f"{domain}-{path}".encode()).hexdigest()


def _record(domain: str, path: str, mode: int, size_bytes: int, key: bytes) -> bytes:
    texts = (domain.encode(), path.encode(), None, b"\x01" * 20, key or None)
    packed = b"".join(b"\xff\xff" if text is None else len(text).to_bytes(2, "big") + text for text in texts)
    packed += mode.to_bytes(2, "big") + bytes(16) + 3 * (1_700_000_000).to_bytes(4, "big")
    return packed + size_bytes.to_bytes(8, "big") + bytes([3, 1]) + b"\0\1n\0\1v"


def _lock(password: str | None, *, old: bool) -> tuple[dict[str, object], dict[bytes, bytes]]:
    """The members of Manifest.plist, and the keys of files and index as the password locks them."""
    class_key = b"\xc1" * 32
    common = {b"VERS": _int(3), b"TYPE": _int(1), b"UUID": b"u" * 16, b"SALT": b"s" * 20, b"ITER": _int(30)}
    secret = (password or "").encode()
    if not old:
        common |= {b"DPSL": b"d" * 20, b"DPIC": _int(40)}
        secret = hashlib.pbkdf2_hmac("sha256", secret, b"d" * 20, 40, 32)
    passcode = hashlib.pbkdf2_hmac("sha1", secret, b"s" * 20, 30, 32)
    of_class = {b"UUID": b"v" * 16, b"CLAS": _int(3), b"WRAP": _int(2), b"KTYP": _int(0)}
    of_class[b"WPKY"] = aes_key_wrap(passcode, class_key)
    bag = b"".join(tag + _int(len(value)) + value for part in (common, of_class) for tag, value in part.items())
    locked = {key: (3).to_bytes(4, "little") + aes_key_wrap(class_key, key) for key in (_FILE_KEY, _INDEX_KEY)}
    manifest = {"BackupKeyBag": bag, "IsEncrypted": password is not None, "Version": "10.0"}
    return {**manifest, "ManifestKey": locked[_INDEX_KEY]}, locked


def _archived(size_bytes: int, locked_key: bytes | None) -> bytes:
    root = {"Size": size_bytes, "LastModified": 1_700_000_000}
    objects = ["$null", root]
    if locked_key is not None:
        objects = ["$null", {**root, "EncryptionKey": plistlib.UID(2)}, {"NS.data": locked_key}]
    archive = {"$top": {"root": plistlib.UID(1)}, "$objects": objects, "$version": 100_000}
    return plistlib.dumps({**archive, "$archiver": "NSKeyedArchiver"}, fmt=plistlib.FMT_BINARY)


def _int(value: int) -> bytes:
    return value.to_bytes(4, "big")
