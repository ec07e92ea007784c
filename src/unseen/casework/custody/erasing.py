"""`unseen erase` of cases: what is due, proposed by one person, approved by another, and gone but for a tombstone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from unseen import store as stores
from unseen.casework.cases.course import Case, fold
from unseen.casework.custody.clocks import Clock, Stage, parse_days, read_clock
from unseen.casework.given.persons import same_person, stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import CaseEvent, CustodyAct, CustodyKind
from unseen.store import ErasedCase, Store, Target

__all__ = [
    "CaseClock",
    "Gone",
    "approve_erasure",
    "check_erasure",
    "list_clocks",
    "propose_erasure",
    "read_period",
    "set_period",
    "withdraw_erasure",
]

_DAYS = 365
# Channels that lead to an authority.
_REPORTING = frozenset({"cybertipline"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClock:
    """A case and how long it is kept.

    Attributes:
        case: Where it stands.
        clock: Until when it is kept, and what holds it beyond.
        proposal: By which somebody proposes to erase it; None where nobody does.
    """

    case: Case
    clock: Clock
    proposal: CustodyAct | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A case that was erased.

    Attributes:
        erased: What went.
        is_off_disk: Whether nothing of it is left in the files of the store. Not while another process reads the store
            as it was before: then the next command that writes sees to it.
    """

    erased: ErasedCase
    is_off_disk: bool


def list_clocks(location: str) -> list[CaseClock]:
    """Give every case with its clock: what is due first, then what is held, then by when its time ends.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        days, holds = _days(opened), stores.holds_of_cases(opened)
        proposals = _proposals(opened)
        cases = [fold(events) for events in stores.list_cases(opened)]
        clocks = [
            CaseClock(
                case=case,
                clock=_clock(opened, case, days, holds.get(case.id, [])),
                proposal=proposals.get(case.id),
            )
            for case in cases
        ]
    order = [Stage.DUE, Stage.HELD, Stage.RUNNING, Stage.NO_RECEIPT, Stage.OPEN]
    return sorted(clocks, key=lambda one: (order.index(one.clock.stage), one.clock.until_utc or "", one.case.id))


def propose_erasure(location: str, case_id: int, *, by: str, reason: str) -> CustodyAct:
    """Propose to erase a case whose time has ended. Nothing is erased before somebody else approves.

    Raises:
        HeldError: It is under a legal hold.
        UsageError: There is no such case, its time has not ended, or it is proposed already; name or reason are none.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    values = {"by": stated_name(by), "text": stated_reason(reason)}
    with open_recorded(location, create=False) as opened:
        may_go = _demand_due(opened)
        return stores.propose_erasure(
            opened, case_id, values=values, check=check_erasure, may_go=may_go, at_utc=now_utc()
        )


def withdraw_erasure(location: str, proposal: int, *, by: str, reason: str) -> CustodyAct:
    """Take a proposal back.

    Raises:
        UsageError: There is no such proposal, or it was settled; name or reason are none.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    values = {"by": stated_name(by), "text": stated_reason(reason)}
    with open_recorded(location, create=False) as opened:
        kind, target = CustodyKind.ERASURE_WITHDRAWN, Target(answers=proposal)
        return stores.add_act(opened, kind, target, values=values, check=check_erasure, at_utc=now_utc())


def approve_erasure(location: str, proposal: int, *, by: str, reason: str) -> Gone:
    """Erase a case as somebody else has proposed. It cannot be undone.

    Raises:
        HeldError: It is under a legal hold.
        UsageError: There is no such proposal, it was settled, the same person made it, or the case has moved since or
            has time left; something of it shall still leave; name or reason are none.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    values = {"by": stated_name(by), "text": stated_reason(reason)}
    with open_recorded(location, create=False) as opened:
        may_go = _demand_due(opened)
        erased = stores.erase_case(
            opened, proposal, values=values, check=check_erasure, may_go=may_go, at_utc=now_utc()
        )
        # Their keys are gone by now; whoever is killed here leaves noise, which is swept up later.
        for digest in erased.files:
            stores.content_path(opened, digest).unlink(missing_ok=True)
        stores.sweep_contents(opened)
        return Gone(erased=erased, is_off_disk=stores.empty_log(opened))


