"""Rows that measure the program as people start it: a scan, its memory, a list's import, the help text."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import disks, pictures
from benchmarks.race import ROOT, clean_environment
from benchmarks.sides.undoing import entries_apart
from unseen.model import Altered

__all__ = ["altered", "help_text", "list_import", "memory", "raw_image", "recorded", "scan", "scan_zip"]

_UNSEEN = Path(sys.executable).with_name("unseen")
# 0, 1 and 5 all mean that the scan ran; nothing in these files is planted and nothing should be unscreened.
_RAN = {0, 1, 5}


def scan(count: int, *, rounds: int) -> list[dict[str, Any]]:
    """A scan with two workers against two plain processes that hash half of the files each, taking turns."""
    folder = pictures.mixed_jpegs(count)
    ours, plain = [], []
    notes: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        plan = _deal(sorted(folder.rglob("*.jpg")), Path(scratch))
        for turn in range(rounds):
            seconds, summary = _scan_once(folder, Path(scratch), turn)
            ours.append(seconds)
            notes = {"summary": summary}
            plain.append(_plain_once(plan))
    return [
        {"name": "unseen", "seconds": ours, "notes": notes, "versions": {}},
        {"name": "plain", "seconds": plain, "notes": {"processes": 2}, "versions": {}},
    ]


def recorded(count: int, *, rounds: int) -> list[dict[str, Any]]:
    """The same scan as it is, and in a program that commits to nothing, signs nothing and writes no tiles.

    CPU time of all its processes: on a shared machine the wall moves by more than what is looked for.
    """
    folder = pictures.mixed_jpegs(count)
    programs: dict[str, Sequence[str]] = {
        "unseen": (str(_UNSEEN),),
        "unrecorded": (sys.executable, "-m", "benchmarks.sides.unrecorded"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(rounds):
            for at, (name, program) in enumerate(programs.items()):
                before_s = _children_cpu_s()
                _scan_once(folder, Path(scratch), 2 * turn + at, program)
                seconds[name].append(_children_cpu_s() - before_s)
    return [{"name": name, "seconds": seconds[name], "notes": {"files": count}, "versions": {}} for name in programs]


def altered(count: int, codes: Path, *, rounds: int) -> list[dict[str, Any]]:
    """A scan of pictures that show nothing known, with a list in its store, altered copies looked for and not.

    CPU time of all processes. Entries that an altered copy of a picture might be of are left out of the list.
    """
    folder = pictures.cropped_jpegs(count)
    paths = sorted(folder.rglob("*.jpg"))
    values = entries_apart(np.load(codes), paths, Altered.FAST)
    modes = (Altered.FAST, Altered.OFF)
    seconds: dict[str, list[float]] = {mode.value: [] for mode in modes}
    notes: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        _store_with(values, paths[0], Path(scratch))
        for turn in range(rounds):
            for mode in modes:
                # Keys know how far their store has come, and refuse one that was put back: both are copies.
                here = Path(scratch) / f"{mode.value}-{turn}"
                shutil.copytree(Path(scratch) / "ready", here)
                before_s = _children_cpu_s()
                summary = _scanned(folder, here, mode)
                seconds[mode.value].append(_children_cpu_s() - before_s)
                notes[mode.value] = {"summary": summary, "entries": len(values)}
    return [{"name": name, "seconds": seconds[name], "notes": notes[name], "versions": {}} for name in seconds]


def _store_with(values: npt.NDArray[np.uint8], path: Path, scratch: Path) -> None:
    """A store in `ready` that holds a list, and has searched it once."""
    listed, one = scratch / "listed.txt", scratch / "one"
    listed.write_text("".join(f"pdq:{code.tobytes().hex()}\n" for code in values), encoding="ascii")
    ready = scratch / "ready"
    ready.mkdir()
    subprocess.run(
        [_UNSEEN, "list", "add", "known", listed, "--store", ready / "store"],
        env=_with_keys(ready),
        capture_output=True,
        check=True,
    )
    one.mkdir()
    shutil.copy(path, one)
    _scanned(one, ready, Altered.OFF)


def _scanned(folder: Path, home: Path, mode: Altered) -> dict[str, Any]:
    looking = ["--altered", mode.value, "--workers", "2", "--store", str(home / "store"), "--json"]
    command = [str(_UNSEEN), "scan", str(folder), *looking]
    done = subprocess.run(command, cwd=ROOT, env=_with_keys(home), capture_output=True, check=False)
    if done.returncode not in _RAN:
        raise RuntimeError(f"the scan ended with exit code {done.returncode}: {done.stderr.decode()[-500:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def scan_zip(count: int, *, rounds: int) -> list[dict[str, Any]]:
    """A scan of one zip file against a scan of the folder that it was made of, taking turns."""
    folder = pictures.mixed_jpegs(count)
    sources = {"zip": pictures.zipped(folder), "folder": folder}
    seconds: dict[str, list[float]] = {name: [] for name in sources}
    notes: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(rounds):
            for at, (name, source) in enumerate(sources.items()):
                took, summary = _scan_once(source, Path(scratch), 2 * turn + at)
                seconds[name].append(took)
                notes[name] = {"summary": summary}
    hashed = {name: note["summary"]["hashed"] for name, note in notes.items()}
    if len(set(hashed.values())) > 1:
        raise RuntimeError(f"one side hashed more pictures than the other: {hashed}")
    return [{"name": name, "seconds": seconds[name], "notes": notes[name], "versions": {}} for name in sources]


def raw_image(count: int, *, rounds: int) -> list[dict[str, Any]]:
    """A scan of a raw image against one plain process that reads it and takes the same three digests, taking turns."""
    image = disks.raw(count)
    digesting = [sys.executable, "-m", "benchmarks.sides.digests", str(image)]
    ours, plain, ours_cpu, plain_cpu = [], [], [], []
    summary: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(rounds):
            before_s = _children_cpu_s()
            seconds, summary = _scan_once(image, Path(scratch), turn)
            ours.append(seconds)
            ours_cpu.append(_children_cpu_s() - before_s)
            before, before_s = time.perf_counter(), _children_cpu_s()
            subprocess.run(digesting, cwd=ROOT, env=clean_environment(), stdout=subprocess.DEVNULL, check=True)
            plain.append(time.perf_counter() - before)
            plain_cpu.append(_children_cpu_s() - before_s)
    size = {"image_mb": image.stat().st_size / 1e6}
    return [
        {"name": "unseen", "seconds": ours, "notes": {"summary": summary, "cpu_s": ours_cpu, **size}, "versions": {}},
        {"name": "plain", "seconds": plain, "notes": {"processes": 1, "cpu_s": plain_cpu}, "versions": {}},
    ]


def memory(count: int) -> list[dict[str, Any]]:
    """Resident memory of the scanning parent, sampled all along; megabytes stand where seconds stand elsewhere."""
    folder = pictures.small_files(count)
    samples: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        process = subprocess.Popen(
            _scan_command(folder, Path(scratch), 0), env=_with_keys(Path(scratch)), stdout=subprocess.DEVNULL
        )
        while process.poll() is None:
            resident = _resident_mb(process.pid)
            samples += [resident] if resident else []
            time.sleep(0.1)
    if process.returncode not in _RAN:
        raise RuntimeError(f"the scan ended with exit code {process.returncode}")
    # Workers start and the list is indexed during the first moments; from a quarter on only files follow files.
    quarter, end = samples[len(samples) // 4], max(samples[len(samples) // 4 :])
    tenths = [round(samples[len(samples) * tenth // 10], 1) for tenth in range(10)] + [round(samples[-1], 1)]
    return [
        {"name": "quarter", "seconds": [quarter], "notes": {}, "versions": {}},
        {"name": "end", "seconds": [end], "notes": {"at_each_tenth_mb": tenths, "files": count}, "versions": {}},
    ]


def list_import(codes: Path, *, rounds: int) -> list[dict[str, Any]]:
    """`unseen list add` of a plain list into a new store, in CPU time of the process."""
    seconds = []
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "list.txt"
        with path.open("w", encoding="ascii") as lines:
            lines.writelines(f"pdq:{code.tobytes().hex()}\n" for code in np.load(codes, mmap_mode="r"))
        for turn in range(rounds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [_UNSEEN, "list", "add", "known", path, "--store", Path(scratch) / f"store-{turn}"],
                env=_with_keys(Path(scratch)),
                capture_output=True,
                check=True,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        size_mb = path.stat().st_size / 1e6
    return [{"name": "unseen", "seconds": seconds, "notes": {"file_mb": size_mb}, "versions": {}}]


def help_text(*, rounds: int) -> list[dict[str, Any]]:
    """From starting the process to its end. Files come from the page cache after the first time."""
    seconds = []
    for _ in range(rounds):
        before = time.perf_counter()
        subprocess.run([_UNSEEN, "--help"], env=clean_environment(), stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - before)
    return [{"name": "unseen", "seconds": seconds, "notes": {}, "versions": {}}]


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _scan_once(
    folder: Path, scratch: Path, turn: int, program: Sequence[str] = (str(_UNSEEN),)
) -> tuple[float, dict[str, Any]]:
    command = [*program, *_scan_command(folder, scratch, turn)[1:]]
    before = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=_with_keys(scratch),
        capture_output=True,
        check=False,
    )
    seconds = time.perf_counter() - before
    if done.returncode not in _RAN:
        raise RuntimeError(f"the scan ended with exit code {done.returncode}: {done.stderr.decode()[-500:]}")
    return seconds, dict(json.loads(done.stdout.splitlines()[-1]))


def _with_keys(scratch: Path) -> dict[str, str]:
    """Stores of a benchmark sign with keys of their own, which go when it ends."""
    return clean_environment() | {"UNSEEN_KEYS": str(scratch / "keys")}


def _scan_command(folder: Path, scratch: Path, turn: int) -> list[str]:
    hashes = scratch / "list.txt"
    if not hashes.exists():
        codes = np.random.default_rng(1).integers(0, 256, (10_000, 32), dtype=np.uint8)
        hashes.write_text("".join(f"pdq:{code.tobytes().hex()}\n" for code in codes), encoding="ascii")
    store = str(scratch / f"store-{turn}")
    # Pictures as they lie, as the other side hashes them: what altered copies cost has rows of its own.
    plainly = ["--altered", "off", "--workers", "2"]
    return [str(_UNSEEN), "scan", str(folder), "--list", str(hashes), *plainly, "--store", store, "--json"]


def _deal(paths: list[Path], scratch: Path) -> list[Path]:
    """Halves of nearly equal work: the files by size, dealt out in turns."""
    by_size = sorted(paths, key=lambda path: path.stat().st_size)
    plan = [scratch / "half-0.json", scratch / "half-1.json"]
    for at, half in enumerate(plan):
        half.write_text(json.dumps([str(path) for path in by_size[at::2]]), encoding="utf-8")
    return plan


def _plain_once(plan: list[Path]) -> float:
    before = time.perf_counter()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sides.plain", str(half)],
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.DEVNULL,
        )
        for half in plan
    ]
    codes = [process.wait() for process in running]
    if any(codes):
        raise RuntimeError(f"plain processes ended with exit codes {codes}")
    return time.perf_counter() - before


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGESIZE") / 1e6
