"""A filing under every fault at every call, against the desk of a rehearsal."""

import hashlib
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.filing.reports import NOW, plain_details, plain_report

from unseen.errors import ExchangeError
from unseen.filing.cybertipline.calls import Call, CyberTipline, Sent, Upload
from unseen.filing.cybertipline.course import Course, Outcome, Standing, Step, Turns, meaning, stand
from unseen.filing.cybertipline.pursuing import Ending, pursue
from unseen.filing.cybertipline.schema import to_xml
from unseen.filing.rehearsal import Desk
from unseen.filing.rehearsal.desk import Answer
from unseen.model import Reason, UnreadError

CONTENTS = (b"first", b"second file")
# How a call may go: well, or lost before or after it was done, or with the program dying at either side of it.
WAYS = ("well", "lost_before", "lost_after", "unheard", "dies_before", "dies_after", "server", "no_xml")


class _DiesError(Exception):
    """The program was killed."""


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)


class _Tip(CyberTipline):
    """Calls that reach the desk without a network, or go wrong as planned."""

    def __init__(self, desk: Desk, ways: Sequence[str]) -> None:
        self._desk, self._ways = desk, list(ways)

    def _go(self, call: Call, do: "object") -> Sent:
        way = self._ways.pop(0) if self._ways else "well"
        if way == "dies_before":
            raise _DiesError
        if way in {"lost_before", "unheard"}:
            raise ExchangeError("lost", is_unheard=way == "unheard")
        if way == "server":
            return Sent(call, b"", b"", 500, b"", "")
        answer: Answer = do()  # type: ignore[operator]  # a function of no arguments
        if way == "dies_after":
            raise _DiesError
        if way == "lost_after":
            raise ExchangeError("lost")
        body = b"<html/>" if way == "no_xml" else answer.body
        return Sent(call, b"", b"", answer.status, body, "")

    def submit(self, report: bytes) -> Sent:
        return self._go(Call.SUBMIT, lambda: self._desk.submit(report))

    def upload(self, report_id: int, file: Upload) -> Sent:
        content = b"".join(file.chunks)
        file.md5, file.sha256 = hashlib.md5(content).hexdigest(), hashlib.sha256(content).digest()
        return self._go(Call.UPLOAD, lambda: self._desk.upload(str(report_id), file.md5, len(content)))

    def fileinfo(self, details: bytes) -> Sent:
        return self._go(Call.FILEINFO, lambda: self._desk.fileinfo(details))

    def finish(self, report_id: int) -> Sent:
        return self._go(Call.FINISH, lambda: self._desk.finish(str(report_id)))

    def retract(self, report_id: int) -> Sent:
        return self._go(Call.RETRACT, lambda: self._desk.retract(str(report_id)))


class _Material:
    files = len(CONTENTS)

    def __init__(self, now_held: Sequence[bytes] = CONTENTS) -> None:
        self._held = now_held
        self.is_gone = False

    def report(self) -> bytes:
        return to_xml(plain_report(), "report")

    def file(self, number: int) -> Upload:
        if self.is_gone:
            raise UnreadError(Reason.UNREADABLE)
        return Upload(f"{number}.jpg", [self._held[number]], len(self._held[number]))

    def sha256(self, number: int) -> bytes:
        return hashlib.sha256(CONTENTS[number]).digest()

    def details(self, number: int, report_id: int, file_id: str) -> bytes:
        return to_xml(plain_details(report_id, file_id), "fileDetails")


class _Record:
    def __init__(self, clock: _Clock) -> None:
        self._steps: list[Step] = []
        self._clock = clock
        self.go_on = self.anew = 0
        self.is_taken_back = False

    def steps(self) -> list[Step]:
        return list(self._steps)

    def turns(self) -> Turns:
        return Turns(allowed=self.go_on, since=self.anew, is_taken_back=self.is_taken_back)

    def begin(self, call: Call, file: int | None) -> None:
        self._steps.append(Step(call, self._clock.now(), None, file))

    def end(self, ending: Ending) -> None:
        last = self._steps[-1]
        self._steps[-1] = Step(last.call, last.at, ending.outcome, last.file, ending.report_id, ending.file_id)


