"""Hashes of altered pictures, as each side takes them of the same files; printed as JSON, and timed by nobody."""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Of one file: for each hash by name, the codes that are compared, in hexadecimal; none where it is too flat.
Codes = dict[str, list[str]]


def _unseen() -> Callable[[Path], Codes]:
    unseen: Any = import_module("unseen")

    def take(path: Path) -> Codes:
        hashes = unseen.hash_file(path)
        all_codes = [(hashes.pdq, hashes.pdq_quality), *((one.pdq, one.pdq_quality) for one in hashes.variants)]
        return {"unseen": [code.hex() for code, quality in all_codes if quality >= 50]}

    return take


def _threatexchange() -> Callable[[Path], Codes]:
    from threatexchange.signal_type.pdq.signal import PdqSignal

    return lambda path: {"threatexchange": [code] if (code := PdqSignal.hash_from_file(path)) else []}


def _perception() -> Callable[[Path], Codes]:
    import numpy as np
    from perception import hashers
    from perception.hashers.image.pdq import PDQHash
    from perception.hashers.tools import read

    single = {
        "PHash": hashers.PHash(hash_size=16),
        "DHash": hashers.DHash(hash_size=16),
        "AverageHash": hashers.AverageHash(hash_size=16),
        "MarrHildreth": hashers.MarrHildreth(),
        "BlockMean": hashers.BlockMean(),
        "WaveletHash": hashers.WaveletHash(hash_size=16),
        "PDQHash": PDQHash(),
    }

    def code(vector: Any) -> str:
        return np.packbits(np.asarray(vector).astype(bool)).tobytes().hex()

    def take(path: Path) -> Codes:
        picture = read(str(path))
        codes = {name: [code(one.compute(picture, hash_format="vector"))] for name, one in single.items()}
        turned = single["PHash"].compute_isometric(picture)
        codes["PHash, 8 ways"] = [
            code(single["PHash"].string_to_vector(one)) if isinstance(one, str) else code(one)
            for one in turned.values()
        ]
        return codes

    return take


if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    prepare = {"unseen": _unseen, "threatexchange": _threatexchange, "perception": _perception}[settings["side"]]
    take_codes = prepare()
    files = sorted(Path(settings["folder"]).iterdir())
    print(
        json.dumps(
            {
                "codes": {path.name: take_codes(path) for path in files},
                "versions": {name: version(name) for name in settings["packages"]},
            }
        )
    )
