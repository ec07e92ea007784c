"""The course of a filing: what to do next, given every step that is on record. Pure: no clock, no network, no store.

The service opens a report, takes files and what is told of them, and files it all when asked to finish; until then
nothing is reported, and it forgets what is left lying. So:

- every call is put on record before it is made, and its answer before the next one;
- a call without an answer is *unknown*. To open a report again is left to a person; what was told of a file cannot be
  told twice, so that such a report is taken back; whatever else may be done again, since nothing counts before the end;
- after the window the report is gone, and a new one must be opened by whoever decides so;
- `already finished` means that the report is filed and its receipt was lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from unseen.filing.cybertipline.calls import Call

__all__ = ["OPEN_FOR", "UNTOUCHED_FOR", "Course", "Outcome", "Standing", "Step", "Turns", "meaning", "stand"]

# From the service's documentation: an unfinished report is deleted 24 hours after it was opened or one hour after it
# was last changed, whichever is later. A margin, because clocks differ.
OPEN_FOR = timedelta(hours=24)
UNTOUCHED_FOR = timedelta(hours=1)
_MARGIN = timedelta(minutes=5)


class Outcome(StrEnum):
    """What came of a call. Closed."""

    DONE = "done"
    # No answer, or none that can be read: nobody here knows whether it was done.
    UNKNOWN = "unknown"
    # The service could not do it now.
    PASSING = "passing"
    # It will not do it as it stands; the same call again would be refused again.
    REFUSED = "refused"
    # The credentials are not taken: nothing more is asked until somebody has looked.
    UNAUTHORISED = "unauthorised"
    ALREADY_FINISHED = "already_finished"
    ALREADY_RETRACTED = "already_retracted"
    # The service knows no such report: it was forgotten.
    GONE = "gone"
    # What was sent, or what arrived, is not the file of the finding.
    MISMATCH = "mismatch"
    # The file cannot be had any more, or is not what was found: it was not sent, or not whole.
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Step:
    """One call on record.

    Attributes:
        call: Which.
        at: When it was begun; with a time zone.
        outcome: What came of it; None where it was begun and nothing more is on record, as after a crash.
        file: Which of the filing's files it was about, from 0; None for calls about the report.
        report_id: Which report the service opened, on the step that opened it.
        file_id: What the service calls the file, on the step that uploaded it.
    """

    call: Call
    at: datetime
    outcome: Outcome | None
    file: int | None = None
    report_id: int | None = None
    file_id: str | None = None


# A call that was begun and of which nothing more is on record is as unknown as one that was not answered.
_UNKNOWN = frozenset({None, Outcome.UNKNOWN})


class Standing(StrEnum):
    """Where a filing stands. Closed."""

    # There is a next call.
    GOES_ON = "goes_on"
    FILED = "filed"
    # Filed, and the service's receipt did not reach us.
    FILED_WITHOUT_RECEIPT = "filed_without_receipt"
    RETRACTED = "retracted"
    # A person must decide: it may have been opened twice, was refused, or its window is over.
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Course:
    """What to do next.

    Attributes:
        standing: Where the filing stands.
        call: The next call, where it goes on.
        file: About which file, from 0.
        report_id: About which report.
        file_id: What the service calls that file.
        why: Why it waits, as a sentence.
    """

    standing: Standing
    call: Call | None = None
    file: int | None = None
    report_id: int | None = None
    file_id: str | None = None
    why: str | None = None


def meaning(status: int, code: int | None) -> Outcome:
    """What an answer means.

    Args:
        status: Of HTTP.
        code: The service's own; None where the body could not be read.
    """
    if status in {401, 403} or (code is not None and 2000 <= code < 4000):
        return Outcome.UNAUTHORISED
    match code:
        case 0:
            return Outcome.DONE if status < 400 else Outcome.UNKNOWN
        case 5102:
            return Outcome.ALREADY_FINISHED
        case 5101:
            return Outcome.ALREADY_RETRACTED
        case 5001:
            return Outcome.GONE
        case None:
            # A gateway may answer for a service that did what it was asked.
            return Outcome.UNKNOWN
        case _:
            return Outcome.PASSING if 1000 <= code < 2000 else Outcome.REFUSED


@dataclass(frozen=True, slots=True)
class Turns:
    """What persons have decided about a filing since it was decided.

    Attributes:
        allowed: How many steps were on record when somebody last decided that it goes on all the same; what these
            steps made it wait for, it waits for no more.
        since: How many there were when somebody last decided that it begins anew: what was opened before is left.
        is_taken_back: Whether somebody decided that it shall not be filed.
    """

    allowed: int = 0
    since: int = 0
    is_taken_back: bool = False


_NO_TURNS = Turns()


def stand(steps: Sequence[Step], *, files: int, now: datetime, turns: Turns = _NO_TURNS) -> Course:
    """Say where a filing stands and what to do next.

    Args:
        steps: All on record, oldest first.
        files: How many files it has.
        now: With a time zone.
        turns: What persons have decided.
    """
    present = steps[turns.since :]
    if ended := _ended(steps, present):
        return ended
    later = steps[max(turns.allowed, turns.since) :]
    if later and (why := _why_stopped(later[-1])):
        return Course(Standing.WAITS, why=why)
    opened = _done(present, Call.SUBMIT)
    is_over = opened is not None and _is_over(present, opened, now)
    is_gone = any(step.outcome is Outcome.GONE for step in present)
    if turns.is_taken_back:
        return _taking_back(opened, is_left=is_gone or is_over)
    if opened is None:
        return _opening(later)
    if is_gone:
        return Course(Standing.WAITS, why="the service has forgotten the report, which was not finished in time")
    if is_over:
        return Course(Standing.WAITS, why="the time in which the report could be finished is over")
    return replace(_filling(present, files), report_id=opened.report_id)


def _why_stopped(last: Step) -> str | None:
    match last.outcome:
        case Outcome.REFUSED:
            return f"the service refused the call {last.call}"
        case Outcome.UNAUTHORISED:
            return f"the service does not take the credentials for the call {last.call}"
        case Outcome.UNREAD:
            return f"file {(last.file or 0) + 1} cannot be read any more as it was found"
        case _:
            return None


def _ended(steps: Sequence[Step], present: Sequence[Step]) -> Course | None:
    # Also of what was left behind: a call that nobody heard of may have arrived.
    if _done(steps, Call.FINISH):
        return Course(Standing.FILED)
    if any(step.outcome is Outcome.ALREADY_FINISHED for step in steps):
        return Course(Standing.FILED_WITHOUT_RECEIPT)
    back = (step.outcome for step in present if step.call is Call.RETRACT)
    if any(outcome in {Outcome.DONE, Outcome.ALREADY_RETRACTED, Outcome.GONE} for outcome in back):
        return Course(Standing.RETRACTED)
    return None


def _taking_back(opened: Step | None, *, is_left: bool) -> Course:
    if opened is None or is_left:
        # What may have been opened without our knowing is forgotten by the service, and nothing was reported.
        return Course(Standing.RETRACTED)
    return Course(Standing.GOES_ON, Call.RETRACT, report_id=opened.report_id)


def _opening(steps: Sequence[Step]) -> Course:
    if any(step.call is Call.SUBMIT and step.outcome in _UNKNOWN for step in steps):
        return Course(
            Standing.WAITS,
            why="nobody knows whether the service opened the report: if it did, it forgets it within a day, and nothing"
            " was reported; to open another is for a person to decide",
        )
    return Course(Standing.GOES_ON, Call.SUBMIT)


def _is_over(steps: Sequence[Step], opened: Step, now: datetime) -> bool:
    """Whether the service has forgotten the report by now; where it may be filed already, that has to be asked."""
    touched = max(step.at for step in steps if step.outcome is Outcome.DONE)
    window_ends = max(opened.at + OPEN_FOR, touched + UNTOUCHED_FOR) - _MARGIN
    return now > window_ends and not any(step.call is Call.FINISH for step in steps)


def _filling(steps: Sequence[Step], files: int) -> Course:
    if any(step.outcome is Outcome.MISMATCH or (step.call is Call.RETRACT) for step in steps):
        return Course(Standing.GOES_ON, Call.RETRACT)
    # In one pass: a report may have thousands of files, and this is asked before each call.
    sent: dict[int | None, Step] = {}
    told: set[int | None] = set()
    unknown: set[int | None] = set()
    for step in steps:
        if step.call is Call.UPLOAD and step.outcome is Outcome.DONE:
            sent.setdefault(step.file, step)
        elif step.call is Call.FILEINFO and step.outcome is Outcome.DONE:
            told.add(step.file)
        elif step.call is Call.FILEINFO and step.outcome in _UNKNOWN:
            unknown.add(step.file)
    for file in range(files):
        if file not in sent:
            # May be sent again where nobody knows: at worst the report holds it twice.
            return Course(Standing.GOES_ON, Call.UPLOAD, file)
        if file not in told:
            if file in unknown:
                # It is taken once, and an officer must not get a file of which nobody can say what was told.
                return Course(Standing.GOES_ON, Call.RETRACT)
            return Course(Standing.GOES_ON, Call.FILEINFO, file, file_id=sent[file].file_id)
    return Course(Standing.GOES_ON, Call.FINISH)


def _done(steps: Sequence[Step], call: Call) -> Step | None:
    return next((step for step in steps if step.call is call and step.outcome is Outcome.DONE), None)
