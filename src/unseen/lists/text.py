"""Plain text: `signal:HEX` in each line, `signal HEX` as python-threatexchange's local files have it, or digests."""

import re
from collections.abc import Iterator

from unseen.lists.notes import Notes
from unseen.lists.stream import ListStream
from unseen.lists.values import FOREIGN_CHARS_MAX, BadValueError, name_signal, parse_value
from unseen.model import Entry

__all__ = ["is_digests", "read_digests", "read_text"]

# The longest value, its signal, and room for blanks.
LINE_CHARS_MAX = FOREIGN_CHARS_MAX + 1_000

_BARE = re.compile(r"[0-9a-fA-F]*")
_LOOK_ALIKES = {32: "md5", 40: "sha1", 64: "pdq or sha256"}
_DIGESTS = {32: "md5", 40: "sha1"}
_HEADER = {"md5", "sha1", "sha-1", "sha_1"}
_BETWEEN = re.compile(r"[\s,;|]+")


def read_text(stream: ListStream, notes: Notes) -> Iterator[Entry]:
    """Read one hash from each line; blank lines and lines that begin with `#` say nothing.

    A bare value needs a signal from the caller: PDQ and SHA-256 look alike, and so may others.
    """
    named: dict[str, str] = {}
    for number, line in stream.lines(chars_max=LINE_CHARS_MAX, refuse=notes.refuse):
        text = line.strip()
        if not text or text[0] == "#":
            continue
        try:
            name, colon, digits = text.partition(":")
            signal = named.get(name) if colon else None
            if signal is None:
                signal, digits = _split(text, notes)
                if colon:
                    named[name] = signal
            value = parse_value(signal, digits.lstrip())
        except BadValueError as problem:
            notes.refuse(number, problem)
        else:
            yield Entry(f"line {number}", signal, value)


def is_digests(head: str) -> bool:
    """Whether a file that starts so has an MD5 and a SHA-1 in each line, which nothing else looks like."""
    cells = _BETWEEN.split(head.lstrip().partition("\n")[0].strip())
    return sorted(len(cell) for cell in cells) == [32, 40] and all(_BARE.fullmatch(cell) for cell in cells)


def read_digests(stream: ListStream, notes: Notes) -> Iterator[Entry]:
    """Read lists of bare digests, as they are handed to network operators: an MD5, a SHA-1 or both in each line.

    The length tells which. 64 digits may be a PDQ as well as a SHA-256 and need a header or `--signal`.
    """
    for number, line in stream.lines(chars_max=LINE_CHARS_MAX, refuse=notes.refuse):
        cells = [cell.strip('"') for cell in _BETWEEN.split(line) if cell]
        if not cells or cells[0].startswith("#") or {cell.lower() for cell in cells} <= _HEADER:
            continue
        try:
            entries = [_read_digest(cell, number, notes) for cell in cells]
        except BadValueError as problem:
            notes.refuse(number, problem)
        else:
            yield from entries


def _read_digest(text: str, number: int, notes: Notes) -> Entry:
    signal = notes.signal or _DIGESTS.get(len(text))
    if signal is None:
        hint = "PDQ and SHA-256 look alike: give --signal, or a header that names the column" if len(text) == 64 else ""
        raise BadValueError("32 hexadecimal digits of md5 or 40 of sha1", f"{len(text)} characters", hint=hint)
    return Entry(f"line {number}", signal, parse_value(signal, text))


def _split(text: str, notes: Notes) -> tuple[str, str]:
    """The signal and the value of a line whose signal was not seen before."""
    match = re.match(r"([A-Za-z][\w-]*)(?:\s*:\s*|\s+)(.*)", text)
    if match is not None:
        return name_signal(match[1], notes.plugged), match[2]
    if notes.signal is not None:
        return notes.signal, text
    if _BARE.fullmatch(text):
        signal = _LOOK_ALIKES.get(len(text), "which")
        raise BadValueError(
            "signal:HEX",
            f"{len(text)} bare digits",
            hint=f"give --signal ({signal}?), or begin each line with its signal, like pdq:",
        )
    raise BadValueError("signal:HEX", f"{len(text)} other characters", hint="a comment begins with #")
