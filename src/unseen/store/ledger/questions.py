"""Questions about findings to services elsewhere: what was sent out, and what came back. Kept in the ledger alone.

That hashes left, and how many, is stated for ever. Of which findings, who wanted it and what was answered is hidden,
and can be erased.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from unseen.model import QUALITY_MIN
from unseen.store.engine import Store
from unseen.store.ledger.entries import entries_of_type, record
from unseen.store.schema import findings, items, openings
from unseen.store.verdicts import resolve

__all__ = ["list_answers", "pdqs_of_findings", "record_answers", "record_question"]


def pdqs_of_findings(store: Store, prefixes: Sequence[str]) -> dict[str, bytes | None]:
    """The canonical PDQ of each finding; None where there is none, it is too plain to be compared, or was erased.

    Args:
        store: The store.
        prefixes: Ids of findings, or as much of each as names one only.

    Raises:
        UsageError: No finding begins so, or several do.
        StoreError: The store cannot be read.
    """
    found: dict[str, bytes | None] = {}
    with store.read() as connection:
        for finding_id in resolve(connection, prefixes):
            rows = (
                select(items.c.pdq)
                .join(findings, (findings.c.locator == items.c.locator) & (findings.c.sha256 == items.c.sha256))
                .where(findings.c.id == finding_id, items.c.pdq.is_not(None), items.c.pdq_quality >= QUALITY_MIN)
                .order_by(items.c.id.desc())
                .limit(1)
            )
            found[finding_id] = connection.scalars(rows).first()
    return found


def record_question(
    store: Store, service: str, ids: Sequence[str], *, host: str, by: str, reason: str, at_utc: str
) -> int:
    """Record, before they are sent, that PDQs of findings go to a service.

    Args:
        store: Open for writing.
        service: Which, in our words.
        ids: Of the findings, in full.
        host: Where to.
        by: Who wants it.
        reason: Why.
        at_utc: When, in ISO 8601.

    Returns:
        The number of the entry.
    """
    hidden = {"findings": list(ids), "host": host, "by": by, "reason": reason}
    with record(store, at_utc=at_utc) as page:
        return page.add("hashes_sent", {"service": service, "hashes": len(ids)}, hidden=hidden)


def record_answers(store: Store, question: int, answers: Mapping[str, Mapping[str, Any]], *, at_utc: str) -> None:
    """Record what a service answered.

    Args:
        store: Open for writing.
        question: Number of the entry of the question.
        answers: By the id of the finding; text and null only.
        at_utc: When, in ISO 8601.
    """
    hidden = {"answers": {finding_id: dict(answer) for finding_id, answer in answers.items()}}
    with record(store, at_utc=at_utc) as page:
        page.add("answers_received", {"question": question, "answers": len(answers)}, hidden=hidden)


def list_answers(store: Store, prefixes: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give every answer about some findings, oldest first: `finding`, `service`, `at_utc`, and what was answered.

    Raises:
        UsageError: No finding begins so, or several do.
        StoreError: The store cannot be read.
    """
    with store.read() as connection:
        wanted = set(resolve(connection, prefixes))
        questions = {row["n"]: row for row in map(json.loads, entries_of_type(connection, "hashes_sent"))}
        for stated in map(json.loads, entries_of_type(connection, "answers_received")):
            hidden = connection.scalars(select(openings.c.value).where(openings.c.n == stated["n"])).first()
            answers = {} if hidden is None else json.loads(hidden)["answers"]
            for finding_id, answer in answers.items():
                if finding_id in wanted:
                    service = questions[stated["question"]]["service"]
                    yield {"finding": finding_id, "service": service, "at_utc": stated["at"], **answer}
