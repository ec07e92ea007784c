"""What each side says of altered copies: a line of JSON for each copy, with the CPU time that it took.

Sides that compare plain hashes give their codes, which are compared elsewhere. This program's `fast` and `thorough` do
all that a scan does: they decode, hash, propose, search, look again and decide.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

Said = dict[str, Any]
Take = Callable[[Path], Said]


def _unseen() -> Take:
    from unseen.darkroom import develop

    def take(path: Path) -> Said:
        hashes = develop(path.read_bytes())
        codes = [(hashes.pdq, hashes.pdq_quality), *((one.pdq, one.pdq_quality) for one in hashes.variants)]
        return {"unseen": [code.hex() for code, quality in codes if code is not None and (quality or 0) >= 50]}

    return take


def _threatexchange() -> Take:
    from threatexchange.signal_type.pdq.signal import PdqSignal

    return lambda path: {"threatexchange": [code] if (code := PdqSignal.hash_from_file(path)) else []}


def _perception_pdq() -> Take:
    from perception.hashers.image.pdq import PDQHash

    return _perception("PDQHash", PDQHash())


def _perception_phash() -> Take:
    from perception import hashers

    return _perception("PHash", hashers.PHash(hash_size=16))


def _perception(name: str, hasher: Any) -> Take:
    import numpy as np
    from perception.hashers.tools import read

    def take(path: Path) -> Said:
        vector = hasher.compute(read(str(path)), hash_format="vector")
        return {name: [np.packbits(np.asarray(vector).astype(bool)).tobytes().hex()]}

    return take


def _altered(settings: dict[str, Any]) -> Take:
    """`fast` or `thorough`, against the PDQs of the photographs themselves and of others besides."""
    import numpy as np

    from benchmarks.sides.undoing import Looker

    names, known = _known(settings)
    looker = Looker(known, settings["side"], names)
    own = {name: known[row] for row, name in names.items()}

    def take(path: Path) -> Said:
        before = time.process_time()
        (looked,) = looker.look([path.read_bytes()])
        spent_s = time.process_time() - before
        # What follows says where a copy was lost, and is no part of the work.
        name, proposals = path.parent.name, looked.hashes.proposals
        value = own.get(name)
        tried = np.frombuffer(proposals.hashes if proposals else b"", np.uint8).reshape(-1, 32)
        nearest = [int(np.bitwise_count(tried ^ value).sum(axis=1).min())] if value is not None and len(tried) else []
        named = {match.entry for match in looked.matches}
        return {
            "cpu_ms": round(1e3 * spent_s, 3),
            "is_found": name in named,
            "is_aimed": value is not None and value.tobytes() in {one.value for one in looked.aims},
            "aims": len(looked.aims),
            "placings": len(proposals.placings) if proposals else 0,
            "nearest_bits": nearest[0] if nearest else None,
            "unrelated": sorted(named - {name}),
        }

    return take


def _known(settings: dict[str, Any]) -> tuple[dict[int, str], Any]:
    """Names of photographs by row, and all values: first of those that are clear enough to stand in a list."""
    import numpy as np

    from unseen.darkroom import develop

    cached = Path(settings["originals"]) / "originals.json"
    values = json.loads(cached.read_text()) if cached.exists() else {}
    for path in sorted(Path(settings["originals"]).glob("*/original.jpg")):
        if path.parent.name.isdigit() and path.parent.name not in values:
            hashes = develop(path.read_bytes())
            values[path.parent.name] = hashes.pdq.hex() if hashes.pdq and (hashes.pdq_quality or 0) >= 50 else ""
    cached.write_text(json.dumps(values))
    clear = sorted(name for name, value in values.items() if value)
    rows = np.frombuffer(bytes.fromhex("".join(values[name] for name in clear)), np.uint8).reshape(-1, 32)
    if settings["entries"]:
        rows = np.concatenate([rows, np.load(settings["entries"])])
    return dict(enumerate(clear)), np.ascontiguousarray(rows)


_SIDES = {
    "unseen": _unseen,
    "threatexchange": _threatexchange,
    "PDQHash": _perception_pdq,
    "PHash": _perception_phash,
}


def _say(settings: dict[str, Any]) -> Iterator[Said]:
    side = settings["side"]
    take = _SIDES[side]() if side in _SIDES else _altered(settings)
    for folder in map(Path, settings["folders"]):
        for path in sorted(folder.iterdir()):
            before = time.process_time()
            said = take(path)
            spent_s = time.process_time() - before
            yield {"photograph": folder.name, "copy": path.stem, "cpu_ms": round(1e3 * spent_s, 3)} | said


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps({name: version(name) for name in asked["packages"]}))
    for line in _say(asked):
        print(json.dumps(line))
