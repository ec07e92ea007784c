"""What a report that has arrived means for its case: it has left the house, as far as the report speaks of it."""

from sqlalchemy import func, select

from unseen.model import EventKind, Status
from unseen.store.cases.events import note_event
from unseen.store.ledger.entries import Page
from unseen.store.outbox.letters import LetterState
from unseen.store.schema import case_events, filing_files, outbox
from unseen.store.verdicts import verdicts_of

__all__ = ["note_forwarded"]


def note_forwarded(page: Page, case_id: int, *, channel: str, by: str | None, text: str) -> int:
    """Record that a case was reported, up to the first finding that no report that has arrived speaks of.

    What came after somebody had decided what is reported has not left with it, and neither has what a policy leaves to
    a person. Findings that were cleared need not.

    Args:
        page: Of the transaction that records that a letter has arrived.
        case_id: Of the case.
        channel: Which way it went.
        by: Who had decided it; None for a policy.
        text: Where it went.

    Returns:
        How many findings of the case still have to be reported.
    """
    arrived = (
        select(filing_files.c.finding_id)
        .join_from(filing_files, outbox, outbox.c.filing_id == filing_files.c.filing_id)
        .where(outbox.c.channel == channel, outbox.c.state == LetterState.SENT.value)
    )
    untold = (
        select(case_events.c.finding_id, func.min(case_events.c.id).label("since"))
        .where(case_events.c.case_id == case_id, case_events.c.finding_id.is_not(None))
        .where(case_events.c.finding_id.not_in(arrived))
        .group_by(case_events.c.finding_id)
    )
    left = {row.finding_id: row.since for row in page.connection.execute(untold)}
    verdicts = verdicts_of(page.connection, list(left))
    waiting = [
        since for one, since in left.items() if one not in verdicts or verdicts[one].status is not Status.CLEARED
    ]
    told_to = min(waiting) - 1 if waiting else None
    note_event(page, case_id, EventKind.FORWARDED, {"by": by, "text": text, "answers": told_to})
    return len(waiting)
