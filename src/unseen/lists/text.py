"""Plain text: `signal:HEX` in each line, or `signal HEX` as python-threatexchange's local files have it."""

import re
from collections.abc import Iterator

from unseen.lists.notes import Notes
from unseen.lists.stream import ListStream
from unseen.lists.values import FOREIGN_CHARS_MAX, BadValueError, name_signal, parse_value
from unseen.model import Entry

__all__ = ["read_text"]

# The longest value, its signal, and room for blanks.
LINE_CHARS_MAX = FOREIGN_CHARS_MAX + 1_000

_BARE = re.compile(r"[0-9a-fA-F]*")
_LOOK_ALIKES = {32: "md5", 40: "sha1", 64: "pdq or sha256"}


def read_text(stream: ListStream, notes: Notes) -> Iterator[Entry]:
    """Read one hash from each line; blank lines and lines that begin with `#` say nothing.

    A bare value needs a signal from the caller: PDQ and SHA-256 look alike, and so may others.
    """
    named: dict[str, str] = {}
    for number, line in stream.lines(chars_max=LINE_CHARS_MAX):
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
