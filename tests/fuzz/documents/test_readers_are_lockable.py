"""Readers of documents, mail and pictures do all they do inside the lock as well."""

import json
import platform
import subprocess
import sys

import pytest
from tests.fuzz.documents.files import sound_files
from tests.fuzz.documents.locked import look_through
from tests.house.tree import ROOT

from unseen.darkroom.seccomp import is_known_machine


def test_a_locked_process_finds_what_a_free_one_finds() -> None:
    """No library opens a file, starts a program or asks anything of the system that the lock refuses."""
    if not is_known_machine(platform.machine()):
        pytest.skip("no table of system calls for this machine")
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.documents.locked"], cwd=ROOT, capture_output=True, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert json.loads(ran.stdout) == look_through(sound_files())
