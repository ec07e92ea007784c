"""Folders for tests that shed the rights of root."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter; pytest's own may only be entered by their owner."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def as_nobody() -> Iterator[Callable[[], None]]:
    """Lets a test shed the rights of root, under which nothing is unreadable; they come back afterwards."""
    before = os.geteuid()
    yield lambda: os.seteuid(65_534) if before == 0 else None
    os.seteuid(before)
