"""A recheck in a process of its own, to be killed: `python -m tests.faults.rechecker STORE NUMBER`.

The process kills itself before it asks the store for the thing with that number, or brings the file with that number to
the disk, counted from the moment when the recheck begins to compare. It prints how many there were.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tests.faults.scanner import count_statements, count_writes

from unseen.casework.kept import rechecking
from unseen.casework.kept.rechecking import RecheckSettings, run_recheck
from unseen.store import Held, Store, held_blocks

ROWS_AT_ONCE = 3


def run(store_path: str, reached: Callable[[int], None]) -> list[object]:
    """Recheck to the end; give all that was told."""
    steps = count_writes(reached)

    def blocks(store: Store, after: int, end: int, **asked: Any) -> Iterator[Held]:
        count_statements(store.engine, steps)
        yield from held_blocks(store, after, end, rows_at_once=ROWS_AT_ONCE, **asked)

    vars(rechecking).update(held_blocks=blocks)
    return list(run_recheck(RecheckSettings(store=store_path)))


def main() -> None:
    """Recheck, and die where told to."""
    store_path, number = sys.argv[1], int(sys.argv[2])
    count = 0

    def reached(step: int) -> None:
        nonlocal count
        count = step
        if step == number:
            os.kill(os.getpid(), signal.SIGKILL)

    run(store_path, reached)
    print(count)


if __name__ == "__main__":
    main()
