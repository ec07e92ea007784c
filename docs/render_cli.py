"""Renders docs/reference/cli.md from the program itself: `python -m docs.render_cli` writes it, a test compares it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["PAGE", "commands", "render"]

PAGE = Path(__file__).parent / "reference" / "cli.md"

_HEAD = """# Command line

Rendered from the program's own help by `python -m docs.render_cli`.

Every command takes `--json` and then writes [JSON Lines](json-output.md) to stdout; progress and messages go to stderr.
[Exit codes](exit-codes.md) are the same for all commands, [settings](settings.md) can stand in the environment.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command of the program with its name as typed, groups before what they hold."""
    import typer

    from unseen.cli import app

    return _below("unseen", typer.main.get_command(app))


def render() -> str:
    """The whole page."""
    return _HEAD + "".join(f"\n{_section(name, command)}" for name, command in commands())


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    import typer

    yield name, command
    if hasattr(command, "list_commands"):
        context = typer.Context(command, info_name=name)
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            if below is not None and not below.hidden:
                yield from _below(f"{name} {each}", below)


def _section(name: str, command: Any) -> str:
    shown = [param for param in command.params if not getattr(param, "hidden", False)]
    arguments = [param for param in shown if param.param_type_name == "argument"]
    options = [param for param in shown if param.param_type_name == "option"]
    parts = [f"## {name}", _plain(command.help or ""), f"```text\n{_usage(name, command, arguments, options)}\n```"]
    if arguments:
        rows = "\n".join(f"| `{_escaped(_named(param))}` | {_cell(param.help)} |" for param in arguments)
        parts.append(f"| argument | means |\n|---|---|\n{rows}")
    if options:
        rows = "\n".join(f"| {_spelled(param)} | {_cell(param.help)} | {_default(param)} |" for param in options)
        parts.append(f"| option | means | default |\n|---|---|---|\n{rows}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _usage(name: str, command: Any, arguments: list[Any], options: list[Any]) -> str:
    words = [name] + (["[OPTIONS]"] if options else []) + [_bracketed(param) for param in arguments]
    return " ".join(words + (["COMMAND"] if hasattr(command, "list_commands") else []))


def _bracketed(param: Any) -> str:
    name = _named(param) + ("..." if param.nargs == -1 else "")
    return name if param.required else f"[{name}]"


def _named(param: Any) -> str:
    return str(param.metavar or param.name.upper()).strip("[]").removesuffix("...")


def _spelled(param: Any) -> str:
    value = "" if param.is_flag or param.count else f" {_named(param)}"
    spelled = [*param.opts, *param.secondary_opts]
    return ", ".join(f"`{_escaped(one + value)}`" for one in spelled)


def _default(param: Any) -> str:
    said = []
    if not param.is_flag and param.default is not None and not callable(param.default) and param.show_default:
        said.append(f"`{getattr(param.default, 'value', param.default)}`" if param.default not in ((), []) else "")
    variables = [param.envvar] if isinstance(param.envvar, str) else list(param.envvar or [])
    said += [f"`{variable}`" for variable in variables]
    return ", or ".join(part for part in said if part)


def _cell(text: str | None) -> str:
    return _escaped(_plain(text or "")).replace("\n", " ")


def _escaped(text: str) -> str:
    """Text as a cell of a table may hold it."""
    return text.replace("|", "\\|")


def _plain(text: str) -> str:
    """Help text without the marks of the terminal's renderer, one paragraph a line."""
    text = re.sub(r"\[/?[a-z][a-z0-9_ ]*\]", "", text.replace("\f", ""))
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(line.strip() for line in paragraph.splitlines()) for paragraph in paragraphs)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
