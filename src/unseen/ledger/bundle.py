"""Bundles: some entries of a ledger with all that a stranger needs to check them, and nothing about the others.

docs/reference/formats/bundle-v1.md is the contract; `standalone/unseen_verify.py` checks it without this program.
"""

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from unseen.errors import LedgerBrokenError, StoreError, UsageError, VerificationError
from unseen.ledger import canonical
from unseen.ledger.canonical import Json, to_bytes
from unseen.ledger.checkpoint import Checkpoint, follow_rotations, statement_in
from unseen.ledger.note import Note, VerifierKey
from unseen.ledger.proofs import Proof, prove
from unseen.ledger.tiles import TileReader, read_limited, sync_folder, write_whole

__all__ = ["VERIFIER_NAME", "ZIP_SUFFIX", "Bundle", "Disclosed", "Opening", "read_bundle", "write_bundle"]

VERIFIER_NAME = "unseen_verify.py"
ZIP_SUFFIX = ".zip"
# Reports and records of a hundred thousand findings; a few bytes can ask for far more.
_ZIP_BYTES_MAX = 1 << 30
# What zipfile raises where a member is torn, packed in a way that it does not know, or needs a password.
_NO_ZIP = (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, EOFError, OSError, struct.error)
_REPORT_NAME = re.compile(r"report\.[a-z0-9]{1,8}")
_ENTRY_FILE = re.compile(r"(?P<kind>entries|proofs|openings)/(?P<index>0|[1-9][0-9]{0,15})\.(?P<end>json|tlog-proof)")
_OPENING = re.compile(rb'\{"salt":"(?P<salt>[0-9a-f]{32})","value":(?P<value>.*)\}', re.DOTALL)
_ENDINGS = {"entries": "json", "proofs": "tlog-proof", "openings": "json"}


@dataclass(frozen=True, slots=True)
class Opening:
    """What a commitment hides: its salt and its value."""

    salt: bytes
    value: Json

    def to_bytes(self) -> bytes:
        """The opening as a bundle holds it; the digest is over the very bytes, so that checkers need not print JSON."""
        return b'{"salt":"' + self.salt.hex().encode() + b'","value":' + to_bytes(self.value) + b"}"


