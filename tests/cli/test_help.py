"""Help is there for every command, and costs nothing."""

import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from docs.render_cli import PAGE, commands, render
from tests.cli.script import environment

from unseen.cli.program import COMMANDS

ALL = dict(commands())
# Whatever does something when it is called without a subcommand.
LEAVES = {
    name: command
    for name, command in ALL.items()
    if not hasattr(command, "list_commands") or command.invoke_without_command
}
HEAVY = ("numpy", "sqlalchemy", "PIL", "alembic", "rich", "simplejpeg", "unseen.model", "unseen.casework")


def loaded_by(arguments: list[str]) -> str:
    """Names of all modules that the program imports with these arguments."""
    script = f"import sys; from unseen.cli import program; program.run({arguments!r}); print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), timeout=60, check=True
    )
    return ended.stdout


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["scan", "--help"], ["list", "add", "--help"]], ids=str
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Help answers at once, because it imports none of the libraries that work needs."""
    modules = loaded_by(arguments).split()
    assert "unseen.cli.program" in modules
    assert [module for module in modules if module in HEAVY] == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    """`import unseen` costs nothing until something of it is used."""
    script = "import sys, unseen; assert unseen.__all__; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert [module for module in ended.stdout.split() if module in HEAVY] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_short_help_is_the_first_sentence(name: str) -> None:
    """What `unseen --help` says of a command is what the command says of itself first."""
    command = typer.main.get_command(import_module(f"unseen.cli.{name}").app)
    assert (command.help or "").splitlines()[0] == COMMANDS[name]


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_has_help(name: str) -> None:
    """Each command says what it does, and each of its parameters what it means."""
    command = ALL[name]
    assert command.help
    assert [param.name for param in command.params if not getattr(param, "help", None)] == []


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_takes_json(name: str) -> None:
    """Programs can call every command."""
    assert any("--json" in param.opts for param in LEAVES[name].params)


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_shows_an_example_of_itself(name: str) -> None:
    """The last line of the help is a command that the parser accepts."""
    example = example_of(LEAVES[name])
    assert example.startswith(f"{name} ") or example == name
    words = shlex.split(example.split(">", maxsplit=1)[0])[len(name.split()) :]
    LEAVES[name].make_context(name, words, resilient_parsing=False)


def test_examples_run(folder: Path) -> None:
    """The examples of the quick commands work one after the other where their files exist."""
    places = {"photographs/": "known/", "/srv/uploads": "clean"}
    names = ["hash", "list add", "list ls", "list show", "scan", "match", "findings", "list export", "list rm"]
    codes = []
    for name in [f"unseen {name}" for name in names]:
        example = example_of(LEAVES[name])
        for place, here in places.items():
            example = example.replace(place, f"{here} --workers 1")
        ended = subprocess.run(
            ["/bin/sh", "-c", example], cwd=folder, env=environment(), capture_output=True, timeout=120, check=False
        )
        codes.append((name, ended.returncode))
    assert [(name, code) for name, code in codes if code != 0] == [("unseen match", 1)]


def test_the_page_of_the_command_line_is_up_to_date() -> None:
    """docs/reference/cli.md is what the program says."""
    assert PAGE.read_text(encoding="utf-8") == render()


def example_of(command: Any) -> str:
    """The command behind `Example:` at the end of a help text."""
    last = command.help.strip().splitlines()[-1]
    assert last.startswith("Example: ")
    return str(last.removeprefix("Example: "))
