"""Acts of custody: each is checked against those before it, and recorded, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select

from unseen.errors import UsageError
from unseen.model import CustodyAct, CustodyKind
from unseen.store.cases.reading import events_of
from unseen.store.engine import Store
from unseen.store.ledger.custody import act_value
from unseen.store.ledger.entries import Page, record
from unseen.store.schema import custody_acts
from unseen.store.verdicts import resolve

__all__ = ["Check", "Target", "acts_about", "acts_of", "acts_of_kinds", "add_act", "put_act"]

# Names of acts that SQL has for words of its own.
_COLUMNS = {"by": "done_by"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an act is about: a case, a finding, an earlier act, or, where none is given, the whole store.

    Attributes:
        case: Number of a case.
        finding: Id of a finding, or as much of it as names one only.
        answers: Number of an act; what that is about, this is about.
    """

    case: int | None = None
    finding: str | None = None
    answers: int | None = None


Check = Callable[[Sequence[CustodyAct], CustodyAct], None]


def add_act(
    store: Store,
    kind: CustodyKind,
    target: Target,
    *,
    values: Mapping[str, str | None],
    check: Check,
    at_utc: str,
) -> CustodyAct:
    """Record what a named person does with what a case holds.

    Args:
        store: Open for writing.
        kind: What is done.
        target: What with.
        values: `by`, `text`, `asked_by`, `extent`, as far as the kind has them.
        check: Given all acts so far about the same, oldest first, and the new one, before anything is written; raises
            where it cannot be. Both are read and written in one transaction: of two people, the second is told.
        at_utc: When, in ISO 8601.

    Raises:
        UsageError: There is no such case, finding or act; or `check` refuses.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        return put_act(page, kind, target, values=values, check=check)


def put_act(
    page: Page, kind: CustodyKind, target: Target, *, values: Mapping[str, str | None], check: Check
) -> CustodyAct:
    """Record an act in a transaction of others: see `add_act`."""
    about = _resolved(page.connection, target)
    row = dict.fromkeys(custody_acts.c.keys()) | about | {"kind": kind.value, "at_utc": page.at_utc}
    row |= {_COLUMNS.get(name, name): value for name, value in values.items()}
    stated = {name: about[column] for name, column in _STATED.items() if about[column] is not None}
    new = _read(row | {"id": page.next})
    check(acts_of(page.connection, *_same(about)), new)
    number, salt = page.commit_to("custody_act", {"kind": kind.value, **stated}, act_value(row))
    assert number == new.id
    page.connection.execute(insert(custody_acts).values({**row, "id": number, "salt": salt}))
    return new


def acts_about(store: Store, *, case: int | None = None, findings: Sequence[str] = ()) -> list[CustodyAct]:
    """Give the acts about a case and about some findings, oldest first."""
    which: list[ColumnElement[bool]] = [custody_acts.c.finding_id.in_(list(findings))]
    if case is not None:
        which.append(custody_acts.c.case_id == case)
    with store.read() as connection:
        return acts_of(connection, or_(*which))


def acts_of_kinds(store: Store, kinds: Sequence[CustodyKind]) -> list[CustodyAct]:
    """Give all acts of some kinds, oldest first."""
    with store.read() as connection:
        return acts_of(connection, custody_acts.c.kind.in_([kind.value for kind in kinds]))


def acts_of(connection: Connection, *which: ColumnElement[bool]) -> list[CustodyAct]:
    """Give the acts for which every condition holds, oldest first, within a transaction."""
    rows = select(custody_acts).where(*which).order_by(custody_acts.c.id)
    return [_read(dict(row)) for row in connection.execute(rows).mappings()]


# What an entry says for ever, in clear, so that later acts can be followed when rows are gone.
_STATED = {"case": "case_id", "answers": "answers"}


def _resolved(connection: Connection, target: Target) -> dict[str, Any]:
    about: dict[str, Any] = {"case_id": None, "finding_id": None, "answers": None}
    if target.answers is not None:
        rows = acts_of(connection, custody_acts.c.id == target.answers)
        if not rows:
            raise UsageError(f"there is no act of custody {target.answers}", hint="`unseen case custody` numbers them")
        return {"case_id": rows[0].case, "finding_id": rows[0].finding, "answers": target.answers}
    if target.finding is not None:
        (about["finding_id"],) = resolve(connection, [target.finding])
    if target.case is not None:
        about["case_id"] = events_of(connection, target.case)[0].case
    return about


def _same(about: Mapping[str, Any]) -> tuple[ColumnElement[bool], ...]:
    return custody_acts.c.case_id == about["case_id"], custody_acts.c.finding_id == about["finding_id"]


def _read(row: Mapping[str, Any]) -> CustodyAct:
    return CustodyAct(
        id=row["id"],
        kind=CustodyKind(row["kind"]),
        at_utc=row["at_utc"],
        by=row["done_by"],
        text=row["text"],
        asked_by=row["asked_by"],
        case=row["case_id"],
        finding=row["finding_id"],
        answers=row["answers"],
        extent=row["extent"],
    )
