"""Rows of lists that live: from a file to what can be searched, a sync of a long list, and a withdrawal from it.

`python -m benchmarks.living STORE ENTRIES` is the process that the second row measures.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.race import PEERS, ROOT, clean_environment
from unseen.casework.known.changing import apply_pages
from unseen.casework.known.indexing import Indexing, open_lists
from unseen.casework.proof.recording import open_recorded
from unseen.model import ChangePage, Label, ListClass, Published, Withdrawn
from unseen.store import Change, Store, list_lists, stage_page

__all__ = ["list_to_index", "sync"]

_CHANGE = Change(list_class=ListClass.CSAM, file_format="bench", origin="numbers", at_utc="2026-11-23T02:40:00Z")
_PAGE = 1_000
_WITHDRAWN = 10_000
_PUBLISHERS = 50


def list_to_index(codes: Path, *, rounds: int) -> list[dict[str, Any]]:
    """A plain file of PDQs until it can be searched: `list add` and the index, against `threatexchange fetch`.

    CPU time of all processes; both end with what the next match reads from the disk.
    """
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        texts = [code.tobytes().hex() for code in np.load(codes, mmap_mode="r")]
        (place / "ours.txt").write_text("".join(f"pdq:{text}\n" for text in texts), encoding="ascii")
        (place / "theirs.txt").write_text("".join(f"{text}\n" for text in texts), encoding="ascii")
        for turn in range(rounds):
            keys = {**clean_environment(), "UNSEEN_KEYS": str(place / "keys")}
            store = str(place / f"store-{turn}")
            unseen = str(Path(sys.executable).with_name("unseen"))
            adding = [unseen, "list", "add", "known", str(place / "ours.txt"), "--store", store]
            indexing = [sys.executable, "-m", "benchmarks.living", store]
            ours.append(sum(_cpu_s(command, keys) for command in (adding, indexing)))
            home = {**clean_environment(), "HOME": str(place / f"home-{turn}")}
            Path(home["HOME"]).mkdir()
            peer = str(PEERS.with_name("threatexchange"))
            of_file = ["--create", "--filename", str(place / "theirs.txt"), "--signal-type", "pdq", "known"]
            _cpu_s([peer, "config", "collab", "edit", "local_file", *of_file], home)
            theirs.append(_cpu_s([peer, "fetch"], home))
    return [
        {"name": "unseen", "seconds": ours, "notes": {"entries": len(texts)}, "versions": {}},
        {"name": "threatexchange", "seconds": theirs, "notes": {"entries": len(texts)}, "versions": {}},
    ]


def sync(entries: int) -> list[dict[str, Any]]:
    """A first sync of so many entries page by page, and a withdrawal of ten thousand of them until none is found."""
    with tempfile.TemporaryDirectory() as scratch:
        keys = {**clean_environment(), "UNSEEN_KEYS": str(Path(scratch) / "keys")}
        command = [sys.executable, "-m", "benchmarks.living", str(Path(scratch) / "store"), str(entries)]
        done = subprocess.run(command, cwd=ROOT, env=keys, capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)
    return [
        {"name": "sync", "seconds": [told["sync_s"]], "notes": {"peak_mb": told["sync_mb"]}, "versions": {}},
        {"name": "withdrawal", "seconds": [told["withdrawal_s"]], "notes": {"entries": entries}, "versions": {}},
    ]


def _cpu_s(command: Sequence[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _pages(entries: int) -> Iterator[ChangePage]:
    draw = np.random.default_rng(11)
    for first in range(0, entries, _PAGE):
        count = min(_PAGE, entries - first)
        codes = draw.integers(0, 256, (count, 32), dtype=np.uint8)
        yield ChangePage(
            changes=tuple(
                Published(
                    entry=_name(first + at),
                    publisher=str((first + at) % _PUBLISHERS),
                    hashes=(("pdq", code.tobytes()),),
                    labels=(Label("bench", "1"),),
                    at_utc=_CHANGE.at_utc,
                )
                for at, code in enumerate(codes)
            ),
            checkpoint=str(first),
            begins_anew=first == 0,
            is_last=first + count == entries,
        )


def _name(number: int) -> str:
    # As services name them: in no order that would be that of their publication.
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"


def _withdrawals(entries: int) -> ChangePage:
    step = max(1, entries // _WITHDRAWN)
    gone = range(0, entries, step)[: min(_WITHDRAWN, entries // 2)]
    changes = tuple(Withdrawn(entry=_name(one), publisher=str(one % _PUBLISHERS)) for one in gone)
    return ChangePage(changes=changes, checkpoint="end", is_last=True)


def _index(store: Store) -> None:
    open_lists(store, list_lists(store), Indexing(may_write=True))


def main() -> None:
    """Index a store; or sync into it, index it, and withdraw. Tells what the latter took."""
    path, *entries = sys.argv[1:]
    with open_recorded(path, keys=Path(os.environ["UNSEEN_KEYS"])) as store:
        if not entries:
            _index(store)
            return
        began = time.process_time()
        for page in _pages(int(entries[0])):
            stage_page(store, "live", page)
        apply_pages(store, "live", _CHANGE)
        told = {"sync_s": time.process_time() - began}
        told["sync_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        _index(store)
        stage_page(store, "live", _withdrawals(int(entries[0])))
        began = time.monotonic()
        apply_pages(store, "live", _CHANGE)
        told["withdrawal_s"] = time.monotonic() - began
        print(json.dumps(told))


if __name__ == "__main__":
    main()
