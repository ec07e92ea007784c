"""JSON Lines, in and out: in each line an entry, as `list export` writes it, or a row of `unseen hash --json`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from unseen.errors import UsageError
from unseen.lists.notes import Notes
from unseen.lists.stream import ListStream
from unseen.lists.values import (
    BadValueError,
    name_signal,
    parse_label,
    parse_name,
    parse_value,
    refuse_other_purpose,
)
from unseen.lists.vpdq import frames_in
from unseen.model import QUALITY_MIN, Entry, Label, Signal

__all__ = ["is_hash_row", "load_object", "read_row", "read_rows", "write_lines"]

# A row of a video that lasts a day, hashed once in each second, has 11 MB.
LINE_CHARS_MAX = 16_000_000

_DIRECT = (*(signal.value for signal in Signal), "photodna")
_DIGESTS = (Signal.MD5, Signal.SHA1, Signal.SHA256)


def load_object(text: str) -> dict[str, Any]:
    """The JSON object that a text holds.

    Raises:
        BadValueError: It is no JSON, nested too deeply for Python's reader, or no object.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise BadValueError("a JSON object", "one nested too deeply") from None
    except ValueError as error:
        raise BadValueError("a JSON object", getattr(error, "msg", "a number of too many digits").lower()) from None
    if not isinstance(value, dict):
        raise BadValueError("a JSON object", f"a JSON {type(value).__name__}")
    return value


def _is_bank_row(row: Mapping[str, Any]) -> bool:
    """Whether an object is an answer of Hasher-Matcher-Actioner about one content of a bank."""
    return "disable_until_ts" in row and "bank" in row


def is_hash_row(row: Mapping[str, Any]) -> bool:
    """Whether an object is a row of `unseen hash --json`."""
    return "item" in row and "outcome" in row


def read_rows(stream: ListStream, notes: Notes) -> Iterator[Entry]:
    """Read the entries of each line's object; of hash rows digests, canonical PDQ and frames, never variants."""
    for number, line in stream.lines(chars_max=LINE_CHARS_MAX, refuse=notes.refuse):
        if not line or line.isspace():
            continue
        try:
            row = load_object(line)
            entries = _from_hash_row(row, notes) if is_hash_row(row) else read_row(row, number, notes)
        except BadValueError as problem:
            notes.refuse(number, problem)
        else:
            yield from entries


def read_row(row: dict[str, Any], number: int, notes: Notes) -> list[Entry]:
    """The entries of one object that is no hash row: one for each value in it.

    Raises:
        BadValueError: The object is not what an entry looks like.
    """
    if "hashStatus" in row or "hashRecords" in row:
        refuse_other_purpose("StopNCII")
    if "ideology" in row and "hash_digest" in row:
        refuse_other_purpose("Tech Against Terrorism")
    if _is_bank_row(row):
        return _from_bank_row(row, notes)
    name = row.get("entry", row.get("id"))
    name = f"line {number}" if name is None else parse_name(_text(name, "an identifier"))
    labels = _labels(row)
    entries = [
        Entry(name, signal, value, labels)
        for signal in _DIRECT
        if row.get(signal) is not None
        for value in _values(signal, row[signal])
    ]
    value = row.get("value", row.get("hash"))
    if value is not None:
        signal, text = _signal_and_text(row, _text(value, "a hash"), notes)
        entries += [Entry(name, signal, value, labels) for value in _values(signal, text)]
    if not entries:
        raise BadValueError("a member named value, pdq, md5, sha1 or sha256", "none")
    return entries


def _values(signal: str, value: object) -> list[bytes]:
    if signal == Signal.VPDQ:
        return frames_in(json.dumps(value) if isinstance(value, list) else _text(value, signal))
    return [parse_value(signal, _text(value, signal))]


def _signal_and_text(row: dict[str, Any], text: str, notes: Notes) -> tuple[str, str]:
    given = row.get("signal")
    if given is not None:
        return name_signal(_text(given, "the name of a signal"), notes.plugged), text
    name, colon, value = text.partition(":")
    if colon:
        return name_signal(name, notes.plugged), value
    if notes.signal is None:
        raise BadValueError("a member named signal", "none", hint="give --signal, or write the hash as signal:HEX")
    return notes.signal, text


def _labels(row: dict[str, Any]) -> tuple[Label, ...]:
    if "label" in row and row["label"] is not None:
        return (parse_label("label", _text(row["label"], "a label")),)
    labels = row.get("labels") or []
    if not isinstance(labels, list):
        raise BadValueError("labels as [scheme, code] pairs", f"a JSON {type(labels).__name__}")
    return tuple(parse_label(*_pair(label)) for label in labels)


