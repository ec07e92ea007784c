"""`unseen witness`: cosign the checkpoint of somebody's ledger, if it continues the one that was cosigned before."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from unseen.casework.proof.clock import now_unix_s
from unseen.casework.proof.places import LEDGER_FOLDER, key_folder
from unseen.casework.proof.verifying import read_key
from unseen.errors import LedgerBrokenError, StoreError, UsageError
from unseen.ledger import Checkpoint, KeyFolder, LedgerWriter, Note, SigningKey, TileReader, VerifierKey, Witness
from unseen.ledger.checkpoint import verify_signatures
from unseen.ledger.keys import SEED_BYTES
from unseen.ledger.merkle import consistency_proof
from unseen.ledger.note import NOTE_BYTES_MAX, KeyKind, Signature
from unseen.ledger.tiles import CHECKPOINT_NAME, read_limited, sync_folder, write_whole
from unseen.ledger.verify import Verified, verify_ledger

__all__ = ["Cosigned", "witness"]

_KEY_FOLDER = "key"
_KEY_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """What was cosigned.

    Attributes:
        origin: Whose ledger.
        size: Number of entries under the checkpoint.
        root: Of the tree, 32 bytes.
        key: The public key that signed it.
        is_pinned: Whether that key was given, or is known from before. If not, it was taken as it lay beside the data.
        seen_size: Size of the last checkpoint that was cosigned here; None for a ledger that was never seen.
        witness: The public key of the witness.
        at_unix_s: The time that the cosignature states, in seconds since 1970, by the clock of this machine.
        path: The file that now holds the cosigned checkpoint.
    """

    origin: str
    size: int
    root: bytes
    key: str
    is_pinned: bool
    seen_size: int | None
    witness: str
    at_unix_s: int
    path: str


def witness(
    path: str,
    *,
    state: str,
    name: str = "witness",
    key: str | None = None,
    out: str | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Cosigned:
    """Check the whole ledger of a store and that it continues what was seen; remember it; then cosign.

    The key that signs a ledger is remembered with its first checkpoint. From then on the ledger must be signed by it,
    or by one that it handed over to.

    Args:
        path: A store, or the folder of its ledger alone: SQL is not read.
        state: Folder of the witness, made if there is none: its key, and what it has seen.
        name: Name of the witness and of its key.
        key: The public key that the ledger must be signed with, or a file that holds it; received by another way.
        out: File to write the cosigned checkpoint to; None to put it into the ledger, for which the ledger's signing
            key must be on this machine.
        note: Told what a person should know: that a key was made.

    Raises:
        VerificationError: The ledger does not verify, is smaller than what was seen, or has another history.
        SigningKeyError: The witness's key cannot be made, or not be trusted.
        StoreError: There is no ledger, something cannot be read or written, or the ledger grew meanwhile.
        UsageError: What was given as a key is none; the state would lie in the store; there is no key to attach with.
    """
    folder = _ledger_in(Path(path))
    if Path(state).absolute().resolve().is_relative_to(Path(path).absolute().resolve()):
        raise UsageError(
            f"the witness's memory in {state} would lie inside the store", hint="whoever alters one alters both"
        )
    given = None if key is None else read_key(key)
    with _held(Path(state)):
        us = Witness(Path(state), _own_key(KeyFolder(Path(state) / _KEY_FOLDER), name, note))
        origin = _origin(folder)
        if out is None and KeyFolder(key_folder()).load(origin) is None:
            raise UsageError(
                f"only where the signing key of {origin} lies can its checkpoint be replaced", hint="give --out FILE"
            )
        last = us.last(origin)
        pin = Path(state) / f"{sha256(origin.encode()).hexdigest()}.pub"
        found, is_pinned = _verify(folder, origin, pin, given, last)
        head = found.checkpoint
        seen_size = None if last is None else Checkpoint.parse(last.text).size
        proof = consistency_proof(TileReader(folder, head.size), seen_size or 0, head.size)
        at_unix_s = now_unix_s()
        cosignature = us.cosign(found.note.to_bytes(), proof, keys=[found.key], time_unix_s=at_unix_s)
    if out is None:
        _attach(folder, found.note, cosignature, us.key.public)
    else:
        own = found.note.signed_by(found.key)
        write_whole(Path(out), Note(found.note.text, (*own, cosignature)).to_bytes())
    return Cosigned(
        origin=origin,
        size=head.size,
        root=head.root,
        key=str(found.key),
        is_pinned=is_pinned,
        seen_size=seen_size,
        witness=str(us.key.public),
        at_unix_s=at_unix_s,
        path=str(folder / CHECKPOINT_NAME) if out is None else out,
    )


def _verify(
    folder: Path, origin: str, pin: Path, given: VerifierKey | None, last: Note | None
) -> tuple[Verified, bool]:
    """Verify a ledger under the key in `pin`, kept there the first time; say whether a key was known or given."""
    known = _known_key(pin)
    pinned = known or given
    found = verify_ledger(folder, pinned=[pinned] if pinned else [], earlier=[last] if last else [])
    if found.checkpoint.origin != origin:
        raise StoreError("the ledger was replaced while it was read", hint="repeat it")
    if given not in {None, pinned, found.key}:
        raise LedgerBrokenError(
            f"{origin} is not signed by the key that was given",
            expected=str(given),
            found=str(found.key),
        )
    if known is None:
        # Before the checkpoint is remembered: none is ever remembered without the key that it must go on with.
        write_whole(pin, f"{pinned or found.key}\n".encode())
        sync_folder(pin.parent)
    return found, pinned is not None


def _ledger_in(path: Path) -> Path:
    folder = path / LEDGER_FOLDER if (path / LEDGER_FOLDER).is_dir() else path
    if not (folder / CHECKPOINT_NAME).is_file():
        raise StoreError(f"there is no ledger in {path}")
    return folder


def _origin(folder: Path) -> str:
    data = read_limited(folder / CHECKPOINT_NAME, NOTE_BYTES_MAX)
    return Checkpoint.parse(Note.parse(data or b"", "checkpoint").text).origin


@contextmanager
def _held(state: Path) -> Iterator[None]:
    """Hold the folder of a witness: two that begin at once would make two keys."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(f"cannot write {state}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _own_key(keys: KeyFolder, name: str, note: Callable[[str], None]) -> SigningKey:
    key = keys.load(name)
    if key is None:
        key = keys.make(SigningKey(name, os.urandom(SEED_BYTES), KeyKind.COSIGNATURE_ED25519))
        note(f"made the key of this witness: {keys.folder / name}.key; give the .pub beside it to whoever shall verify")
    return key


def _known_key(pin: Path) -> VerifierKey | None:
    """The key that a ledger was signed with when it was seen first."""
    data = read_limited(pin, _KEY_BYTES_MAX)
    return None if data is None else VerifierKey.parse(data.decode(errors="backslashreplace").strip())


def _attach(folder: Path, cosigned: Note, cosignature: Signature, public: VerifierKey) -> None:
    head = Checkpoint.parse(cosigned.text)
    with LedgerWriter.open(folder, KeyFolder(key_folder()), head.origin) as writer:
        if writer.note is None or writer.note.text != cosigned.text:
            raise StoreError("the ledger grew while it was checked", hint="repeat it when nothing writes to the store")
        # One is enough: each repetition on an unchanged ledger would lengthen the checkpoint.
        if public not in verify_signatures(writer.note, [public]).by:
            writer.attach(cosignature, public)
