"""Letters are put into the outbox with their record, in one transaction; and shown with all that came of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, insert, select

from unseen.errors import UsageError
from unseen.store.engine import Store
from unseen.store.ledger.entries import Page, record
from unseen.store.ledger.rows import letter_value
from unseen.store.outbox.letters import Delivery, Letter, LetterState, Queued, Sending, read_letter
from unseen.store.schema import deliveries, outbox, verdicts
from unseen.store.verdicts import verdicts_of

__all__ = ["list_letters", "queue", "queue_letters"]


def queue_letters(store: Store, letters: Sequence[Letter], *, at_utc: str) -> list[tuple[int, bool]]:
    """Put letters into the outbox: all of them, or none.

    The same letter on the same verdict is one letter, however often it is queued; unless it was refused before, or
    overtaken: then it is queued anew.

    Returns:
        For each the number of its entry in the ledger, and whether it is new.

    Raises:
        UsageError: A finding has no verdict that counts.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        return [queue(page, letter) for letter in letters]


def queue(page: Page, letter: Letter) -> tuple[int, bool]:
    """Put a letter into the outbox, in the transaction of whatever it rests on.

    Returns:
        The number of its entry in the ledger, and whether it is new.

    Raises:
        UsageError: It rests on a verdict, and there is none that counts.
    """
    connection = page.connection
    verdict_id = None if letter.finding is None else _counting_verdict(connection, letter.finding)
    content = json.dumps(letter.content, sort_keys=True)
    said = select(outbox.c.id).where(
        outbox.c.kind == letter.kind,
        outbox.c.channel == letter.channel,
        outbox.c.target == letter.target,
        outbox.c.content == content,
        outbox.c.verdict_id == verdict_id,
        outbox.c.filing_id == letter.filing,
        outbox.c.state.in_([LetterState.PENDING.value, LetterState.WAITS.value, LetterState.SENT.value]),
    )
    known = connection.execute(said).scalar()
    if known is not None:
        return known, False
    row = {
        "kind": letter.kind,
        "channel": letter.channel,
        "target": letter.target,
        "finding_id": letter.finding,
        "verdict_id": verdict_id,
        "filing_id": letter.filing,
        "content": content,
        "queued_by": letter.by,
        "at_utc": page.at_utc,
    }
    number, salt = page.commit_to("letter_queued", {"kind": letter.kind}, letter_value(row))
    connection.execute(insert(outbox).values(id=number, salt=salt, state=LetterState.PENDING.value, **row))
    return number, True


def list_letters(store: Store, *, state: LetterState | None = None) -> Iterator[Queued]:
    """Give every letter of the outbox, oldest first, with all that came of it; constant memory.

    Raises:
        StoreError: The store cannot be read.
    """
    query = select(
        outbox,
        deliveries.c.at_utc.label("tried_at_utc"),
        *(deliveries.c[name] for name in ("outcome", "status", "answer")),
    ).join_from(outbox, deliveries, deliveries.c.letter_id == outbox.c.id, isouter=True)
    if state is not None:
        query = query.where(outbox.c.state == state.value)
    with store.read() as connection:
        result = connection.execution_options(yield_per=1_000).execute(query.order_by(outbox.c.id, deliveries.c.id))
        for _, group in groupby(result, key=lambda row: row.id):
            rows = list(group)
            yield _queued(rows[0]._mapping, [row._mapping for row in rows if row.outcome is not None])


def _queued(row: Mapping[Any, Any], tried: Sequence[Mapping[Any, Any]]) -> Queued:
    attempts = (
        Delivery(
            at_utc=one["tried_at_utc"], outcome=Sending(one["outcome"]), status=one["status"], answer=one["answer"]
        )
        for one in tried
    )
    return Queued(
        number=row["id"],
        letter=read_letter(row),
        at_utc=row["at_utc"],
        state=LetterState(row["state"]),
        deliveries=tuple(attempts),
    )


def _counting_verdict(connection: Connection, finding_id: str) -> int:
    verdict = verdicts_of(connection, [finding_id]).get(finding_id)
    if verdict is None or not verdict.is_current:
        raise UsageError(
            f"nobody has decided on finding {finding_id}, or a match has come since",
            hint="feedback rests on a verdict: `unseen findings confirm` or `clear`",
        )
    newest = select(verdicts.c.id).where(verdicts.c.finding_id == finding_id)
    return int(connection.execute(newest.order_by(verdicts.c.id.desc()).limit(1)).scalar_one())
