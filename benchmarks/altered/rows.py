"""Recall and calibration of altered copies as rows of `make bench`: each in processes of its own, hours long.

`UNSEEN_PHOTOS` names the photographs that are altered: a folder, or a list of one path a line. The calibration, and the
table beside many entries, take more: `UNSEEN_PHOTOS_UNRELATED`, a list of a path, a cluster and what it shows a line,
and `UNSEEN_PHOTOS_ENTRIES`, a file NAME.npy of PDQs, with their clusters in NAME_cluster.npy.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.pictures import CACHE
from benchmarks.race import ROOT

__all__ = ["NAMES", "measure"]

NAMES = ("altered-recall", "altered-calibration")
_MODES = ("fast", "thorough")
_SMALL = (
    "--photographs",
    "3",
    "--plain",
    "3",
    "--peers",
    "0",
    "--fast",
    "3",
    "--thorough",
    "1",
    "--try-out",
    os.devnull,
)
# Of photographs that show nothing known as many as can be looked at in so long, for each mode.
_CALIBRATION_S = 4 * 3600


def measure(name: str, *, is_small: bool) -> int:
    """Run what a row stands for, or say that it is not measured, and why.

    Args:
        name: One of `NAMES`.
        is_small: Little of it, to try the harness; nothing is kept.

    Returns:
        How many runs failed.
    """
    missing = [variable for variable in _needed(name) if not os.environ.get(variable)]
    if missing or (name == "altered-calibration" and is_small):
        why = f"{' and '.join(missing)} not set" if missing else "too long to be tried"
        print(f"{name}: not measured: {why}", file=sys.stderr)
        return 0
    runs = _recall(is_small=is_small) if name == "altered-recall" else _calibration()
    print(f"{name}: measuring", file=sys.stderr, flush=True)
    return sum(subprocess.run([sys.executable, "-m", *run], cwd=ROOT, check=False).returncode != 0 for run in runs)


def _needed(name: str) -> Sequence[str]:
    return ("UNSEEN_PHOTOS",) if name == "altered-recall" else ("UNSEEN_PHOTOS_UNRELATED", "UNSEEN_PHOTOS_ENTRIES")


def _recall(*, is_small: bool) -> list[tuple[str, ...]]:
    if is_small:
        return [("benchmarks.altered", *_SMALL)]
    entries = os.environ.get("UNSEEN_PHOTOS_ENTRIES")
    beside = ("--entries", entries, "--only", ",".join(_MODES), "--plain", "0", "--peers", "0") if entries else ()
    return [("benchmarks.altered",), *([("benchmarks.altered", *beside)] if beside else [])]


def _calibration() -> list[tuple[str, ...]]:
    entries = Path(os.environ["UNSEEN_PHOTOS_ENTRIES"])
    raw = {mode: str(CACHE / f"calibration-{mode}-{machine.program(ROOT)}.jsonl") for mode in _MODES}
    common = (
        *("--photographs", os.environ["UNSEEN_PHOTOS_UNRELATED"], "--entries", str(entries)),
        *("--clusters", str(entries.with_name(f"{entries.stem}_cluster.npy")), "--seconds", str(_CALIBRATION_S)),
    )
    looks = [("benchmarks.altered.calibrate", "run", "--mode", mode, "--raw", raw[mode], *common) for mode in _MODES]
    return [*looks, ("benchmarks.altered.calibrate", "keep", *raw.values())]
