"""Works on cases until trouble comes, for `test_cases_survive.py`.

    python -m tests.faults.case_worker STORE scan kill|full LEFT
    python -m tests.faults.case_worker STORE take|note NAME COUNT

`scan` puts findings of two accounts into a store and is killed before statement number LEFT of SQL, or has a disk that
holds no more pages than at that moment. `take` and `note` act on case COUNT as a person of that name, the latter ten
times. Prints `done` where it came to its end, and otherwise what it was told.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from tests.unit.found import match
from tests.unit.stand_ins import hash_content, make_item

from unseen.casework.cases.verbs import act
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UnseenError
from unseen.model import EventKind, Facts, Finding, Subject, SubjectKind
from unseen.scan import screen_item
from unseen.store import ScanSession

WHEN = "2026-11-23T12:00:00Z"
BATCHES, PER_BATCH = 3, 4


def facts_of(finding: Finding) -> Facts:
    """Every other finding is of another account."""
    return Facts(subject=Subject(SubjectKind.ACCOUNT, str(int(finding.id, 16) % 2)), original_name="a" * 4_000)


def scan(store: str) -> None:
    """Find what is known, in several batches."""
    with (
        open_recorded(store) as opened,
        ScanSession(opened, bytes(32), settings="{}", at_utc=WHEN, facts_of=facts_of) as session,
    ):
        for number in range(BATCHES):
            items = [make_item(f"{number}/{one}", b"content %d %d" % (number, one)) for one in range(PER_BATCH)]
            stored = session.stored([item.locator for item in items])
            contents = {item.locator: hash_content(f"content of {item.locator}".encode()) for item in items}
            batch = [
                screen_item(item, contents[item.locator], (match("known"),), is_finding=True)
                for item in items
                if item.locator not in stored
            ]
            session.commit(batch, seconds=0, at_utc=WHEN)
        session.finish(entries_searchable=1, entries_not_searchable=0, seconds=0, at_utc=WHEN)


def come_to_grief(trouble: str, left: int) -> None:
    """Be killed before a statement, or have no more room from then on."""

    def step(connection: Any, *_: object) -> None:
        nonlocal left
        if left == 0 and trouble == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if left == 0:
            driver = connection.connection.driver_connection
            (pages,) = driver.execute("PRAGMA page_count").fetchone()
            driver.execute(f"PRAGMA max_page_count = {pages}")
        left -= 1

    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)


def main() -> None:
    """Do one of these."""
    store, what, how, count = sys.argv[1:]
    try:
        if what == "scan":
            come_to_grief(how, int(count))
            scan(store)
        else:
            # All begin at once.
            while not Path(store, "..", "go").exists():
                pass
            kind = EventKind.TAKEN if what == "take" else EventKind.NOTED
            for number in range(1 if what == "take" else 10):
                act(store, int(count), kind, by=how, text=None if what == "take" else f"note {number}")
    except UnseenError as error:
        print(error)
    else:
        print("done")


if __name__ == "__main__":
    main()
