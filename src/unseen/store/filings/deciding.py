"""Filings are decided: the report, word for word, and its letter in the outbox, in one transaction."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, func, insert, select, update

from unseen.errors import UsageError
from unseen.store.engine import Store
from unseen.store.filings.values import FILING, FilingFile, FilingTurn
from unseen.store.ledger.entries import Page, record
from unseen.store.ledger.filings import filing_row_value
from unseen.store.outbox import Letter, LetterState, Sending, queue
from unseen.store.outbox.delivering import note_delivery
from unseen.store.schema import (
    filing_decisions,
    filing_files,
    filing_policies,
    filing_steps,
    filings,
    outbox,
)

__all__ = ["append_row", "decide_filing", "set_filing_policy", "turn_filing"]

# Letters in these states may still become a report, or have.
_LIVING = (LetterState.PENDING.value, LetterState.WAITS.value, LetterState.SENT.value)


def decide_filing(
    store: Store,
    case_id: int,
    *,
    channel: str,
    report: str,
    files: Sequence[FilingFile],
    by: str | None,
    reason: str,
    policy: int | None = None,
    more_cases: Sequence[int] = (),
    at_utc: str,
) -> int:
    """Record that a case shall be reported, and put the letter into the outbox.

    Args:
        store: Open for writing.
        case_id: Of the case.
        channel: Which way it goes.
        report: All that is told beside the files, as JSON.
        files: Findings, at least one, with what is told of each.
        by: Who decided; None where a policy did.
        reason: Why.
        policy: Number of that policy.
        more_cases: Of a report about several accounts, the further cases.
        at_utc: When, in ISO 8601.

    Returns:
        The number of the filing.

    Raises:
        UsageError: One of the findings is on its way already on this channel, or has arrived.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        _check_free(page, channel, [file.finding for file in files])
        row = {"case_id": case_id, "channel": channel, "report": report, "decided_by": by, "reason": reason}
        row |= {"policy_id": policy, "at_utc": at_utc}
        row["more_cases"] = json.dumps(list(more_cases)) if more_cases else None
        stated = {"case": case_id, "channel": channel, "files": len(files)}
        filing_id = append_row(page, "filing_decided", filings, row, stated)
        for file in files:
            of_file = {"filing_id": filing_id, "finding_id": file.finding, "details": file.details}
            append_row(page, "filing_file", filing_files, of_file, {"filing": filing_id})
        queue(
            page,
            Letter(
                kind=FILING,
                channel=channel,
                target=f"case {case_id}",
                filing=filing_id,
                content={"filing": filing_id},
                by=by or f"policy {policy}",
            ),
        )
    return filing_id


def turn_filing(store: Store, filing_id: int, turn: FilingTurn, *, by: str, reason: str, at_utc: str) -> None:
    """Record what a person decided about a filing, and free its letter for the next worker.

    Whoever has the letter in hand loses it: no further call of theirs is put on record, and so none is made.

    Raises:
        UsageError: There is no such filing, it has ended, or it does not wait for anybody.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        letter = page.connection.execute(select(outbox).where(outbox.c.filing_id == filing_id)).mappings().first()
        if letter is None:
            raise UsageError(f"there is no filing {filing_id}", hint="`unseen file ls` names them")
        state = LetterState(letter["state"])
        if state not in {LetterState.PENDING, LetterState.WAITS}:
            raise UsageError(f"filing {filing_id} has ended: it is {state}", hint="`unseen file decide` makes another")
        if state is LetterState.PENDING and turn is not FilingTurn.TAKE_BACK:
            raise UsageError(f"filing {filing_id} waits for nobody: the next `unseen file send` goes on with it")
        count = select(func.count()).where(filing_steps.c.filing_id == filing_id)
        steps = page.connection.execute(count).scalar_one()
        row = {"filing_id": filing_id, "decision": turn.value, "steps": steps, "decided_by": by, "reason": reason}
        stated = {"filing": filing_id, "decision": turn.value}
        append_row(page, "filing_decision", filing_decisions, {**row, "at_utc": at_utc}, stated)
        freed = {"state": LetterState.PENDING.value, "due_s": 0, "lease_until_s": 0, "claim_no": letter["claim_no"] + 1}
        if turn is FilingTurn.TAKE_BACK and not steps:
            # Nothing has left, and nothing will: there is nobody to take it back from.
            said = {"status": None, "answer": "taken back before anything had left"}
            note_delivery(page, letter["id"], letter["claim_no"] + 1, Sending.WITHDRAWN, said)
            freed["state"] = LetterState.WITHDRAWN.value
        page.connection.execute(update(outbox).where(outbox.c.id == letter["id"]).values(freed))


def set_filing_policy(store: Store, name: str, kind: str, *, is_on: bool, by: str, reason: str, at_utc: str) -> int:
    """Record whether a kind of match of a list is filed without a person's decision.

    Returns:
        The number of the policy.

    Raises:
        StoreError: The store cannot be written.
    """
    row = {"list": name, "kind": kind, "is_on": int(is_on), "set_by": by, "reason": reason, "at_utc": at_utc}
    with record(store, at_utc=at_utc) as page:
        return append_row(page, "filing_policy", filing_policies, row, {"list": name, "kind": kind, "on": is_on})


def append_row(page: Page, kind: str, table: Table, row: Mapping[str, Any], stated: Mapping[str, object]) -> int:
    """Add a row to a table of filings with its entry in the ledger; returns the number of both."""
    number, salt = page.commit_to(kind, stated, filing_row_value(row))
    page.connection.execute(insert(table).values(id=number, salt=salt, **row))
    return number


def _check_free(page: Page, channel: str, ids: Sequence[str]) -> None:
    """Of two people who decide the same, the second is told."""
    for finding_id in ids:
        rows = (
            select(filing_files.c.filing_id, outbox.c.state)
            .join_from(filing_files, outbox, outbox.c.filing_id == filing_files.c.filing_id)
            .where(filing_files.c.finding_id == finding_id, outbox.c.channel == channel, outbox.c.state.in_(_LIVING))
            .limit(1)
        )
        if found := page.connection.execute(rows).first():
            said = "was filed" if found.state == LetterState.SENT else "is on its way"
            raise UsageError(
                f"finding {finding_id} {said} already, by filing {found.filing_id}",
                hint=f"`unseen file show {found.filing_id}` says how far that has come",
            )
