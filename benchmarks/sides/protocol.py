"""How a side talks to the race: it prepares, says so, then does one round for each line it is sent."""

import gc
import hashlib
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

__all__ = ["Work", "digest", "serve"]

# Long enough that the clock's grain and one stray interrupt do not matter, short enough to take turns often.
_ROUND_S = 0.4


@dataclass
class Work:
    """What one side does.

    Attributes:
        run: Does all operations once.
        operations: How many that are.
        answer: Digest of what came out, so that sides can be seen to have done the same work. Empty: not comparable.
        notes: Further figures to record as they are.
    """

    run: Callable[[], object]
    operations: int
    answer: str = ""
    notes: dict[str, Any] = field(default_factory=dict)


def digest(answer: object) -> str:
    """A short name for an answer: equal answers, equal names."""
    return hashlib.sha256(json.dumps(answer).encode()).hexdigest()[:16]


def serve(prepare: Callable[[dict[str, Any]], Work]) -> None:
    """Prepare, then answer each line on stdin with one timed round, as JSON on stdout."""
    settings = json.loads(sys.argv[1])
    if settings.get("core") is not None:
        os.sched_setaffinity(0, {settings["core"]})
    started = time.process_time()
    work = prepare(settings)
    prepared_s = time.process_time() - started
    repeats = _calibrate(work)
    notes = work.notes | {"prepared_cpu_s": round(prepared_s, 3), "rss_mb": _rss_mb(), "rss_peak_mb": _rss_peak_mb()}
    _say({"ready": True, "answer": work.answer, "notes": notes, "versions": _versions(settings.get("packages", []))})
    for _ in sys.stdin:
        gc.collect()
        before = time.process_time()
        for _ in range(repeats):
            work.run()
        spent_s = time.process_time() - before
        _say({"seconds": spent_s / (repeats * work.operations), "operations": repeats * work.operations})


def _calibrate(work: Work) -> int:
    work.run()
    before = time.process_time()
    work.run()
    once_s = max(time.process_time() - before, 1e-6)
    return max(1, round(_ROUND_S / once_s))


def _versions(packages: list[str]) -> dict[str, str]:
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _rss_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as stream:
        return round(int(stream.read().split()[1]) * resource.getpagesize() / 1e6, 1)


def _rss_peak_mb() -> float:
    # Not getrusage: its peak is inherited from the process that started this one.
    with open("/proc/self/status", encoding="ascii") as stream:
        found = re.search(r"VmHWM:\s*(\d+) kB", stream.read())
    return round(int(found[1]) * 1024 / 1e6, 1) if found else 0.0


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
