"""Canonical JSON (RFC 8785) for what the ledger needs: objects, lists, text, integers, true, false, null.

One value has one text, so that a digest of the text is a digest of the value. Fractions are refused: their printing is
the hard part of the RFC, and nothing here needs them.
"""

import json
from enum import StrEnum
from hashlib import sha256
from typing import TypeAlias

from unseen.errors import MalformedError, UsageError

__all__ = [
    "BYTES_MAX",
    "DEPTH_MAX",
    "INTEGER_MAX",
    "SALT_BYTES",
    "Json",
    "Uncanonical",
    "commitment",
    "parse",
    "to_bytes",
]

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

# Larger integers are not exact in JSON readers that keep numbers as IEEE 754 doubles, JavaScript's among them.
INTEGER_MAX = 2**53 - 1
# Ours nest four deep; sixteen leaves room and keeps every recursion short.
DEPTH_MAX = 16
# An entry bundle prefixes each entry with its length in 16 bits; nothing read here is larger than an entry.
BYTES_MAX = 65_535
# Nobody can try out values against a commitment without knowing these 128 random bits.
SALT_BYTES = 16

_quote = json.JSONEncoder(ensure_ascii=False).encode
# Nearly every record is an object of text and nothing: C prints it five times as fast as the function below.
_print_flat = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_PLAIN = frozenset({str, type(None), bool})


class Uncanonical(StrEnum):
    """Why bytes are not the canonical text of a value."""

    TOO_LONG = "too_long"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_SUPPORTED = "holds_what_canonical_json_here_does_not"
    NOT_CANONICAL = "not_in_canonical_form"


def to_bytes(value: Json) -> bytes:
    """Print a value as the RFC 8785 says, in UTF-8.

    Members are sorted by the UTF-16 code units of their names; text is escaped only where JSON demands it.

    Raises:
        UsageError: The value holds a fraction, an integer beyond 2^53 - 1, half a surrogate pair, a name that is not
            text, anything that JSON does not know, or nests deeper than `DEPTH_MAX`.
    """
    try:
        return _print(value, DEPTH_MAX).encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            "text with half a surrogate pair has no canonical form", hint="escape bytes that are not UTF-8 first"
        ) from error


def parse(data: bytes) -> Json:
    """Read a value from its canonical text; any other text of the same value is refused.

    Printing what was read must give the same bytes. That refuses repeated members, spaces, other escapes, fractions,
    exponents and minus zero at once.

    Raises:
        MalformedError: With a reason of `Uncanonical`.
    """
    if len(data) > BYTES_MAX:
        raise MalformedError("canonical JSON", Uncanonical.TOO_LONG)
    try:
        value: Json = json.loads(data.decode())
    except UnicodeDecodeError as error:
        raise MalformedError("canonical JSON", Uncanonical.NOT_UTF8) from error
    except (ValueError, RecursionError) as error:
        raise MalformedError("canonical JSON", Uncanonical.NOT_JSON) from error
    try:
        again = to_bytes(value)
    except UsageError as error:
        raise MalformedError("canonical JSON", Uncanonical.NOT_SUPPORTED) from error
    if again != data:
        raise MalformedError("canonical JSON", Uncanonical.NOT_CANONICAL)
    return value


def commitment(salt: bytes, value: Json) -> str:
    """What an entry says in place of a value that may one day be erased: SHA-256 over salt and value, in hexadecimal.

    Raises:
        UsageError: The salt has another length than `SALT_BYTES`, or the value has no canonical form.
    """
    if len(salt) != SALT_BYTES:
        raise UsageError(f"a salt has {SALT_BYTES} random bytes, not {len(salt)}")
    return sha256(salt + to_bytes(value)).hexdigest()


def _print(value: Json, depth: int) -> str:
    match value:
        case str():
            return _quote(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            if not -INTEGER_MAX <= value <= INTEGER_MAX:
                raise UsageError(f"integer {value} is beyond 2^53 - 1 and has no exact form in JSON")
            return str(value)
        case dict() | list() if depth == 0:
            raise UsageError(f"canonical JSON nests at most {DEPTH_MAX} deep")
        case dict() if _is_flat(value):
            return _print_flat(value)
        case dict():
            return "{" + ",".join(f"{_quote(k)}:{_print(value[k], depth - 1)}" for k in _sorted_names(value)) + "}"
        case list():
            return "[" + ",".join([_print(item, depth - 1) for item in value]) + "]"
        case _:
            raise UsageError(f"canonical JSON has no {type(value).__name__}")


def _is_flat(value: dict[str, Json]) -> bool:
    """Whether it holds text, words and numbers of exact form only, under names that sort alike everywhere."""
    for name, one in value.items():
        if not (type(name) is str and name.isascii()):
            return False
        kind = type(one)
        if kind not in _PLAIN and not (kind is int and -INTEGER_MAX <= one <= INTEGER_MAX):  # type: ignore[operator]  # an int
            return False
    return True


def _sorted_names(value: dict[str, Json]) -> list[str]:
    if not all(isinstance(name, str) for name in value):
        raise UsageError("names of members are text")
    if all(name.isascii() for name in value):
        return sorted(value)
    # Code points above U+FFFF sort before U+E000 in UTF-16, so Python's own order would be another.
    return sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
