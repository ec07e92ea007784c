"""From a password to the master key of a volume of FileVault 2, and where the keys of a system's volume are kept.

Formats: Omar Choudary and Joachim Metz, "FileVault Drive Encryption (FVDE)"; RFC 3394 (wrapped keys).
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator

import pyfshfs
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from unseen.model import ByteSource, UnreadError
from unseen.sources.disks.encryption.sectors import decrypt_xts
from unseen.sources.disks.partitions import read_tables
from unseen.sources.filesystems.asking import View, ask
from unseen.sources.filesystems.recognition import is_hfs
from unseen.sources.layers import Part

__all__ = ["find_master_key", "root_keys"]

# macOS alternates between three folders of the partition that it is started from.
_ROOT_KEYS = tuple(
    f"/com.apple.boot.{each}/System/Library/Caches/com.apple.corestorage/EncryptedRoot.plist.wipekey" for each in "PRS"
)
_FILE_BYTES_MAX, _HEAD_BYTES = 1 << 20, 2_048
_WRAPPED = re.compile(rb"<key>(PassphraseWrappedKEKStruct|KEKWrappedVolumeKeyStruct)</key>\s*<data[^>]*>([^<]*)</data>")
# Some 40,000 to 100,000 on real volumes; a user with more would hold up whoever tries.
_ROUNDS_MAX, _USERS_MAX = 5_000_000, 64


def find_master_key(lists: Iterable[bytes], passwords: Iterable[str]) -> bytes | None:
    """Find the key that sectors are encrypted with.

    Args:
        lists: Property lists that hold it, wrapped.
        passwords: Of users, and recovery keys with their dashes.

    Returns:
        16 bytes, verified by what they were wrapped in; None where no password opens any.
    """
    tried = [each.encode("utf-8", "surrogateescape") for each in passwords]
    for text in lists:
        users, volumes = _wrapped_in(text)
        for user in users[:_USERS_MAX]:
            rounds = int.from_bytes(user[168:172], "little")
            if not 0 < rounds <= _ROUNDS_MAX:
                continue
            for password in tried:
                between = _unwrapped(hashlib.pbkdf2_hmac("sha256", password, user[8:24], rounds, 16), user[32:56])
                for volume in volumes if between else ():
                    if between and (key := _unwrapped(between, volume[8:32])):
                        return key
    return None


def root_keys(source: ByteSource, key: bytes) -> Iterator[bytes]:
    """Find the keys of a system's volume on the other partitions of its disk, and decrypt the files.

    Args:
        source: The partition with the volume.
        key: Of its group.
    """
    if not isinstance(source, Part):
        return
    table = read_tables(source.whole)
    for extent in table.extents if table else ():
        part = Part(source.whole, extent.offset, extent.size_bytes)
        for path in _ROOT_KEYS:
            try:
                data = _file(part, path)
            except UnreadError:
                continue
            if data:
                yield decrypt_xts(key + bytes(16), 0, data)


def _file(part: Part, path: str) -> bytes:
    if not is_hfs(part.read_at(0, _HEAD_BYTES), part):
        return b""
    view, volume = View(part), pyfshfs.volume()
    ask(view, lambda: volume.open_file_object(view))
    file = ask(view, lambda: volume.get_file_entry_by_path(path))
    size = ask(view, lambda: int(file.size))
    return bytes(ask(view, lambda: file.read_buffer(size))) if 16 <= size <= _FILE_BYTES_MAX else b""


def _wrapped_in(text: bytes) -> tuple[list[bytes], list[bytes]]:
    """What passwords open, and what is opened by that."""
    found: dict[bytes, list[bytes]] = {}
    for name, digits in _WRAPPED.findall(text):
        try:
            data = base64.b64decode(bytes(digits))
        except ValueError:
            continue
        found.setdefault(bytes(name), []).append(data)
    users = [each for each in found.get(b"PassphraseWrappedKEKStruct", []) if len(each) >= 172]
    return users, [each for each in found.get(b"KEKWrappedVolumeKeyStruct", []) if len(each) >= 32]


def _unwrapped(key: bytes, wrapped: bytes) -> bytes | None:
    try:
        return aes_key_unwrap(key, wrapped)
    except InvalidUnwrap:
        return None
