"""Erase a case: the rows that open what the ledger commits to, and nothing of the ledger itself."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, select

from unseen.model import CaseEvent, CustodyAct, CustodyKind
from unseen.store.cases.reading import events_of
from unseen.store.custody.acts import Check, Target, put_act
from unseen.store.custody.holds import check_not_held, holds_on_case
from unseen.store.engine import Store
from unseen.store.ledger.entries import entries_of_type, erase_within, record
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
    findings,
    items,
    openings,
    outbox,
    preserved,
    verdicts,
)

__all__ = ["ErasedCase", "erase_case", "propose_erasure"]

# These name members of the staff and the number of a case, and stay: who had it erased, and why.
_STAYING = (CustodyKind.ERASURE_PROPOSED, CustodyKind.ERASURE_WITHDRAWN, CustodyKind.ERASURE_APPROVED)

MayGo = Callable[[Sequence[CaseEvent], CustodyAct], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedCase:
    """What was erased.

    Attributes:
        act: By which it was approved.
        findings: How many findings went with it.
        staying: How many stay, because they stand in other cases too.
        records: How many entries of the ledger can no longer be opened.
        files: Digests, which are the names, of the files that held content: their keys are gone.
    """

    act: CustodyAct
    findings: int
    staying: int
    records: int
    files: tuple[bytes, ...]


def propose_erasure(
    store: Store, case_id: int, *, values: Mapping[str, str], check: Check, may_go: MayGo, at_utc: str
) -> CustodyAct:
    """Record that somebody proposes to erase a case.

    Args:
        store: Open for writing.
        case_id: Number of the case.
        values: `by` and `text`.
        check: As `add_act` takes it.
        may_go: Given the events of the case and this act; raises where the case has to stay.
        at_utc: When, in ISO 8601.

    Raises:
        HeldError: It is under a legal hold.
        UsageError: There is no such case, or `check` or `may_go` refuses.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        check_not_held(holds_on_case(page.connection, case_id), f"case {case_id}")
        act = put_act(page, CustodyKind.ERASURE_PROPOSED, Target(case=case_id), values=values, check=check)
        may_go(events_of(page.connection, case_id), act)
        return act


def erase_case(
    store: Store, proposal: int, *, values: Mapping[str, str], check: Check, may_go: MayGo, at_utc: str
) -> ErasedCase:
    """Erase a case, in the transaction that records who approved it: all of it, or nothing.

    Its findings go with it, with their items, matches, verdicts, letters and what was kept of their content, but those
    that stand in other cases stay. What scans say of themselves, and entries of lists, are no part of a case.

    Args:
        store: Open for writing.
        proposal: Number of the act that proposed it.
        values: `by` and `text`.
        check: As `add_act` takes it.
        may_go: Given the events of the case and the proposal; raises where the case has to stay.
        at_utc: When, in ISO 8601.

    Raises:
        HeldError: It is under a legal hold.
        UsageError: There is no such proposal, something of it shall still leave, or `check` or `may_go` refuses.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        act = put_act(page, CustodyKind.ERASURE_APPROVED, Target(answers=proposal), values=values, check=check)
        case_id = act.case
        assert case_id is not None
        check_not_held(holds_on_case(page.connection, case_id), f"case {case_id}")
        may_go(events_of(page.connection, case_id), act)
        own = _own_findings(case_id)
        went = page.connection.scalars(own).all()
        staying = len(set(page.connection.scalars(_findings_of(case_id))) - set(went))
        files = tuple(page.connection.scalars(select(preserved.c.file_sha256).where(preserved.c.finding_id.in_(own))))
        numbers = _numbers(page.connection, case_id)
        erase_within(page, numbers, reason=f"case {case_id}, as approved by act {act.id}")
    return ErasedCase(act=act, findings=len(went), staying=staying, records=len(numbers), files=files)


def _findings_of(case_id: int) -> Select[Any]:
    of_case = case_events.c.case_id == case_id, case_events.c.finding_id.is_not(None)
    return select(case_events.c.finding_id).where(*of_case).distinct()


def _own_findings(case_id: int) -> Select[Any]:
    """The findings that stand in this case and in no other."""
    others = case_events.alias()
    elsewhere = exists().where(others.c.finding_id == case_events.c.finding_id, others.c.case_id != case_id)
    return _findings_of(case_id).where(~elsewhere)


def _numbers(connection: Connection, case_id: int) -> list[int]:
    """Numbers of all entries that speak of the case, in an order in which nothing goes before what refers to it."""
    own = _own_findings(case_id)
    of_case = select(filings.c.id).where(filings.c.case_id == case_id)
    steps = select(filing_steps.c.id).where(filing_steps.c.filing_id.in_(of_case))
    letters = select(outbox.c.id).where(outbox.c.finding_id.in_(own) | outbox.c.filing_id.in_(of_case))
    same_content = and_(items.c.locator == findings.c.locator, items.c.sha256 == findings.c.sha256)
    acts = custody_acts.c.kind.not_in([kind.value for kind in _STAYING])
    queries = (
        select(deliveries.c.id).where(deliveries.c.letter_id.in_(letters)),
        letters,
        select(filing_answers.c.id).where(filing_answers.c.step_id.in_(steps)),
        steps,
        select(filing_decisions.c.id).where(filing_decisions.c.filing_id.in_(of_case)),
        select(filing_files.c.id).where(filing_files.c.filing_id.in_(of_case)),
        of_case,
        select(custody_acts.c.id).where(acts, (custody_acts.c.case_id == case_id) | custody_acts.c.finding_id.in_(own)),
        select(preserved.c.id).where(preserved.c.finding_id.in_(own)),
        select(case_events.c.id).where(case_events.c.case_id == case_id),
        select(verdicts.c.id).where(verdicts.c.finding_id.in_(own)),
        select(items.c.id).join_from(items, findings, same_content).where(findings.c.id.in_(own)),
        select(finding_matches.c.ledger_n).where(finding_matches.c.finding_id.in_(own)).distinct(),
    )
    numbers = [number for query in queries for number in connection.scalars(query)]
    return numbers + _exports(connection, case_id)


def _exports(connection: Connection, case_id: int) -> list[int]:
    """Where the case was written to, by whom and why."""
    stated = (json.loads(entry) for entry in entries_of_type(connection, "case_exported"))
    written = [one["n"] for one in stated if one["case"] == case_id]
    return list(connection.scalars(select(openings.c.n).where(openings.c.n.in_(written))))
