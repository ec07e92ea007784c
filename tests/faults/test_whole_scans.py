"""Whole scans with true workers: killed from outside, and watched for the memory they take."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
FILES = 60
# The scan below tells 33 rows: 20 findings, 12 torn pictures, and its summary.
ROWS_UNTIL_KILLED = [pytest.param(rows, marks=() if rows in {1, 12, 25} else pytest.mark.soak) for rows in range(1, 31)]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures and texts; each third file is known, and each fifth is torn."""
    folder = tmp_path_factory.mktemp("source")
    for number in range(FILES):
        name = folder / f"{number}.png"
        patches = np.random.default_rng(number).integers(0, 255, (9, 9, 3), dtype=np.uint8)
        Image.fromarray(patches).resize((400, 300), Image.Resampling.BICUBIC).save(name)
        if number % 5 == 0:
            name.write_bytes(name.read_bytes()[: name.stat().st_size // 2])
    return folder


@pytest.fixture(scope="module")
def known(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of digests: every third file."""
    path = tmp_path_factory.mktemp("list") / "known.txt"
    contents = [(source / f"{number}.png").read_bytes() for number in range(0, FILES, 3)]
    path.write_text("".join(f"md5:{hashlib.md5(content).hexdigest()}\n" for content in contents))
    return path


def command(store: Path, source: Path, known: Path, workers: int, batch_items: int) -> list[str]:
    """How to scan in another process."""
    program = [sys.executable, "-m", "tests.faults.true_scanner"]
    return [*program, str(store), str(source), str(known), str(workers), str(batch_items), "off"]


def scan(store: Path, source: Path, known: Path, *, batch_items: int = 5) -> tuple[list[Any], dict[str, int], int]:
    """Scan to the end; give rows in order, the summary, and the most memory held, in KiB."""
    program = command(store, source, known, 2, batch_items)
    lines = subprocess.run(program, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    *rows, (_, counts, memory_kib) = map(json.loads, lines)
    return sorted(rows), counts, memory_kib


def workers_of(pid: int) -> set[int]:
    """Processes that this one has started."""
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def is_alive(pid: int) -> bool:
    """Whether it runs; one that has died and waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture(scope="module")
def undisturbed(
    source: Path, known: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Any], dict[str, int]]:
    """What a scan tells that nobody kills."""
    rows, summary, _ = scan(tmp_path_factory.mktemp("undisturbed") / "store", source, known)
    assert (summary["items"], summary["findings"], len(rows)) == (FILES, FILES // 3, 32)
    return rows, summary


@pytest.mark.parametrize("rows", ROWS_UNTIL_KILLED)
def test_a_whole_scan_killed_from_outside_is_finished_by_the_next(
    rows: int, source: Path, known: Path, undisturbed: tuple[list[Any], dict[str, int]], tmp_path: Path
) -> None:
    """Its workers die with it, what it told is told again, and nothing is lost or doubled."""
    program = command(tmp_path / "store", source, known, 2, 5)
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        told = [json.loads(running.stdout.readline()) for _ in range(rows)]
        workers = workers_of(running.pid)
        os.kill(running.pid, signal.SIGKILL)
    again, summary, _ = scan(tmp_path / "store", source, known)
    assert (again, summary) == undisturbed
    assert all(row in again for row in told)
    patience = time.monotonic() + 10
    while any(map(is_alive, workers)):
        assert time.monotonic() < patience, "workers outlive their parent"
        time.sleep(0.01)


def test_two_scans_write_into_one_store_at_once(
    source: Path, known: Path, undisturbed: tuple[list[Any], dict[str, int]], tmp_path: Path
) -> None:
    """Each waits its turn at each batch, and tells what it would tell alone."""
    sources = (source, source / ".." / source.name)
    running = [
        subprocess.Popen(command(tmp_path / "store", each, known, 1, 1), cwd=ROOT, stdout=subprocess.PIPE)
        for each in sources
    ]
    told = [process.communicate()[0].splitlines() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert [len(lines) for lines in told] == [len(undisturbed[0]) + 1] * 2
    assert [json.loads(lines[-1])[1] for lines in told] == [undisturbed[1]] * 2


# The store's own cache, some 2 MiB, is full after ten thousand.
@pytest.mark.parametrize(("less", "more"), [(1_000, 4_000), pytest.param(10_000, 100_000, marks=pytest.mark.soak)])
def test_memory_does_not_grow_with_the_number_of_files(less: int, more: int, known: Path, tmp_path: Path) -> None:
    """The most that the parent ever holds is the same for ten thousand files and for a hundred thousand."""
    few, many = tmp_path / "few", tmp_path / "many"
    for folder, count in ((few, less), (many, more)):
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.txt").write_text(str(number))
    # Full batches, as they are outside of tests: smaller ones would hide what they hold.
    _, account_few, few_kib = scan(tmp_path / "store few", few, known, batch_items=500)
    _, account_many, many_kib = scan(tmp_path / "store many", many, known, batch_items=500)
    assert (account_few["items"], account_many["items"]) == (less, more)
    # 20 bytes for each further file would be seen in the long run, 700 in the short one.
    assert many_kib - few_kib < 2_000