def _drive(desk: Desk, ways: Sequence[str], waits_s: Sequence[float], clock: _Clock, record: _Record) -> Course:
    """Run until nothing more happens by itself, with a pause after each failure and death."""
    tip, pauses = _Tip(desk, ways), list(waits_s)
    for _ in range(60):
        try:
            course = pursue(tip, _Material(), record, now=clock.now)
        except _DiesError:
            course = Course(Standing.GOES_ON)
        if course.standing is not Standing.GOES_ON:
            return course
        clock.seconds += pauses.pop(0) if pauses else 60.0
    raise AssertionError("a filing never came to rest")


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(WAYS), max_size=14),
    st.lists(st.sampled_from([0.0, 60.0, 3_000.0, 4_000.0, 90_000.0]), max_size=14),
)
def test_a_filing_is_filed_once_or_known_not_to_be(ways: list[str], waits_s: list[float]) -> None:
    """Whatever goes wrong at any call, no report is filed twice, and what we believe of it is what the service has."""
    clock = _Clock()
    desk, record = Desk(now=lambda: clock.seconds), _Record(clock)
    course = _drive(desk, ways, waits_s, clock, record)
    filed = desk.filed
    assert desk.opened <= 1
    if course.standing in {Standing.FILED, Standing.FILED_WITHOUT_RECEIPT}:
        assert len(filed) == 1
        assert {hashlib.md5(content).hexdigest() for content in CONTENTS} == {md5 for _, md5, _ in filed[0].files}
        assert len(filed[0].details) == len(CONTENTS)
    else:
        assert filed == []
        assert course.standing is Standing.RETRACTED or course.why


def test_a_filing_without_faults_makes_each_call_once() -> None:
    """Where nothing goes wrong there are as many calls as the service wants, in its order."""
    clock = _Clock()
    desk, record = Desk(now=lambda: clock.seconds), _Record(clock)
    assert _drive(desk, (), (), clock, record).standing is Standing.FILED
    assert [step.call for step in record.steps()] == [
        Call.SUBMIT,
        Call.UPLOAD,
        Call.FILEINFO,
        Call.UPLOAD,
        Call.FILEINFO,
        Call.FINISH,
    ]


def test_a_report_that_may_be_open_is_not_opened_again_by_itself() -> None:
    """An opening without an answer waits for a person; when one lets it go on, another report is opened."""
    clock = _Clock()
    desk, record = Desk(now=lambda: clock.seconds), _Record(clock)
    assert _drive(desk, ["lost_after"], (), clock, record).standing is Standing.WAITS
    assert [step.call for step in record.steps()] == [Call.SUBMIT]
    record.go_on = 1
    assert _drive(desk, (), (), clock, record).standing is Standing.FILED
    assert len(desk.filed) == 1


def test_an_end_without_an_answer_is_asked_for_again() -> None:
    """A report whose finishing was not answered is filed, and known to be, without its receipt."""
    clock = _Clock()
    desk, record = Desk(now=lambda: clock.seconds), _Record(clock)
    course = _drive(desk, ["well"] * 5 + ["lost_after"], (), clock, record)
    assert course.standing is Standing.FILED_WITHOUT_RECEIPT
    assert len(desk.filed) == 1


def test_a_file_that_changed_is_not_filed() -> None:
    """A file that is no more the one that was found takes the whole report back."""
    clock = _Clock()
    desk, record = Desk(now=lambda: clock.seconds), _Record(clock)
    course = pursue(_Tip(desk, ()), _Material((b"first", b"other bytes")), record, now=clock.now)
    assert course.standing is Standing.RETRACTED
    assert [step.outcome for step in record.steps()][-2:] == [Outcome.MISMATCH, Outcome.DONE]
    assert desk.filed == []


def test_a_file_that_cannot_be_read_waits_for_a_person() -> None:
    """Nothing is filed without it by itself; when it can be had again, the same report goes on."""
    clock = _Clock()
    desk, record = Desk(now=lambda: clock.seconds), _Record(clock)
    material = _Material()
    material.is_gone = True
    course = pursue(_Tip(desk, ()), material, record, now=clock.now)
    assert (course.standing, course.why) == (Standing.WAITS, "file 1 cannot be read any more as it was found")
    assert desk.filed == []
    material.is_gone, record.go_on = False, len(record.steps())
    assert pursue(_Tip(desk, ()), material, record, now=clock.now).standing is Standing.FILED
    assert desk.opened == 1


