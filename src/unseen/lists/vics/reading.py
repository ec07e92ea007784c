"""VICS JSON 1.3 and 2.0, as exporters of Project VIC and CAID tools write it; hash sets and cases, streamed."""

import re
from collections.abc import Iterator
from typing import Any

from unseen.lists.notes import Notes
from unseen.lists.stream import ListStream
from unseen.lists.values import BadValueError, parse_label, parse_name, parse_value
from unseen.lists.vics.json_stream import JsonReader
from unseen.model import Entry, Label

__all__ = ["read_vics"]

_CONTEXTS = ("@odata.context", "odata.metadata")
_SIGNALS = (("MD5", "md5"), ("SHA1", "sha1"), ("SHA256", "sha256"), ("PhotoDNA", "photodna"))
# .../DataModels/2.0.xml/US/$metadata#Cases, .../DataModels/1.3.xml#Media
_CONTEXT = re.compile(r"DataModels/(?P<version>\d+\.\d+)\.xml(?:/(?P<country>[A-Za-z]{2})(?![A-Za-z]))?")


def read_vics(stream: ListStream, notes: Notes) -> Iterator[Entry]:
    """Read the entries of each medium: its MD5, SHA-1 and PhotoDNA under one identifier, its category as label.

    Only `Category` is trusted: exporters write `IsPrecategorized` and `TotalMediaFiles` wrongly. Category 0 and null
    say that nobody has decided. A case holds all that was found with somebody, holiday pictures included: of it, what
    nobody has decided on is passed over. A hash set was put together to be searched for. Numbers mean different things
    in different countries, so the label's scheme holds version and country as the document names them.

    Raises:
        ListFormatError: The document is no JSON, or holds no `value`.
    """
    reader = JsonReader(stream.blocks())
    try:
        yield from _read_document(reader, notes)
    except BadValueError as problem:
        raise notes.stop(reader.line, problem.expected, problem.found, problem.hint) from problem


def _read_document(reader: JsonReader, notes: Notes) -> Iterator[Entry]:
    scheme, is_cases, is_read = "vics", False, False
    for key in reader.members():
        if key in _CONTEXTS:
            context = str(reader.value())
            scheme, is_cases = _name_scheme(context), context.endswith("#Cases")
        elif key == "value":
            is_read = True
            media = _case_media(reader) if is_cases else _flat_media(reader)
            for position, (line, medium) in enumerate(media, start=1):
                try:
                    entries = _read_medium(medium, position, scheme, notes)
                    if is_cases and entries and not entries[0].labels:
                        notes.passed_over["undecided"] += 1
                        continue
                except BadValueError as problem:
                    found = f"{problem.found} (medium {position})"
                    notes.refuse(line, type(problem)(problem.expected, found, problem.hint))
                else:
                    yield from entries
        else:
            reader.value()
    reader.end()
    if not is_read:
        raise BadValueError("a member named value", "none", hint="is this VICS JSON?")


def _name_scheme(context: str) -> str:
    match = _CONTEXT.search(context)
    if match is None:
        return "vics"
    country = match["country"]
    return f"vics-{match['version']}" + (f"-{country.upper()}" if country else "")


def _flat_media(reader: JsonReader) -> Iterator[tuple[int, object]]:
    for _ in reader.elements():
        reader.peek()
        line = reader.line
        element = reader.value()
        # A case where media were promised; small ones come through here.
        if isinstance(element, dict) and isinstance(element.get("Media"), list):
            for medium in element["Media"]:
                yield line, medium
        else:
            yield line, element


def _case_media(reader: JsonReader) -> Iterator[tuple[int, object]]:
    for _ in reader.elements():
        for key in reader.members():
            if key == "Media" and reader.peek() == "[":
                yield from _flat_media(reader)
            else:
                reader.value()


def _read_medium(medium: object, position: int, scheme: str, notes: Notes) -> list[Entry]:
    if not isinstance(medium, dict):
        raise BadValueError("a medium", f"a JSON {type(medium).__name__}")
    name = _read_name(medium, position)
    labels = _read_category(medium, scheme)
    entries = [Entry(name, signal, parse_value(signal, text), labels) for signal, text in _hashes_of(medium)]
    if not entries:
        notes.passed_over["no_hash"] += 1
    return entries


def _read_name(medium: dict[str, Any], position: int) -> str:
    name = medium.get("MediaID")
    if name is None or name == "":
        return f"media {position}"
    if isinstance(name, bool) or not isinstance(name, (int, str)):
        raise BadValueError("MediaID as a number or text", f"a JSON {type(name).__name__}")
    return parse_name(str(name))


def _hashes_of(medium: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, signal in _SIGNALS:
        value = medium.get(key)
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise BadValueError(f"{key} as text", f"a JSON {type(value).__name__}")
        yield signal, value.strip()


def _read_category(medium: dict[str, Any], scheme: str) -> tuple[Label, ...]:
    category = medium.get("Category")
    if category is None or (isinstance(category, str) and category.strip() in {"", "0"}):
        return ()
    if isinstance(category, bool) or not isinstance(category, (int, str)):
        raise BadValueError("Category as a number", f"a JSON {type(category).__name__}")
    return () if category == 0 else (parse_label(scheme, str(category)),)
