"""Until when what was reported is kept. Pure: no clock, no store.

The clock runs from the receipt: who reports to an authority is asked to preserve what was reported from then on. A year
is what the law of the United States says since 2024 (18 U.S.C. 2258A(h), as changed by Public Law 118-59), and what a
custodian who says nothing else keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from unseen.casework.cases.course import Case
from unseen.errors import UsageError
from unseen.model import CaseOutcome, EventKind

__all__ = ["DAYS_MIN", "Clock", "Stage", "parse_days", "read_clock"]

DAYS_MIN = 365
# A hundred years: whoever types more has slipped.
_DAYS_MAX = 36_500


class Stage(StrEnum):
    """Where a case stands on its way to being erased. Closed."""

    # It has not ended.
    OPEN = "open"
    # It has ended, and no receipt or hand-over is on record from which time could run.
    NO_RECEIPT = "no_receipt"
    RUNNING = "running"
    HELD = "held"
    DUE = "due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How long a case is kept.

    Attributes:
        stage: Where it stands.
        from_utc: From when its time runs; None where nothing has started it.
        until_utc: When it ends; None as well.
        holds: Numbers of the legal holds on it.
    """

    stage: Stage
    from_utc: str | None
    until_utc: str | None
    holds: tuple[int, ...]


def read_clock(case: Case, receipts: Sequence[str], *, days: int, holds: Sequence[int], now: datetime) -> Clock:
    """Say until when a case is kept.

    Time runs from the newest receipt, or from the newest hand-over to an authority where that is later; from the end of
    the case where that came of neither because it is not the known material, and then nothing has to be waited for.

    Args:
        case: The case.
        receipts: When authorities answered that they have a report about it, in ISO 8601.
        days: For how long it is kept from then.
        holds: Numbers of the legal holds on it.
        now: With a time zone.
    """
    started = [*receipts, *(event.at_utc for event in case.events if event.kind is EventKind.FORWARDED)]
    if not started and case.outcome is CaseOutcome.CLEARED:
        # What was matched by mistake is not kept about anybody.
        started, days = [_ended(case)], 0
    elif not started and case.outcome in {CaseOutcome.MERGED, CaseOutcome.NOT_OURS}:
        started = [_ended(case)]
    start = max((datetime.fromisoformat(one) for one in started), default=None)
    until = None if start is None else start + timedelta(days=days)
    if case.is_open:
        stage = Stage.OPEN
    elif until is None:
        stage = Stage.NO_RECEIPT
    elif now < until:
        stage = Stage.RUNNING
    else:
        stage = Stage.HELD if holds else Stage.DUE
    return Clock(stage=stage, from_utc=_text(start), until_utc=_text(until), holds=tuple(holds))


def parse_days(days: int, *, is_shorter_meant: bool) -> str:
    """Read for how many days what was reported is kept.

    Raises:
        UsageError: It is no period, or shorter than the minimum and nobody said that this is meant.
    """
    if not 1 <= days <= _DAYS_MAX:
        raise UsageError(f"{days} days are no period", hint=f"1 to {_DAYS_MAX:,}")
    if days < DAYS_MIN and not is_shorter_meant:
        raise UsageError(
            f"{days} days are fewer than {DAYS_MIN}, which is what is asked of whoever reports",
            hint="where another law has a shorter period, say so with --shorter and in the reason",
        )
    return str(days)


def _ended(case: Case) -> str:
    return next(event.at_utc for event in reversed(case.events) if event.kind is EventKind.CLOSED)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
