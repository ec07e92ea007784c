"""Reads the examples of a page: shell sessions in `console` fences, Python in `python` fences."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.tree import ROOT

__all__ = ["Block", "Step", "agrees", "blocks", "pages", "run_shell", "steps"]

_FENCE = re.compile(r"^```(?P<kind>[a-z]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class Step:
    """One command of a session and what it is said to print."""

    command: str
    printed: str


def pages() -> list[Path]:
    """Every page of the project."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Every fenced block, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["kind"], found["text"], text[: found.start()].count("\n") + 1) for found in _FENCE.finditer(text)
    ]


def steps(session: str) -> Iterator[Step]:
    """Commands begin with `$ ` and go on where a line ends in a backslash; the rest is what they print."""
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        count = next(at for at, line in enumerate(lines, start=1) if not line.endswith("\\"))
        yield Step("\n".join(lines[:count]), "\n".join(lines[count:]))


def agrees(printed: str, expected: str) -> bool:
    """Whether output is as expected, where `...` stands for anything and blanks at the end of lines do not count."""
    parts = [re.escape(part) for part in _trim(expected).split("...")]
    return re.fullmatch(".*".join(parts), _trim(printed), re.DOTALL) is not None


def run_shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one command as a reader of the documents would, both streams in one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNSEEN_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=kept | {"PATH": path, "HOME": str(folder), "NO_COLOR": "1", "COLUMNS": "120", "TERM": "dumb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _trim(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
