"""Killed between any two statements while it files: nothing is lost, nothing is filed twice, and the store verifies."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.house.tree import ROOT
from tests.unit.casework.filing.filings import decide_case, furnish, run, settings_for, start, working

from unseen.casework.filing.sending.deciding import turn
from unseen.casework.filing.sending.listing import list_filings
from unseen.casework.filing.sending.working import Worked, send
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.filing.rehearsal import RehearsalServer
from unseen.store import LetterState, list_cases

PROGRAM = Path(__file__).parent / "filing_sender.py"


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing keys beside the store."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))


def kill_before(store: str, settings: str, address: str, left: int) -> bool:
    """Run the worker; says whether it was killed."""
    done = subprocess.run(
        [sys.executable, PROGRAM, store, settings, address, str(left)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode in {0, -9}, done.stderr
    return done.returncode != 0


def survives(folder: Path, *, first: int, every: int, rounds: int | None = None) -> int:
    """Kill at some statements, each time in a store of its own; the next workers, and a person, do what is left."""
    for count in range(rounds or 10_000):
        place = folder / str(count)
        place.mkdir()
        store = furnish(place)
        decide_case(place, store)
        with start() as server:
            was_killed = kill_before(store, settings_for(place), server.address, first + count * every)
            run(store, working(place, server))
            assert len(server.desk.filed) == 1, first + count * every
            (account,) = list_filings(store, everything=True)
            assert account.filing.state is LetterState.SENT
            assert account.receipt is not None
            assert account.receipt.report_id == server.desk.filed[0].report_id
        verify(store)
        if not was_killed:
            return count
    return rounds or 0


@pytest.mark.parametrize("first", [0, 13])
def test_any_moment_will_do(tmp_path: Path, first: int) -> None:
    """Before some statements: what was decided on is filed once, by whoever comes next."""
    assert survives(tmp_path, first=first, every=29, rounds=4) > 2


@pytest.mark.soak
def test_every_moment_will_do(tmp_path: Path) -> None:
    """The same before every single statement."""
    assert survives(tmp_path, first=0, every=1) > 100


def file_many(folder: Path, server: RehearsalServer, *, cases: int, workers: int, kills: int) -> str:
    """File many cases with several workers at once, while others are killed."""
    store = furnish(folder, cases=cases, contents={"one.jpg": b"a picture of a bridge"})
    with open_recorded(store) as opened:
        numbers = [events[0].case for events in list_cases(opened)]
    for number in numbers:
        decide_case(folder, store, number)
    done: list[Worked] = []
    threads = [
        threading.Thread(target=lambda: done.extend(send(store, working(folder, server)))) for _ in range(workers)
    ]
    for thread in threads:
        thread.start()
    for kill in range(kills):
        kill_before(store, settings_for(folder), server.address, 40 + 31 * kill)
    for thread in threads:
        thread.join()
    for waiting in (one for one in list_filings(store) if one.waits):
        # Its worker died while it opened the report: nobody knows whether it is open, and a person says how to go on.
        turn(store, waiting.filing.id, "go_on", by="D. Okafor", reason="looked into")
    run(store, working(folder, server))
    assert len(server.desk.filed) == cases
    receipts = {one.receipt.report_id for one in list_filings(store, everything=True) if one.receipt is not None}
    assert receipts == {one.report_id for one in server.desk.filed}
    verify(store)
    return store


def test_workers_beside_others_that_die_file_each_case_once(tmp_path: Path) -> None:
    """Two go on while two more are killed at their side."""
    with start() as server:
        file_many(tmp_path, server, cases=6, workers=2, kills=2)


@pytest.mark.soak
def test_four_thousand_are_filed_once(tmp_path: Path) -> None:
    """The same with as many as a busy week brings, and a dozen deaths."""
    with start() as server:
        file_many(tmp_path, server, cases=4_000, workers=2, kills=12)
