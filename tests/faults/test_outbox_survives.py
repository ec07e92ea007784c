"""Several workers with one outbox, killed and cut off: nothing is lost, and nothing is sent twice without need."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from tests.faults.letter_worker import LEASE_S, NOW, deliver_all
from tests.house.tree import ROOT
from tests.stores import Server, on_both, on_server
from tests.unit.found import found, match

from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import StoreError
from unseen.model import Decision
from unseen.store import (
    Letter,
    LetterState,
    Sending,
    Store,
    channels_waiting,
    claim_next,
    list_letters,
    queue_letters,
    record_verdicts,
    settle,
)


def queue(store: Store, count: int) -> None:
    """Put this many letters into the outbox, each about another target."""
    (finding,) = found(store, {"item": [match("known")]}, number=0, at_utc=NOW)
    record_verdicts(store, [finding], Decision.CONFIRMED, by="D. Okafor", reason="compared", at_utc=NOW)
    letters = [
        Letter(kind="feedback", channel="known", target=f"{n}", finding=finding, content={}, by="D. Okafor")
        for n in range(count)
    ]
    queue_letters(store, letters, at_utc=NOW)


def start(place: str, sent: Path, left: int) -> subprocess.Popen[bytes]:
    """Start a worker that is killed before a statement, or never."""
    return subprocess.Popen([sys.executable, "-m", "tests.faults.letter_worker", place, sent, str(left)], cwd=ROOT)


def run_workers(place: str, sent: Path, deaths: Iterator[int], kills: int) -> int:
    """Keep two at work at once until this many were killed; gives how many were."""
    killed = 0
    while killed < kills:
        workers = [start(place, sent, next(deaths)) for _ in range(2)]
        codes = [worker.wait() for worker in workers]
        assert set(codes) <= {0, -9}
        if set(codes) == {0}:
            break
        killed += codes.count(-9)
    return killed


def check_all_sent(place: str, sent: Path, count: int, killed: int) -> None:
    """Deliver the rest; then each letter has arrived, and more than once only where its worker was killed."""
    with open_recorded(place) as store, sent.open("ab", buffering=0) as file:
        while channels_waiting(store, kind="feedback"):
            deliver_all(store, file.fileno())
            time.sleep(LEASE_S / 10)
    arrived = Counter(sent.read_text().split())
    with open_to_read(place) as store:
        letters = list(list_letters(store))
    assert {one.state for one in letters} == {LetterState.SENT}
    assert arrived.keys() == {str(one.number) for one in letters}
    assert (len(arrived), arrived.total() - count <= killed) == (count, True)
    assert all([tried.outcome for tried in one.deliveries] == [Sending.ACCEPTED] for one in letters)
    assert verify(place).records is not None


@on_both
def test_two_workers_that_are_killed_lose_nothing(place: str, tmp_path: Path) -> None:
    """Killed in the middle of claims and receipts, four times: each letter arrives, on record, and the records hold."""
    with open_recorded(place) as store:
        queue(store, 24)
    killed = run_workers(place, tmp_path / "sent", cycle([9, 13, 24, 31]), kills=4)
    assert killed >= 2
    check_all_sent(place, tmp_path / "sent", 24, killed)


@on_both
@pytest.mark.soak
def test_thousands_of_letters_survive_kills_before_every_statement(place: str, tmp_path: Path) -> None:
    """Four thousand letters, and a worker that is killed before statement 0, another before 1, and so on."""
    with open_recorded(place) as store:
        queue(store, 4_000)
    killed = run_workers(place, tmp_path / "sent", iter(range(400)), kills=390)
    assert killed > 300
    check_all_sent(place, tmp_path / "sent", 4_000, killed)


@on_server
@pytest.mark.parametrize("before", ["claim", "send", "receipt"])
def test_a_server_that_crashes_during_a_delivery_loses_nothing(place: str, before: str, server: Server) -> None:
    """Whoever has a letter in hand is told so, and after a lapse it is delivered by the next, once on record."""
    with open_recorded(place) as store:
        queue(store, 1)
        if before == "claim":
            restart(server)
        claim = claim_next(store, kind="feedback", channel="known", lease_s=-1, at_utc=NOW)
        assert claim is not None
        if before == "receipt":
            server.stop()
            with pytest.raises(StoreError, match="no connection"):
                settle(store, claim, Sending.ACCEPTED, status=200, answer="ok", again_in_s=0, at_utc=NOW)
            server.start()
        elif before == "send":
            restart(server)
        again = claim_next(store, kind="feedback", channel="known", lease_s=600, at_utc=NOW)
        assert again is not None
        assert (again.number, again.claim_no) == (claim.number, claim.claim_no + 1)
        settle(store, again, Sending.ACCEPTED, status=200, answer="ok", again_in_s=0, at_utc=NOW)
        (letter,) = list_letters(store)
        assert (letter.state, len(letter.deliveries)) == (LetterState.SENT, 1)
    assert verify(place).records is not None


def restart(server: Server) -> None:
    """Crash, and start again."""
    server.stop()
    server.start()
