"""Forms with a file in them, of which only digest and size are kept: the file itself is written nowhere."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

if TYPE_CHECKING:  # the library has it for type checkers only
    from python_multipart.multipart import MultipartCallbacks

__all__ = ["Form", "read_form"]

# The one field is the number of a report.
FIELD_BYTES_MAX = 1_024
_HEADER_BYTES_MAX = 8_192


@dataclass(frozen=True, slots=True)
class Form:
    """What a form said.

    Attributes:
        report_id: Its field `id`; empty where there was none.
        md5: Of its field `file`, in hexadecimal; None where there was none.
        size_bytes: Of that field.
    """

    report_id: str
    md5: str | None
    size_bytes: int


def read_form(body: Iterator[bytes], media_type: str) -> Form | None:
    """Read `multipart/form-data` (RFC 7578) with the fields that the service knows; None where it is none."""
    header = Message()
    header["Content-Type"] = media_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        return None
    parts = _Parts()
    try:
        parser = MultipartParser(boundary.encode("latin-1"), parts.callbacks())
        for chunk in body:
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, UnicodeEncodeError, ValueError):
        return None
    return Form(bytes(parts.report_id).decode("utf-8", "replace"), parts.md5, parts.size_bytes)


@dataclass(slots=True)
class _Parts:
    report_id: bytearray = field(default_factory=bytearray)
    md5: str | None = None
    size_bytes: int = 0
    _header: bytearray = field(default_factory=bytearray)
    _name: str = ""
    _digest: "hashlib._Hash" = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_value": self._take_header,
            "on_header_end": self._end_header,
            "on_part_data": self._take,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._name = ""
        self._digest = hashlib.md5(usedforsecurity=False)

    def _take_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        if len(self._header) > _HEADER_BYTES_MAX:
            raise ValueError("a header without end")

    def _end_header(self) -> None:
        said = Message()
        said["Content-Disposition"] = self._header.decode("utf-8", "replace").replace("\r", " ").replace("\n", " ")
        self._header.clear()
        name = said.get_param("name", header="content-disposition")
        if isinstance(name, str):
            self._name = name

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._name == "file":
            self._digest.update(data[start:end])
            self.size_bytes += end - start
        elif self._name == "id":
            self.report_id += data[start:end]
            if len(self.report_id) > FIELD_BYTES_MAX:
                raise ValueError("a field without end")

    def _end(self) -> None:
        if self._name == "file":
            self.md5 = self._digest.hexdigest()
