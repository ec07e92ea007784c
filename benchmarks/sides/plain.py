"""One plain process: hash every file it is given, without darkroom, lists or store."""

import json
import sys
from pathlib import Path

import unseen

if __name__ == "__main__":
    paths = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    hashed = sum(unseen.hash_file(path).pdq is not None for path in paths)
    print(json.dumps({"files": len(paths), "hashed": hashed}))
