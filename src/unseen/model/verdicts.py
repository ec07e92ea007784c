"""What a person decided about a finding. The program records it and never makes it."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Decision", "Status", "Verdict"]


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
