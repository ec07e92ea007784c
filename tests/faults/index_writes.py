"""Changes the index of a store and dies, or fails, at one of its writes: run by `test_index_is_crash_safe.py`.

Arguments: the folder of an index with list `ours`; the number of the write; `kill` or `full`. Prints how many writes
there were.
"""

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from unseen.matching import IndexWriter, index_file
from unseen.model import Codes, ListClass


class Fault:
    """Counts writes, and strikes at one of them."""

    def __init__(self, at: int, kind: str) -> None:
        self.count, self._at, self._kind = 0, at, kind

    def step(self) -> None:
        """Another write is about to happen."""
        self.count += 1
        if self.count == self._at:
            if self._kind == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def around(self, owner: Any, name: str) -> None:
        """Count every call of this function."""
        function: Callable[..., Any] = getattr(owner, name)

        def counted(*arguments: Any, **keywords: Any) -> Any:
            self.step()
            return function(*arguments, **keywords)

        setattr(owner, name, counted)


def change(folder: Path) -> None:
    """Every kind of write: a segment, additions, removals, manifest, CURRENT, and clearing away."""
    rng = np.random.default_rng(2)
    with IndexWriter(folder) as writer:
        added = (rng.integers(0, 256, (5, 32), dtype=np.uint8), np.arange(1000, 1005))
        writer.change_list("ours", "02", "pdq", added=added, removed=np.arange(10))
        codes = rng.integers(0, 256, (50, 32), dtype=np.uint8)
        writer.put_list("other", "01", [Codes("other", ListClass.CSAM, "pdq", codes, np.arange(2000, 2050))])
        writer.publish()


def main() -> None:
    """Change the index while one write goes wrong."""
    fault = Fault(int(sys.argv[2]), sys.argv[3])
    for owner, name in ((os, "fsync"), (os, "fdopen"), (Path, "replace"), (Path, "unlink")):
        fault.around(owner, name)
    blocks = vars(index_file)["_blocks"]

    def counted(*arguments: Any) -> Any:
        for block in blocks(*arguments):
            fault.step()
            yield block

    vars(index_file)["_blocks"] = counted
    try:
        change(Path(sys.argv[1]))
    finally:
        print(fault.count, flush=True)


if __name__ == "__main__":
    main()
