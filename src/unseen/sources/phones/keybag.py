"""The bag of keys in an encrypted backup by iTunes or the Finder: a password opens it, and it opens the files.

Source of the format: Apple Platform Security, "Keybags for Data Protection"; the layout as J. Bédrune and J. Sigwald
published it (Hack in the Box Amsterdam, 2011), and the two rounds of derivation that iOS 10.2 brought.
"""

import hashlib
import plistlib
from collections.abc import Iterator, Mapping
from typing import Any
from xml.parsers.expat import ExpatError

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from unseen.model import Reason, UnreadError

__all__ = ["Keys", "read_manifest"]

# iOS takes ten million for the first round, some seconds of a core; a bag may ask for years.
_ROUNDS_MAX = 20_000_000
_KEY_BYTES = 32
# In the mask `WRAP`: locked with the password.
_BY_PASSWORD = 2
# What plistlib raises of damaged lists.
_DAMAGE = (ValueError, TypeError, LookupError, OverflowError, RecursionError, ExpatError)


def read_manifest(data: bytes) -> Mapping[str, Any]:
    """The members of a Manifest.plist.

    Raises:
        UnreadError: It is none.
    """
    try:
        manifest = plistlib.loads(data)
        if isinstance(manifest, dict) and isinstance(manifest["BackupKeyBag"], bytes) and "IsEncrypted" in manifest:
            return manifest
    except _DAMAGE as error:
        raise UnreadError(Reason.UNREADABLE) from error
    raise UnreadError(Reason.UNREADABLE)


class Keys:
    """Keys of the classes of protection, by number of the class."""

    def __init__(self, by_class: Mapping[int, bytes]) -> None:
        self._by_class = by_class

    @classmethod
    def open(cls, bag: bytes, passwords: tuple[str, ...]) -> "Keys | None":
        """Open a bag with the first password that fits; None where none does."""
        common, classes = _read_bag(bag)
        for password in passwords:
            passcode = _derive(common, password)
            by_class = {number: key for number, locked in classes if (key := _unwrap(passcode, locked)) is not None}
            if by_class:
                return cls(by_class)
        return None

    def unwrap(self, locked: bytes) -> bytes | None:
        """The key of a file, locked as `class, wrapped key`; None where this bag does not open it."""
        key = self._by_class.get(int.from_bytes(locked[:4], "little"))
        return None if key is None else _unwrap(key, locked[4:])


def _read_bag(bag: bytes) -> tuple[dict[bytes, bytes], list[tuple[int, bytes]]]:
    """What holds for all of it, and of each class that the password locks its number and locked key."""
    common: dict[bytes, bytes] = {}
    classes: list[dict[bytes, bytes]] = []
    for tag, value in _fields(bag):
        # The second identifier begins the first class.
        if tag == b"UUID" and b"UUID" in common:
            classes.append({})
        (classes[-1] if classes else common)[tag] = value
    locked = [
        (int.from_bytes(each[b"CLAS"], "big"), each[b"WPKY"])
        for each in classes
        if {b"CLAS", b"WPKY", b"WRAP"} <= each.keys() and int.from_bytes(each[b"WRAP"], "big") & _BY_PASSWORD
    ]
    return common, locked


def _fields(bag: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(bag):
        size = int.from_bytes(bag[at + 4 : at + 8], "big")
        yield bag[at : at + 4], bag[at + 8 : at + 8 + size]
        at += 8 + size


def _derive(common: Mapping[bytes, bytes], password: str) -> bytes:
    secret = password.encode("utf-8", "surrogateescape")
    for digest, salt, rounds in (("sha256", b"DPSL", b"DPIC"), ("sha1", b"SALT", b"ITER")):
        if digest == "sha256" and salt not in common:
            # Before iOS 10.2.
            continue
        count = int.from_bytes(common.get(rounds, b""), "big")
        if not 1 <= count <= _ROUNDS_MAX:
            raise UnreadError(Reason.UNREADABLE)
        secret = hashlib.pbkdf2_hmac(digest, secret, common.get(salt, b""), count, _KEY_BYTES)
    return secret


def _unwrap(key: bytes, locked: bytes) -> bytes | None:
    try:
        return aes_key_unwrap(key, locked)
    except (InvalidUnwrap, ValueError):
        return None
