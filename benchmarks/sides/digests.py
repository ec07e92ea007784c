"""One plain process: read a file from its first byte to its last, and take three digests."""

import hashlib
import sys
from pathlib import Path

_PIECE_BYTES = 256 << 10

if __name__ == "__main__":
    digests = [hashlib.new(name, usedforsecurity=False) for name in ("sha256", "sha1", "md5")]
    with Path(sys.argv[1]).open("rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            for digest in digests:
                digest.update(piece)
    print(*(digest.hexdigest() for digest in digests))
