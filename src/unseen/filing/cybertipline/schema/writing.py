"""Parts of a report as XML. The order of elements is the order of fields, so that it cannot come out wrong."""

from collections.abc import Iterator
from datetime import date, datetime
from xml.etree import ElementTree as ET

from unseen.filing.cybertipline.schema.parts import Mark, Part

__all__ = ["to_xml"]


def to_xml(part: Part, tag: str) -> bytes:
    """Write a part as a document of its own.

    Args:
        part: The part.
        tag: Name of its element, `report` or `fileDetails`.

    Returns:
        The document in UTF-8, with its declaration; the same bytes for the same part.
    """
    document: bytes = ET.tostring(_element(part, tag), encoding="utf-8", xml_declaration=True)
    return document


def _element(part: Part, tag: str) -> ET.Element:
    element = ET.Element(tag)
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        kind = next((mark.kind for mark in field.metadata if isinstance(mark, Mark)), None)
        if value is None:
            continue
        if kind == "attribute":
            element.set(str(field.alias), _text(value))
        elif kind == "body":
            element.text = _text(value)
        elif kind == "flag":
            if value:
                ET.SubElement(element, str(field.alias))
        else:
            element.extend(_elements(value, str(field.alias)))
    return element


def _elements(value: object, tag: str) -> Iterator[ET.Element]:
    if isinstance(value, tuple):
        for each in value:
            yield from _elements(each, tag)
    elif isinstance(value, Part):
        yield _element(value, tag)
    else:
        element = ET.Element(tag)
        element.text = _text(value)
        yield element


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
