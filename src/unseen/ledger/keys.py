"""Signing keys: a folder outside the store with a secret, its public half and the last checkpoint it signed.

NAME.key          the secret, readable by its owner only
NAME.pub          its vkey; give it to whoever shall verify
NAME.checkpoint   the last checkpoint signed: an older store put back in place is noticed by it
NAME.ID.pub       vkeys of former keys, and NAME.ID.rotation: the statements that handed over from them
"""

import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from unseen.errors import MalformedError, SigningKeyError, UsageError
from unseen.ledger.checkpoint import cosigned_message, rotation_text, verify_rotation
from unseen.ledger.note import KeyKind, Malformed, Note, Signature, VerifierKey, from_base64, to_base64
from unseen.ledger.tiles import read_limited, sync_folder, write_whole

__all__ = ["SEED_BYTES", "KeyFolder", "SigningKey"]

SEED_BYTES = 32
# Names become file names and lines of notes: letters of both worlds only.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_SECRET_PREFIX = "PRIVATE+KEY+"  # noqa: S105  # the words before a secret, not a secret
_FILE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key that signs under a name; kind 0x01 signs checkpoints, kind 0x04 cosigns them."""

    name: str
    seed: bytes = field(repr=False)
    kind: KeyKind = KeyKind.ED25519

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or ".." in self.name:
            raise UsageError(
                f"a key cannot be named {self.name!r}", hint="small letters, digits, dot, dash, underscore"
            )
        if len(self.seed) != SEED_BYTES or self.kind == KeyKind.COSIGNATURE_ML_DSA_44:
            raise UsageError(f"an Ed25519 key is made from {SEED_BYTES} random bytes")

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """Read what `to_text` wrote.

        Raises:
            MalformedError: With a reason of `Malformed`.
        """
        parts = text.removesuffix("\n").removeprefix(_SECRET_PREFIX).split("+", 2)
        if not text.startswith(_SECRET_PREFIX) or len(parts) != 3:
            raise MalformedError("signing key", Malformed.KEY_LINE)
        raw = from_base64(parts[2], "signing key")
        if len(raw) != 1 + SEED_BYTES or raw[0] not in {KeyKind.ED25519, KeyKind.COSIGNATURE_ED25519}:
            raise MalformedError("signing key", Malformed.KEY_LENGTH)
        key = cls(parts[0], raw[1:], KeyKind(raw[0]))
        if key.public.id.hex() != parts[1]:
            raise MalformedError("signing key", Malformed.KEY_ID)
        return key

    def to_text(self) -> str:
        """The secret as one line, in the form of Go's note package. For a key file, and nothing else."""
        return f"{_SECRET_PREFIX}{self.name}+{self.public.id.hex()}+{to_base64(bytes([self.kind]) + self.seed)}\n"

    @property
    def public(self) -> VerifierKey:
        """The half that others verify with."""
        return VerifierKey(self.name, self.kind, self._secret().public_key().public_bytes_raw())

    def sign(self, text: str, *, time_unix_s: int | None = None) -> Signature:
        """Sign the text of a note. Keys of kind 0x04 need the time, those of kind 0x01 sign none."""
        if self.kind == KeyKind.ED25519:
            return Signature(self.name, self.public.id, self._secret().sign(text.encode()))
        if time_unix_s is None or not 0 <= time_unix_s < 2**63:
            raise UsageError("a cosignature states its time, in seconds since 1970")
        made = self._secret().sign(cosigned_message(text, self.kind, self.name, time_unix_s))
        return Signature(self.name, self.public.id, time_unix_s.to_bytes(8, "big") + made)

    def _secret(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """The folder in which the keys of this machine lie, one set of files for each name."""

    folder: Path

    def load(self, name: str) -> SigningKey | None:
        """The key of a name; None where there is none yet.

        Raises:
            SigningKeyError: Others than its owner can read it, or it is not a key file of that name.
        """
        path = self._path(name, "key")
        data = read_limited(path, _FILE_BYTES_MAX)
        if data is None:
            return None
        status = path.stat(follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) & 0o077:
            raise SigningKeyError(
                f"{path} is open to others: mode {stat.S_IMODE(status.st_mode):04o}",
                hint="if nobody else can have read it: chmod 600; otherwise rotate the key",
            )
        try:
            key = SigningKey.parse(data.decode())
        except (MalformedError, UsageError, UnicodeDecodeError) as error:
            raise SigningKeyError(f"{path} is not a key file") from error
        if key.name != name:
            raise SigningKeyError(f"{path} holds the key of {key.name}")
        return key

    def make(self, key: SigningKey) -> SigningKey:
        """Store a new key; returns it.

        Raises:
            SigningKeyError: There is a key of that name already, or the last checkpoint of a lost one.
            StoreError: The folder cannot be written.
        """
        if self.load(key.name) is not None:
            raise SigningKeyError(f"there is a key of {key.name} already", hint="rotate it")
        if self.last_seen(key.name) is not None:
            raise SigningKeyError(
                f"the key of {key.name} is lost: its last checkpoint is still there",
                hint="restore the key from its backup; a new one cannot go on with this ledger",
            )
        self._store(key)
        return key

    def rotate(self, key: SigningKey) -> bytes:
        """Replace the key of a name by another; returns the statement, signed by both, for the ledger.

        The old secret is overwritten in the folder; its public half and the statement stay. Only for whoever holds the
        lock of the ledger: see `unseen.ledger.LedgerWriter.rotate`.

        Raises:
            SigningKeyError: There is no key to hand over from.
        """
        old = self.load(key.name)
        if old is None or old == key:
            raise SigningKeyError(f"there is no other key of {key.name} to hand over from")
        text = rotation_text(key.name, old.public, key.public)
        statement = Note(text, (old.sign(text), key.sign(text))).to_bytes()
        former = f"{key.name}.{old.public.id.hex()}"
        write_whole(self.folder / f"{former}.rotation", statement)
        write_whole(self.folder / f"{former}.pub", f"{old.public}\n".encode())
        sync_folder(self.folder)
        self._store(key)
        return statement

    def publish(self, key: SigningKey) -> None:
        """Write the public half beside a key, where a process that died has left that of the key before it."""
        path, public = self._path(key.name, "pub"), f"{key.public}\n".encode()
        if read_limited(path, _FILE_BYTES_MAX) != public:
            write_whole(path, public)
            sync_folder(self.folder)

    def former(self, name: str) -> tuple[VerifierKey, ...]:
        """Public halves of the keys that this one follows."""
        self._path(name, "pub")
        found = sorted(self.folder.glob(f"{name}.{'[0-9a-f]' * 8}.pub")) if self.folder.is_dir() else []
        return tuple(VerifierKey.parse(path.read_text(encoding="utf-8")) for path in found)

    def rotations(self, name: str) -> tuple[bytes, ...]:
        """The statements that lead to the key as it is, oldest first: each must stand in the ledger.

        A process that died between a rotation and its record leaves one here that the ledger lacks yet. Statements
        towards keys that were never put to use lead nowhere and are left out.
        """
        key = self.load(name)
        before: dict[str, bytes] = {}
        for former in self.former(name):
            data = read_limited(self.folder / f"{name}.{former.id.hex()}.rotation", _FILE_BYTES_MAX)
            if data is not None:
                before[str(verify_rotation(data, name, former))] = data
        chain: list[bytes] = []
        at = "" if key is None else str(key.public)
        while at in before:
            chain.append(before.pop(at))
            at = chain[-1].decode().split("\n")[2]
        return tuple(reversed(chain))

    def last_seen(self, name: str) -> Note | None:
        """The last checkpoint that this machine signed under a name, or cosigned.

        Raises:
            MalformedError: The file was altered.
        """
        data = read_limited(self._path(name, "checkpoint"), _FILE_BYTES_MAX)
        return None if data is None else Note.parse(data, "last checkpoint seen")

    def remember(self, name: str, checkpoint: Note) -> None:
        """Keep a checkpoint as the last one seen."""
        write_whole(self._path(name, "checkpoint"), checkpoint.to_bytes())
        sync_folder(self.folder)

    def _store(self, key: SigningKey) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SigningKeyError(f"cannot make {self.folder}: {error.strerror}") from error
        write_whole(self._path(key.name, "key"), key.to_text().encode(), mode=0o600)
        self.publish(key)
        sync_folder(self.folder)
        sync_folder(self.folder.absolute().parent)

    def _path(self, name: str, ending: str) -> Path:
        if not _NAME.fullmatch(name) or ".." in name:
            raise UsageError(f"a key cannot be named {name!r}")
        return self.folder / f"{name}.{ending}"
