"""Checkpoints (C2SP tlog-checkpoint), their signatures, and the statement by which one key hands over to the next.

Signatures are dispatched on the kind of the key that is trusted: plain Ed25519 (0x01), and the cosignatures of C2SP
tlog-cosignature with Ed25519 (0x04) or ML-DSA-44 (0x06). A signature of a key that nobody trusts is never an argument.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from unseen.errors import LedgerBrokenError, MalformedError
from unseen.ledger import canonical
from unseen.ledger.merkle import EMPTY_ROOT, HASH_BYTES
from unseen.ledger.note import KeyKind, Malformed, Note, Signature, VerifierKey, from_base64, to_base64

__all__ = [
    "ROTATION_FIRST_LINE",
    "Checkpoint",
    "Signed",
    "cosigned_message",
    "follow_rotations",
    "rotation_text",
    "statement_in",
    "verify_rotation",
    "verify_signatures",
]

ROTATION_FIRST_LINE = "unseen-key-rotation/v1"
# How canonical JSON writes this member; entries without these bytes need not be read to follow the keys.
_ROTATED = b'"type":"key_rotated"'
# Tile levels end at 63, but no index needs more bits than this, and JSON readers stay exact up to it.
_SIZE_MAX = 2**53 - 1
# Cosignatures: a POSIX time in 64 bits goes before the signature.
_TIME_BYTES = 8
_ML_DSA_LABEL = b"subtree/v1\n\x00"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a ledger: whose, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint. Extension lines are refused: nothing here writes or could audit them.

        Raises:
            MalformedError: With a reason of `Malformed`.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1]:
            raise MalformedError("checkpoint", Malformed.ROOT)
        origin, size, root = lines[:3]
        if not origin:
            raise MalformedError("checkpoint", Malformed.ORIGIN)
        plain = size.isascii() and size.isdecimal() and len(size) <= 16 and str(int(size)) == size
        if not plain or int(size) > _SIZE_MAX:
            raise MalformedError("checkpoint", Malformed.SIZE)
        found = cls(origin, int(size), from_base64(root, "checkpoint"))
        if len(found.root) != HASH_BYTES or (found.size == 0 and found.root != EMPTY_ROOT):
            raise MalformedError("checkpoint", Malformed.ROOT)
        if len(lines) > 4:
            raise MalformedError("checkpoint", Malformed.EXTENSION)
        return found

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Signed:
    """What the signatures of a note came to, under given keys."""

    by: tuple[VerifierKey, ...]
    """Keys whose signature holds, in the order in which they were given."""
    times_unix_s: tuple[int | None, ...]
    """When each of them says to have signed; None where its kind says no time."""
    unsupported: tuple[VerifierKey, ...]
    """Keys that signed, but in a kind that this installation cannot check."""
    unknown: int
    """How many further signatures there are, of keys that were not given; they were ignored."""


def verify_signatures(note: Note, keys: Iterable[VerifierKey]) -> Signed:
    """Check every signature of the given keys on a note.

    Raises:
        LedgerBrokenError: A signature that says to be of one of the keys does not hold. None holding is not an error
            here: see `Signed.by`.
        MalformedError: An ML-DSA-44 key signed something that is not a checkpoint.
    """
    by: list[VerifierKey] = []
    times: list[int | None] = []
    unsupported: list[VerifierKey] = []
    known = 0
    for key in dict.fromkeys(keys):
        signatures = note.signed_by(key)
        known += len(signatures)
        for signature in signatures:
            supported, time = _verify(note, key, signature)
            if not supported:
                unsupported.append(key)
            elif key not in by:
                by.append(key)
                times.append(time)
    return Signed(tuple(by), tuple(times), tuple(unsupported), len(note.signatures) - known)


def cosigned_message(note_text: str, kind: int, name: str, time_unix_s: int) -> bytes:
    """The bytes that a cosignature of a kind signs (C2SP tlog-cosignature)."""
    if kind == KeyKind.COSIGNATURE_ED25519:
        return f"cosignature/v1\ntime {time_unix_s}\n{note_text}".encode()
    head = Checkpoint.parse(note_text)
    parts = [_ML_DSA_LABEL]
    for text, after in ((name, time_unix_s), (head.origin, 0)):
        raw = text.encode()
        if not 0 < len(raw) < 256:
            raise MalformedError("cosignature", Malformed.KEY_NAME)
        parts += [bytes([len(raw)]), raw, after.to_bytes(8, "big")]
    return b"".join([*parts, head.size.to_bytes(8, "big"), head.root])


def rotation_text(origin: str, old: VerifierKey, new: VerifierKey) -> str:
    """What both keys sign when one hands over to the other."""
    return f"{ROTATION_FIRST_LINE}\n{origin}\n{old}\n{new}\n"


def verify_rotation(statement: bytes, origin: str, trusted: VerifierKey) -> VerifierKey:
    """Check that a trusted key handed a ledger over; returns the key that follows it.

    Raises:
        LedgerBrokenError: The statement is of another ledger or key, or is not signed by both keys.
        MalformedError: It is not a rotation statement.
    """
    note = Note.parse(statement, "rotation statement")
    lines = note.text.split("\n")
    if len(lines) != 5 or lines[0] != ROTATION_FIRST_LINE:
        raise MalformedError("rotation statement", Malformed.FIRST_LINE)
    new = VerifierKey.parse(lines[3])
    if note.text != rotation_text(origin, trusted, new):
        raise LedgerBrokenError(f"the rotation statement does not speak of {origin} and key {trusted.id.hex()}")
    if set(verify_signatures(note, (trusted, new)).by) != {trusted, new}:
        raise LedgerBrokenError("the rotation statement is not signed by both keys")
    return new


def statement_in(entry: bytes) -> list[bytes]:
    """The statement of a rotation record; none in an entry that is none, or only mentions those words."""
    if _ROTATED not in entry:
        return []
    match canonical.parse(entry):
        case {"type": "key_rotated", "statement": str(statement)}:
            return [statement.encode()]
        case _:
            return []


def follow_rotations(key: VerifierKey, origin: str, statements: Sequence[bytes]) -> tuple[VerifierKey, int]:
    """Go from a trusted key to the last one that it handed over to.

    Args:
        key: That is trusted.
        origin: Of the ledger.
        statements: Of its rotation records, in their order.

    Returns:
        The last key, and how many times a key handed over on the way.

    Raises:
        LedgerBrokenError: A statement about one of these keys is not signed by both.
        MalformedError: Such a statement is malformed.
    """
    steps = 0
    for statement in statements:
        # A pinned key may be newer than the first rotations; those of other keys say nothing about it.
        if statement.decode().split("\n")[2:3] == [str(key)]:
            key, steps = verify_rotation(statement, origin, key), steps + 1
    return key, steps


def _verify(note: Note, key: VerifierKey, signature: Signature) -> tuple[bool, int | None]:
    """Whether this installation can check a signature, and the time it carries; one that does not hold raises."""
    time: int | None = None
    raw, message = signature.value, note.text.encode()
    if key.kind in {KeyKind.COSIGNATURE_ED25519, KeyKind.COSIGNATURE_ML_DSA_44}:
        time, raw = int.from_bytes(raw[:_TIME_BYTES], "big"), raw[_TIME_BYTES:]
        if time >= 1 << 63:
            raise MalformedError("cosignature", Malformed.SIGNATURE_LINE)
        message = cosigned_message(note.text, key.kind, key.name, time)
    try:
        match key.kind:
            case KeyKind.ED25519 | KeyKind.COSIGNATURE_ED25519:
                Ed25519PublicKey.from_public_bytes(key.public).verify(raw, message)
            case KeyKind.COSIGNATURE_ML_DSA_44:
                # Imported only here: installations with an older cryptography know nothing of it.
                from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

                MLDSA44PublicKey.from_public_bytes(key.public).verify(raw, message)
            case _:
                return False, None
    except (ImportError, UnsupportedAlgorithm):
        return False, None
    except (InvalidSignature, ValueError) as error:
        raise LedgerBrokenError(
            f"the signature of {key.name} (key {key.id.hex()}) does not hold",
            hint="the note was altered, or signed by somebody else's key",
        ) from error
    return True, time
