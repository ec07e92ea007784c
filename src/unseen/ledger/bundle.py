"""Bundles: some entries of a ledger with all that a stranger needs to check them, and nothing about the others.

docs/reference/formats/bundle-v1.md is the contract; `standalone/unseen_verify.py` checks it without this program.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from unseen.errors import UsageError
from unseen.ledger import canonical
from unseen.ledger.canonical import Json, to_bytes
from unseen.ledger.checkpoint import Checkpoint
from unseen.ledger.note import Note, VerifierKey
from unseen.ledger.proofs import prove
from unseen.ledger.tiles import TileReader, sync_folder, write_whole

__all__ = ["VERIFIER_NAME", "Opening", "write_bundle"]

VERIFIER_NAME = "unseen_verify.py"
_REPORT_NAME = re.compile(r"report\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Opening:
    """What a commitment hides: its salt and its value."""

    salt: bytes
    value: Json

    def to_bytes(self) -> bytes:
        """The opening as a bundle holds it; the digest is over the very bytes, so that checkers need not print JSON."""
        return b'{"salt":"' + self.salt.hex().encode() + b'","value":' + to_bytes(self.value) + b"}"


def write_bundle(
    folder: Path,
    reader: TileReader,
    signed: tuple[Note, VerifierKey],
    openings: Mapping[int, Opening | None],
    reports: Mapping[str, bytes],
) -> None:
    """Write a bundle into a new folder.

    Args:
        folder: Must not exist yet.
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
    for name, data in contents.items():
        write_whole(folder / name, data)
    for inner in {(folder / name).parent for name in contents} | {folder.absolute().parent}:
        sync_folder(inner)


def _manifest(contents: Mapping[str, bytes], head: Checkpoint) -> bytes:
    digests = {name: sha256(data).hexdigest() for name, data in contents.items()}
    stated = {"files": digests, "format": "unseen-bundle", "origin": head.origin, "size": head.size, "v": 1}
    # Like canonical JSON, but without its limit on length: a bundle may have very many files.
    return json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
