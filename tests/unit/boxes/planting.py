"""Puts processes that know boxes in the place of the shipped ones."""

import sys
from pathlib import Path

import pytest

from unseen.darkroom import crew
from unseen.darkroom.reading import process

_SCRIPT = Path(__file__).with_name("process.py")


def plant_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """For one test."""
    monkeypatch.setattr(crew, "WORKER_COMMAND", (sys.executable, "-P", str(_SCRIPT), "worker"))
    monkeypatch.setattr(process, "READER_COMMAND", (sys.executable, "-P", str(_SCRIPT), "reader"))
