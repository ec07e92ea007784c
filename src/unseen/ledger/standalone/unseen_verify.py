"""Verify a bundle of the program `unseen`, without that program.

    python unseen_verify.py FOLDER [--key KEY]

Needs Python 3.11 and the package `cryptography`. Opens no network connection and writes no file. Exit code 0:
everything holds. Exit code 4: something does not, and the first such thing is named. KEY is the public key of whoever
made the records, received by another way than this bundle: without it, the bundle is only shown to agree with itself.

Read from top to bottom: hashes, signature, path to the root, then each file of the bundle in turn.
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
    "main",
    "need",
    "read_files",
    "verify_bundle",
    "verify_checkpoint",
    "verify_entry",
    "verify_manifest",
    "verify_opening",
    "verify_proof",
]


class NotVerifiedError(Exception):
    """The bundle is not what it says it is; the message names the first thing that is wrong."""


class Found(NamedTuple):
    """What a bundle that verifies turned out to hold."""

    origin: str
    size: int
    root: bytes
    entries: list[int]
    pinned: bool


def need(holds: bool, otherwise: str) -> None:
    """Go on only if something holds."""
    if not holds:
        raise NotVerifiedError(otherwise)


def decode(text: str) -> bytes:
    """Read base 64, strictly: one text for the same bytes."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise NotVerifiedError("base 64 is malformed") from None
    need(base64.b64encode(data).decode() == text, "base 64 is malformed")
    return data


def verify_checkpoint(note: bytes, key: str) -> tuple[str, int, bytes]:
    """Check the signature on a checkpoint (C2SP signed-note, tlog-checkpoint); returns origin, size and root."""
    name, identity, material = [*key.split("+", 2), "", ""][:3]
    public = decode(material)
    need(re.fullmatch("[a-z0-9._-]+", name) is not None, "the key's name is malformed")
    need(len(public) == 33 and public[0] == 1, "the key is not an Ed25519 key of kind 0x01")
    need(sha256(name.encode() + b"\n" + public).digest()[:4].hex() == identity, "the key's id is not that of the key")
    text, _, below = note.decode().rpartition("\n\n")
    text += "\n"
    lines = text.split("\n")
    need(len(lines) == 4 and re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]) is not None, "the checkpoint is malformed")
    need(lines[0] == name, f"the key is of {name}, the checkpoint of {lines[0]}")
    need(re.fullmatch(r"(— [^ \n]+ [^ \n]+\n)+", below) is not None, "the checkpoint's signatures are malformed")
    signatures = [decode(line.split(" ")[2]) for line in below[:-1].split("\n") if line.split(" ")[1] == name]
    ours = [one[4:] for one in signatures if one[:4].hex() == identity]
    need(len(ours) > 0, f"the checkpoint is not signed by key {identity}")
    try:
        for one in ours:
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(one, text.encode())
    except InvalidSignature:
        raise NotVerifiedError("the signature on the checkpoint does not hold") from None
    need(len(decode(lines[2])) == 32, "the root is not 32 bytes")
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


def read_files(folder: Path) -> dict[str, bytes]:
    """Every file of a bundle, by its path. Links, pipes and the like have no place in one."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    need(all(path.is_file() and not path.is_symlink() for path in paths), "a bundle has ordinary files only")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def verify_manifest(files: dict[str, bytes]) -> dict[str, Any]:
    """Check that the manifest names every file with its digest, and nothing else. It is signed by nobody."""
    digests = {name: sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"}
    manifest = json.loads(files["manifest.json"])
    stated = manifest["files"]
    differing = sorted(name for name in {*digests, *stated} if digests.get(name) != stated.get(name))
    need(not differing, f"{''.join(differing[:1])} is missing, added, or not what the manifest states")
    whole = {
        "files": digests,
        "format": "unseen-bundle",
        "origin": manifest["origin"],
        "size": manifest["size"],
        "v": 1,
    }
    need(json.dumps(whole, separators=(",", ":"), sort_keys=True).encode() == files["manifest.json"], "it is malformed")
    return whole


def verify_entry(files: dict[str, bytes], name: str, head: tuple[str, int, bytes]) -> tuple[int, dict[str, Any]]:
    """Check one entry against the checkpoint; returns its index and what it says."""
    match = re.fullmatch(r"entries/(0|[1-9][0-9]*)\.json", name)
    index = int(match[1]) if match else -1
    verify_proof(files[name], files[f"proofs/{index}.tlog-proof"], index, files["checkpoint"], head)
    entry: dict[str, Any] = json.loads(files[name])
    need(entry["n"] == index, f"it says of itself that it is entry {entry['n']}")
    return index, entry


def verify_opening(opening: bytes, commitment: str | None) -> None:
    """Check that salt and value are what an entry committed to: SHA-256 over both, as the bytes stand."""
    match = re.fullmatch(rb'\{"salt":"([0-9a-f]{32})","value":(.*)\}', opening, re.DOTALL)
    digest = sha256(bytes.fromhex(match[1].decode()) + match[2]).hexdigest() if match else "nothing"
    need(digest == commitment, f"it opens {digest}, the entry commits to {commitment}")


def verify_bundle(folder: Path, key: str | None = None) -> Found:
    """Check every file of a bundle; returns what was found. Raises at the first thing that is wrong."""
    files, entries, name = read_files(folder), dict[int, dict[str, Any]](), "manifest.json"
    try:
        manifest = verify_manifest(files)
        name = "key.pub"
        beside = files[name].decode()
        need(beside.endswith("\n") and key in {None, beside[:-1]}, "it is not the key that was given")
        name = "checkpoint"
        head = verify_checkpoint(files[name], beside[:-1])
        same = (manifest["origin"], str(manifest["size"])) == (head[0], str(head[1]))
        need(same, "the manifest speaks of another checkpoint")
        for name in (one for one in files if one.startswith("entries/")):
            index, entry = verify_entry(files, name, head)
            entries[index] = entry
        written = [entry["files"] for entry in entries.values() if entry["type"] == "report_written"]
        for name in files:
            match = re.fullmatch(r"(proofs|openings)/(0|[1-9][0-9]*)\.(tlog-proof|json)", name)
            if match:
                need(
                    int(match[2]) in entries and (match[1] == "proofs") == (match[3] != "json"),
                    "it belongs to no entry",
                )
                if match[1] == "openings":
                    verify_opening(files[name], entries[int(match[2])].get("c"))
            elif re.fullmatch(r"report\.[a-z0-9]{1,8}", name):
                digest = sha256(files[name]).hexdigest()
                need(digest in [one.get(name) for one in written], f"no entry records a report of digest {digest}")
            else:
                known = name in {"manifest.json", "checkpoint", "key.pub", "unseen_verify.py"}
                need(known or name.startswith("entries/"), "a bundle has no such file")
    except NotVerifiedError as error:
        raise NotVerifiedError(f"{name}: {error}") from None
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise NotVerifiedError(f"{name}: missing or malformed ({type(error).__name__}: {error})") from None
    return Found(*head, sorted(entries), key is not None)


def main(arguments: list[str]) -> int:
    """Run from a command line; returns the exit code."""
    if len(arguments) not in {1, 3} or (len(arguments) == 3 and arguments[1] != "--key"):
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
