"""Every script of this folder runs as written."""

from pathlib import Path

import pytest
from tests.cli.script import parse, run
from tests.docs.sessions import agrees

SCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_commands_do_what_the_script_says(path: Path, folder: Path) -> None:
    """Exit code, stdout and stderr of every command are as written."""
    for step, ended in run(parse(path.read_text()), folder):
        where = f"{path.name} line {step.line}: {step.command}"
        assert ended.returncode == step.exit_code, f"{where}\n{ended.stdout}{ended.stderr}"
        assert agrees(ended.stdout, "\n".join(step.stdout)), f"{where}\n{ended.stdout}"
        assert agrees(ended.stderr, "\n".join(step.stderr)), f"{where}\n{ended.stderr}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_states_its_law(path: Path) -> None:
    """A script begins with a sentence and runs at least one command."""
    script = parse(path.read_text())
    assert script.law.endswith(".")
    assert script.steps


def test_a_line_that_is_no_script_is_refused() -> None:
    """A mistyped mark cannot turn an expectation into nothing."""
    with pytest.raises(ValueError, match="line 2 is not of the language"):
        parse("$ true\nfound\n")
