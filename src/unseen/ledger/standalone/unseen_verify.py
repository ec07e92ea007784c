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
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["Found", "NotVerifiedError", "decode", "main", "need", "verify_bundle", "verify_checkpoint", "verify_proof"]


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
    need(len(public) == 33 and public[0] == 1, "the key is not an Ed25519 key of kind 0x01")
    need(sha256(name.encode() + b"\n" + public).digest()[:4].hex() == identity, "the key's id is not that of the key")
    text, _, below = note.decode().rpartition("\n\n")
    text += "\n"
    lines = text.split("\n")
    need(len(lines) == 4 and re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]) is not None, "the checkpoint is malformed")
    need(lines[0] == name, f"the key is of {name}, the checkpoint of {lines[0]}")
    need(re.fullmatch(r"(— [^ \n]+ [^ \n]+\n)+", below) is not None, "the checkpoint's signatures are malformed")
    signatures = [decode(line.split(" ")[2]) for line in below.splitlines() if line.split(" ")[1] == name]
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


def verify_bundle(folder: Path, key: str | None = None) -> Found:
    """Check every file of a bundle; returns what was found. Raises at the first thing that is wrong."""
    paths = [path for path in sorted(folder.rglob("*")) if not path.is_dir() or path.is_symlink()]
    need(not any(path.is_symlink() for path in [folder, *folder.rglob("*")]), "a bundle has no symbolic links")
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    need({"manifest.json", "checkpoint", "key.pub"} <= set(found), "manifest.json, checkpoint or key.pub is missing")
    name = "manifest.json"
    try:
        digests = {one: sha256(data).hexdigest() for one, data in found.items() if one != "manifest.json"}
        manifest = json.loads(found[name])
        need(manifest.get("format") == "unseen-bundle" and manifest.get("v") == 1, "it is not a bundle of version 1")
        need(set(manifest) == {"files", "format", "origin", "size", "v"}, "it has other members than a bundle's")
        differing = sorted(
            one for one in {*digests, *manifest["files"]} if digests.get(one) != manifest["files"].get(one)
        )
        need(not differing, f"{(differing or [''])[0]} is missing, added, or not what the manifest states")
        plain = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        need(plain == found[name], "it is not in canonical form")
        name = "checkpoint"
        head = verify_checkpoint(found[name], key or found["key.pub"].decode().removesuffix("\n"))
        need((manifest["origin"], manifest["size"]) == head[:2], "the manifest speaks of another checkpoint")
        need(key is None or found["key.pub"].decode() == f"{key}\n", "key.pub is not the key that was given")
        reports: dict[str, str] = {}
        entries: dict[int, dict[str, object]] = {}
        for name in [one for one in found if one.startswith("entries/")]:
            index = int(re.fullmatch(r"entries/(0|[1-9][0-9]*)\.json", name)[1])  # type: ignore[index]  # TypeError is caught below
            verify_proof(found[name], found[f"proofs/{index}.tlog-proof"], index, found["checkpoint"], head)
            entry = entries[index] = json.loads(found[name])
            need(entry["n"] == index, f"it says of itself that it is entry {entry['n']}")
            reports |= entry["files"] if entry["type"] == "report_written" else {}
        for name in [one for one in found if one.startswith("openings/")]:
            opening = re.fullmatch(rb'\{"salt":"([0-9a-f]{32})","value":(.*)\}', found[name], re.DOTALL)
            need(opening is not None, "it is malformed")
            digest = sha256(bytes.fromhex(opening[1].decode()) + opening[2]).hexdigest()  # type: ignore[index]  # need() raised otherwise
            index = int(name.removeprefix("openings/").removesuffix(".json"))
            need(entries[index]["c"] == digest, f"entry {index} commits to another value")
        for name in [one for one in found if one.startswith("report.")]:
            need(reports.get(name) == sha256(found[name]).hexdigest(), "no entry records a report with these bytes")
        known = r"manifest\.json|checkpoint|key\.pub|unseen_verify\.py|report\.[a-z0-9]+|entries/\d+\.json|"
        for name in found:
            match = re.fullmatch(known + r"(?:proofs/(\d+)\.tlog-proof|openings/(\d+)\.json)", name)
            need(match is not None and {*match.groups()} <= {None, *map(str, entries)}, "a bundle has no such file")
    except (NotVerifiedError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        said = (
            str(error) if isinstance(error, NotVerifiedError) else f"it is malformed ({type(error).__name__}: {error})"
        )
        raise NotVerifiedError(f"{name}: {said}") from None
    return Found(*head, sorted(entries), key is not None)


def main(arguments: list[str]) -> int:
    """Run from a command line; returns the exit code."""
    if len(arguments) not in {1, 3} or (len(arguments) == 3 and arguments[1] != "--key"):
        sys.stderr.write("usage: python unseen_verify.py FOLDER [--key KEY]\n")
        return 2
    try:
        result = verify_bundle(Path(arguments[0]), arguments[2].strip() if len(arguments) == 3 else None)
    except (NotVerifiedError, OSError) as error:
        sys.stderr.write(f"DOES NOT VERIFY: {error}\n")
        return 4
    sys.stdout.write(
        f"verified: {len(result.entries)} entries of {result.origin}, "
        f"which held {result.size} entries when its root {result.root.hex()} was signed\n"
    )
    if not result.pinned:
        sys.stdout.write("NO KEY WAS GIVEN: whoever made this bundle could have made its key too. Repeat with --key.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
