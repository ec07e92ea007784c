"""Carry a filing on, call by call, until it is filed or has to wait."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from unseen.errors import ExchangeError
from unseen.filing.cybertipline.calls import Call, CyberTipline, Sent, Upload
from unseen.filing.cybertipline.course import Course, Outcome, Standing, Step, Turns, meaning, stand
from unseen.filing.cybertipline.replies import Done, Reply, read_reply
from unseen.model import UnreadError

__all__ = ["Ending", "Material", "Record", "pursue"]

_GIVES_UP = frozenset({Outcome.UNKNOWN, Outcome.PASSING})


class Material(Protocol):
    """What is reported."""

    files: int

    def report(self) -> bytes:
        """The document that opens it."""

    def file(self, number: int) -> Upload:
        """The bytes of a file, read anew.

        Raises:
            UnreadError: It cannot be had any more.
        """

    def sha256(self, number: int) -> bytes:
        """What a file had when it was found."""

    def details(self, number: int, report_id: int, file_id: str) -> bytes:
        """The document that tells of a file."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of a call.

    Attributes:
        outcome: In one word.
        sent: The call and its answer, where there was one.
        why: In a sentence, where something went wrong.
        report_id: Which report the service opened.
        file_id: What it calls the file.
    """

    outcome: Outcome
    sent: Sent | None = None
    why: str | None = None
    report_id: int | None = None
    file_id: str | None = None


class Record(Protocol):
    """Where the steps of one filing are kept. What is not kept did not happen."""

    def steps(self) -> Sequence[Step]:
        """All on record, oldest first."""

    def turns(self) -> Turns:
        """What persons have decided about it since."""

    def begin(self, call: Call, file: int | None) -> None:
        """Keep, before the call is made, that it will be.

        Raises:
            Exception: It cannot be kept, or another worker has taken the filing over: the call is not made.
        """

    def end(self, ending: Ending) -> None:
        """Keep what came of the call that was begun last."""


def pursue(tip: CyberTipline, material: Material, record: Record, *, now: Callable[[], datetime]) -> Course:
    """Make one call after the other, each on record before the next.

    Returns:
        Where it stands: filed, taken back or waiting; or going on, where a call failed that may be made again later.
    """
    while True:
        course = stand(record.steps(), files=material.files, now=now(), turns=record.turns())
        if course.standing is not Standing.GOES_ON:
            return course
        assert course.call is not None
        record.begin(course.call, course.file)
        ending = _make(tip, material, course)
        record.end(ending)
        if ending.outcome in _GIVES_UP:
            return stand(record.steps(), files=material.files, now=now(), turns=record.turns())


def _make(tip: CyberTipline, material: Material, course: Course) -> Ending:
    upload: Upload | None = None
    number, report_id = course.file or 0, course.report_id or 0
    try:
        match course.call:
            case Call.SUBMIT:
                sent = tip.submit(material.report())
            case Call.UPLOAD:
                upload = material.file(number)
                sent = tip.upload(report_id, upload)
            case Call.FILEINFO:
                sent = tip.fileinfo(material.details(number, report_id, course.file_id or ""))
            case Call.FINISH:
                sent = tip.finish(report_id)
            case _:
                sent = tip.retract(report_id)
    except ExchangeError as error:
        return Ending(Outcome.PASSING if error.is_unheard else Outcome.UNKNOWN, why=str(error))
    except UnreadError as error:
        # The service has not got it, or not whole; what it got of it, it cannot take for a file.
        return Ending(Outcome.UNREAD, why=f"file {number + 1}: {error.reason}")
    return _read(sent, course, upload, material)


def _read(sent: Sent, course: Course, upload: Upload | None, material: Material) -> Ending:
    try:
        reply = read_reply(sent.answer) if sent.answer else None
    except ExchangeError as error:
        return Ending(meaning(sent.status, None), sent, str(error))
    outcome = meaning(sent.status, None if reply is None else reply.code)
    if outcome is not Outcome.DONE:
        words = reply.description if isinstance(reply, Reply) else ""
        return Ending(outcome, sent, f"status {sent.status}{f': {words}' if words else ''}")
    if isinstance(reply, Done) is not (course.call is Call.FINISH):
        return Ending(Outcome.UNKNOWN, sent, "the service answers another call than the one that was made")
    if isinstance(reply, Done) or upload is None:
        return _about_report(sent, course, reply)
    assert isinstance(reply, Reply)
    if upload.sha256 != material.sha256(course.file or 0):
        return Ending(Outcome.MISMATCH, sent, "the file is not the one that was found: it was changed since")
    if reply.md5 != upload.md5 or reply.file_id is None:
        return Ending(Outcome.MISMATCH, sent, "the service received other bytes than were sent")
    return Ending(Outcome.DONE, sent, file_id=reply.file_id)


def _about_report(sent: Sent, course: Course, reply: Reply | Done | None) -> Ending:
    report_id = None if reply is None else reply.report_id
    if course.call is Call.SUBMIT:
        if report_id is None:
            return Ending(Outcome.UNKNOWN, sent, "the service opened a report and does not say which")
        return Ending(Outcome.DONE, sent, report_id=report_id)
    if report_id not in {None, course.report_id}:
        return Ending(Outcome.UNKNOWN, sent, "the service answers about another report")
    return Ending(Outcome.DONE, sent)
