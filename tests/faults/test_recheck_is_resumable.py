"""A recheck killed at any moment, then run again: the same findings on record, each once, and the ledger whole."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.rechecks import Drawing, keep_items, put_file

from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.model import Entry, Match
from unseen.store import list_findings, open_store

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose lists changed after its scans, beside the folder of its key; some places held two contents."""
    place, drawing = tmp_path_factory.mktemp("changed"), Drawing(4)
    with open_recorded(place / "store", keys=place / "keys") as store:
        put_file(store, "old", [Entry("far", "md5", bytes(16))])
        keep_items(store, {f"place {n}": drawing.item() for n in range(20)}, number=1)
        keep_items(store, {f"place {n}": drawing.item() for n in range(10)}, number=2)
        pairs = [(f"e{n}", *pair) for n in range(14) for pair in drawing.entry()]
        put_file(store, "new", [Entry(*pair) for pair in pairs])
    return place


def recheck(place: Path, kill_at: int) -> subprocess.CompletedProcess[str]:
    """Run it in a process that comes to grief, or at number 0 does not."""
    command = [sys.executable, "-m", "tests.faults.rechecker", str(place / "store"), str(kill_at)]
    environment = {**os.environ, "UNSEEN_KEYS": str(place / "keys")}
    return subprocess.run(command, cwd=ROOT, check=False, env=environment, capture_output=True, text=True)


def on_record(place: Path) -> dict[str, tuple[Match, ...]]:
    """Matches by the id of the finding."""
    with open_store(place / "store") as store:
        return {finding.id: finding.matches for finding in list_findings(store)}


@pytest.fixture(scope="module")
def undisturbed(changed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, tuple[Match, ...]]]:
    """How many steps a recheck takes that nobody kills, and what it leaves."""
    place = tmp_path_factory.mktemp("undisturbed") / "copy"
    shutil.copytree(changed, place)
    done = recheck(place, 0)
    assert done.returncode == 0, done.stderr
    found = on_record(place)
    assert len(found) > 5
    return int(done.stdout), found


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0])
def test_a_recheck_killed_anywhere_is_finished_by_the_next(
    share: float, changed: Path, undisturbed: tuple[int, dict[str, tuple[Match, ...]]], tmp_path: Path
) -> None:
    """Eight moments from the first to the last; what comes of it is what nobody had disturbed."""
    steps, found = undisturbed
    place = tmp_path / "copy"
    shutil.copytree(changed, place)
    assert recheck(place, 1 + round(share * (steps - 1))).returncode == -signal.SIGKILL
    again = recheck(place, 0)
    assert again.returncode == 0, again.stderr
    assert on_record(place) == found
    records = verify(str(place / "store")).records
    assert records is not None
    assert records.by_type["finding"] == len(found)
