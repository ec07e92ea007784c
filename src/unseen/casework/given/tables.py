"""Files that people write by hand, TOML or JSON: read within a limit, and checked with place and reason."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from unseen.errors import UsageError

__all__ = ["Table", "fill", "read_table"]

# Somebody wrote it: a thousand pages are no settings.
_BYTES_MAX = 4 * 2**20
_TOLD_MAX = 10
# Ours, instead of words that speak of programs.
_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "means nothing here",
    "timezone_aware": "is a moment without its time zone, which names none",
}

Table = dict[str, Any]
Filled = TypeVar("Filled", bound=BaseModel)


def read_table(path: str) -> Table:
    """Read a file of TOML, or of JSON where its name ends in `.json`.

    Raises:
        UsageError: It cannot be read, is too large, or is no such file.
    """
    try:
        with Path(path).open("rb") as file:
            body = file.read(_BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    if len(body) > _BYTES_MAX:
        raise UsageError(f"{path} has more than {_BYTES_MAX:,} bytes")
    try:
        table = json.loads(body) if path.endswith(".json") else tomllib.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"cannot read {path}: {error}", hint="TOML, or JSON where the name ends in .json") from error
    if not isinstance(table, dict):
        raise UsageError(f"{path} holds no table of names and values")
    return table


def fill(model: type[Filled], table: Mapping[str, Any], where: str) -> Filled:
    """Check what a file says against what can be said.

    Args:
        model: What can be said.
        table: What is said.
        where: Of the table, for the message: a path, or a path and a place in it.

    Raises:
        UsageError: It says something else; the message names every place with its reason, and never what stands there.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        told = [f"{_place(each['loc'])} {_reason(each)}" for each in error.errors(include_url=False)[:_TOLD_MAX]]
        more = error.error_count() - len(told)
        raise UsageError(f"{where}: {'; '.join(told)}{f'; and {more} more' if more > 0 else ''}") from None


def _place(loc: tuple[int | str, ...]) -> str:
    """Names from the outermost inwards, with places in arrays counted from 1."""
    text = ""
    for step in loc:
        text += f"[{step + 1}]" if isinstance(step, int) else f"{'/' if text else ''}{step}"
    return text or "the whole"


def _reason(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    return _PLAIN.get(error["type"], message[:1].lower() + message[1:])
