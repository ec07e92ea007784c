"""CSV (RFC 4180): a header that names the columns, then one entry in each row; delimiters , ; tab and |."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from unseen.lists.notes import Notes
from unseen.lists.stream import ListStream
from unseen.lists.values import BadValueError, name_signal, parse_label, parse_name, parse_value
from unseen.lists.vpdq import frames_in
from unseen.model import Entry, Label, Signal

__all__ = ["find_columns", "read_table"]

# Python's csv module ends a field at 131,072 characters; a row has a few of them.
LINE_CHARS_MAX = 600_000

_DELIMITERS = ",;\t|"
_ROLES = {
    **dict.fromkeys(("signal", "signal_type", "hash_type", "hashtype", "algorithm", "algo", "type"), "signal"),
    **dict.fromkeys(("value", "hash", "hash_value", "hashvalue", "signal_str", "signal_value", "digest"), "value"),
    **dict.fromkeys(("entry", "entry_id", "id", "media_id", "mediaid", "uuid", "identifier"), "entry"),
    **dict.fromkeys(("label", "labels", "category", "classification", "tags", "tag"), "label"),
    **dict.fromkeys(("scheme", "label_scheme"), "scheme"),
    **dict.fromkeys(("pdq",), "pdq"),
    **dict.fromkeys(("md5",), "md5"),
    **dict.fromkeys(("sha1", "sha_1"), "sha1"),
    **dict.fromkeys(("sha256", "sha_256"), "sha256"),
    **dict.fromkeys(("photodna", "pdna"), "photodna"),
}
_DIRECT = (*(signal.value for signal in Signal), "photodna")
# python-threatexchange: whoever shared it says that this is *not* the material.
_NEGATIVE = "NEGATIVE_CLASS"


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each role stands in a row; positions from 0, or None."""

    count: int
    signal: int | None
    value: int | None
    direct: tuple[tuple[str, int], ...]
    entry: int | None
    labels: tuple[tuple[str, int], ...]
    scheme: int | None


def find_columns(header: str) -> tuple[str, list[str]] | None:
    """The delimiter and the roles of a line's columns (empty: none of ours), or None where it is no header."""
    best: tuple[str, list[str]] | None = None
    for delimiter in _DELIMITERS:
        roles = [_role(cell) for cell in _split(header, delimiter)]
        if {"value", *_DIRECT} & set(roles) and (best is None or len(roles) > len(best[1])):
            best = (delimiter, roles)
    return best


def read_table(stream: ListStream, notes: Notes) -> Iterator[Entry]:
    """Read the entries of each row: one for the value column, one for each column that a signal names.

    Lines before the header that begin with `#` say nothing.

    Raises:
        ListFormatError: No header, or quotes that do not close.
    """
    numbered = stream.lines(chars_max=LINE_CHARS_MAX)
    first, header = next(
        ((number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")), (1, "")
    )
    found = find_columns(header)
    if found is None:
        raise notes.stop(
            first, "a header that names its columns", "none", hint="name one column hash, pdq, md5, sha1 or sha256"
        )
    delimiter, roles = found
    names = _split(header, delimiter)
    columns = _arrange(roles, names)
    notes.unread_columns = tuple(name for name, role in zip(names, roles, strict=True) if not role)
    rows = csv.reader((line + "\n" for _, line in numbered), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise notes.stop(first + rows.line_num, "a row of CSV (RFC 4180)", str(error)) from error
        if row is None:
            return
        if not row or not any(cell.strip() for cell in row):
            continue
        line = first + rows.line_num
        try:
            entries = _read_row(row, columns, line, notes)
        except BadValueError as problem:
            notes.refuse(line, problem)
        else:
            yield from entries


def _split(header: str, delimiter: str) -> list[str]:
    """The cells of a header; none where it is no row of CSV."""
    try:
        return next(csv.reader([header.strip()], delimiter=delimiter), [])
    except csv.Error:
        return []


def _role(cell: str) -> str:
    return _ROLES.get(cell.strip().lower().replace("-", "_").replace(" ", "_"), "")


def _arrange(roles: list[str], names: list[str]) -> _Columns:
    def place(role: str) -> int | None:
        return roles.index(role) if role in roles else None

    return _Columns(
        count=len(roles),
        signal=place("signal"),
        value=place("value"),
        direct=tuple((role, at) for at, role in enumerate(roles) if role in _DIRECT),
        entry=place("entry"),
        labels=tuple((names[at].strip(), at) for at, role in enumerate(roles) if role == "label"),
        scheme=place("scheme"),
    )


def _read_row(row: list[str], columns: _Columns, line: int, notes: Notes) -> list[Entry]:
    if len(row) != columns.count:
        raise BadValueError(f"{columns.count} columns", str(len(row)), hint="quote cells that hold the delimiter")
    labels = _read_labels(row, columns)
    if any(label.code == _NEGATIVE for label in labels):
        notes.passed_over["negative_opinion"] += 1
        return []
    name = row[columns.entry].strip() if columns.entry is not None else ""
    name = parse_name(name) if name else f"line {line}"
    entries = [
        Entry(name, signal, value, labels)
        for signal, at in columns.direct
        if row[at].strip()
        for value in _values(signal, row[at].strip())
    ]
    if columns.value is not None and (text := row[columns.value].strip()):
        signal, text = _split_value(row, columns, text, notes)
        entries += [Entry(name, signal, value, labels) for value in _values(signal, text)]
    if not entries:
        raise BadValueError("a hash", "empty cells")
    return entries


def _values(signal: str, text: str) -> list[bytes]:
    return frames_in(text) if signal == Signal.VPDQ else [parse_value(signal, text)]


def _split_value(row: list[str], columns: _Columns, text: str, notes: Notes) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if columns.signal is not None and (given := row[columns.signal].strip()):
        return name_signal(given, notes.plugged), text
    if colon:
        return name_signal(name, notes.plugged), value.strip()
    if notes.signal is None:
        raise BadValueError("a signal beside the hash", "none", hint="give --signal, or a column named signal")
    return notes.signal, text


def _read_labels(row: list[str], columns: _Columns) -> tuple[Label, ...]:
    scheme = row[columns.scheme].strip() if columns.scheme is not None else ""
    return tuple(parse_label(scheme or name, row[at].strip()) for name, at in columns.labels if row[at].strip())
