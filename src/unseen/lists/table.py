"""CSV (RFC 4180): a header that names the columns, then one entry in each row; delimiters , ; tab and |."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

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
from unseen.model import Entry, Label, Signal

__all__ = ["find_columns", "read_iwf", "read_table"]

# Python's csv module ends a field at 131,072 characters; a row has a few of them.
LINE_CHARS_MAX = 600_000

# A cell may hold line breaks, but a quote that is still open after so many lines was never meant to open anything.
_ROW_LINES_MAX = 100

_DELIMITERS = ",;\t|"
_ROLES = {
    **dict.fromkeys(("signal", "signal_type", "hash_type", "hashtype", "algorithm", "algo", "type"), "signal"),
    **dict.fromkeys(("value", "hash", "hash_value", "hashvalue", "digest"), "value"),
    **dict.fromkeys(("signal_str", "signal_value", "signal_val"), "value"),
    **dict.fromkeys(("entry", "entry_id", "id", "media_id", "mediaid", "uuid", "identifier", "content_id"), "entry"),
    **dict.fromkeys(("label", "labels", "category", "classification", "tags", "tag"), "label"),
    **dict.fromkeys(("scheme", "label_scheme"), "scheme"),
    **dict.fromkeys(("pdq", "pdq_hash"), "pdq"),
    **dict.fromkeys(("md5", "md_5", "md5_hash"), "md5"),
    **dict.fromkeys(("sha1", "sha_1", "sha1_hash"), "sha1"),
    **dict.fromkeys(("sha256", "sha_256", "sha256_hash"), "sha256"),
    **dict.fromkeys(("photodna", "pdna", "photo_dna", "photodna_hash"), "photodna"),
    # python-threatexchange: the collaboration that shared it.
    **dict.fromkeys(("collab", "collaboration"), "group"),
}
# What the IWF is known to say of an image beside its hashes; how it names its columns is not published.
_IWF_ROLES = {
    **dict.fromkeys(("iwf_id", "hash_id", "image_id", "url_id", "report_id"), "entry"),
    **dict.fromkeys(("iwf_category", "uk_category", "severity", "severity_category", "uk_severity"), "label"),
    **dict.fromkeys(("age", "ages", "age_band", "age_range", "age_group", "sex", "gender"), "label"),
    **dict.fromkeys(("self_generated", "is_self_generated", "sgi", "image_type", "media_type"), "label"),
    **dict.fromkeys(("us_category", "ca_category", "au_category", "nz_category", "interpol_baseline"), "label"),
    **dict.fromkeys(("baseline", "intelligrade"), "label"),
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
    group: int | None


def find_columns(header: str, more: Mapping[str, str] = MappingProxyType({})) -> tuple[str, list[str]] | None:
    """The delimiter and the roles of a line's columns (empty: none of ours), or None where it is no header.

    Args:
        header: The line.
        more: Roles of further names.
    """
    best: tuple[str, list[str]] | None = None
    for delimiter in _DELIMITERS:
        roles = [_role(cell, more) for cell in _split(header, delimiter)]
        if {"value", *_DIRECT} & set(roles) and (best is None or len(roles) > len(best[1])):
            best = (delimiter, roles)
    return best


def read_iwf(stream: ListStream, notes: Notes) -> Iterator[Entry]:
    """Read a table of hashes of the Internet Watch Foundation: labels keep its name in their scheme (`iwf-category`).

    Raises:
        ListFormatError: As of `read_table`.
    """
    return read_table(stream, notes, more=_IWF_ROLES, scheme_prefix="iwf-")


def read_table(
    stream: ListStream, notes: Notes, *, more: Mapping[str, str] = MappingProxyType({}), scheme_prefix: str = ""
) -> Iterator[Entry]:
    """Read the entries of each row: one for the value column, one for each column that a signal names.

    Lines before the header that begin with `#` say nothing.

    Raises:
        ListFormatError: No header.
    """
    numbered = stream.lines(chars_max=LINE_CHARS_MAX, refuse=notes.refuse)
    first, header = next(
        ((number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")), (1, "")
    )
    found = find_columns(header, more)
    if found is None:
        raise notes.stop(
            first, "a header that names its columns", "none", hint="name one column hash, pdq, md5, sha1 or sha256"
        )
    delimiter, roles = found
    names = _split(header, delimiter)
    columns = _arrange(roles, [scheme_prefix + name.strip() for name in names])
    notes.unread_columns = tuple(name for name, role in zip(names, roles, strict=True) if role in {"", "group"})
    for line, row in _rows(numbered, delimiter, notes):
        if not any(cell.strip() for cell in row):
            continue
        try:
            entries = _read_row(row, columns, line, notes)
        except BadValueError as problem:
            notes.refuse(line, problem)
        else:
            yield from entries


def _rows(numbered: Iterator[tuple[int, str]], delimiter: str, notes: Notes) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row, with the line where it begins.

    A quote that opens and does not close spoils its own row only: reading goes on with the line behind it.
    """
    ahead: deque[tuple[int, str]] = deque()
    while (here := ahead.popleft() if ahead else next(numbered, None)) is not None:
        number, line = here
        if '"' not in line:
            yield number, line.removesuffix("\r").split(delimiter)
            continue
        taken, quotes = [here], line.count('"')
        while quotes % 2 and len(taken) < _ROW_LINES_MAX:
            more = ahead.popleft() if ahead else next(numbered, None)
            if more is None:
                break
            taken.append(more)
            quotes += more[1].count('"')
        reader = csv.reader([f"{text}\n" for _, text in taken], delimiter=delimiter, strict=True)
        try:
            row, used = next(reader), reader.line_num
        except csv.Error as error:
            notes.refuse(number, BadValueError("a row of CSV (RFC 4180)", str(error)))
            row, used = None, 1
        ahead.extendleft(reversed(taken[used:]))
        if row is not None:
            yield number, row


def _split(header: str, delimiter: str) -> list[str]:
    """The cells of a header; none where it is no row of CSV."""
    try:
        return next(csv.reader([header.strip()], delimiter=delimiter), [])
    except csv.Error:
        return []


def _role(cell: str, more: Mapping[str, str]) -> str:
    name = re.sub(r"[\W_]+", "_", cell.strip().lower()).strip("_")
    return more.get(name) or _ROLES.get(name, "")


def _arrange(roles: list[str], names: list[str]) -> _Columns:
    def place(role: str) -> int | None:
        return roles.index(role) if role in roles else None

    return _Columns(
        count=len(roles),
        signal=place("signal"),
        value=place("value"),
        direct=tuple((role, at) for at, role in enumerate(roles) if role in _DIRECT),
        entry=place("entry"),
        labels=tuple((names[at], at) for at, role in enumerate(roles) if role == "label"),
        scheme=place("scheme"),
        group=place("group"),
    )


def _read_row(row: list[str], columns: _Columns, line: int, notes: Notes) -> list[Entry]:
    if len(row) != columns.count:
        raise BadValueError(f"{columns.count} columns", str(len(row)), hint="quote cells that hold the delimiter")
    if columns.group is not None:
        refuse_other_purpose(row[columns.group])
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
