"""Signed notes and verifier keys (C2SP signed-note): text, a blank line, and one line for each signature.

Which text a key of a given kind signs is said in `unseen.ledger.checkpoint`; secrets are in `unseen.ledger.keys`.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hashlib import sha256

from unseen.errors import MalformedError

__all__ = [
    "NOTE_BYTES_MAX",
    "SIGNATURES_MAX",
    "KeyKind",
    "Malformed",
    "Note",
    "Signature",
    "VerifierKey",
    "from_base64",
    "key_id",
    "to_base64",
]

# Verifiers must take at least 16 signatures, and post-quantum ones have up to 5 kB: this is room for 64 such.
SIGNATURES_MAX = 64
NOTE_BYTES_MAX = 512 * 1024

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID_BYTES = 4
# Bytes of the public key, by kind. A kind that is not here is unknown: its keys can be named but verify nothing.
_PUBLIC_BYTES = {1: 32, 4: 32, 6: 1312}


class KeyKind(IntEnum):
    """Signature types that this program knows, by their assigned bytes."""

    ED25519 = 0x01
    COSIGNATURE_ED25519 = 0x04
    COSIGNATURE_ML_DSA_44 = 0x06


class Malformed(StrEnum):
    """Why bytes are not a signed note, a checkpoint, a key or a proof."""

    TOO_LONG = "too_long"
    NOT_UTF8 = "not_utf8"
    CONTROL_CHARACTER = "control_character"
    NO_SIGNATURE = "no_signature"
    SIGNATURE_LINE = "signature_line"
    TOO_MANY_SIGNATURES = "too_many_signatures"
    KEY_NAME = "key_name"
    KEY_ID = "key_id"
    KEY_LENGTH = "key_length"
    KEY_LINE = "key_line"
    BASE64 = "base64"
    ORIGIN = "origin"
    SIZE = "size"
    ROOT = "root"
    EXTENSION = "extension"
    FIRST_LINE = "first_line"
    INDEX = "index"
    PROOF_LENGTH = "proof_length"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key: who, which kind (the signature type byte), and the key's bytes. Its text is a vkey."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey: NAME+ID+KEY, the id in eight hexadecimal digits, kind byte and key in base 64.

        Raises:
            MalformedError: With a reason of `Malformed`.
        """
        parts = text.removesuffix("\n").split("+", 2)
        if len(parts) != 3:
            raise MalformedError("public key", Malformed.KEY_LINE)
        name, identity, material = parts
        _check_name(name, "public key")
        key = from_base64(material, "public key")
        if len(key) < 2 or len(key) - 1 != _PUBLIC_BYTES.get(key[0], len(key) - 1):
            raise MalformedError("public key", Malformed.KEY_LENGTH)
        found = cls(name, key[0], key[1:])
        if found.id.hex() != identity:
            raise MalformedError("public key", Malformed.KEY_ID)
        return found

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    @property
    def id(self) -> bytes:
        """The four bytes by which signatures name this key."""
        return key_id(self.name, self.kind, self.public)


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a note: who says to have signed, with which key, and the bytes of the signature."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"— {self.name} {to_base64(self.key_id + self.value)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a line feed, and its signatures. The text is worth nothing until one of them verifies."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes, what: str = "signed note") -> "Note":
        """Take a signed note apart, strictly: printing it gives the same bytes.

        Raises:
            MalformedError: With a reason of `Malformed`.
        """
        if len(data) > NOTE_BYTES_MAX:
            raise MalformedError(what, Malformed.TOO_LONG)
        try:
            whole = data.decode()
        except UnicodeDecodeError as error:
            raise MalformedError(what, Malformed.NOT_UTF8) from error
        if _CONTROLS.search(whole):
            raise MalformedError(what, Malformed.CONTROL_CHARACTER)
        # The last empty line parts them: the text itself may hold empty lines.
        text, blank, below = whole.rpartition("\n\n")
        if not blank or not below.endswith("\n"):
            raise MalformedError(what, Malformed.NO_SIGNATURE)
        lines = below[:-1].split("\n")
        if len(lines) > SIGNATURES_MAX:
            raise MalformedError(what, Malformed.TOO_MANY_SIGNATURES)
        return cls(text + "\n", tuple(_parse_signature(line, what) for line in lines))

    def to_bytes(self) -> bytes:
        """The note as it is stored."""
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode()

    def signed_by(self, key: VerifierKey) -> list[Signature]:
        """The signatures that say to be of a key; name and id must both agree."""
        return [one for one in self.signatures if (one.name, one.key_id) == (key.name, key.id)]


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The id of a key, as C2SP signed-note recommends it."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:_KEY_ID_BYTES]


def to_base64(data: bytes) -> str:
    """Standard base 64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode()


def from_base64(text: str, what: str) -> bytes:
    """Read base 64; text that is not the one printing of its bytes is refused.

    Raises:
        MalformedError: Always with the reason `base64`.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise MalformedError(what, Malformed.BASE64) from error
    # Unused bits before the padding could otherwise be flipped unseen.
    if to_base64(data) != text:
        raise MalformedError(what, Malformed.BASE64)
    return data


def _parse_signature(line: str, what: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise MalformedError(what, Malformed.SIGNATURE_LINE)
    _check_name(parts[1], what)
    value = from_base64(parts[2], what)
    if len(value) <= _KEY_ID_BYTES:
        raise MalformedError(what, Malformed.SIGNATURE_LINE)
    return Signature(parts[1], value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:])


def _check_name(name: str, what: str) -> None:
    if not name or "+" in name or any(c.isspace() for c in name) or _CONTROLS.search(name):
        raise MalformedError(what, Malformed.KEY_NAME)
