"""Cases when things go wrong: killed, no room, several at once, clocks that jump, an older copy put back."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from tests.faults.case_worker import BATCHES, PER_BATCH, scan
from tests.house.tree import ROOT

from unseen.casework.cases import verbs
from unseen.casework.cases.course import Alarm, fold
from unseen.casework.cases.metrics import read_metrics
from unseen.casework.cases.verbs import act, check_complete, list_cases, show_case
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import LedgerBrokenError, UsageError
from unseen.model import EventKind
from unseen.store import count_without_case, list_findings, open_store, read_case
from unseen.store import list_cases as stored_cases


def start(store: Path, *what: str) -> subprocess.Popen[str]:
    """Another process at work on the same cases."""
    command = [sys.executable, "-m", "tests.faults.case_worker", str(store), *what]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def held(store: Path) -> tuple[int, int]:
    """How many findings there are, and how many stand in cases; each in one."""
    with open_store(store, create=False, read_only=True) as opened:
        found = [finding.id for finding in list_findings(opened)]
        cases = [fold(events) for events in stored_cases(opened)]
        in_cases = [finding for case in cases for finding in case.findings]
        assert len(in_cases) == len(set(in_cases))
        assert count_without_case(opened) == len(found) - len(in_cases)
    return len(found), len(in_cases)


def survives(store: Path, trouble: str, *, first: int, every: int) -> int:
    """Bring trouble before some statements; says how many there were."""
    for left in count(first, every):
        with open_recorded(store):
            pass
        worker = start(store, "scan", trouble, str(left))
        told, said = worker.communicate()
        assert worker.returncode in {0, -9}, said
        found, in_cases = held(store)
        assert found == in_cases
        scan(str(store))
        assert held(store) == (BATCHES * PER_BATCH, BATCHES * PER_BATCH)
        verify(str(store))
        shutil.rmtree(store)
        if worker.returncode == 0 and told == "done\n":
            return left
    raise AssertionError("there is no end")


@pytest.mark.parametrize(("trouble", "every"), [("kill", 29), ("full", 41)])
def test_no_finding_is_ever_without_its_case(tmp_path: Path, trouble: str, every: int) -> None:
    """Killed or out of room between any two statements: what is found stands in a case, and the next run has all."""
    assert survives(tmp_path / "store", trouble, first=10, every=every) > every


@pytest.mark.soak
@pytest.mark.parametrize("trouble", ["kill", "full"])
def test_no_finding_is_without_its_case_at_any_moment(tmp_path: Path, trouble: str) -> None:
    """The same before every single statement."""
    assert survives(tmp_path / "store", trouble, first=0, every=1) > 100


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with cases of two accounts."""
    scan(str(tmp_path / "store"))
    return tmp_path / "store"


def numbers(store: Path) -> list[int]:
    """Of the cases."""
    return sorted(account.case.id for account in list_cases(str(store)))


def test_of_people_who_take_a_case_at_once_one_has_it(store: Path) -> None:
    """Whoever was second is told whose it is by then; one event is on record, and everything verifies."""
    case = numbers(store)[0]
    names = ["Ann", "Bob", "Carla"]
    workers = {name: start(store, "take", name, str(case)) for name in names}
    (store.parent / "go").touch()
    told = {name: worker.communicate()[0].strip() for name, worker in workers.items()}
    (owner,) = [name for name, words in told.items() if words == "done"]
    others = {name: words for name, words in told.items() if name != owner}
    assert set(others.values()) == {f"case {case} is {owner}'s: it can be offered, and accepted"}
    shown = show_case(str(store), case).case
    assert shown.owner == owner
    assert [event.kind for event in shown.events].count(EventKind.TAKEN) == 1
    verify(str(store))


def test_of_notes_written_at_once_none_is_lost(store: Path) -> None:
    """Two people who write at the same time both find their words in the case, in the order of the ledger."""
    case = numbers(store)[0]
    workers = [start(store, "note", name, str(case)) for name in ("Ann", "Bob")]
    (store.parent / "go").touch()
    assert [worker.communicate()[0] for worker in workers] == ["done\n", "done\n"]
    events = show_case(str(store), case).case.events
    for name in ("Ann", "Bob"):
        assert [event.text for event in events if event.by == name] == [f"note {number}" for number in range(10)]
    assert [event.id for event in events] == sorted({event.id for event in events})
    verify(str(store))


def test_an_older_copy_put_back_is_noticed(store: Path, tmp_path: Path) -> None:
    """Where a store is older than what was signed here, lists of cases and metrics say so, and nobody writes."""
    shutil.copytree(store, tmp_path / "copy")
    case = numbers(store)[0]
    act(str(store), case, EventKind.TAKEN, by="Ann")
    act(str(store), case, EventKind.ESCALATED, by="Ann", text="now")
    check_complete(str(store))
    assert {one.name: one.value for one in read_metrics(str(store))}["unseen_ledger_entries_missing"] == 0
    shutil.rmtree(store)
    shutil.copytree(tmp_path / "copy", store)
    with pytest.raises(LedgerBrokenError, match="2 records that were signed are gone"):
        check_complete(str(store))
    assert {one.name: one.value for one in read_metrics(str(store))}["unseen_ledger_entries_missing"] == 2
    with pytest.raises(LedgerBrokenError):
        act(str(store), case, EventKind.TAKEN, by="Bob")
    assert numbers(store)


def test_only_the_records_put_back_are_noticed_too(store: Path, tmp_path: Path) -> None:
    """Where the file of the records alone is older than the checkpoint beside it, no key is needed to see it."""
    shutil.copytree(store, tmp_path / "copy")
    act(str(store), numbers(store)[0], EventKind.TAKEN, by="Ann")
    for name in ("unseen.db", "unseen.db-wal", "unseen.db-shm"):
        (store / name).unlink(missing_ok=True)
        if (tmp_path / "copy" / name).exists():
            shutil.copy(tmp_path / "copy" / name, store / name)
    with pytest.raises(LedgerBrokenError, match="1 records"):
        check_complete(str(store))


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_that_jumps_drops_nothing(store: Path, years: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the clock is ten years off, and after: the order is the ledger's, and no case grows younger."""
    case = numbers(store)[0]
    known = show_case(str(store), case).case.known_at_utc
    away = datetime.now(UTC) + timedelta(days=365 * years)
    monkeypatch.setattr(verbs, "now_utc", lambda: away.isoformat(timespec="seconds").replace("+00:00", "Z"))
    act(str(store), case, EventKind.TAKEN, by="Ann")
    ahead = show_case(str(store), case)
    assert (Alarm.CLOCK in ahead.alarms) == (years > 0)
    monkeypatch.undo()
    act(str(store), case, EventKind.NOTED, by="Ann", text="the clock was wrong")
    account = show_case(str(store), case)
    assert Alarm.CLOCK not in account.alarms
    assert account.case.known_at_utc <= known
    with open_store(store, create=False, read_only=True) as opened:
        assert [event.kind for event in read_case(opened, case)][-2:] == [EventKind.TAKEN, EventKind.NOTED]
    with pytest.raises(UsageError):
        act(str(store), case, EventKind.TAKEN, by="Bob")
    verify(str(store))
