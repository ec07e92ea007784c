"""Scans that look for altered copies, killed from outside: what is told and kept is what it is undisturbed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.stores import on_both
from tests.unit.casework.test_scanning_altered import draw, framed

from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.verifying import verify
from unseen.darkroom import hash_file
from unseen.store.schema import items

ROOT = Path(__file__).parents[2]
FILES = 12


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures in frames; every other one is known."""
    folder = tmp_path_factory.mktemp("source")
    for seed in range(FILES):
        framed(draw(seed, (320, 240))).save(folder / f"{seed}.png")
    return folder


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of every other picture, as it is without its frame."""
    folder = tmp_path_factory.mktemp("list")
    lines = []
    for seed in range(0, FILES, 2):
        draw(seed, (320, 240)).save(folder / "one.png")
        pdq = hash_file(folder / "one.png").pdq
        assert pdq is not None
        lines.append(f"pdq:{pdq.hex()}\n")
    (folder / "known.txt").write_text("".join(lines))
    return folder / "known.txt"


def command(store: str, source: Path, known: Path) -> list[str]:
    """How to scan in another process, batch by batch of three."""
    program = [sys.executable, "-m", "tests.faults.true_scanner"]
    return [*program, store, str(source), str(known), "2", "3", "fast"]


def scan(store: str, source: Path, known: Path) -> tuple[list[Any], dict[str, int], dict[bytes, bytes]]:
    """Scan to the end; give rows in order, the summary, and what is kept of altered copies."""
    done = subprocess.run(command(store, source, known), cwd=ROOT, check=True, capture_output=True, text=True)
    *rows, (_, counts, _) = map(json.loads, done.stdout.splitlines())
    with open_to_read(store) as opened, opened.read() as connection:
        found = connection.execute(select(items.c.locator, items.c.altered).where(items.c.altered.is_not(None)))
        kept = {row.locator: row.altered for row in found}
    return sorted(rows), counts, kept


@on_both
def test_a_scan_killed_while_it_looks_for_altered_copies_is_finished_by_the_next(
    place: str, source: Path, known: Path, tmp_path: Path
) -> None:
    """Whatever was proposed, searched or looked at closely when it died: nothing is lost, and nothing is told twice."""
    undisturbed = scan(str(tmp_path / "undisturbed"), source, known)
    assert undisturbed[1]["findings"] == FILES // 2
    assert len(undisturbed[2]) == FILES // 2
    with subprocess.Popen(command(place, source, known), cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        told = [json.loads(running.stdout.readline()) for _ in range(2)]
        os.kill(running.pid, signal.SIGKILL)
    again = scan(place, source, known)
    assert again == undisturbed
    assert all(row in again[0] for row in told)
    verify(place)
