"""What lies in the outbox, as values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Delivery", "Letter", "LetterState", "Queued", "Sending", "read_letter"]


class LetterState(StrEnum):
    """Where a letter stands. Closed."""

    PENDING = "pending"
    # It arrived, and was taken.
    SENT = "sent"
    # It arrived, and will never be taken as it is.
    REFUSED = "refused"
    # The verdict that it rests on counted no more before it left.
    OVERTAKEN = "overtaken"
    # It goes on when a person has decided how.
    WAITS = "waits"
    # A person has decided that it does not leave, or it was taken back.
    WITHDRAWN = "withdrawn"


class Sending(StrEnum):
    """What came of one attempt. Closed."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    # It cannot have arrived, or was not taken this time.
    FAILED = "failed"
    # Nobody knows whether it arrived.
    UNKNOWN = "unknown"
    # A person must decide how it goes on.
    WAITS = "waits"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something that shall leave, because a named person said so.

    Attributes:
        kind: What it is: `feedback` or `filing`.
        channel: Which way it goes: the name of a list that comes from a service, or of a way to an authority.
        target: What it is about. Letters about one target leave in the order in which they were queued.
        finding: Id of the finding on whose verdict it rests.
        filing: Number of the filing on which it rests; exactly one of the two is given.
        content: Of feedback all that leaves: never a hash, a picture, or anything about a person. Of a filing its
            number.
        by: Who said so. Does not leave.
    """

    kind: str
    channel: str
    target: str
    finding: str | None = None
    filing: int | None = None
    content: Mapping[str, Any]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of one attempt.

    Attributes:
        status: HTTP's, where an answer came.
        answer: What was answered, cut short; the receipt.
    """

    at_utc: str
    outcome: Sending
    status: int | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A letter in the outbox.

    Attributes:
        number: Of its entry in the ledger.
        deliveries: Attempts on record, oldest first.
    """

    number: int
    letter: Letter
    at_utc: str
    state: LetterState
    deliveries: tuple[Delivery, ...]


def read_letter(row: Mapping[Any, Any]) -> Letter:
    """Read the columns of a row of `outbox`."""
    return Letter(
        kind=row["kind"],
        channel=row["channel"],
        target=row["target"],
        finding=row["finding_id"],
        filing=row["filing_id"],
        content=json.loads(row["content"]),
        by=row["queued_by"],
    )
