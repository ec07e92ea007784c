"""Which cases have a filing that does not go on: it waits for a person, or nobody sends it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from unseen import store as stores
from unseen.casework.cases.course import Alarm
from unseen.casework.proof.clock import in_utc
from unseen.store import LetterState

if TYPE_CHECKING:
    from unseen.store import Store

__all__ = ["filing_alarms"]

# Our own choice: what was decided on leaves with the next worker, and one that runs at all runs more often.
_SENT_WITHIN = timedelta(hours=1)


def filing_alarms(store: "Store", *, now: datetime) -> Mapping[int, frozenset[Alarm]]:
    """What is wrong with how reports about cases are sent, by the number of the case.

    Args:
        store: Open, if only for reading.
        now: With a time zone.
    """
    waiting = stores.cases_with_letters(store, LetterState.WAITS)
    unsent = stores.cases_with_letters(store, LetterState.PENDING, before_utc=in_utc(now - _SENT_WITHIN))
    found = ((Alarm.FILING_WAITS, waiting), (Alarm.FILING_UNSENT, unsent))
    return {case: frozenset(alarm for alarm, cases in found if case in cases) for case in waiting | unsent}
