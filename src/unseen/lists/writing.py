"""Write the entries of a list: the only place that writes hash values out."""

import json
from collections.abc import Iterable, Iterator

from unseen.errors import UsageError
from unseen.lists.reading import ListFormat
from unseen.model import Entry

__all__ = ["write_lines"]


def write_lines(entries: Iterable[Entry], *, file_format: str) -> Iterator[str]:
    """Give the lines of a list's file, each with its end; reading them again gives the same entries.

    Plain text has no room for identifiers and labels: only signals and values come back.

    Raises:
        UsageError: Neither `jsonl` nor `text`.
    """
    if file_format not in {ListFormat.JSONL, ListFormat.TEXT}:
        raise UsageError(f"cannot write the format {file_format[:40]!r}", hint="one of jsonl, text")
    return map(_json_line if file_format == ListFormat.JSONL else _text_line, entries)


def _text_line(entry: Entry) -> str:
    return f"{entry.signal}:{_value_text(entry)}\n"


def _json_line(entry: Entry) -> str:
    row: dict[str, object] = {"entry": entry.entry, "signal": entry.signal, "value": _value_text(entry)}
    if entry.labels:
        row["labels"] = [[label.scheme, label.code] for label in entry.labels]
    return json.dumps(row, ensure_ascii=False) + "\n"


def _value_text(entry: Entry) -> str:
    return entry.value.hex() if entry.is_searchable else entry.value.decode()
