"""The command line is documented whole, and the documents name no command or option that does not exist."""

import re
from pathlib import Path

import pytest
from tests.docs.sessions import blocks, pages
from tests.house.tree import ROOT

from docs import render_cli

COMMANDS = dict(render_cli.commands())
# Options of other programs that the documents name.
_FOREIGN = {"--csv", "--data-binary", "--require-hashes", "--small", "--rows", "--help"}


def options() -> set[str]:
    """Every spelling of every option."""
    return {
        one for command in COMMANDS.values() for param in command.params for one in (*param.opts, *param.secondary_opts)
    }


def in_code(page: Path) -> str:
    """All that a page sets in code: spans and blocks."""
    text = page.read_text(encoding="utf-8")
    return "\n".join([*re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text), *(block.text for block in blocks(page))])


def test_the_page_is_what_the_program_says() -> None:
    """The page of the command line is rendered from the program and is not older than it."""
    assert render_cli.PAGE.read_text(encoding="utf-8") == render_cli.render()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_explains_itself(name: str) -> None:
    """Each command, argument and option has a help text, and a heading or row on the page."""
    text = render_cli.PAGE.read_text(encoding="utf-8")
    assert f"## {name}\n" in text
    assert (COMMANDS[name].help or "").strip()
    for param in COMMANDS[name].params:
        assert (param.help or "").strip(), param.opts
        assert param.param_type_name == "argument" or all(f"`{one}" in text for one in param.opts)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_documents_name_only_what_exists(page: Path) -> None:
    """Commands and options that a page sets in code are the program's own."""
    code = in_code(page)
    named = set(re.findall(r"(?<![\w./-])unseen ([a-z]+)", code))
    assert {name for name in named if f"unseen {name}" not in COMMANDS} == set()
    listed = set(re.findall(r"(?<![\w./-])unseen list ([a-z][a-z-]*)", code))
    assert {name for name in listed if f"unseen list {name}" not in COMMANDS} == set()
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)) - options() - _FOREIGN == set()
