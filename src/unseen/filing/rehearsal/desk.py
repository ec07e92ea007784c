"""What the service keeps of reports while they are open, and what it answers to each call. No network here."""

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from xml.etree import ElementTree as ET

from unseen.errors import ExchangeError
from unseen.exchanges.markup import read_xml
from unseen.filing.rehearsal.grammar import disorder

__all__ = ["Answer", "Desk", "Fault", "Filed"]

# The service forgets a report a day after it was opened, or an hour after it was last touched, whichever is later.
OPEN_S = 24 * 3600
UNTOUCHED_S = 3600


class Fault(StrEnum):
    """How a call can be made to go wrong."""

    # The line breaks before the service has seen the call, or after it has done what was asked.
    BREAK_BEFORE = "break_before"
    BREAK_AFTER = "break_after"
    SERVER_ERROR = "server_error"
    # The body is a web page, as proxies and gateways answer.
    NO_XML = "no_xml"
    WRONG_MD5 = "wrong_md5"
    UNAUTHORISED = "unauthorised"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: an HTTP status, and a document (empty for 401)."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Filed:
    """A report that was finished: what an officer would get."""

    report_id: int
    report: bytes
    files: tuple[tuple[str, str, int], ...]
    details: tuple[bytes, ...]


@dataclass(slots=True)
class _Open:
    report: bytes
    opened_at: float
    touched_at: float
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    details: dict[str, bytes] = field(default_factory=dict)
    is_finished: bool = False
    is_retracted: bool = False


class Desk:
    """Reports, from their opening until they are filed, taken back or forgotten."""

    def __init__(
        self,
        *,
        now: Callable[[], float],
        schema: Callable[[bytes], str | None] | None = None,
        first: int = 1_000_001,
    ) -> None:
        """Begin with no report.

        Args:
            now: Seconds, of any clock that goes forward.
            schema: Says what is wrong with a document by the service's own schema; None where there is none at hand.
            first: Number of the first report.
        """
        self._now = now
        self._schema = schema
        self._reports: dict[int, _Open] = {}
        self._first = self._next_id = first
        self._lock = threading.Lock()

    @property
    def filed(self) -> list[Filed]:
        """All that was finished, in the order of opening."""
        with self._lock:
            return [
                Filed(
                    number,
                    one.report,
                    tuple((file_id, md5, size) for file_id, (md5, size) in one.files.items()),
                    tuple(one.details.values()),
                )
                for number, one in self._reports.items()
                if one.is_finished
            ]

    @property
    def opened(self) -> int:
        """How many reports were ever opened."""
        return self._next_id - self._first

    def status(self) -> Answer:
        """Answer whether somebody is there."""
        return _reply(0)

    def submit(self, body: bytes) -> Answer:
        """Open a report."""
        if wrong := self._wrong(body, "report"):
            return wrong
        with self._lock:
            number, self._next_id = self._next_id, self._next_id + 1
            self._reports[number] = _Open(body, self._now(), self._now())
        return _reply(0, report_id=number)

    def upload(self, report_id: str, md5: str, size_bytes: int) -> Answer:
        """Take a file, of which only digest and size are kept."""
        with self._lock:
            number, one = self._find(report_id)
            if one is None:
                return _reply(5001, status=400)
            if wrong := _ended(one):
                return wrong
            file_id = secrets.token_hex(16)
            one.files[file_id] = md5, size_bytes
            one.touched_at = self._now()
        return _reply(0, report_id=number, file_id=file_id, md5=md5)

    def fileinfo(self, body: bytes) -> Answer:
        """Take what is told of a file, once."""
        if wrong := self._wrong(body, "fileDetails"):
            return wrong
        root = ET.fromstring(body)  # noqa: S314 -- `_wrong` has read it with every bound
        file_id = root.findtext("fileId", "")
        with self._lock:
            number, one = self._find(root.findtext("reportId", ""))
            if one is None:
                return _reply(5001, status=400)
            if wrong := _ended(one):
                return wrong
            if file_id not in one.files:
                return _reply(5002, status=400)
            if file_id in one.details:
                return _reply(4000, status=400)
            one.details[file_id] = body
            one.touched_at = self._now()
        return _reply(0, report_id=number)

    def finish(self, report_id: str) -> Answer:
        """File a report. There is no way back."""
        with self._lock:
            number, one = self._find(report_id)
            if one is None:
                return _reply(5001, status=400)
            if wrong := _ended(one):
                return wrong
            if b"<batchedReport" in one.report and len(one.files) != 1:
                return _reply(4100, status=400)
            one.is_finished = True
            return Answer(200, _done(number, one.files))

    def retract(self, report_id: str) -> Answer:
        """Forget a report that is still open."""
        with self._lock:
            number, one = self._find(report_id)
            if one is None:
                return _reply(5001, status=400)
            if wrong := _ended(one):
                return wrong
            one.is_retracted = True
        return _reply(0, report_id=number)

    def _wrong(self, body: bytes, tag: str) -> Answer | None:
        try:
            read_xml(body, "the document")
        except ExchangeError:
            return _reply(4110, status=400)
        root = ET.fromstring(body)  # noqa: S314 -- read just now with every bound
        if root.tag != tag or disorder(root) is not None:
            return _reply(4100, status=400)
        if self._schema is not None and self._schema(body) is not None:
            return _reply(4100, status=400)
        return None

    def _find(self, text: str) -> tuple[int, _Open | None]:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        one = self._reports.get(number)
        if one is not None and not one.is_finished and not one.is_retracted and self._is_forgotten(one):
            del self._reports[number]
            return number, None
        return number, one

    def _is_forgotten(self, one: _Open) -> bool:
        return self._now() > max(one.opened_at + OPEN_S, one.touched_at + UNTOUCHED_S)


def _ended(one: _Open) -> Answer | None:
    if one.is_finished:
        return _reply(5102, status=400)
    return _reply(5101, status=400) if one.is_retracted else None


_WORDS = {
    0: "Success",
    1000: "Internal server error",
    4000: "Invalid request",
    4100: "Validation failed",
    4110: "Malformed XML",
    5001: "Report does not exist",
    5002: "File does not exist",
    5101: "Report already retracted",
    5102: "Report already finished",
}


def _reply(
    code: int, *, status: int = 200, report_id: int | None = None, file_id: str | None = None, md5: str | None = None
) -> Answer:
    root = ET.Element("reportResponse")
    values = (code, _WORDS[code], report_id, file_id, md5)
    for name, value in zip(("responseCode", "responseDescription", "reportId", "fileId", "hash"), values, strict=True):
        if value is not None:
            ET.SubElement(root, name).text = str(value)
    return Answer(status, ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _done(number: int, file_ids: Iterable[str]) -> bytes:
    root = ET.Element("reportDoneResponse")
    ET.SubElement(root, "responseCode").text = "0"
    ET.SubElement(root, "reportId").text = str(number)
    files = ET.SubElement(root, "files")
    for file_id in file_ids:
        ET.SubElement(files, "fileId").text = file_id
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document
