"""What the report in a UFDR says of the files beside it: their paths on the phone, state and times.

A UFDR is a zip file whose `report.xml` names each file that was taken from a phone, and where in the zip it lies.
Source of the format: public descriptions and readers of such reports (version 2.0 of the namespace).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from xml.parsers import expat

from unseen.model import ByteSource, Reason, State, Times, UnreadError

__all__ = ["REPORT_NAME", "Original", "read_report"]

REPORT_NAME = "report.xml"
_NAMESPACE = "http://pa.cellebrite.com/report/2.0"
_HEAD_BYTES = 64 << 10
_PIECE_BYTES = 1 << 20
# The report of a phone also holds all its messages; beyond this, files keep the names that the zip gives them.
_REPORT_BYTES_MAX = 16 << 30
# As many files as a phone may hold.
_FILES_MAX = 5_000_000
_TEXT_CHARS_MAX = 32_768
# What the parser has not yet made anything of: no element of a report is as long.
_TOKEN_BYTES_MAX = 16 << 20
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = {
    "CreationTime": "born_ns",
    "ModifyTime": "modified_ns",
    "AccessTime": "accessed_ns",
    "ChangeTime": "changed_ns",
}


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it lay on the phone.

    Attributes:
        path: On the phone.
        state: How it lay there: `allocated`, or `deleted`.
        times: As the report has them; None where it has none.
    """

    path: str
    state: State
    times: Times | None


def read_report(report: ByteSource) -> Iterator[tuple[str, Original]]:
    """Give each file that a report names, by its place in the zip, in the order of the report.

    Nothing is given of a file that only looks like a report by its name.

    Raises:
        UnreadError: It is damaged, too large, or holds what no report does: definitions of entities.
    """
    if _NAMESPACE.encode() not in report.read_at(0, _HEAD_BYTES):
        return
    if report.size_bytes > _REPORT_BYTES_MAX:
        raise UnreadError(Reason.TOO_LARGE)
    reader = _Reader()
    try:
        for at in range(0, report.size_bytes, _PIECE_BYTES):
            yield from reader.feed(report.read_at(at, _PIECE_BYTES))
        yield from reader.feed(b"", is_last=True)
    except (expat.ExpatError, ValueError) as error:
        raise UnreadError(Reason.UNREADABLE) from error


class _Reader:
    """Follows the elements of a report; keeps nothing but the file that it is at."""

    def __init__(self) -> None:
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        # Whoever defines entities wants a small file to become a large one, or others to be read.
        parser.StartDoctypeDeclHandler = _refuse
        self._fed_bytes = 0
        self._count = 0
        # The file that the report is at, its place in the zip and its times.
        self._original: Original | None = None
        self._place = ""
        self._times: dict[str, int] = {}
        self._keep: Callable[[str], None] | None = None
        self._held = ""
        self._found: list[tuple[str, Original]] = []

    def feed(self, data: bytes, *, is_last: bool = False) -> list[tuple[str, Original]]:
        """Go on; give the files that ended in this piece."""
        self._found = []
        self._parser.Parse(data, is_last)
        self._fed_bytes += len(data)
        if self._fed_bytes - self._parser.CurrentByteIndex > _TOKEN_BYTES_MAX and not is_last:
            raise UnreadError(Reason.TOO_LARGE)
        return self._found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(" ")[2]
        self._keep, self._held = None, ""
        if kind == "file" and attributes.get("path"):
            self._count += 1
            if self._count > _FILES_MAX:
                raise UnreadError(Reason.TOO_MANY)
            is_deleted = attributes.get("deleted", "").casefold() == "deleted"
            state = State.DELETED if is_deleted else State.ALLOCATED
            self._original = Original(attributes["path"][:_TEXT_CHARS_MAX], state, None)
            self._place, self._times = "", {}
        elif self._original is not None and kind == "item" and attributes.get("name") == "Local Path":
            self._keep = self._keep_place
        elif self._original is not None and kind == "timestamp" and attributes.get("name") in _TIMES:
            field = _TIMES[attributes["name"]]
            self._keep = lambda text: self._keep_time(field, text)

    def _end(self, name: str) -> None:
        if self._keep is not None:
            self._keep(self._held.strip())
            self._keep = None
        if name.rpartition(" ")[2] == "file" and self._original is not None:
            if self._place:
                times = Times(**self._times) if self._times else None
                self._found.append((self._place, replace(self._original, times=times)))
            self._original = None

    def _text(self, text: str) -> None:
        if self._keep is not None and len(self._held) < _TEXT_CHARS_MAX:
            self._held += text

    def _keep_place(self, text: str) -> None:
        self._place = text.replace("\\", "/")

    def _keep_time(self, field: str, text: str) -> None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            # Left empty, or in the format of some country.
            return
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        self._times[field] = (moment - _1970) // timedelta(microseconds=1) * 1_000


def _refuse(*_: object) -> None:
    raise UnreadError(Reason.UNREADABLE)
