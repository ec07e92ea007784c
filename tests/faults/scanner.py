"""A scan in a process of its own, to come to grief: `python -m tests.faults.scanner STORE SOURCE TROUBLE NUMBER`.

TROUBLE is SIGKILL or SIGINT, which the process sends itself before it asks the store for the thing with that number,
counted from the opening of the scan on (every statement, every commit); or `file size`, and no file may grow beyond
NUMBER bytes.
"""

import dataclasses
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from tests.unit.stand_ins import DAMAGED, LOCKED, PICTURE, StandInDarkroom, StandInMatcher, make_clock

from unseen import scan as pipeline
from unseen.casework.proof import recording
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UnseenError
from unseen.model import Acquired, Finding
from unseen.sources import open_source
from unseen.store import ScanSession

NOW = "2026-11-23T12:00:00+00:00"
MATCHER = StandInMatcher(
    csam=[prefix + b"known" for prefix in (PICTURE, DAMAGED, LOCKED, b"")], known_file=[PICTURE + b"commonplace"]
)
# Small enough that a test has many writes to be killed at.
BATCH_ITEMS = 7
_TRUE: dict[str, Callable[..., None]] = {"fsync": os.fsync, "rename": os.rename}


def count_writes(reached: Callable[[int], None]) -> Callable[..., None]:
    """Tell each file of the ledger that is about to be brought to the disk, or named, with its number.

    Returns:
        What counts anything else together with those.
    """
    done = 0

    def step(*_: object) -> None:
        nonlocal done
        done += 1
        reached(done)

    for name in ("fsync", "rename"):
        setattr(os, name, _counted(_TRUE[name], step))
    return step


def _counted(true: Callable[..., None], step: Callable[..., None]) -> Callable[..., None]:
    def counted(*arguments: Any, **named: Any) -> None:
        step()
        true(*arguments, **named)

    return counted


def count_statements(engine: Engine, step: Callable[..., None]) -> None:
    """Tell each thing that is about to be asked of the store."""
    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)


def run(store_path: str, source: str, reached: Callable[[int], None]) -> dict[str, object]:
    """Scan to the end; give all that was told, and the summary."""
    pipeline.BATCH_ITEMS = BATCH_ITEMS
    # Every other batch or so is sealed; the rest waits for the end, or for the next run.
    recording.SEAL_ENTRIES = 2 * BATCH_ITEMS
    # The ledger's files are brought to the disk and given their names one by one: each is a moment to be killed at.
    steps = count_writes(reached)
    with open_recorded(store_path) as store:
        count_statements(store.engine, steps)
        with ScanSession(store, bytes(32), settings="{}", at_utc=NOW) as session:
            told = []
            for one in pipeline.scan(
                open_source(source), darkroom=StandInDarkroom(), matcher=MATCHER, session=session, clock=make_clock()
            ):
                assert not isinstance(one, Acquired)
                name = one.id if isinstance(one, Finding) else one.reason
                told.append([str(one.locator), name, repr(one)])
            summary = session.finish(entries_searchable=1, entries_not_searchable=0, seconds=0, at_utc=NOW)
    return {"told": sorted(told), "summary": dataclasses.asdict(summary), "is_resumed": session.is_resumed}


def main() -> int:
    """Scan, and come to grief where told to."""
    store_path, source, *trouble = sys.argv[1:]
    match trouble:
        case ["SIGKILL" | "SIGINT" as name, number]:
            trouble_at, what = int(number), signal.Signals[name]
        case ["file size", size_bytes]:
            trouble_at, what = 0, signal.SIGKILL
            # What a full disk does, wherever the test runs: no file may grow beyond this.
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(size_bytes), int(size_bytes)))
        case _:
            raise SystemExit(2)

    def reached(number: int) -> None:
        if number == trouble_at:
            os.kill(os.getpid(), what)

    try:
        print(json.dumps(run(store_path, source, reached)))
    except UnseenError as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
