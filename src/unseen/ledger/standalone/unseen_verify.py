"""Verify a bundle of the program `unseen`, without that program.

    python unseen_verify.py FOLDER [--key KEY]

Needs Python 3.11 and the package `cryptography`. Opens no network connection and writes no file. Exit code 0:
everything holds. Exit code 4: something does not, and the first such thing is named. KEY is a public key of whoever
made the records, received by another way than this bundle: without it, the bundle is only shown to agree with itself.

Read from top to bottom: signatures, path to the root, change of keys, then each file of the bundle in turn.
"""

import base64
import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = [
    "Found",
    "NotVerifiedError",
    "decode",
    "follow",
    "main",
    "need",
    "verify_bundle",
    "verify_checkpoint",
    "verify_file",
    "verify_note",
    "verify_proof",
]

NUMBER = "(0|[1-9][0-9]{0,15})"


class NotVerifiedError(Exception):
    """The bundle is not what it says it is; the message names the first thing that is wrong."""


class Found(NamedTuple):
    """What a bundle that verifies turned out to hold."""

    origin: str
    size: int
    root: bytes
    entries: list[int]
    pinned: bool


def need(holds: object, otherwise: str) -> None:
    """Go on only if something holds."""
    if not holds:
        raise NotVerifiedError(otherwise)


def decode(text: str) -> bytes:
    """Read base 64, strictly: one text for the same bytes."""
    data = base64.b64decode(text.encode("ascii"), validate=True)
    need(base64.b64encode(data).decode() == text, "base 64 is malformed")
    return data


def verify_note(note: bytes, key: str) -> list[str]:
    """Check the signature of a key on a note (C2SP signed-note); returns the lines of its text."""
    name, identity, material = key.split("+", 2)
    public = decode(material)
    need(re.fullmatch("[a-z0-9._-]+", name) and public[0] == 1 and len(public) == 33, "it is no Ed25519 key")
    need(sha256(name.encode() + b"\n" + public).digest()[:4].hex() == identity, "the key's id is not that of the key")
    text, _, below = note.decode().rpartition("\n\n")
    need(re.fullmatch(r"(— [^ \n]+ [^ \n]+\n)+", below), "the signatures are malformed")
    signatures = [(line.split(" ")[1], decode(line.split(" ")[2])) for line in below[:-1].split("\n")]
    ours = [value[4:] for signer, value in signatures if (signer, value[:4].hex()) == (name, identity)]
    need(ours, f"it is not signed by key {identity}")
    try:
        for one in ours:
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(one, f"{text}\n".encode())
    except InvalidSignature:
        raise NotVerifiedError("the signature does not hold") from None
    return text.split("\n")


def verify_checkpoint(note: bytes, key: str) -> tuple[str, int, bytes]:
    """Check a checkpoint (C2SP tlog-checkpoint); returns origin, size and root."""
    lines = verify_note(note, key)
    need(len(lines) == 3 and re.fullmatch(NUMBER, lines[1]) and len(decode(lines[2])) == 32, "it is malformed")
    need(key.startswith(f"{lines[0]}+"), f"the key is not of {lines[0]}")
    return lines[0], int(lines[1]), decode(lines[2])


def verify_proof(entry: bytes, proof: bytes, index: int, note: bytes, head: tuple[str, int, bytes]) -> None:
    """Check that an entry leads to the root (C2SP tlog-proof, RFC 6962, RFC 9162 section 2.1.3.2)."""
    above, _, below = proof.partition(b"\n\n")
    lines = above.decode().split("\n")
    need(lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {index}"], "the proof is not of this entry")
    need(below == note, "the proof leads to another checkpoint")
    position, last, node = index, head[1] - 1, sha256(b"\x00" + entry).digest()
    for step in map(decode, lines[2:]):
        need(last > 0 and len(step) == 32, "the proof has the wrong length")
        if position & 1 or position == last:
            node = sha256(b"\x01" + step + node).digest()
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + step).digest()
        position, last = position >> 1, last >> 1
    need(0 <= index < head[1] and last == 0, "the proof has the wrong length")
    need(node == head[2], f"the entry leads to {node.hex()}, signed was {head[2].hex()}")


def follow(key: str, entries: dict[int, dict[str, Any]]) -> str:
    """The key that a key handed over to, step by step; each statement is signed by the old key and the new."""
    for _, entry in sorted(entries.items()):
        statement = entry["statement"] if entry["type"] == "key_rotated" else ""
        if statement.split("\n")[2:3] == [key]:
            first, origin, _, following = verify_note(statement.encode(), key)
            fits = first == "unseen-key-rotation/v1" and key.startswith(f"{origin}+")
            need(fits, "the change of keys is malformed")
            verify_note(statement.encode(), key := following)
    return key


