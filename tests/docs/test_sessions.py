"""Every shell session and every Python example of the documents runs, and prints what the page says."""

import doctest
from pathlib import Path
from typing import Any

import pytest
from tests.docs.sessions import Block, Step, agrees, blocks, pages, run_shell, steps
from tests.house.tree import ROOT
from tests.stores import Server

_PAGES = [page for page in pages() if any(block.kind in {"console", "python"} for block in blocks(page))]


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_do_what_the_page_says(
    page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """All examples of one page run in order in one folder."""
    monkeypatch.chdir(folder)
    if "postgresql://" in page.read_text(encoding="utf-8"):
        server: Server = request.getfixturevalue("server")
        for name, value in {"PGHOST": str(server.folder), "PGPORT": str(server.port), "PGUSER": "unseen"}.items():
            monkeypatch.setenv(name, value)
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
    done = run_shell(f"(exit {exit_code})\n{step.command}", folder)
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
    assert kinds <= {"", "console", "python", "text", "json", "toml", "csv", "yaml"}


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
        ("a\nb\n", "b\na", True),
        ("a\nb\n", "a", False),
        ("a\n", "a\na", False),
        ("", "a", False),
    ],
)
def test_dots_stand_for_anything(printed: str, expected: str, equal: bool) -> None:
    """Output must be as on the page, but for what the page leaves open."""
    assert agrees(printed, expected) is equal
