"""A sync may die at any statement: the list is the old one or the new one, and who goes on comes to the new one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.house.tree import ROOT

PROGRAM = Path(__file__).parent / "list_syncer.py"


def run(folder: Path, every: int) -> int:
    """How many times it was killed."""
    done = subprocess.run(
        [sys.executable, PROGRAM, folder, str(every)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_any_statement_will_do(tmp_path: Path) -> None:
    """Killed with SIGKILL before every ninth statement, rows of one statement counted one by one."""
    assert run(tmp_path / "folder", 9) > 8


@pytest.mark.soak
def test_every_statement_will_do(tmp_path: Path) -> None:
    """The same before every single one."""
    assert run(tmp_path / "folder", 1) > 80