@pytest.mark.parametrize("calls", range(6))
def test_what_is_taken_back_is_not_filed(calls: int) -> None:
    """After any number of calls but the last: a person decides, and the open report is taken back."""
    clock = _Clock()
    desk, record = Desk(now=lambda: clock.seconds), _Record(clock)
    _drive_until(desk, record, clock, calls)
    record.is_taken_back = True
    assert pursue(_Tip(desk, ()), _Material(), record, now=clock.now).standing is Standing.RETRACTED
    assert desk.filed == []


def test_what_is_taken_back_too_late_is_known_to_be_filed() -> None:
    """The service says that it was finished: what is true is on record, whatever was decided."""
    clock = _Clock()
    desk, record = Desk(now=lambda: clock.seconds), _Record(clock)
    ways = ["well"] * 5 + ["dies_after"]
    with pytest.raises(_DiesError):
        pursue(_Tip(desk, ways), _Material(), record, now=clock.now)
    record.is_taken_back = True
    assert pursue(_Tip(desk, ()), _Material(), record, now=clock.now).standing is Standing.FILED_WITHOUT_RECEIPT


def test_what_was_forgotten_begins_anew_when_a_person_says_so() -> None:
    """With a new report; that the first was never finished is on record."""
    clock = _Clock()
    desk, record = Desk(now=lambda: clock.seconds), _Record(clock)
    _drive_until(desk, record, clock, 3)
    clock.seconds += 25 * 3600
    assert _drive(desk, (), (), clock, record).standing is Standing.WAITS
    record.anew = len(record.steps())
    assert _drive(desk, (), (), clock, record).standing is Standing.FILED
    assert (desk.opened, len(desk.filed)) == (2, 1)


def _drive_until(desk: Desk, record: "_Record", clock: _Clock, calls: int) -> None:
    """Make some calls, and die before the next is begun."""
    begin = record.begin

    def dying(call: Call, file: int | None) -> None:
        if len(record.steps()) == calls:
            raise _DiesError
        begin(call, file)

    record.begin = dying  # type: ignore[method-assign]  # for this run
    with pytest.raises(_DiesError):
        pursue(_Tip(desk, ()), _Material(), record, now=clock.now)
    record.begin = begin  # type: ignore[method-assign]  # as it was


def test_refused_credentials_stop_everything() -> None:
    """Nothing more is asked of a service that does not take the credentials, until a person lets it go on."""
    steps = [Step(Call.SUBMIT, NOW, Outcome.UNAUTHORISED)]
    assert stand(steps, files=1, now=NOW).standing is Standing.WAITS
    assert stand(steps, files=1, now=NOW, turns=Turns(allowed=1)) == Course(Standing.GOES_ON, Call.SUBMIT)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (200, 0, Outcome.DONE),
        (500, 0, Outcome.UNKNOWN),
        (200, None, Outcome.UNKNOWN),
        (502, None, Outcome.UNKNOWN),
        (401, None, Outcome.UNAUTHORISED),
        (400, 2000, Outcome.UNAUTHORISED),
        (400, 3300, Outcome.UNAUTHORISED),
        (500, 1000, Outcome.PASSING),
        (400, 4100, Outcome.REFUSED),
        (400, 5002, Outcome.REFUSED),
        (400, 5001, Outcome.GONE),
        (400, 5101, Outcome.ALREADY_RETRACTED),
        (400, 5102, Outcome.ALREADY_FINISHED),
        (200, 9999, Outcome.REFUSED),
    ],
)
def test_codes_mean_one_thing(status: int, code: int | None, outcome: Outcome) -> None:
    """Every answer has one meaning, and what cannot be read means that nothing is known."""
    assert meaning(status, code) is outcome


@pytest.mark.parametrize("seed", range(3))
def test_the_window_is_kept(seed: int) -> None:
    """A report that was left lying past the service's window is known to be gone without asking."""
    opened = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=random.Random(seed).random())
    steps = [Step(Call.SUBMIT, opened, Outcome.DONE, report_id=7)]
    inside = stand(steps, files=1, now=opened + timedelta(hours=23))
    assert (inside.standing, inside.call, inside.report_id) == (Standing.GOES_ON, Call.UPLOAD, 7)
    assert stand(steps, files=1, now=opened + timedelta(hours=24)).standing is Standing.WAITS
