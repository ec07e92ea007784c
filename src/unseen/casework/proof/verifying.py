"""`unseen verify`: is a store, or a bundle, what was signed? Offline, and nothing is written."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from unseen.casework.known.checking import CheckedIndex, check_index
from unseen.casework.proof.places import LEDGER_FOLDER, files_of, key_folder, open_to_read
from unseen.casework.proof.records import RecordChecker, Records
from unseen.casework.proof.stamping import Stamp, kept_checkpoints, read_authority, read_stamps
from unseen.errors import (
    LedgerBrokenError,
    MalformedError,
    ReportMismatchError,
    SigningKeyError,
    StoreDamagedError,
    StoreError,
    UsageError,
)
from unseen.ledger.bundle import ZIP_SUFFIX, read_bundle
from unseen.ledger.checkpoint import Checkpoint
from unseen.ledger.keys import KeyFolder
from unseen.ledger.note import NOTE_BYTES_MAX, Note, VerifierKey
from unseen.ledger.tiles import CHECKPOINT_NAME, read_limited
from unseen.ledger.verify import verify_ledger
from unseen.store import Store, check_contents, is_scanning, is_url

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

__all__ = ["Verified", "read_key", "verify"]

_KEY_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was verified. That it was made means that everything checked held.

    Attributes:
        kind: `store` or `bundle`.
        origin: Whose ledger.
        size: Number of entries under the checkpoint.
        root: Of the tree, 32 bytes.
        key: The public key that signed.
        is_pinned: Whether a key came from outside. If not, whoever holds the data could have made the key too.
        is_remembered: Whether it was compared with the last checkpoint that a key of this machine signed.
        rotations: How many times a key handed over on the way from the pinned one.
        witnesses: Names of the witnesses whose cosignatures hold.
        entries_shown: Entries that were there to be checked: all of a store, some in a bundle.
        records: What a store's records came to; None for a bundle.
        reports: Files whose digests are on record.
        stamps: Tokens of time stamping authorities beside the ledger of a store, by ascending size.
        index: What of the index was compared with the lists; None for a bundle, and where there is no index.
        contents: How many contents of found files are kept, each as it was recorded.
    """

    kind: str
    origin: str
    size: int
    root: bytes
    key: str
    is_pinned: bool
    is_remembered: bool
    rotations: int
    witnesses: tuple[str, ...]
    entries_shown: int
    records: Records | None
    reports: tuple[str, ...]
    stamps: tuple[Stamp, ...]
    index: CheckedIndex | None
    contents: int = 0


def verify(
    path: str,
    *,
    key: str | None = None,
    witnesses: Sequence[str] = (),
    reports: Sequence[str] = (),
    authority: str | None = None,
) -> Verified:
    """Check everything that can be checked without anybody else.

    Of a store: the signature on the checkpoint, every tile, every entry against the tree, every row of SQL against its
    entry and the other way round, the entries of every list against the digest that was recorded when it was taken in,
    the files of contents that are kept against their digests, and the index against the lists.
    Of a bundle: what its own verifier checks.

    Args:
        path: A store or a bundle.
        key: The public key that the ledger must be signed with, or a file that holds it; received by another way than
            the data.
        witnesses: Public keys of witnesses, or files that hold them, each of which must have cosigned.
        reports: Files of reports whose digests the ledger must have on record.
        authority: A file with the certificates of a time stamping authority, of which all tokens beside the ledger must
            be; None to check only what they are over.

    Raises:
        VerificationError: The first thing that is wrong.
        StoreError: There is neither a store nor a bundle, or it cannot be read.
        UsageError: What was given as a key is none.
    """
    pinned = None if key is None else read_key(key)
    folder = Path(path)
    if is_url(path):
        folder = files_of(path)
    elif (folder.suffix == ZIP_SUFFIX and folder.is_file()) or (folder / "manifest.json").is_file():
        if reports or witnesses or authority:
            raise UsageError("a bundle is verified as it is: give neither reports, witnesses nor an authority")
        return _verify_bundle(folder, pinned)
    cosigners = [read_key(one) for one in witnesses]
    certificates = [] if authority is None else read_authority(authority)
    try:
        with open_to_read(path) as store:
            found = _verify_store(store, pinned, cosigners, reports)
            return replace(found, stamps=_verify_stamps(folder / LEDGER_FOLDER, certificates))
    except (StoreDamagedError, UnicodeDecodeError) as error:
        # Anybody's SQLite file is no store. Beside a ledger it is one that was signed, and is not any more what it was.
        if not (folder / LEDGER_FOLDER / CHECKPOINT_NAME).is_file():
            raise
        raise LedgerBrokenError(
            f"the file of the records is not what it was: {error}", hint="restore the newest copy of the store"
        ) from error


