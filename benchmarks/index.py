"""Rows of the index of a store: opening it with the first answer, changing it, and the memory that a build takes.

Each step runs in a process of its own, from `python -m benchmarks.index STEP FOLDER CODES`, which prints its figures.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.race import ROOT, clean_environment
from unseen.matching import Generation, IndexWriter, building_bytes
from unseen.model import Codes, ListClass

__all__ = ["add", "build", "open_first"]

_CHANGES = 10_000


def open_first(codes: Path, *, rounds: int) -> list[dict[str, Any]]:
    """Opening the index, its self-test included, and one query, from a fresh process: wall clock."""
    return _measure("open", codes, rounds)


def add(codes: Path, *, rounds: int) -> list[dict[str, Any]]:
    """Adding 1e4 entries and removing as many, until the new generation is on disk: wall clock."""
    return _measure("add", codes, rounds)


def build(codes: Path, *, rounds: int) -> list[dict[str, Any]]:
    """Peak memory of a build, against what is stated beforehand; gigabytes stand where seconds stand elsewhere."""
    del rounds
    with tempfile.TemporaryDirectory() as scratch:
        built = _step("build", Path(scratch) / "index", codes)
    return [
        {"name": "peak", "seconds": [built["peak_gb"]], "notes": built, "versions": {}},
        {"name": "stated", "seconds": [built["stated_gb"]], "notes": {}, "versions": {}},
    ]


def _measure(step: str, codes: Path, rounds: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "index"
        built = _step("build", folder, codes)
        runs = [_step(step, folder, codes) for _ in range(rounds)]
    return [{"name": "unseen", "seconds": [run["seconds"] for run in runs], "notes": built, "versions": {}}]


def _step(step: str, folder: Path, codes: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.index", step, str(folder), str(codes)]
    run = subprocess.run(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, check=True, text=True)
    figures: dict[str, Any] = json.loads(run.stdout)
    return figures


def _open(folder: Path, codes: Path) -> dict[str, Any]:
    query = np.load(codes, mmap_mode="r")[:1].copy()
    before = time.perf_counter()
    [column] = Generation.open(folder).columns("known", ListClass.CSAM, threshold_bits=31)
    found = column.search(query)
    seconds = time.perf_counter() - before
    return {"seconds": seconds, "found": len(found[0])}


def _add(folder: Path, codes: Path) -> dict[str, Any]:
    count = len(np.load(codes, mmap_mode="r"))
    choose = np.random.default_rng(time.time_ns())
    added = choose.integers(0, 256, (_CHANGES, 32), dtype=np.uint8)
    first = count + int(choose.integers(1, 1 << 40))
    removed = choose.integers(1, count, _CHANGES)
    before = time.perf_counter()
    with IndexWriter(folder) as writer:
        rows = np.arange(first, first + _CHANGES)
        writer.change_list("known", "02", "pdq", added=(added, rows), removed=removed)
        writer.publish()
    return {"seconds": time.perf_counter() - before}


def _build(folder: Path, codes: Path) -> dict[str, Any]:
    before_gb = _peak_gb()
    before = time.perf_counter()
    values = np.load(codes)
    rows = np.arange(1, len(values) + 1)
    with IndexWriter(folder) as writer:
        writer.put_list("known", "01", [Codes("known", ListClass.CSAM, "pdq", values, rows)])
        writer.publish()
    seconds = time.perf_counter() - before
    return {
        "seconds": round(seconds, 1),
        "peak_gb": _peak_gb() - before_gb,
        "stated_gb": building_bytes(len(values)) / 1e9,
        "file_gb": sum(path.stat().st_size for path in (folder / "segments").iterdir()) / 1e9,
    }


def _peak_gb() -> float:
    """Of this program: what `getrusage` says begins with the process that started it."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / 1e9


if __name__ == "__main__":
    _STEPS = {"open": _open, "add": _add, "build": _build}
    print(json.dumps(_STEPS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))))