@dataclass(frozen=True, slots=True)
class Disclosed:
    """An entry of a bundle, and what it commits to where that was opened."""

    entry: Mapping[str, Json]
    opening: Opening | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was read and holds.

    Attributes:
        checkpoint: What was signed.
        key: By whom.
        pinned: Whether a key came from outside. If not, whoever made the bundle could have made the key too.
        rotations: How many times a key handed over on the way from the pinned one to the one that signed.
        entries: By their index, in order.
        reports: Names of the reports, each with the digest that an entry states.
    """

    checkpoint: Checkpoint
    key: VerifierKey
    pinned: bool
    rotations: int
    entries: Mapping[int, Disclosed]
    reports: tuple[str, ...]


def read_bundle(folder: Path, *, pinned: VerifierKey | None = None) -> Bundle:
    """Read a bundle and check all of it; strictly, so that there is one way only to write it.

    Not the code of `standalone/unseen_verify.py`, which says the same about any bundle: a test compares them.

    Args:
        folder: Of the bundle; or the one file that it is.
        pinned: The public key that must have signed, or have handed over to the one that did; the records of that are
            in the bundle.

    Raises:
        VerificationError: The first thing that is wrong, with the name of the file.
        StoreError: There is no bundle, or it cannot be read.
    """
    contents = _read_files(folder)
    name = "key.pub"
    try:
        key = VerifierKey.parse(contents[name].decode())
        if f"{key}\n".encode() != contents[name]:
            raise LedgerBrokenError("it is not one key and a line feed")
        name = "checkpoint"
        note = Note.parse(contents[name], "checkpoint")
        head = Checkpoint.parse(note.text)
        if head.origin != key.name:
            raise LedgerBrokenError("the key is of another ledger", expected=head.origin, found=key.name)
        name = "manifest.json"
        if _manifest({one: data for one, data in contents.items() if one != name}, head) != contents[name]:
            raise LedgerBrokenError("it does not state these files, or this checkpoint")
        entries: dict[int, Disclosed] = {}
        for name in sorted(contents, key=_order):
            _check_file(name, contents, (note, key), entries)
        name = "key.pub"
        statements = [one for index in sorted(entries) for one in statement_in(contents[f"entries/{index}.json"])]
        last, rotations = follow_rotations(pinned or key, head.origin, statements)
        if last != key:
            raise LedgerBrokenError(
                "it is not the key that was given, nor one that follows it",
                expected=str(last),
                found=str(key),
                hint="a bundle that was made before a change of keys verifies with the former key",
            )
    except VerificationError as error:
        raise LedgerBrokenError(f"{name}: {error}", hint=error.hint) from error
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise LedgerBrokenError(f"{name}: missing or malformed ({type(error).__name__}: {error})") from error
    reports = tuple(sorted(one for one in contents if _REPORT_NAME.fullmatch(one)))
    return Bundle(head, key, pinned is not None, rotations, entries, reports)


def _check_file(
    name: str, contents: Mapping[str, bytes], signed: tuple[Note, VerifierKey], entries: dict[int, Disclosed]
) -> None:
    """Check one file; entries come before all that belongs to them."""
    found = _ENTRY_FILE.fullmatch(name)
    if found is None:
        _check_other_file(name, contents, entries)
        return
    index, kind = int(found["index"]), found["kind"]
    if _ENDINGS[kind] != found["end"] or (kind != "entries" and index not in entries):
        raise LedgerBrokenError("it belongs to no entry")
    if kind == "entries":
        note, key = signed
        proof = Proof.parse(contents[f"proofs/{index}.tlog-proof"])
        if proof.index != index or proof.checkpoint.to_bytes() != note.to_bytes() or proof.extra:
            raise LedgerBrokenError("its proof is of another entry, or leads to another checkpoint", index=index)
        proof.verify(contents[name], [key])
        entry = canonical.parse(contents[name])
        if not isinstance(entry, dict) or entry["n"] != index or entry["v"] != 1:
            raise LedgerBrokenError("it says of itself that it is another entry", index=index)
        entries[index] = Disclosed(entry, None)
    elif kind == "openings":
        entry = dict(entries[index].entry)
        entries[index] = Disclosed(entry, _read_opening(contents[name], entry.get("c")))


def _check_other_file(name: str, contents: Mapping[str, bytes], entries: Mapping[int, Disclosed]) -> None:
    if _REPORT_NAME.fullmatch(name):
        digest = sha256(contents[name]).hexdigest()
        written = [one.entry["files"] for one in entries.values() if one.entry["type"] == "report_written"]
        if not any(isinstance(stated, dict) and stated.get(name) == digest for stated in written):
            raise LedgerBrokenError(f"no entry records a report of digest {digest}")
    elif name not in {"manifest.json", "checkpoint", "key.pub", VERIFIER_NAME}:
        raise LedgerBrokenError("a bundle has no such file")


def _read_opening(data: bytes, commitment: Json) -> Opening:
    found = _OPENING.fullmatch(data)
    if found is None:
        raise LedgerBrokenError("it is no opening")
    opening = Opening(bytes.fromhex(found["salt"].decode()), json.loads(found["value"]))
    digest = sha256(opening.salt + found["value"]).hexdigest()
    if digest != commitment:
        raise LedgerBrokenError("it opens another value", expected=str(commitment), found=digest)
    if opening.to_bytes() != data:
        raise LedgerBrokenError("its value is not in canonical form")
    return opening


def _order(name: str) -> tuple[bool, str]:
    return not name.startswith("entries/"), name


def _zipped(contents: Mapping[str, bytes]) -> bytes:
    """All files in one, in the order of their names; stored, since what a compressor makes depends on its version."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in sorted(contents.items()):
            member = zipfile.ZipInfo(name)
            member.create_system, member.external_attr = 3, 0o600 << 16
            archive.writestr(member, data)
    return out.getvalue()