def _pair(label: object) -> tuple[str, str]:
    if isinstance(label, dict):
        label = [label.get("scheme"), label.get("code")]
    match label:
        case [str(scheme), str(code)]:
            return scheme, code
    raise BadValueError("a label as [scheme, code]", f"a JSON {type(label).__name__} of another shape")


def _text(value: object, what: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadValueError(f"{what} as text", f"a JSON {type(value).__name__}")
    return value


def _from_bank_row(row: dict[str, Any], notes: Notes) -> list[Entry]:
    """The signals of a bank's content, with its bank as label (HMA 2: `BankContentResponse`, with its signals)."""
    signals = row.get("signals")
    if not isinstance(signals, dict) or not isinstance(row["bank"], dict):
        raise BadValueError("signals and bank of a content", "none", hint="ask the service for include_signals=true")
    # 1 says that it is in use, 0 that it is not, and which later times have come only a clock could say.
    if row["disable_until_ts"] != 1:
        notes.passed_over["disabled"] += 1
        return []
    name = parse_name(_text(row.get("id"), "an identifier"))
    labels = (parse_label("bank", _text(row["bank"].get("name"), "the name of a bank")),)
    entries = [
        Entry(name, signal, value, labels)
        for given, text in signals.items()
        for signal in (name_signal(given, notes.plugged),)
        for value in _values(signal, text)
    ]
    if not entries:
        notes.passed_over["no_hash"] += 1
    return entries


def _from_hash_row(row: dict[str, Any], notes: Notes) -> list[Entry]:
    if row["outcome"] == "not_screened":
        notes.passed_over["not_screened"] += 1
        return []
    if row.get("size_bytes") == 0:
        notes.passed_over["empty_file"] += 1
        return []
    name = parse_name(_escape(_text(row["item"], "an item")))
    entries = [
        Entry(name, digest, parse_value(digest, _text(row[digest], digest)))
        for digest in _DIGESTS
        if row.get(digest) is not None
    ]
    frames = row.get("vpdq") or []
    if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
        raise BadValueError("vpdq as a list of frames", f"a JSON {type(frames).__name__} of another shape")
    entries += [Entry(name, Signal.PDQ, value) for value in _clear_pdqs([row], notes)]
    # Of equal frames one is enough: what is counted is different ones.
    distinct = dict.fromkeys(_clear_pdqs(frames, notes))
    if distinct:
        # Two videos of one name would pass for a longer one, of which nobody ever has the whole.
        notes.videos[name] += 1
        name = name if notes.videos[name] == 1 else f"{name} #{notes.videos[name]}"
        entries += [Entry(name, Signal.VPDQ, value) for value in distinct]
    if not entries:
        raise BadValueError("a digest or a PDQ", "none")
    return entries


def _clear_pdqs(pictures: list[dict[str, Any]], notes: Notes) -> Iterator[bytes]:
    """PDQs of pictures or frames that are good enough to be matched."""
    for picture in pictures:
        if picture.get("pdq") is None:
            continue
        if not isinstance(quality := picture.get("pdq_quality"), int):
            raise BadValueError("a pdq_quality beside the pdq", f"a JSON {type(quality).__name__}")
        if quality < QUALITY_MIN:
            notes.passed_over["low_quality"] += 1
        else:
            yield parse_value(Signal.PDQ, _text(picture["pdq"], "pdq"))


def _escape(path: str) -> str:
    """A path as an identifier: bytes that are not UTF-8, and what could steer a terminal, in hexadecimal."""
    if path.isprintable():
        return path
    return "".join(_escape_one(character) for character in path)


def _escape_one(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: the byte itself
        return f"\\x{code - 0xDC00:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return f"\\u{code:04x}"
    return f"\\x{code:02x}" if code < 0x20 or 0x7F <= code < 0xA0 else character


def write_lines(entries: Iterable[Entry], *, file_format: str) -> Iterator[str]:
    """Give the lines of a list's file, each with its end; reading them again gives the same entries.

    Plain text has no room for identifiers and labels: only signals and values come back.

    Raises:
        UsageError: Neither `jsonl` nor `text`.
    """
    if file_format not in {"jsonl", "text"}:
        raise UsageError(f"cannot write the format {file_format[:40]!r}", hint="one of jsonl, text")
    return map(_json_line if file_format == "jsonl" else _text_line, entries)


def _text_line(entry: Entry) -> str:
    return f"{entry.signal}:{_value_text(entry)}\n"


def _json_line(entry: Entry) -> str:
    row: dict[str, object] = {"entry": entry.entry, "signal": entry.signal, "value": _value_text(entry)}
    if entry.labels:
        row["labels"] = [[label.scheme, label.code] for label in entry.labels]
    return json.dumps(row, ensure_ascii=False) + "\n"


def _value_text(entry: Entry) -> str:
    return entry.value.hex() if entry.is_searchable else entry.value.decode()
