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
    """Whether output is as expected, line by line.

    In a line `...` stands for anything, as a line of its own for any further lines. Lines may come in another order:
    items are told as workers finish them.
    """
    wanted, left = _lines(expected), _lines(printed)
    for want in (line for line in wanted if line != "..."):
        pattern = re.compile(".*".join(re.escape(part) for part in want.split("...")))
        fitting = next((line for line in left if pattern.fullmatch(line)), None)
        if fitting is None:
            return False
        left.remove(fitting)
    return not left or "..." in wanted


def run_shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one command as a reader of the documents would, both streams in one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNSEEN_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=kept
        | {
            "XDG_CONFIG_HOME": str(folder / ".config"),
            "PATH": path,
            "HOME": str(folder),
            "NO_COLOR": "1",
            "COLUMNS": "120",
            "TERM": "dumb",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]
