"""`unseen witness`: cosign the checkpoint of somebody's ledger, if it continues the one that was cosigned before."""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from unseen.casework.proof.clock import now_unix_s
from unseen.casework.proof.places import LEDGER_FOLDER, files_of, key_folder
from unseen.casework.proof.verifying import read_key
from unseen.errors import LedgerBrokenError, MalformedError, StoreError, UsageError
from unseen.ledger import Checkpoint, KeyFolder, LedgerWriter, Note, SigningKey, TileReader, VerifierKey, Witness
from unseen.ledger.checkpoint import verify_signatures
from unseen.ledger.keys import SEED_BYTES
from unseen.ledger.merkle import HASH_BYTES, consistency_proof, range_root, verify_consistency
from unseen.ledger.note import NOTE_BYTES_MAX, KeyKind, Malformed, Signature, from_base64, to_base64
from unseen.ledger.tiles import CHECKPOINT_NAME, read_limited, sync_folder, write_whole
from unseen.ledger.verify import Verified, verify_ledger

__all__ = ["Asked", "Cosigned", "ask_witness", "witness"]

_KEY_FOLDER = "key"
_KEY_BYTES_MAX = 4_096
# A checkpoint, and a hash for each level of the tree, twice at most.
_REQUEST_BYTES_MAX = NOTE_BYTES_MAX + 8_192
_HASHES_MAX = 128


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that was written.

    Attributes:
        path: Its file.
        origin: Of the ledger.
        size: Number of entries under its checkpoint.
        old_size: Number of entries that the witness has seen; the proof begins there.
    """

    path: str
    origin: str
    size: int
    old_size: int


def ask_witness(path: str, *, since: int, out: str) -> Asked:
    """Write what a witness elsewhere needs to cosign: the checkpoint, and a proof that it continues what they saw.

    The form is that of C2SP tlog-witness, add-checkpoint. It says nothing about entries but their number.

    Args:
        path: A store, or the folder of its ledger.
        since: Number of entries that the witness has seen; 0 for a witness who never saw this ledger.
        out: The file to write; must not exist.

    Raises:
        UsageError: The file exists, or there are fewer entries than that.
        StoreError: There is no ledger, or something cannot be read or written.
        LedgerBrokenError: The tiles do not lead to the checkpoint.
    """
    if Path(out).exists():
        raise UsageError(f"{out} exists already")
    folder = _ledger_in(files_of(path))
    note = Note.parse(read_limited(folder / CHECKPOINT_NAME, NOTE_BYTES_MAX) or b"", "checkpoint")
    head = Checkpoint.parse(note.text)
    if since > head.size:
        raise UsageError(f"the ledger has {head.size} entries, the witness says to have seen {since}")
    reader = TileReader(folder, head.size)
    proof = consistency_proof(reader, since, head.size)
    verify_consistency((since, range_root(reader, 0, since)), (head.size, head.root), proof)
    lines = [f"old {since}", *map(to_base64, proof), "", ""]
    write_whole(Path(out), "\n".join(lines).encode() + note.to_bytes())
    return Asked(path=out, origin=head.origin, size=head.size, old_size=since)


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
        path: A store, the folder of its ledger alone (SQL is not read), or a file of `ask_witness`, by which no entry
            can be checked: then the checkpoint must be signed by the very key that is known or given.
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
    if Path(path).is_file():
        return _witness_alone(path, state=state, name=name, given=read_key(key) if key else None, out=out, note=note)
    folder = _ledger_in(files_of(path))
    if Path(state).absolute().resolve().is_relative_to(files_of(path).absolute().resolve()):
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


def _witness_alone(
    path: str, *, state: str, name: str, given: VerifierKey | None, out: str | None, note: Callable[[str], None]
) -> Cosigned:
    """Cosign a checkpoint by the proof that came with it."""
    if out is None:
        raise UsageError("what was cosigned has to go somewhere", hint="give --out FILE")
    old_size, proof, asked = _parse_request(Path(path))
    head = Checkpoint.parse(asked.text)
    with _held(Path(state)):
        us = Witness(Path(state), _own_key(KeyFolder(Path(state) / _KEY_FOLDER), name, note))
        pin = Path(state) / f"{sha256(head.origin.encode()).hexdigest()}.pub"
        last = us.last(head.origin)
        key = _key_alone(head.origin, _known_key(pin), given, last)
        seen_size = None if last is None else Checkpoint.parse(last.text).size
        if old_size != (seen_size or 0):
            raise StoreError(
                f"the proof begins at {old_size} entries, this witness has seen {seen_size or 0}",
                hint=f"ask for one that begins there: --since {seen_size or 0}",
            )
        if not verify_signatures(asked, [key]).by:
            raise LedgerBrokenError(
                f"the checkpoint of {head.origin} is not signed by the key that is known here",
                expected=f"{key.name} {key.id.hex()}",
                hint="if it has changed, have a copy of the whole cosigned once: the record of it is in there",
            )
        if _known_key(pin) is None:
            write_whole(pin, f"{key}\n".encode())
            sync_folder(pin.parent)
        at_unix_s = now_unix_s()
        cosignature = us.cosign(asked.to_bytes(), proof, keys=[key], time_unix_s=at_unix_s)
    write_whole(Path(out), Note(asked.text, (*asked.signed_by(key), cosignature)).to_bytes())
    return Cosigned(
        origin=head.origin,
        size=head.size,
        root=head.root,
        key=str(key),
        is_pinned=True,
        seen_size=seen_size,
        witness=str(us.key.public),
        at_unix_s=at_unix_s,
        path=out,
    )


def _key_alone(origin: str, known: VerifierKey | None, given: VerifierKey | None, last: Note | None) -> VerifierKey:
    """The key that a lone checkpoint must be signed with: the one known, or one that has signed what was seen since."""
    if known is None and given is None:
        raise UsageError(f"{origin} was never seen here, and comes without its key", hint="give --key PUBLIC")
    if known is None or given is None or given == known:
        return known or given  # type: ignore[return-value]  # one of them is there
    # Whoever cosigned a whole ledger has followed its keys.
    if last is None or not verify_signatures(last, [given]).by:
        raise LedgerBrokenError(f"{origin} is known by another key", expected=str(known), found=str(given))
    return given


def _parse_request(path: Path) -> tuple[int, list[bytes], Note]:
    """Size that the proof begins at, its hashes, and the checkpoint; strictly, so that there is one way to write it."""
    above, _, below = (read_limited(path, _REQUEST_BYTES_MAX) or b"").partition(b"\n\n")
    lines = above.decode("ascii", "replace").split("\n")
    found = re.fullmatch(r"old (0|[1-9][0-9]{0,15})", lines[0])
    hashes = [from_base64(line, "request") for line in lines[1 : _HASHES_MAX + 2]]
    if found is None or len(hashes) > _HASHES_MAX or any(len(one) != HASH_BYTES for one in hashes):
        raise MalformedError("request", Malformed.FIRST_LINE if found is None else Malformed.PROOF_LENGTH)
    return int(found[1]), hashes, Note.parse(below, "checkpoint")


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