def verify_file(name: str, files: dict[str, bytes], entries: dict[int, dict[str, Any]]) -> None:
    """Check a file that is no entry: an opening, a report, or one that every bundle has."""
    if match := re.fullmatch(rf"(proofs|openings)/{NUMBER}\.(tlog-proof|json)", name):
        fits = int(match[2]) in entries and (match[1] == "proofs") == (match[3] == "tlog-proof")
        need(fits, "it belongs to no entry")
        if match[1] == "openings":
            found = re.fullmatch(rb'\{"salt":"([0-9a-f]{32})","value":(.*)\}', files[name], re.DOTALL)
            digest = sha256(bytes.fromhex(found[1].decode()) + found[2]).hexdigest() if found else "nothing"
            need(digest == entries[int(match[2])].get("c"), f"it opens {digest}, which is not what was committed to")
    elif re.fullmatch(r"report\.[a-z0-9]{1,8}", name):
        digest = sha256(files[name]).hexdigest()
        written = [entry["files"].get(name) for entry in entries.values() if entry["type"] == "report_written"]
        need(digest in written, f"no entry records a report of digest {digest}")
    elif not name.startswith("entries/"):
        need(name in {"manifest.json", "checkpoint", "key.pub", "unseen_verify.py"}, "a bundle has no such file")


def verify_bundle(folder: Path, key: str | None = None) -> Found:
    """Check every file of a bundle; returns what was found. Raises at the first thing that is wrong."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    need(all(path.is_file() and not path.is_symlink() for path in paths), "a bundle has ordinary files only")
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    entries: dict[int, dict[str, Any]] = {}
    try:
        name = "key.pub"
        beside = files[name].decode().removesuffix("\n")
        need(files[name].endswith(b"\n"), "it is malformed")
        name = "checkpoint"
        head = verify_checkpoint(files[name], beside)
        name = "manifest.json"  # nobody signs it: it shows that nothing was added or lost on the way
        digests = {one: sha256(data).hexdigest() for one, data in files.items() if one != name}
        listed = json.loads(files[name])["files"]
        differing = sorted(one for one in {*digests, *listed} if digests.get(one) != listed.get(one))
        need(not differing, f"{''.join(differing[:1])} is missing, added, or not what was listed")
        whole = {"files": digests, "format": "unseen-bundle", "origin": head[0], "size": head[1], "v": 1}
        need(json.dumps(whole, separators=(",", ":"), sort_keys=True).encode() == files[name], "it is malformed")
        for name in (one for one in files if one.startswith("entries/")):
            match = re.fullmatch(rf"entries/{NUMBER}\.json", name)
            index = int(match[1]) if match else -1
            verify_proof(files[name], files[f"proofs/{index}.tlog-proof"], index, files["checkpoint"], head)
            entries[index] = json.loads(files[name])
            need(entries[index]["n"] == index, "it says of itself that it is another entry")
        name = "key.pub"
        need(follow(key or beside, entries) == beside, "it is not the key that was given, nor one that follows it")
        for name in files:
            verify_file(name, files, entries)
    except NotVerifiedError as error:
        raise NotVerifiedError(f"{name}: {error}") from None
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise NotVerifiedError(f"{name}: missing or malformed ({type(error).__name__}: {error})") from None
    return Found(*head, sorted(entries), key is not None)


def main(arguments: list[str]) -> int:
    """Run from a command line; returns the exit code."""
    if len(arguments) not in {1, 3} or arguments[1:2] not in ([], ["--key"]):
        sys.stderr.write("usage: python unseen_verify.py FOLDER [--key KEY]\n")
        return 2
    try:
        found = verify_bundle(Path(arguments[0]), arguments[2].strip() if len(arguments) == 3 else None)
    except (NotVerifiedError, OSError) as error:
        # File names of a bundle may hold anything, also what steers a terminal.
        sys.stderr.write(f"DOES NOT VERIFY: {''.join(c if c.isprintable() else '?' for c in str(error))}\n")
        return 4
    sys.stdout.write(f"verified: {len(found.entries)} entries of {found.origin}\n")
    sys.stdout.write(f"root {found.root.hex()} was signed over {found.size} entries\n")
    if not found.pinned:
        sys.stdout.write("NO KEY WAS GIVEN: whoever made this bundle could have made its key too. Repeat with --key.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
