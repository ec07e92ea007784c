"""Reads and runs the scripts of this folder: commands, what they print, their exit codes, and files.

    # The law that the script shows, in one sentence.
    $ unseen match md5:00 --list list.txt
    ? 2
    > a line of stdout
    ! a line of stderr
    -- list.txt --
    the content of a file

`?` is 0 where it is missing. Lines may come in another order, since items are told as workers finish them; `...` stands
for anything in a line, and as a line of its own for any further lines.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Script", "Step", "environment", "parse", "run"]

_FILE = re.compile(r"^-- (?P<name>\S.*) --$")


@dataclass
class Step:
    """One command and what is expected of it."""

    command: str
    line: int
    exit_code: int = 0
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)


@dataclass
class Script:
    """One script."""

    law: str
    steps: list[Step]
    files: Mapping[str, str]


def parse(text: str) -> Script:
    """Read a script; anything that is not of its language is refused."""
    lines = iter(enumerate(text.splitlines(), start=1))
    law, steps, files, name = "", [], {}, None
    for number, line in lines:
        if found := _FILE.match(line):
            name = found["name"]
            files[name] = ""
        elif name is not None:
            files[name] += line + "\n"
        elif line.startswith("# "):
            law = law or line[2:]
        elif line.startswith("$ "):
            steps.append(Step(line[2:], number))
        elif line.startswith("? "):
            steps[-1].exit_code = int(line[2:])
        elif line[:2] in {"> ", ">"}:
            steps[-1].stdout.append(line[2:])
        elif line[:2] in {"! ", "!"}:
            steps[-1].stderr.append(line[2:])
        elif line:
            raise ValueError(f"line {number} is not of the language of scripts: {line!r}")
    return Script(law, steps, files)


def run(script: Script, folder: Path) -> Iterator[tuple[Step, subprocess.CompletedProcess[str]]]:
    """Write the files of a script, and run its commands one after the other."""
    for name, content in script.files.items():
        (folder / name).write_text(content)
    for step in script.steps:
        yield (
            step,
            subprocess.run(
                ["/bin/sh", "-c", step.command],
                cwd=folder,
                env=environment(),
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            ),
        )


def environment(**more: str) -> dict[str, str]:
    """What the program sees: no setting of whoever runs the tests, and a terminal of 80 columns."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNSEEN_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return {
        **kept,
        "PATH": path,
        "UNSEEN_KEYS": os.environ["UNSEEN_KEYS"],
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
        **more,
    }
