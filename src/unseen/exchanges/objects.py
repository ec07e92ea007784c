"""JSON of strangers: read whole, from answers whose size is bounded already."""

import json
from typing import Any

from unseen.errors import ExchangeError

__all__ = ["read_object"]


def read_object(content: bytes, what: str) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        content: In UTF-8.
        what: How errors name it.

    Raises:
        ExchangeError: It is no JSON, nested too deeply for Python's reader, or no object.
    """
    try:
        value = json.loads(content, parse_int=_number)
    except RecursionError:
        raise ExchangeError(f"{what} is JSON that is nested too deeply") from None
    except ValueError:
        # Its own message may quote what it stumbled over.
        raise ExchangeError(f"{what} is no JSON") from None
    if not isinstance(value, dict):
        raise ExchangeError(f"{what} is no JSON object")
    return value


def _number(text: str) -> int | float:
    # Python refuses to read numbers of thousands of digits, and one of them would spoil the whole answer.
    return int(text) if len(text) < 40 else float("inf")