def read_period(location: str) -> tuple[int, CustodyAct | None]:
    """For how many days what was reported is kept, and by whose decision; None where nobody has said.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        return _days(opened), _period(opened)


def set_period(location: str, days: int, *, is_shorter_meant: bool = False, by: str, reason: str) -> CustodyAct:
    """Say for how many days what was reported is kept, of all cases, also of those whose time runs already.

    Raises:
        UsageError: It is no period, or a shorter one than the minimum and nobody said that this is meant; name or
            reason are none.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    values = {"by": stated_name(by), "text": stated_reason(reason)}
    values["extent"] = parse_days(days, is_shorter_meant=is_shorter_meant)
    with open_recorded(location, create=False) as opened:
        kind = CustodyKind.RETENTION_SET
        return stores.add_act(opened, kind, Target(), values=values, check=lambda *_: None, at_utc=now_utc())


def check_erasure(acts: Sequence[CustodyAct], new: CustodyAct) -> None:
    """Refuse what is no answer to a proposal that waits, and that one person proposes and approves.

    Raises:
        UsageError: It is.
    """
    waiting = _waiting(acts)
    if new.kind is CustodyKind.ERASURE_PROPOSED:
        if waiting is not None:
            raise UsageError(
                f"case {new.case} is proposed already: act {waiting.id} of {waiting.by}",
                hint=f"`unseen erase approve {waiting.id}`, or `unseen erase withdraw {waiting.id}`",
            )
        return
    if waiting is None or waiting.id != new.answers:
        raise UsageError(
            f"act {new.answers} is no proposal to erase that waits", hint="`unseen erase due` names those that do"
        )
    if new.kind is CustodyKind.ERASURE_APPROVED and same_person(waiting.by, new.by):
        raise UsageError(
            f"{waiting.by} proposed it, and {new.by} may be the same person", hint="two persons erase a case"
        )


def _demand_due(store: Store) -> Callable[[Sequence[CaseEvent], CustodyAct], None]:
    """Give what refuses to let a case go before its time, or when it is not any more what was proposed."""

    def may_go(events: Sequence[CaseEvent], act: CustodyAct) -> None:
        case = fold(events)
        if act.answers is not None and events[-1].id > act.answers:
            raise UsageError(
                f"case {case.id} has moved since it was proposed", hint=f"`unseen erase withdraw {act.answers}`"
            )
        clock = _clock(store, case, _days(store), [])
        if clock.stage is not Stage.DUE:
            raise UsageError(f"case {case.id} {_SAID[clock.stage]}{clock.until_utc or ''}", hint="`unseen erase due`")

    return may_go


_SAID = {
    Stage.OPEN: "is open: what has not ended is not erased",
    Stage.NO_RECEIPT: "has no receipt from which its time could run",
    Stage.RUNNING: "is kept until ",
}


def _clock(store: Store, case: Case, days: int, holds: Sequence[int]) -> Clock:
    return read_clock(case, _receipts(store, case.id), days=days, holds=holds, now=datetime.now(UTC))


def _receipts(store: Store, case_id: int) -> list[str]:
    """When authorities answered that they have a report; what a test system answered starts no clock."""
    return [one.at_utc for one in stores.receipts_of(store, case_id) if one.channel in _REPORTING]


def _days(store: Store) -> int:
    period = _period(store)
    return _DAYS if period is None else int(period.extent or _DAYS)


def _period(store: Store) -> CustodyAct | None:
    return next(reversed(stores.acts_of_kinds(store, [CustodyKind.RETENTION_SET])), None)


def _proposals(store: Store) -> dict[int, CustodyAct]:
    """By case, the proposal that waits for somebody else."""
    kinds = [CustodyKind.ERASURE_PROPOSED, CustodyKind.ERASURE_WITHDRAWN, CustodyKind.ERASURE_APPROVED]
    by_case: dict[int, list[CustodyAct]] = {}
    for act in stores.acts_of_kinds(store, kinds):
        by_case.setdefault(act.case or 0, []).append(act)
    waiting = {case_id: _waiting(acts) for case_id, acts in by_case.items()}
    return {case_id: act for case_id, act in waiting.items() if act is not None}


def _waiting(acts: Iterable[CustodyAct]) -> CustodyAct | None:
    some = list(acts)
    answered = {act.answers for act in some}
    proposed = [act for act in some if act.kind is CustodyKind.ERASURE_PROPOSED and act.id not in answered]
    return proposed[-1] if proposed else None
