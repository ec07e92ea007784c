"""The custody record of a case: everything on record that was done with what it holds, in the order of the ledger."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from unseen.errors import UsageError
from unseen.store.engine import Store
from unseen.store.ledger.entries import entries_of_type
from unseen.store.schema import (
    case_events,
    custody_acts,
    deliveries,
    filing_answers,
    filing_decisions,
    filing_files,
    filing_steps,
    filings,
    finding_matches,
    openings,
    outbox,
    preserved,
    runs,
    verdicts,
)

__all__ = ["CustodyLine", "read_chronicle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyLine:
    """One thing that was done.

    Attributes:
        record: Number of its entry in the ledger.
        at_utc: When, as the clock of the machine had it.
        what: A word for it: the kind of an event, of an act or of an entry of the ledger.
        by: Which person or account did it; None where nobody did, or it is not on record.
        to: Whom it was offered to, where it went, or who asked for it.
        text: Why, or what was said.
        finding: Id of the finding that it is about, where it is about one.
        more: What else is on record of it, by name.
    """

    record: int
    at_utc: str
    what: str
    by: str | None = None
    to: str | None = None
    text: str | None = None
    finding: str | None = None
    more: Mapping[str, object] = field(default_factory=dict)


def read_chronicle(store: Store, case_id: int) -> list[CustodyLine]:
    """Give all that was done with a case and what it holds, oldest first; of an erased case, that it was erased.

    Raises:
        UsageError: There is no such case, and never was one.
        StoreError: The store cannot be read.
    """
    with store.read() as connection:
        of_case = case_events.c.case_id == case_id
        found = select(case_events.c.finding_id).where(of_case, case_events.c.finding_id.is_not(None))
        scans = select(finding_matches.c.scan_id).where(finding_matches.c.finding_id.in_(found)).distinct()
        lines = [
            *_events(connection, select(case_events).where(of_case)),
            *_acts(connection, case_id, found),
            *_verdicts(connection, found),
            *_contents(connection, found),
            *_scans(connection, scans),
            *_letters(connection, found),
            *_filings(connection, case_id),
            *_written(connection, case_id, set(connection.scalars(scans)), set(connection.scalars(found))),
        ]
    if not lines:
        raise UsageError(f"there is no case {case_id}", hint="`unseen case ls --all` names them")
    return sorted(lines, key=lambda line: line.record)


def _events(connection: Connection, query: Select[Any]) -> Iterator[CustodyLine]:
    for row in connection.execute(query):
        more = {name: value for name in ("due_at_utc", "outcome") if (value := getattr(row, name)) is not None}
        yield CustodyLine(
            record=row.id,
            at_utc=row.at_utc,
            what=f"case_{row.kind}",
            by=row.done_by,
            to=row.offered_to,
            text=row.subject if row.text is None else row.text,
            finding=row.finding_id,
            more=more,
        )


def _acts(connection: Connection, case_id: int, found: Select[Any]) -> Iterator[CustodyLine]:
    about = (custody_acts.c.case_id == case_id) | custody_acts.c.finding_id.in_(found)
    for row in connection.execute(select(custody_acts).where(about)):
        more = {name: value for name in ("extent", "answers") if (value := getattr(row, name)) is not None}
        yield CustodyLine(
            record=row.id,
            at_utc=row.at_utc,
            what=row.kind,
            by=row.done_by,
            to=row.asked_by,
            text=row.text,
            finding=row.finding_id,
            more=more,
        )


def _verdicts(connection: Connection, found: Select[Any]) -> Iterator[CustodyLine]:
    for row in connection.execute(select(verdicts).where(verdicts.c.finding_id.in_(found))):
        yield CustodyLine(
            record=row.id,
            at_utc=row.at_utc,
            what=f"finding_{row.decision}",
            by=row.decided_by,
            text=row.reason,
            finding=row.finding_id,
        )


def _contents(connection: Connection, found: Select[Any]) -> Iterator[CustodyLine]:
    for row in connection.execute(select(preserved).where(preserved.c.finding_id.in_(found))):
        yield CustodyLine(
            record=row.id,
            at_utc=row.at_utc,
            what="content_preserved",
            by=row.done_by,
            text=row.text,
            finding=row.finding_id,
            more={"size_bytes": row.size_bytes},
        )


def _scans(connection: Connection, scans: Select[Any]) -> Iterator[CustodyLine]:
    """Each run of a scan that saw findings of the case has read their files."""
    for row in connection.execute(select(runs).where(runs.c.scan_id.in_(scans))):
        conditions = json.loads(row.conditions)
        by = conditions.get("by", {})
        yield CustodyLine(
            record=row.id,
            at_utc=conditions.get("started_at_utc", ""),
            what="scanned",
            by="@".join(str(by[name]) for name in ("user", "host") if name in by) or None,
            text=conditions.get("basis"),
            more={"scan": row.scan_id},
        )


def _letters(connection: Connection, found: Select[Any]) -> Iterator[CustodyLine]:
    letters = select(outbox).where(outbox.c.finding_id.in_(found))
    for row in connection.execute(letters):
        yield CustodyLine(
            record=row.id,
            at_utc=row.at_utc,
            what=f"{row.kind}_queued",
            by=row.queued_by,
            to=row.channel,
            finding=row.finding_id,
        )
    ids = letters.with_only_columns(outbox.c.id)
    for row in connection.execute(select(deliveries).where(deliveries.c.letter_id.in_(ids))):
        yield CustodyLine(
            record=row.id,
            at_utc=row.at_utc,
            what="letter_tried",
            text=row.answer,
            more={"letter": row.letter_id, "outcome": row.outcome},
        )


def _filings(connection: Connection, case_id: int) -> Iterator[CustodyLine]:
    of_case = select(filings.c.id).where(filings.c.case_id == case_id)
    for row in connection.execute(select(filings).where(filings.c.case_id == case_id)):
        yield CustodyLine(
            record=row.id, at_utc=row.at_utc, what="filing_decided", by=row.decided_by, to=row.channel, text=row.reason
        )
    for row in connection.execute(select(filing_decisions).where(filing_decisions.c.filing_id.in_(of_case))):
        yield CustodyLine(
            record=row.id,
            at_utc=row.at_utc,
            what=f"filing_{row.decision}",
            by=row.decided_by,
            text=row.reason,
            more={"filing": row.filing_id},
        )
    files = select(filing_files.c.filing_id, filing_files.c.finding_id).where(filing_files.c.filing_id.in_(of_case))
    by_filing: dict[int, list[str]] = {}
    for filing_id, finding_id in connection.execute(files.order_by(filing_files.c.id)):
        by_filing.setdefault(filing_id, []).append(finding_id)
    steps = (
        select(filing_steps, filing_answers.c.outcome)
        .join_from(filing_steps, filing_answers, filing_answers.c.step_id == filing_steps.c.id, isouter=True)
        .where(filing_steps.c.filing_id.in_(of_case))
    )
    for row in connection.execute(steps):
        # Only an upload is about one file, and it is the one act by which its bytes leave.
        is_upload = row.call == "upload" and row.file is not None
        sent = by_filing.get(row.filing_id, [])
        yield CustodyLine(
            record=row.id,
            at_utc=row.at_utc,
            what=f"filing_{row.call}",
            finding=sent[row.file] if is_upload and row.file < len(sent) else None,
            more={"filing": row.filing_id, "outcome": row.outcome or "unknown"},
        )


def _written(connection: Connection, case_id: int, scans: set[int], found: set[str]) -> Iterator[CustodyLine]:
    """Reports, exports and questions to services: entries that have no table of their own."""
    for kind in ("case_exported", "report_written", "hashes_sent"):
        for stated in map(json.loads, entries_of_type(connection, kind)):
            hidden = connection.scalars(select(openings.c.value).where(openings.c.n == stated["n"])).first()
            opened = {} if hidden is None else json.loads(hidden)
            concerned = {
                "case_exported": stated.get("case") == case_id,
                "report_written": stated.get("scan") in scans,
                "hashes_sent": not found.isdisjoint(opened.get("findings", ())),
            }
            if concerned[kind]:
                yield CustodyLine(
                    record=stated["n"],
                    at_utc=stated["at"],
                    what=kind,
                    by=opened.get("by"),
                    to=opened.get("path") or opened.get("host"),
                    text=opened.get("reason"),
                    more={name: stated[name] for name in ("format", "sha256", "files", "service") if name in stated},
                )
