"""Every shell session and every Python example of the documents runs, and prints what the page says."""

import doctest
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.docs.sessions import Block, Step, agrees, blocks, pages, steps
from tests.house.tree import ROOT

_PAGES = [page for page in pages() if any(block.kind in {"console", "python"} for block in blocks(page))]


def draw(seed: int, size: tuple[int, int]) -> Image.Image:
    """A picture of coloured hills: something for a hash to hold on to."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the sessions start from: pictures that stand for known material, and a folder to be scanned.

    `known/` holds three pictures; `uploads/` holds a smaller copy of one of them, a mirrored copy of another, a
    picture nobody knows, a text file, and a picture cut off in the middle.
    """
    known, uploads = tmp_path / "known", tmp_path / "uploads"
    known.mkdir()
    uploads.mkdir()
    for seed, name in enumerate(("bridge", "harbour", "meadow"), start=1):
        draw(seed, (900, 600)).save(known / f"{name}.png")
    draw(1, (900, 600)).resize((450, 300)).save(uploads / "small.jpg", quality=80)
    draw(2, (900, 600)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(uploads / "mirrored.webp")
    draw(9, (640, 480)).save(uploads / "other.jpg")
    (uploads / "readme.txt").write_text("nothing to see\n")
    whole = (known / "meadow.png").read_bytes()
    (uploads / "broken.png").write_bytes(whole[:100])
    return tmp_path


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_do_what_the_page_says(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All examples of one page run in order in one folder."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {"__name__": "__main__"}
    exit_code = 0
    for block in blocks(page):
        if block.kind == "python":
            _run_python(block, names, page)
        elif block.kind == "console":
            for step in steps(block.text):
                exit_code = _run_step(step, folder, exit_code, f"{page.relative_to(ROOT)} line {block.line}")


def _run_step(step: Step, folder: Path, exit_code: int, where: str) -> int:
    """Run one command as a reader would, with the exit code of the one before in `$?`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNSEEN_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"(exit {exit_code})\n{step.command}"],
        cwd=folder,
        env=kept | {"PATH": path, "HOME": str(folder), "NO_COLOR": "1", "COLUMNS": "120", "TERM": "dumb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert agrees(done.stdout, step.printed), f"{where}: $ {step.command}\n{done.stdout}"
    return done.returncode


def _run_python(block: Block, names: dict[str, Any], page: Path) -> None:
    if ">>>" not in block.text:
        exec(compile(block.text, f"{page.name} line {block.line}", "exec"), names)
        return
    example = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    said: list[str] = []
    runner.run(example, out=said.append, clear_globs=False)
    names.update(example.globs)
    assert runner.failures == 0, "".join(said)


def test_every_shell_session_is_one_that_runs() -> None:
    """No page shows a shell in a fence that this test does not run."""
    kinds = {block.kind for page in pages() for block in blocks(page)}
    assert kinds <= {"", "console", "python", "text", "json", "toml", "csv"}


def test_a_command_and_its_output_are_told_apart() -> None:
    """A command may span lines; what follows it is what it prints, until the next one."""
    session = "$ echo a \\\n  b\na b\n$ true\n$ echo c\nc\n"
    assert list(steps(session)) == [Step("echo a \\\n  b", "a b"), Step("true", ""), Step("echo c", "c")]


@pytest.mark.parametrize(
    ("printed", "expected", "equal"),
    [
        ("a\nb\n", "a\nb", True),
        ("a\nb\nc\n", "a\n...\nc", True),
        ("took 3.2 s\n", "took ... s", True),
        ("a\nb\n", "a", False),
        ("", "a", False),
    ],
)
def test_dots_stand_for_anything(printed: str, expected: str, equal: bool) -> None:
    """Output must be as on the page, but for what the page leaves open."""
    assert agrees(printed, expected) is equal
