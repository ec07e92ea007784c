"""The custodian's key to the contents that are kept: outside the store, beside the key that signs its ledger.

ORIGIN.contents   the secret, readable by its owner only

Whoever has it and the store can read every content that is kept; who has either alone can read none. It encrypts the
keys of contents, each of which encrypts one file, so that a content goes when its own key does.
"""

import os
import stat
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from unseen.errors import SigningKeyError
from unseen.ledger.tiles import read_limited, sync_folder, write_whole
from unseen.store import KEY_BYTES

__all__ = ["ContentKey", "load_content_key", "make_content_key"]

_PREFIX = "UNSEEN+CONTENTS+KEY+"
_NONCE_BYTES = 12
_FILE_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True)
class ContentKey:
    """A key of 32 random bytes that encrypts the keys of contents."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """Eight bytes that tell keys apart, and say nothing about the key."""
        return sha256(b"unseen contents key\0" + self.secret).digest()[:8]

    def wrap(self, key: bytes, *, belongs_to: bytes) -> bytes:
        """Encrypt the key of a content: a random nonce, and what ChaCha20-Poly1305 makes of the key."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + ChaCha20Poly1305(self.secret).encrypt(nonce, key, belongs_to)

    def unwrap(self, wrapped: bytes, *, belongs_to: bytes) -> bytes:
        """Decrypt the key of a content.

        Raises:
            SigningKeyError: It was encrypted by another key, for another content, or altered.
        """
        try:
            return ChaCha20Poly1305(self.secret).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], belongs_to)
        except (InvalidTag, ValueError) as error:
            raise SigningKeyError("the key of a content is not what it was") from error


def load_content_key(folder: Path, origin: str) -> ContentKey | None:
    """The key to the contents of a store; None where there is none yet.

    Raises:
        SigningKeyError: Others than its owner can read it, or it is no such key.
    """
    path = folder / f"{origin}.contents"
    data = read_limited(path, _FILE_BYTES_MAX)
    if data is None:
        return None
    status = path.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) & 0o077:
        raise SigningKeyError(
            f"{path} is open to others: mode {stat.S_IMODE(status.st_mode):04o}",
            hint="if nobody else can have read it: chmod 600",
        )
    try:
        secret = b64decode(data.decode().removesuffix("\n").removeprefix(_PREFIX), validate=True)
    except ValueError:
        secret = b""
    if not data.startswith(_PREFIX.encode()) or len(secret) != KEY_BYTES:
        raise SigningKeyError(f"{path} is no key to contents")
    return ContentKey(secret)


def make_content_key(folder: Path, origin: str) -> ContentKey:
    """Give the key to the contents of a store, made where there is none.

    Raises:
        SigningKeyError: It cannot be trusted.
        StoreError: The folder cannot be written.
    """
    if (key := load_content_key(folder, origin)) is not None:
        return key
    made = ContentKey(os.urandom(KEY_BYTES))
    write_whole(folder / f"{origin}.contents", f"{_PREFIX}{b64encode(made.secret).decode()}\n".encode(), mode=0o600)
    sync_folder(folder)
    return made
