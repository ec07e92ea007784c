"""Sides take turns on one core: A B A B, each in a process of its own, timed in CPU time."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["OURS", "PEERS", "ROOT", "Side", "clean_environment", "race", "spread"]

ROOT = Path(__file__).parents[1]
OURS = Path(sys.executable)
PEERS = ROOT / ".venv-peers" / "bin" / "python"

# Settings of one machine that would make numpy's library choose another kernel for one side than for the other, or
# have every process compile each module that it imports.
_UNWANTED = frozenset(
    {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "UNSEEN_KERNEL", "UNSEEN_STORE"}
)


@dataclass(frozen=True)
class Side:
    """One contestant.

    Attributes:
        name: As the tables call it.
        script: Module under `benchmarks.sides`.
        settings: What the script is told.
        peer: Whether it runs in the peers' environment.
        packages: Whose versions are recorded.
    """

    name: str
    script: str
    settings: dict[str, Any]
    peer: bool = False
    packages: tuple[str, ...] = field(default=())


class _Running:
    """A side's process, prepared and waiting for its turn."""

    def __init__(self, side: Side, core: int) -> None:
        settings = side.settings | {"core": core, "packages": list(side.packages)}
        self.side = side
        self.process = subprocess.Popen(
            [PEERS if side.peer else OURS, "-m", f"benchmarks.sides.{side.script}", json.dumps(settings)],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self.ready = self._hear()
        except BaseException:
            self.process.kill()
            raise

    def round(self) -> float:
        """Seconds of CPU time for one operation, over one round."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self._hear()["seconds"])

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"side {self.side.name!r} ended with exit code {self.process.wait()}")
        return dict(json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


def race(sides: Sequence[Side], *, rounds: int) -> list[dict[str, Any]]:
    """Let every side prepare, then take turns.

    Returns:
        For each side its name, its seconds per operation round by round, its answer, its notes and its versions.
    """
    core = max(os.sched_getaffinity(0))
    with ExitStack() as stack:
        running = [stack.enter_context(_Running(side, core)) for side in sides]
        seconds: list[list[float]] = [[] for _ in sides]
        for _ in range(rounds):
            for at, one in enumerate(running):
                seconds[at].append(one.round())
        return [
            {
                "name": one.side.name,
                "seconds": taken,
                "answer": one.ready["answer"],
                "notes": one.ready["notes"],
                "versions": one.ready["versions"],
            }
            for one, taken in zip(running, seconds, strict=True)
        ]


def clean_environment() -> dict[str, str]:
    """The environment of every measured process: one thread a library, and nothing that only this machine sets."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    return kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, smallest and largest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
