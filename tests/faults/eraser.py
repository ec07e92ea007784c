"""An erasure in a process of its own, to be killed: `python -m tests.faults.eraser STORE NUMBER`.

The process kills itself before it asks the store for the thing with that number, or brings the file with that number to
the disk, counted from the opening of the store on.
"""

import os
import signal
import sys
from collections.abc import Callable

from tests.faults.scanner import count_statements, count_writes

from unseen.casework.kept import expiring
from unseen.casework.kept.erasing import erase_expired
from unseen.store import Store, move_dates
from unseen.store.kept import retention

AFTER = "2026-12-01T12:00:00Z"
ITEMS_AT_ONCE = 2


def run(store_path: str, reached: Callable[[int], None]) -> None:
    """Open the store when the date has come, and so erase what is due."""
    retention._ITEMS_AT_ONCE = ITEMS_AT_ONCE
    steps = count_writes(reached)
    find_due = move_dates

    def find_due_and_count(store: Store, at_utc: str) -> None:
        count_statements(store.engine, steps)
        find_due(store, at_utc)

    vars(expiring).update(now_utc=lambda: AFTER, move_dates=find_due_and_count)
    erase_expired(store_path)


def main() -> None:
    """Erase, and die where told to."""
    store_path, number = sys.argv[1], int(sys.argv[2])

    def reached(step: int) -> None:
        if step == number:
            os.kill(os.getpid(), signal.SIGKILL)

    run(store_path, reached)


if __name__ == "__main__":
    main()
