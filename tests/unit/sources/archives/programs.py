"""Programs that make archives for the tests."""

import shutil
import subprocess
from pathlib import Path

import pytest


def run_program(program: str, *arguments: str, cwd: Path) -> None:
    """Run a program; the test is skipped, visibly, where it is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([program, *arguments], cwd=cwd, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
