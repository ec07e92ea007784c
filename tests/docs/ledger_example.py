"""The example of the pages on formats, made anew each time from the program itself.

python -m tests.docs.ledger_example      prints it, to be put into the pages
"""

import json
import tempfile
from hashlib import sha256
from pathlib import Path

from unseen.ledger import KeyFolder, LedgerWriter, SigningKey, TileReader, commitment, leaf_hash, write_bundle
from unseen.ledger.bundle import Opening
from unseen.ledger.canonical import Json, to_bytes

__all__ = ["make_example"]

ORIGIN = "unseen.00112233445566aa"
# A published example must repeat; real keys and salts come from the system's randomness.
KEY = SigningKey(ORIGIN, bytes(range(32)))
OPENING = Opening(bytes(range(16)), {"item": "/evidence/photo 1.jpg", "sha256": "00" * 32})
REPORT = b"<!doctype html><title>Report</title>\n"


def records() -> list[dict[str, Json]]:
    """Three records as a store would write them."""
    first: dict[str, Json] = {"origin": ORIGIN, "key": str(KEY.public), "type": "store_created"}
    second: dict[str, Json] = {"c": commitment(OPENING.salt, OPENING.value), "type": "finding"}
    third: dict[str, Json] = {"files": {"report.html": sha256(REPORT).hexdigest()}, "type": "report_written"}
    stamped: dict[str, Json] = {"at": "2026-11-23T02:40:00Z", "v": 1}
    return [record | stamped | {"n": n} for n, record in enumerate((first, second, third))]


def make_example() -> dict[str, str]:
    """What the pages show, by a name for each part."""
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        keys = KeyFolder(base / "keys")
        keys.make(KEY)
        entries = [to_bytes(record) for record in records()]
        with LedgerWriter.open(base / "ledger", keys, ORIGIN) as writer:
            writer.append(entries, start=0)
            note = writer.seal()
        reader = TileReader(base / "ledger", len(entries))
        write_bundle(base / "bundle", reader, (note, KEY.public), {1: OPENING, 2: None}, {"report.html": REPORT})
        found = sorted(path for path in base.rglob("*") if path.is_file())
        manifest = json.loads((base / "bundle" / "manifest.json").read_bytes())
        # The verifier's digest changes with every word of its text.
        manifest["files"]["unseen_verify.py"] = "..."
        tree = [path.relative_to(base).as_posix() for path in found if not path.is_relative_to(base / "keys")]
        return {
            "entries": "\n".join(entry.decode() for entry in entries),
            "leaves": "\n".join(leaf_hash(entry).hex() for entry in entries),
            "checkpoint": note.to_bytes().decode(),
            "key": str(KEY.public),
            "ledger": "\n".join(path for path in tree if path.startswith("ledger/")),
            "proof": (base / "bundle" / "proofs" / "1.tlog-proof").read_text(encoding="utf-8"),
            "opening": (base / "bundle" / "openings" / "1.json").read_text(encoding="utf-8"),
            "bundle": "\n".join(path for path in tree if path.startswith("bundle/")),
            "manifest": json.dumps(manifest, indent=1),
        }


if __name__ == "__main__":
    for title, text in make_example().items():
        print(f"## {title}\n{text}\n")
