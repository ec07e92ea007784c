"""What the store holds of filings, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from unseen.store.outbox.letters import LetterState

__all__ = [
    "FILING",
    "Answered",
    "Filing",
    "FilingDecision",
    "FilingFile",
    "FilingPolicy",
    "FilingStep",
    "FilingTurn",
    "Receipt",
    "read_answered",
]

# Kind of the letters that carry a filing.
FILING = "filing"


class FilingTurn(StrEnum):
    """What a person can decide about a filing later. Closed."""

    # What it waited for, it waits for no more.
    GO_ON = "go_on"
    # What was opened before is left to be forgotten: it begins with a new report.
    ANEW = "anew"
    # It shall not be filed.
    TAKE_BACK = "take_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingFile:
    """A finding that is reported.

    Attributes:
        finding: Its id.
        details: What is told of the file, as JSON; None where the file itself does not go along.
    """

    finding: str
    details: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of a call.

    Attributes:
        record: Number of its entry in the ledger; 0 before it has one.
        status: HTTP's, where an answer came.
        request: The body as it was sent, without the file.
        request_sha256: Of all that was sent, the file included.
        answer: The body that came back, byte for byte.
        request_id: By what name the service keeps the call.
        report_id: Which report the service opened.
        file_id: What it calls the file.
        why: What went wrong, in a sentence.
    """

    outcome: str
    at_utc: str
    record: int = 0
    status: int | None = None
    request: bytes | None = None
    request_sha256: bytes | None = None
    answer: bytes | None = None
    request_id: str | None = None
    report_id: int | None = None
    file_id: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingStep:
    """One call that was about to be made.

    Attributes:
        record: Number of its entry in the ledger.
        call: Which.
        file: About which of the files that go along, from 0.
        claim_no: Under which claim of the letter.
        answered: What came of it; None where nobody knows.
    """

    record: int
    call: str
    file: int | None
    claim_no: int
    at_utc: str
    answered: Answered | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingDecision:
    """What a person decided about a filing later.

    Attributes:
        steps: How many steps were on record then.
    """

    record: int
    turn: FilingTurn
    steps: int
    by: str
    reason: str
    at_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingPolicy:
    """That matches of a kind are filed without a person's decision, or no more.

    Attributes:
        record: Number of its entry in the ledger.
        kind: Which matches.
    """

    record: int
    list: str
    kind: str
    is_on: bool
    by: str
    reason: str
    at_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A report that shall be filed, and how far it has come.

    Attributes:
        id: Number of its entry in the ledger.
        case: What it is about.
        more_cases: What else it is about, where it is about several accounts.
        channel: Which way it goes.
        report: As JSON.
        by: Who decided; None where a policy did.
        policy: Number of that policy.
        files: In order.
        letter: Number of its letter in the outbox.
        state: Of that letter.
        answer: What was noted of it last.
    """

    id: int
    case: int
    more_cases: tuple[int, ...]
    channel: str
    report: str
    by: str | None
    reason: str
    policy: int | None
    at_utc: str
    files: tuple[FilingFile, ...]
    letter: int
    state: LetterState
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """That an authority has a report.

    Attributes:
        filing: Number of the filing.
        case: Number of the case.
        channel: Which way it went; what went to a test system is no report.
        report_id: How the authority calls the report.
        at_utc: When the answer was recorded.
        record: Number of the entry in the ledger that holds the answer.
        answer: What was answered, byte for byte.
        is_whole: False where the report is known to be filed, and the receipt itself was lost on the way.
        findings: What it was about.
    """

    filing: int
    case: int
    channel: str
    report_id: int
    at_utc: str
    record: int
    answer: bytes
    is_whole: bool
    findings: tuple[str, ...]


def read_answered(row: Mapping[Any, Any]) -> Answered:
    """Read the columns of a row of `filing_answers`."""
    report_id = row["report_id"]
    return Answered(
        outcome=row["outcome"],
        at_utc=row["at_utc"],
        record=row["id"],
        status=row["status"],
        request=row["request"],
        request_sha256=row["request_sha256"],
        answer=row["answer"],
        request_id=row["request_id"],
        report_id=None if report_id is None else int(report_id),
        file_id=row["file_id"],
        why=row["why"],
    )
