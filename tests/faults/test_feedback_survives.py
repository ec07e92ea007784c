"""Killed between any two statements, giving or sending feedback: nothing is lost, and the store verifies."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.tree import ROOT
from tests.unit.casework.letters import decide, furnish, put_of
from tests.unit.exchanges.fake_ncmec import FakeNcmec
from tests.unit.exchanges.servers import Server, running

from unseen.casework.feedback import deliver, give_feedback, list_feedback
from unseen.casework.proof.verifying import verify
from unseen.model import Decision
from unseen.store import LetterState

PROGRAM = Path(__file__).parent / "letter_sender.py"


def kill_before(store: str, what: str, left: int) -> bool:
    """Run the sender; says whether it was killed."""
    done = subprocess.run(
        [sys.executable, PROGRAM, store, what, str(left)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode in {0, -9}, done.stderr
    return done.returncode != 0


@pytest.fixture
def fake() -> FakeNcmec:
    """The service."""
    return FakeNcmec()


@pytest.fixture
def server(fake: FakeNcmec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The service on a port of this machine."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    with running(fake.server()) as server:
        yield server


def survives(folder: Path, fake: FakeNcmec, server: Server, *, what: str, every: int) -> int:
    """Kill before statement 0, `every`, twice that, and so on; after each, the next run does what is left."""
    store, ids = furnish(folder, server, count=2)
    decide(store, ids, Decision.CONFIRMED)
    if what == "send":
        give_feedback(store, ids, by="D. Okafor")
    shutil.copytree(store, folder / "made")
    keys = folder / "keys"
    shutil.copytree(keys, folder / "made-keys")
    for count in range(10_000):
        for made, place in ((folder / "made", Path(store)), (folder / "made-keys", keys)):
            shutil.rmtree(place)
            shutil.copytree(made, place)
        fake.given.clear()
        was_killed = kill_before(store, what, count * every)
        given = give_feedback(store, ids, by="D. Okafor")
        # All of it had been queued, or none.
        assert len({one.is_new for one in given}) == 1
        list(deliver(store))
        assert put_of(fake) == {f"{name}/{kind}": "affirmative" for name, kind in ENTRIES}
        letters = list(list_feedback(store))
        assert [(one.state, len(one.deliveries) >= 1) for one in letters] == [(LetterState.SENT, True)] * len(ENTRIES)
        verify(store)
        if not was_killed:
            return count
    raise AssertionError("there is no end")


ENTRIES = [(f"{name}{n}", kind) for n in range(2) for name, kind in (("entry", "MD5"), ("other", "PDQ"))]


@pytest.mark.parametrize(("what", "every"), [("give", 7), ("send", 11)])
def test_any_moment_will_do(tmp_path: Path, fake: FakeNcmec, server: Server, what: str, every: int) -> None:
    """Before some statements: every letter is queued once and arrives, and the records hold."""
    assert survives(tmp_path, fake, server, what=what, every=every) > 2


@pytest.mark.soak
@pytest.mark.parametrize("what", ["give", "send"])
def test_every_moment_will_do(tmp_path: Path, fake: FakeNcmec, server: Server, what: str) -> None:
    """The same before every single statement."""
    assert survives(tmp_path, fake, server, what=what, every=1) > 20
