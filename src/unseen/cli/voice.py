"""One voice: results on stdout, everything else on stderr as a fact and a hint, lower case and without a full stop."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from json import dumps
from typing import TextIO

__all__ = [
    "CANNOT_READ",
    "DOES_NOT_VERIFY",
    "FOUND",
    "INTERRUPTED",
    "NOT_ALL_SCREENED",
    "USAGE",
    "OutputClosedError",
    "columns",
    "complain",
    "is_output_closed",
    "let_go_of_output",
    "note",
    "note_plain",
    "plural",
    "prepare",
    "printable",
    "show",
    "size",
    "warn",
    "write",
    "write_row",
]

# Exit codes besides 0; see docs/reference/exit-codes.md.
FOUND, USAGE, CANNOT_READ, DOES_NOT_VERIFY, NOT_ALL_SCREENED, INTERRUPTED = 1, 2, 3, 4, 5, 130

_KIB = 1024


class OutputClosedError(Exception):
    """Whoever read our output has gone."""


def prepare() -> None:
    """Never fail on a character that the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def write(line: str = "") -> None:
    """Write one line of results for people."""
    _deliver(line)


def write_row(row: Mapping[str, object]) -> None:
    """Write one result as JSON, at once: a reader may be waiting for it."""
    # ASCII only, so that bytes of names that are not UTF-8 are escaped and come back as they were.
    _deliver(dumps(row, ensure_ascii=True, allow_nan=False), at_once=True)


def show(row: Mapping[str, object], lines: Iterable[str], *, json: bool) -> None:
    """Write one result, for programs or for people."""
    if json:
        write_row(row)
    else:
        for line in lines:
            write(line)


def note(text: str) -> None:
    """Say on stderr what a person should know."""
    _put(f"unseen: {printable(text)}", sys.stderr)


def note_plain(text: str) -> None:
    """Write text of several lines on stderr as it is."""
    _put(text, sys.stderr)


def complain(text: str, hint: str = "") -> None:
    """Say on stderr what went wrong, and what to do next."""
    _put(f"unseen: error: {printable(text)}", sys.stderr)
    if hint:
        _put(f"unseen: hint: {printable(hint)}", sys.stderr)


def warn(text: str, hint: str) -> None:
    """Say on stderr what limits a result that holds, and what would lift that limit."""
    _put(f"unseen: warning: {printable(text)}", sys.stderr)
    _put(f"unseen: hint: {printable(hint)}", sys.stderr)


def printable(text: str) -> str:
    """Text as a terminal may see it: names of files can hold bytes that are no text, and commands to the terminal."""
    return text if text.isprintable() else "".join(one if one.isprintable() else _escaped(one) for one in text)


def columns(rows: Iterable[Sequence[str]], *, indent: str = "") -> list[str]:
    """Align cells in columns: those that hold a number to the right, the rest to the left."""
    table = [[printable(cell) for cell in row] for row in rows]
    # Rows may be of different lengths; `zip` of them padded gives whole columns.
    wide = max(map(len, table), default=0)
    padded = [row + [""] * (wide - len(row)) for row in table]
    aligned = [_aligned(column) for column in zip(*padded, strict=True)]
    return [indent + "  ".join(cells).rstrip() for cells in zip(*aligned, strict=True)]


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 item`, `2,000 items`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def size(size_bytes: float) -> str:
    """Bytes as people say them, in powers of 1024."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if abs(size_bytes) < _KIB:
            return f"{size_bytes:,.0f} {unit}" if unit == "bytes" else f"{size_bytes:,.1f} {unit}"
        size_bytes /= _KIB
    return f"{size_bytes:,.1f} TiB"


def is_output_closed() -> bool:
    """Whether what was written to stdout can no longer be delivered."""
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def let_go_of_output() -> None:
    """Have the interpreter flush into nothing at its end, instead of complaining about a closed stdout."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _deliver(line: str, *, at_once: bool = False) -> None:
    try:
        _put(line, sys.stdout)
        if at_once:
            sys.stdout.flush()
    except BrokenPipeError as error:
        raise OutputClosedError from error


def _put(line: str, stream: TextIO) -> None:
    stream.write(line + "\n")


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def _aligned(cells: Sequence[str]) -> list[str]:
    width = max(map(len, cells))
    has_number = any(cell.replace(",", "").replace(".", "").isdigit() for cell in cells)
    return [cell.rjust(width) if has_number else cell.ljust(width) for cell in cells]
