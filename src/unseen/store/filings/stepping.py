"""Each call of a filing is kept before it is made, by whoever holds its letter; and what came of it afterwards."""

from sqlalchemy import select

from unseen.store.engine import Store
from unseen.store.filings.deciding import append_row
from unseen.store.filings.values import Answered
from unseen.store.ledger.entries import record
from unseen.store.outbox import Claim
from unseen.store.outbox.delivering import hold
from unseen.store.schema import filing_answers, filing_steps

__all__ = ["begin_step", "end_step"]


def begin_step(store: Store, claim: Claim, call: str, file: int | None, *, lease_s: int, at_utc: str) -> int:
    """Keep that a call is about to be made, and the letter in hand for as long again.

    Args:
        store: Open for writing.
        claim: Of the filing's letter.
        call: Which.
        file: About which of the files that go along, from 0.
        lease_s: For how long nobody else may take the letter.
        at_utc: When, in ISO 8601.

    Returns:
        The number of the step.

    Raises:
        ClaimLostError: Somebody else has the letter by now, or a person has decided: the call must not be made.
        StoreError: The store cannot be written: nor then.
    """
    filing_id = claim.letter.filing
    assert filing_id is not None
    row = {"filing_id": filing_id, "call": call, "file": file, "claim_no": claim.claim_no, "at_utc": at_utc}
    with record(store, at_utc=at_utc) as page:
        hold(page.connection, claim, lease_s=lease_s)
        return append_row(page, "filing_step", filing_steps, row, {"filing": filing_id, "call": call})


def end_step(store: Store, step: int, answered: Answered) -> int:
    """Keep what came of a call, whoever has the letter by now: it happened.

    Returns:
        The number of the answer.

    Raises:
        StoreError: The store cannot be written; then nobody knows what came of the call.
    """
    with record(store, at_utc=answered.at_utc) as page:
        of_step = select(filing_steps.c.filing_id).where(filing_steps.c.id == step)
        filing_id = page.connection.execute(of_step).scalar_one()
        row = {
            "step_id": step,
            "at_utc": answered.at_utc,
            "outcome": answered.outcome,
            "status": answered.status,
            "request": answered.request,
            "request_sha256": answered.request_sha256,
            "answer": answered.answer,
            "request_id": answered.request_id,
            "report_id": None if answered.report_id is None else str(answered.report_id),
            "file_id": answered.file_id,
            "why": answered.why,
        }
        stated = {"filing": filing_id, "step": step, "outcome": answered.outcome}
        return append_row(page, "filing_answer", filing_answers, row, stated)
