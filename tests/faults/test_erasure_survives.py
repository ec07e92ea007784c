"""Killed at any moment of an erasure, then run again: nothing of what was due is left, and the ledger says so."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.kept import HARMLESS, KNOWN, contents_of, hash_values, held_on_disk, keep_scan

from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.model import Retention
from unseen.store import open_store, read_entries, scans_due

ROOT = Path(__file__).parents[2]
BEGAN = "2026-11-01T12:00:00Z"
FAR = "2099-01-01T00:00:00Z"
COUNT = 7


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with hashes that are due, beside the folder of its key."""
    path = tmp_path_factory.mktemp("dated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unseen.casework.proof.recording.erase_when_due", lambda *_, **__: None)
        with open_recorded(path / "store", keys=path / "keys") as store:
            keep_scan(store, at_utc=BEGAN, retention=Retention(30), count=COUNT)
    return path


def in_copy(dated: Path, place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a copy of the store that knows its own key only: what a key has signed, it remembers."""
    environment = {**os.environ, "UNSEEN_KEYS": str(place / "keys")}
    if not place.exists():
        shutil.copytree(dated, place)
    arguments = [sys.executable, *command]
    return subprocess.run(arguments, cwd=ROOT, check=False, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def step_count(dated: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many steps an erasure takes that nobody kills."""
    place = tmp_path_factory.mktemp("undisturbed") / "copy"
    program = (
        "import sys; from tests.faults.eraser import run; steps = []; run(sys.argv[1], steps.append); print(len(steps))"
    )
    return int(in_copy(dated, place, "-c", program, str(place / "store")).stdout)


@pytest.mark.parametrize("share", [0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0])
def test_an_erasure_killed_anywhere_is_finished_by_the_next_command(
    dated: Path, step_count: int, tmp_path: Path, share: float
) -> None:
    """Every item lost its hashes in exactly one record, nothing of them is on the disk, and findings keep theirs."""
    store = tmp_path / "copy" / "store"
    kill_at = 1 + round(share * (step_count - 1))
    command = ("-m", "tests.faults.eraser", str(store))
    assert in_copy(dated, store.parent, *command, str(kill_at)).returncode == -signal.SIGKILL
    again = in_copy(dated, store.parent, *command, "0")
    assert again.returncode == 0, again.stderr
    records = verify(str(store)).records
    assert records is not None
    with open_store(store, read_only=True) as opened:
        assert scans_due(opened, FAR) == []
        entries = [json.loads(entry) for entry in read_entries(opened, 0, sum(records.by_type.values()))]
    assert sum(entry["items"] for entry in entries if entry["type"] == "hashes_erased") == len(
        contents_of(HARMLESS, COUNT)
    )
    assert held_on_disk(store, hash_values(HARMLESS, COUNT)) == set()
    assert held_on_disk(store, hash_values(KNOWN)) == set(hash_values(KNOWN))
