"""vPDQ as Meta's tools write it: the frames of one video, as lines or as JSON. Read and written.

The lines are those of the C++ tool (facebook/ThreatExchange, vpdq/cpp): `number,quality,hash,seconds`. The JSON is
that of python-threatexchange (extensions/vpdq): a list of texts `hash,quality,seconds`, whose seconds have three
significant digits and so are wrong beyond 999; nothing here rests on them.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from unseen.lists.notes import Notes
from unseen.lists.stream import ListStream
from unseen.lists.values import BadValueError, UnspecificValueError, parse_value
from unseen.lists.vics.json_stream import JsonReader
from unseen.model import QUALITY_MIN, Entry, Frame, Signal

__all__ = ["frames_in", "is_vpdq", "read_vpdq", "write_frames"]

LINE_CHARS_MAX = 1_000
_DIGITS = re.compile(r"[0-9a-fA-F]{64}")
_LINE = re.compile(r"\s*\d+\s*,\s*(\d{1,3})\s*,\s*([0-9a-fA-F]{64})\s*,\s*[\d.]+(?:e[+-]?\d+)?\s*")
_TEXT = re.compile(r"\s*([0-9a-fA-F]{64})\s*,\s*(\d{1,3})\s*,\s*[\d.]+(?:e[+-]?\d+)?\s*")
_JSON_START = re.compile(r'\s*\[\s*"' + _TEXT.pattern + '"')


def is_vpdq(head: str) -> bool:
    """Whether a file that starts so holds the frames of a video."""
    return _LINE.fullmatch(head.lstrip().partition("\n")[0]) is not None or _JSON_START.match(head) is not None


def read_vpdq(stream: ListStream, notes: Notes) -> Iterator[Entry]:
    """Read the frames of one video, each different hash once; its identifier is the name of the file."""
    name = PurePath(notes.name).name
    seen: set[bytes] = set()
    frames = _json_frames(stream) if stream.head.lstrip().startswith("[") else _lines(stream, notes)
    for number, pattern, text in frames:
        try:
            value = _read_frame(pattern, text)
        except UnspecificValueError:
            # A blank frame in a video is no fault of the list.
            notes.passed_over["unspecific"] += 1
            continue
        except BadValueError as problem:
            notes.refuse(number, problem)
            continue
        if value is None:
            notes.passed_over["low_quality"] += 1
        elif value not in seen:
            seen.add(value)
            yield Entry(name, Signal.VPDQ.value, value)


def frames_in(text: str) -> list[bytes]:
    """The different frames that a value of signal vpdq in some other list holds: one in hexadecimal, or JSON as above.

    Raises:
        BadValueError: It is neither, or none of its frames is good enough to be compared.
    """
    if not text.lstrip().startswith("["):
        return [parse_value(Signal.VPDQ.value, text.strip())]
    try:
        texts = json.loads(text)
    except (ValueError, RecursionError):
        raise BadValueError("vpdq as a JSON list of frames", "no JSON") from None
    values: dict[bytes, None] = {}
    for each in texts:
        try:
            value = _read_frame(_TEXT, each if isinstance(each, str) else "")
        except UnspecificValueError:
            continue
        if value is not None:
            values[value] = None
    if not values:
        raise UnspecificValueError("a vpdq with a frame of quality 50 or more", "none")
    return list(values)


def write_frames(frames: Iterable[Frame]) -> Iterator[str]:
    """Give the lines of a video as the C++ tool writes them, each with its end; those of its first stream."""
    for frame in frames:
        if frame.stream == 0:
            yield f"{frame.frame},{frame.pdq_quality},{frame.pdq.hex()},{frame.time_s:.3f}\n"


def _lines(stream: ListStream, notes: Notes) -> Iterator[tuple[int, re.Pattern[str], str]]:
    for number, line in stream.lines(chars_max=LINE_CHARS_MAX, refuse=notes.refuse):
        if line.strip():
            yield number, _LINE, line


def _json_frames(stream: ListStream) -> Iterator[tuple[int, re.Pattern[str], str]]:
    reader = JsonReader(stream.blocks())
    for _ in reader.elements():
        value = reader.value()
        yield reader.line, _TEXT, value if isinstance(value, str) else ""
    reader.end()


def _read_frame(pattern: re.Pattern[str], text: str) -> bytes | None:
    """The hash of a frame; None where its quality is too low."""
    match = pattern.fullmatch(text)
    if match is None:
        raise BadValueError("a frame: number,quality,hash,seconds", f"{len(text)} other characters")
    first, second = match.groups()
    digits, quality = (first, second) if _DIGITS.fullmatch(first) else (second, first)
    return None if int(quality) < QUALITY_MIN else parse_value(Signal.VPDQ.value, digits)
