"""What people decide: verdicts on findings, every step of the cases that they are gathered into, and their custody.

The program records it and never makes it. Nothing of it is ever changed: it is followed by something else.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "CaseEvent",
    "CaseOutcome",
    "CustodyAct",
    "CustodyKind",
    "Decision",
    "EventKind",
    "Facts",
    "Gathered",
    "InNoCase",
    "Status",
    "Subject",
    "SubjectKind",
    "Verdict",
]


class Decision(StrEnum):
    """What a verdict says. Closed."""

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    # Takes an earlier one back without saying the opposite.
    REOPENED = "reopened"


class Status(StrEnum):
    """Where a finding stands. Closed."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One decision on one finding, as it was recorded; it is followed by another, never changed.

    Attributes:
        by: Name of the person who decided, as given.
        reason: Why, in that person's words.
        at_utc: When it was recorded, in ISO 8601.
        is_current: Whether it is the newest of its finding and no match has come since that was unknown then: a
            verdict is about an item and the matches that the person had before them.
    """

    decision: Decision
    by: str
    reason: str
    at_utc: str
    is_current: bool

    @property
    def status(self) -> Status:
        """Where the finding stands because of it."""
        if not self.is_current or self.decision is Decision.REOPENED:
            return Status.OPEN
        return Status(self.decision.value)


class SubjectKind(StrEnum):
    """What findings are gathered by. Closed."""

    ACCOUNT = "account"
    DEVICE = "device"
    UPLOAD = "upload"
    EXHIBIT = "exhibit"
    # Where nobody said whose the files are: the place that was scanned.
    SOURCE = "source"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Whose, or which, the files are: an identifier as the custodian has it, never anything about a person."""

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the custodian knows of how an item came to it. Kept of findings only.

    Attributes:
        subject: Whose it is.
        uploaded_at_utc: When it came, in ISO 8601.
        ip: From which address.
        port: From which port of it, 1 … 65,535: where many share an address, only both name one of them.
        original_name: What its sender called it.
        about: Of an item in a container, of which all this was said: of the item itself, or of what is around it; None
            in older records.
        file: What else is known of it, as JSON in the names that CyberTipline's schema has for the details of a file.
        account: What is known of the account, likewise; it is kept once for its case, not with every finding.
    """

    subject: Subject
    uploaded_at_utc: str | None = None
    ip: str | None = None
    port: int | None = None
    original_name: str | None = None
    about: str | None = None
    file: str | None = None
    account: str | None = None


class EventKind(StrEnum):
    """What can happen to a case. Closed."""

    OPENED = "opened"
    FINDING = "finding"
    # What is known of the subject's account became known, or is known otherwise now.
    ACCOUNT = "account"
    # Somebody makes an unowned case theirs.
    TAKEN = "taken"
    # A hand-over: the case stays where it is until it is accepted.
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NEXT_ACTION = "next_action"
    # Facts are on record that a child may be in danger now; or that this has passed.
    ESCALATED = "escalated"
    ESCALATION_ENDED = "escalation_ended"
    NOTED = "noted"
    # It left the house: to an authority, by whichever way.
    FORWARDED = "forwarded"
    CLOSED = "closed"
    REOPENED = "reopened"


class CaseOutcome(StrEnum):
    """How a case ends. Closed."""

    # An authority has it, and its receipt or reference is on record.
    REPORTED = "reported"
    # Every finding was cleared: it is not the known material.
    CLEARED = "cleared"
    # It goes on as another case, which the reason names.
    MERGED = "merged"
    # By law or order it is not ours to act on; the reason says which.
    NOT_OURS = "not_ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """One thing that happened to a case, as it was recorded.

    Attributes:
        id: Number of its entry in the ledger.
        case: Number of the entry that opened the case: its name.
        kind: What happened.
        at_utc: When it was recorded, in ISO 8601.
        by: Which person did it; None for what a scan did.
        to: Whom a hand-over is offered to.
        text: The next action, the reason, the note, where it was forwarded to; as the kind has it.
        due_at_utc: Until when the next action is to be done.
        outcome: How it ended.
        finding: Id of a finding that came to it.
        facts: What is known of that finding's item; of event `account`, of the account.
        subject: Whose the case is; of the event that opened it.
        answers: Of what was forwarded: number of the last entry of which it may speak. Findings of later entries have
            not left with it. None where all was forwarded that there was.
    """

    id: int
    case: int
    kind: EventKind
    at_utc: str
    by: str | None = None
    to: str | None = None
    text: str | None = None
    due_at_utc: str | None = None
    outcome: CaseOutcome | None = None
    finding: str | None = None
    facts: Facts | None = None
    subject: Subject | None = None
    answers: int | None = None


class CustodyKind(StrEnum):
    """What is done with what a case holds, beside the steps of the case itself. Closed."""

    # Who examines it, which exhibit it is, on which legal basis: as somebody states it.
    STATED = "stated"
    # Somebody is going to view the file of a finding: on record before they do.
    VIEW_ANNOUNCED = "view_announced"
    # How much of it they did view.
    VIEWED = "viewed"
    # A legal hold: nothing of it is erased, whatever its time.
    HELD = "held"
    HOLD_LIFTED = "hold_lifted"
    # For how long what was reported is kept, in this store.
    RETENTION_SET = "retention_set"
    # Whether content of found files is kept, in this store.
    PRESERVING_SET = "preserving_set"
    CONTENT_OPENED = "content_opened"
    ERASURE_PROPOSED = "erasure_proposed"
    ERASURE_WITHDRAWN = "erasure_withdrawn"
    ERASURE_APPROVED = "erasure_approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyAct:
    """One thing that a named person did with what a case holds, as it was recorded.

    Attributes:
        id: Number of its entry in the ledger: its name.
        kind: What was done.
        at_utc: When it was recorded, in ISO 8601.
        by: Who did it.
        text: Why, in that person's words.
        asked_by: Who asked for it, of a view.
        case: Number of the case, where it is about one.
        finding: Id of the finding, where it is about one.
        answers: Number of the act that it follows: a view of its announcement, a lifted hold of the hold.
        extent: How far it goes, in a word of its kind: `whole`, `part` or `none` of a file; `scans` or `findings` of a
            hold; a number of days; `on` or `off`; `examiner`, `exhibit` or `basis`, of what is stated.
    """

    id: int
    kind: CustodyKind
    at_utc: str
    by: str
    text: str | None = None
    asked_by: str | None = None
    case: int | None = None
    finding: str | None = None
    answers: int | None = None
    extent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The findings of one scan that stand in one case.

    Attributes:
        case: Number of the case.
        subject: Whose it is.
        findings: How many of that scan.
        owner: Who looks after it; None where nobody has taken it yet.
        outcome: How it ended; None while it waits.
    """

    case: int
    subject: Subject
    findings: int
    owner: str | None = None
    outcome: CaseOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InNoCase:
    """The findings of one scan that stand in no case: nobody is asked about them.

    Attributes:
        findings: How many.
    """

    findings: int
