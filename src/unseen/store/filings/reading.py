"""Filings as the store holds them. Nothing is written here."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from unseen.errors import UsageError
from unseen.store.engine import Store
from unseen.store.filings.values import (
    FILING,
    Filing,
    FilingDecision,
    FilingFile,
    FilingPolicy,
    FilingStep,
    FilingTurn,
    Receipt,
    read_answered,
)
from unseen.store.outbox.letters import LetterState
from unseen.store.schema import (
    deliveries,
    filing_answers,
    filing_decisions,
    filing_files,
    filing_policies,
    filing_steps,
    filings,
    outbox,
)

__all__ = [
    "cases_with_letters",
    "filed_findings",
    "filing_policies_now",
    "list_filings",
    "read_filing",
    "read_steps",
    "read_turns",
    "receipts_of",
]

_IDS_AT_ONCE = 500


def read_filing(store: Store, filing_id: int) -> Filing:
    """Give one filing.

    Raises:
        UsageError: There is none of this number.
    """
    with store.read() as connection:
        row = connection.execute(_all().where(filings.c.id == filing_id)).mappings().first()
        if row is None:
            raise UsageError(f"there is no filing {filing_id}", hint="`unseen file ls` names them")
        return _read(connection, row)


def list_filings(store: Store, *, case_id: int | None = None) -> Iterator[Filing]:
    """Give every filing, or those of one case, in the order in which they were decided."""
    query = _all() if case_id is None else _all().where(_is_about(case_id))
    with store.read() as connection:
        for row in connection.execute(query.order_by(filings.c.id)).mappings().all():
            if case_id is None or case_id in {row["case_id"], *_more_cases(row)}:
                yield _read(connection, row)


def read_steps(store: Store, filing_id: int) -> list[FilingStep]:
    """Give every step of a filing with what came of it, oldest first."""
    of_filing = select(filing_steps).where(filing_steps.c.filing_id == filing_id).order_by(filing_steps.c.id)
    ids = select(filing_steps.c.id).where(filing_steps.c.filing_id == filing_id)
    with store.read() as connection:
        answers = {
            row["step_id"]: read_answered(row)
            for row in connection.execute(select(filing_answers).where(filing_answers.c.step_id.in_(ids))).mappings()
        }
        return [
            FilingStep(
                record=row["id"],
                call=row["call"],
                file=row["file"],
                claim_no=row["claim_no"],
                at_utc=row["at_utc"],
                answered=answers.get(row["id"]),
            )
            for row in connection.execute(of_filing).mappings()
        ]


def read_turns(store: Store, filing_id: int) -> list[FilingDecision]:
    """Give what persons decided about a filing after it was decided, oldest first."""
    rows = select(filing_decisions).where(filing_decisions.c.filing_id == filing_id).order_by(filing_decisions.c.id)
    with store.read() as connection:
        return [
            FilingDecision(
                record=row["id"],
                turn=FilingTurn(row["decision"]),
                steps=row["steps"],
                by=row["decided_by"],
                reason=row["reason"],
                at_utc=row["at_utc"],
            )
            for row in connection.execute(rows).mappings()
        ]


def receipts_of(store: Store, case_number: int) -> list[Receipt]:
    """Give what authorities answered when reports about a case were filed, oldest first.

    Those of test systems are among them: see `Receipt.channel`.
    """
    query = (
        select(
            filing_answers,
            filing_steps.c.filing_id,
            *(filings.c[name] for name in ("channel", "case_id", "more_cases")),
        )
        .join_from(filing_answers, filing_steps, filing_steps.c.id == filing_answers.c.step_id)
        .join(filings, filings.c.id == filing_steps.c.filing_id)
        .where(_is_about(case_number))
        .where(
            ((filing_steps.c.call == "finish") & (filing_answers.c.outcome == "done"))
            | (filing_answers.c.outcome == "already_finished")
        )
        .order_by(filing_answers.c.id)
    )
    found: dict[int, Receipt] = {}
    with store.read() as connection:
        for row in connection.execute(query).mappings().all():
            if case_number not in {row["case_id"], *_more_cases(row)}:
                continue
            filing_id, is_whole = row["filing_id"], row["outcome"] == "done"
            # Asked again, the service may have said that it was finished already: the receipt itself says more.
            if filing_id in found and (found[filing_id].is_whole or not is_whole):
                continue
            found[filing_id] = Receipt(
                filing=filing_id,
                case=case_number,
                channel=row["channel"],
                report_id=_report_id(connection, filing_id, row["id"]),
                at_utc=row["at_utc"],
                record=row["id"],
                answer=row["answer"] or b"",
                is_whole=is_whole,
                findings=tuple(file.finding for file in _files(connection, filing_id)),
            )
    return list(found.values())


def filed_findings(store: Store, ids: Sequence[str], *, channel: str) -> Mapping[str, tuple[int, LetterState]]:
    """Which of these findings are on their way on a channel, wait there, or have arrived: by which filing."""
    found: dict[str, tuple[int, LetterState]] = {}
    with store.read() as connection:
        for at in range(0, len(ids), _IDS_AT_ONCE):
            rows = (
                select(filing_files.c.finding_id, filing_files.c.filing_id, outbox.c.state)
                .join_from(filing_files, outbox, outbox.c.filing_id == filing_files.c.filing_id)
                .where(filing_files.c.finding_id.in_(ids[at : at + _IDS_AT_ONCE]), outbox.c.channel == channel)
                .where(outbox.c.state.in_([LetterState.PENDING, LetterState.WAITS, LetterState.SENT]))
            )
            for row in connection.execute(rows):
                found[row.finding_id] = row.filing_id, LetterState(row.state)
    return found


def cases_with_letters(store: Store, state: LetterState, *, before_utc: str | None = None) -> set[int]:
    """Numbers of the cases with a filing whose letter stands so.

    Args:
        store: The store.
        state: Of letters.
        before_utc: Only those that were decided before.
    """
    which = [outbox.c.kind == FILING, outbox.c.state == state.value]
    if before_utc is not None:
        which.append(outbox.c.at_utc < before_utc)
    columns = filings.c.case_id, filings.c.more_cases
    query = select(*columns).join_from(outbox, filings, filings.c.id == outbox.c.filing_id).where(*which)
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
        return {case_id for row in rows for case_id in (row["case_id"], *_more_cases(row))}


def filing_policies_now(store: Store) -> list[FilingPolicy]:
    """The newest policy of each list and kind of match, on or off."""
    newest = select(func.max(filing_policies.c.id)).group_by(filing_policies.c.list, filing_policies.c.kind)
    rows = select(filing_policies).where(filing_policies.c.id.in_(newest)).order_by(filing_policies.c.id)
    with store.read() as connection:
        return [
            FilingPolicy(
                record=row["id"],
                list=row["list"],
                kind=row["kind"],
                is_on=bool(row["is_on"]),
                by=row["set_by"],
                reason=row["reason"],
                at_utc=row["at_utc"],
            )
            for row in connection.execute(rows).mappings()
        ]


def _all() -> Any:
    of_letter = (
        select(deliveries.c.answer).where(deliveries.c.letter_id == outbox.c.id).order_by(deliveries.c.id.desc())
    )
    said = of_letter.limit(1).correlate(outbox).scalar_subquery()
    return select(filings, outbox.c.id.label("letter"), outbox.c.state, said.label("answer")).join_from(
        filings, outbox, outbox.c.filing_id == filings.c.id
    )


def _read(connection: Connection, row: Mapping[Any, Any]) -> Filing:
    return Filing(
        id=row["id"],
        case=row["case_id"],
        more_cases=_more_cases(row),
        channel=row["channel"],
        report=row["report"],
        by=row["decided_by"],
        reason=row["reason"],
        policy=row["policy_id"],
        at_utc=row["at_utc"],
        files=_files(connection, row["id"]),
        letter=row["letter"],
        state=LetterState(row["state"]),
        answer=row["answer"],
    )


def _more_cases(row: Mapping[Any, Any]) -> tuple[int, ...]:
    return () if row["more_cases"] is None else tuple(json.loads(row["more_cases"]))


def _is_about(case_id: int) -> ColumnElement[bool]:
    # Of a report about several accounts, whether this is among them is looked up in the rows that are found.
    return (filings.c.case_id == case_id) | filings.c.more_cases.is_not(None)


def _files(connection: Connection, filing_id: int) -> tuple[FilingFile, ...]:
    rows = select(filing_files).where(filing_files.c.filing_id == filing_id).order_by(filing_files.c.id)
    return tuple(
        FilingFile(finding=row["finding_id"], details=row["details"]) for row in connection.execute(rows).mappings()
    )


def _report_id(connection: Connection, filing_id: int, before: int) -> int:
    """The report that was open when an answer came: the one opened last before it."""
    rows = (
        select(filing_answers.c.report_id)
        .join_from(filing_answers, filing_steps, filing_steps.c.id == filing_answers.c.step_id)
        .where(filing_steps.c.filing_id == filing_id, filing_answers.c.report_id.is_not(None))
        .where(filing_answers.c.id <= before)
        .order_by(filing_answers.c.id.desc())
        .limit(1)
    )
    return int(connection.execute(rows).scalar_one())
