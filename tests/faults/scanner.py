"""A scan in a process of its own, to be killed: run as `python -m tests.faults.scanner STORE SOURCE [KILL_AT]`.

KILL_AT counts what the store is asked to do, from the opening of the scan on: every statement, every commit. The
process kills itself, as the kernel would, before it does the one with that number.
"""

import dataclasses
import json
import os
import signal
import sys
from collections.abc import Callable

from sqlalchemy import Engine, event
from tests.unit.stand_ins import DAMAGED, LOCKED, PICTURE, StandInDarkroom, StandInMatcher, make_clock

from unseen import scan as pipeline
from unseen.model import Finding
from unseen.sources import open_source
from unseen.store import ScanSession, open_store

NOW = "2026-11-23T12:00:00+00:00"
MATCHER = StandInMatcher(
    csam=[prefix + b"known" for prefix in (PICTURE, DAMAGED, LOCKED, b"")], known_file=[PICTURE + b"commonplace"]
)
# Small enough that a test has many writes to be killed at.
BATCH_ITEMS = 7


def count_writes(engine: Engine, reached: Callable[[int], None]) -> None:
    """Tell each thing that the store is about to do, with its number."""
    done = 0

    def step(*_: object) -> None:
        nonlocal done
        done += 1
        reached(done)

    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)


def run(store_path: str, source: str, reached: Callable[[int], None]) -> dict[str, object]:
    """Scan to the end; give all that was told, and the summary."""
    pipeline.BATCH_ITEMS = BATCH_ITEMS
    with open_store(store_path) as store:
        count_writes(store.engine, reached)
        with ScanSession(store, bytes(32), settings="{}", at_utc=NOW) as session:
            told = []
            for one in pipeline.scan(
                open_source(source), darkroom=StandInDarkroom(), matcher=MATCHER, session=session, clock=make_clock()
            ):
                name = one.id if isinstance(one, Finding) else one.reason
                told.append([str(one.locator), name, repr(one)])
            summary = session.finish(entries_searchable=1, entries_not_searchable=0, seconds=0, at_utc=NOW)
    return {"told": sorted(told), "summary": dataclasses.asdict(summary), "is_resumed": session.is_resumed}


def main() -> None:
    """Scan, and die where told to."""
    store_path, source, *rest = sys.argv[1:]
    kill_at = int(rest[0]) if rest else 0

    def reached(number: int) -> None:
        if number == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    print(json.dumps(run(store_path, source, reached)))


if __name__ == "__main__":
    main()
