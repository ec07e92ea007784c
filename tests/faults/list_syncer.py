"""A sync of a list that is killed before a chosen statement, for `test_sync_survives.py`.

    python list_syncer.py FOLDER EVERY

Makes a store with a list and its index once, then repeats the same sync with SIGKILL before its first statement, the
(1 + EVERY)-th, and so on, until one run is not killed. After each kill: the list is the old one or the new one, whole;
who goes on from the checkpoint that was kept comes to the new one, with one change on record; and the store verifies.
Prints how many kills there were.
"""

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from unseen.casework.known.changing import apply_pages
from unseen.casework.known.indexing import Indexing, open_lists
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.model import ChangePage, ListClass, Opinion, Published, Stance, Withdrawn
from unseen.store import Change, Store, entries_of_type, list_entries, list_lists, read_checkpoint, stage_page

WHEN = "2026-11-23T12:00:00Z"
CHANGE = Change(list_class=ListClass.CSAM, file_format="service", origin="a", at_utc=WHEN)
OLD = {f"e{number}" for number in range(12)}
NEW = OLD - {"e0", "e5"} | {"n1", "n2"}


def entry(name: str, number: int, *opinions: Opinion) -> Published:
    """An entry with two hashes."""
    hashes = ("pdq", number.to_bytes(32, "big")), ("md5", number.to_bytes(16, "big"))
    return Published(entry=name, publisher="p", hashes=hashes, opinions=opinions)


PAGES = [
    ChangePage(changes=(Withdrawn(entry="e0", publisher="p"), entry("n1", 101)), checkpoint="1"),
    ChangePage(changes=(entry("e1", 77), entry("e2", 2, Opinion("m", Stance.AGAINST))), checkpoint="2"),
    ChangePage(changes=(Withdrawn(entry="e5", publisher="p"), entry("n2", 102)), checkpoint="3", is_last=True),
]


def prepare(folder: Path) -> None:
    """A list of a service, and its index."""
    with open_recorded(folder / "store", keys=folder / "keys") as store:
        changes = tuple(entry(name, int(name[1:])) for name in sorted(OLD))
        stage_page(store, "live", ChangePage(changes=changes, checkpoint="0", begins_anew=True, is_last=True))
        apply_pages(store, "live", CHANGE)
        open_lists(store, list_lists(store), Indexing(may_write=True))


def sync(store: Store) -> None:
    """Go on behind what was kept, to the end, and apply it."""
    for page in PAGES[int(read_checkpoint(store, "live") or 0) :]:
        stage_page(store, "live", page)
    apply_pages(store, "live", CHANGE)


def killed_run(folder: Path, left: int) -> bool:
    """Sync with SIGKILL before statement number `left`; says whether it came to that."""
    child = os.fork()
    if child == 0:
        state = {"left": left}

        def step(_: str) -> None:
            if state["left"] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            state["left"] -= 1

        with open_recorded(folder / "store", keys=folder / "keys") as store:

            @event.listens_for(store.engine, "checkout")
            def _watch(connection: Any, *_: object) -> None:
                connection.set_trace_callback(step)

            sync(store)
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0


def check(folder: Path) -> None:
    """The list is whole, and goes on to be the new one."""
    with open_recorded(folder / "store", keys=folder / "keys") as store:
        assert {one.entry for one in list_entries(store, "live")} in (OLD, NEW)
        sync(store)
        assert {one.entry for one in list_entries(store, "live")} == NEW
        with store.read() as connection:
            assert len(entries_of_type(connection, "list_changed")) == 2
    verified = verify(str(folder / "store"))
    assert verified.index is not None
    assert verified.index.lists == ("live",)


def main() -> None:
    """Kill it everywhere."""
    folder, every = Path(sys.argv[1]), int(sys.argv[2])
    os.environ["UNSEEN_KEYS"] = str(folder / "keys")
    prepare(folder)
    shutil.copytree(folder, folder.with_name("kept"))
    kills, left = 0, 0
    while True:
        was_killed = killed_run(folder, left)
        check(folder)
        if not was_killed:
            break
        kills += 1
        left += every
        shutil.rmtree(folder)
        shutil.copytree(folder.with_name("kept"), folder)
    print(kills)


if __name__ == "__main__":
    main()