def _verify_store(
    store: Store, pinned: VerifierKey | None, witnesses: Sequence[VerifierKey], reports: Sequence[str]
) -> Verified:
    folder = store.path / LEDGER_FOLDER
    # Read before the checkpoint is: a scan that goes on meanwhile replaces the checkpoint first.
    remembered = _remembered(folder)
    with RecordChecker(store) as checker:
        found = verify_ledger(
            folder,
            pinned=[] if pinned is None else [pinned],
            witnesses=witnesses,
            earlier=[*remembered, *kept_checkpoints(folder)],
            each=checker.check,
        )
        records = checker.finish(
            found.checkpoint.size, size_now=lambda: _size_now(folder), is_scanning=lambda: is_scanning(store)
        )
    for witness in witnesses:
        if witness not in found.signed.by:
            raise LedgerBrokenError(f"the checkpoint is not cosigned by {witness.name}")
    for report in reports:
        _check_report(report, checker.report_digests)
    contents = check_contents(store)
    # Last, because it says nothing about what was recorded; only about what the next scan would search by.
    index = check_index(store)
    return Verified(
        kind="store",
        origin=found.checkpoint.origin,
        size=found.checkpoint.size,
        root=found.checkpoint.root,
        key=str(found.key),
        is_pinned=found.pinned,
        is_remembered=bool(remembered),
        rotations=found.rotations,
        witnesses=tuple(one.name for one in witnesses),
        entries_shown=found.checkpoint.size,
        records=records,
        reports=tuple(reports),
        stamps=(),
        index=index,
        contents=contents,
    )


def _verify_stamps(folder: Path, authority: "Sequence[Certificate]") -> tuple[Stamp, ...]:
    stamps = read_stamps(folder, authority)
    if authority and not stamps:
        raise LedgerBrokenError("the ledger holds no token of a time stamping authority")
    return stamps


def _verify_bundle(folder: Path, pinned: VerifierKey | None) -> Verified:
    found = read_bundle(folder, pinned=pinned)
    return Verified(
        kind="bundle",
        origin=found.checkpoint.origin,
        size=found.checkpoint.size,
        root=found.checkpoint.root,
        key=str(found.key),
        is_pinned=found.pinned,
        is_remembered=False,
        rotations=found.rotations,
        witnesses=(),
        entries_shown=len(found.entries),
        records=None,
        reports=found.reports,
        stamps=(),
        index=None,
    )


def _remembered(folder: Path) -> list[Note]:
    """The last checkpoint that this machine's key signed, where the key is here: an older store is noticed by it."""
    data = read_limited(folder / CHECKPOINT_NAME, NOTE_BYTES_MAX)
    if data is None:
        return []
    origin = Checkpoint.parse(Note.parse(data, "checkpoint").text).origin
    with suppress(SigningKeyError, UsageError):
        last = KeyFolder(key_folder()).last_seen(origin)
        return [] if last is None else [last]
    return []


def _size_now(folder: Path) -> int:
    """How many entries are signed by now: a scan may have gone on meanwhile."""
    data = read_limited(folder / CHECKPOINT_NAME, NOTE_BYTES_MAX)
    return 0 if data is None else Checkpoint.parse(Note.parse(data, "checkpoint").text).size


def _check_report(path: str, recorded: set[str]) -> None:
    try:
        digest = sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
    if digest not in recorded:
        raise ReportMismatchError(
            f"no record speaks of {path} with the bytes it has now (sha256 {digest})",
            hint="it was altered, or written from another store",
        )


def read_key(text: str) -> VerifierKey:
    """Read a public key, given as text or as the path of a file.

    Raises:
        UsageError: It is neither.
    """
    line = text
    if "+" not in text or Path(text).is_file():
        data = read_limited(Path(text), _KEY_BYTES_MAX)
        if data is None:
            raise UsageError(f"{text!r} is no public key, and no file", hint="the .pub file beside the signing key")
        line = data.decode(errors="backslashreplace").strip()
    try:
        return VerifierKey.parse(line)
    except MalformedError as error:
        raise UsageError(f"{text!r} is no public key: {error}", hint="the .pub file beside the signing key") from error