def _read_zip(path: Path) -> dict[str, bytes]:
    """Every file of a bundle in one file; nothing is unpacked to the disk, and no more than a bundle can hold."""
    whole = read_limited(path, _ZIP_BYTES_MAX) or b""
    contents: dict[str, bytes] = {}
    left = _ZIP_BYTES_MAX
    try:
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            for member in archive.infolist():
                name = member.filename
                if name in contents or member.is_dir():
                    raise LedgerBrokenError(f"{name}: a bundle has each file once, and no folders of their own")
                with archive.open(member) as stream:
                    contents[name] = stream.read(left + 1)
                left -= len(contents[name])
                if left < 0:
                    raise LedgerBrokenError(f"{name}: a bundle holds at most {_ZIP_BYTES_MAX:,} bytes")
    except _NO_ZIP as error:
        raise LedgerBrokenError(f"{path} is no zip file that can be read: {error}") from error
    if "manifest.json" not in contents:
        raise LedgerBrokenError("manifest.json: it is missing")
    return contents


def _read_files(folder: Path) -> dict[str, bytes]:
    """Every file by its path; links, pipes and the like have no place in a bundle."""
    if folder.is_file():
        return _read_zip(folder)
    if not (folder / "manifest.json").exists():
        raise StoreError(f"there is no bundle at {folder}", hint="a bundle is a folder with a manifest.json in it")
    try:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
        for path in paths:
            if path.is_symlink() or not path.is_file():
                raise LedgerBrokenError(f"{path.relative_to(folder)}: a bundle has ordinary files only")
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    except OSError as error:
        raise StoreError(f"cannot read the bundle {folder}: {error.strerror or error}") from error


def write_bundle(
    folder: Path,
    reader: TileReader,
    signed: tuple[Note, VerifierKey],
    openings: Mapping[int, Opening | None],
    reports: Mapping[str, bytes],
) -> None:
    """Write a bundle into a new folder, or into one file.

    Args:
        folder: Must not exist yet. Where its name ends in `.zip`, the bundle is one file of that format; the same
            bundle gives the same bytes.
        reader: Reads the tree of exactly the size of the checkpoint.
        signed: The checkpoint, and the key that signed it.
        openings: Which entries to disclose; what they commit to, or None to keep that closed.
        reports: Files named report.*; an entry of type `report_written` among those disclosed must state their digests.

    Raises:
        UsageError: The folder exists, an opening does not fit its entry, or a report is not recorded.
        LedgerBrokenError: The ledger's files do not lead to the checkpoint.
        StoreError: The folder cannot be written.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists already")
    note, key = signed
    recorded: dict[str, Json] = {}
    contents: dict[str, bytes] = {"checkpoint": note.to_bytes(), "key.pub": f"{key}\n".encode()}
    for index, opening in sorted(openings.items()):
        entry = reader.entry(index)
        proof = prove(reader, note, index)
        proof.verify(entry, [key])
        contents[f"entries/{index}.json"] = entry
        contents[f"proofs/{index}.tlog-proof"] = proof.to_bytes()
        value = canonical.parse(entry)
        if not isinstance(value, dict):
            raise UsageError(f"entry {index} is not an object")
        if opening is not None:
            if value.get("c") != canonical.commitment(opening.salt, opening.value):
                raise UsageError(f"entry {index} commits to another value")
            contents[f"openings/{index}.json"] = opening.to_bytes()
        stated = value.get("files")
        if value.get("type") == "report_written" and isinstance(stated, dict):
            recorded |= stated
    for name, data in reports.items():
        if not _REPORT_NAME.fullmatch(name) or recorded.get(name) != sha256(data).hexdigest():
            raise UsageError(f"no disclosed entry records {name} with these bytes")
        contents[name] = data
    contents[VERIFIER_NAME] = files("unseen.ledger.standalone").joinpath(VERIFIER_NAME).read_bytes()
    contents["manifest.json"] = _manifest(contents, Checkpoint.parse(note.text))
    if folder.suffix == ZIP_SUFFIX:
        write_whole(folder, _zipped(contents), mode=0o600)
        sync_folder(folder.absolute().parent)
        return
    try:
        # What is in it concerns people: for its owner only, until they hand it on.
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror}") from error
    for name, data in contents.items():
        write_whole(folder / name, data)
    for inner in {(folder / name).parent for name in contents} | {folder.absolute().parent}:
        sync_folder(inner)


def _manifest(contents: Mapping[str, bytes], head: Checkpoint) -> bytes:
    digests = {name: sha256(data).hexdigest() for name, data in contents.items()}
    stated = {"files": digests, "format": "unseen-bundle", "origin": head.origin, "size": head.size, "v": 1}
    # Like canonical JSON, but without its limit on length: a bundle may have very many files.
    return json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
