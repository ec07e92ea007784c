"""Legal holds: while one stands, nothing that it covers is erased, whatever its time and whoever asks."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from unseen.errors import HeldError
from unseen.model import CustodyAct, CustodyKind
from unseen.store.custody.acts import acts_of
from unseen.store.engine import Store
from unseen.store.schema import case_events, custody_acts, finding_matches

__all__ = ["SCANS", "check_not_held", "holds_of_cases", "holds_on_case", "holds_on_scan", "list_holds"]

# How far a hold goes that keeps the hashes of all items beside those that it is about, in the scans that saw them.
SCANS = "scans"

_lifted = custody_acts.alias()
_STANDS = (
    custody_acts.c.kind == CustodyKind.HELD.value,
    ~exists().where(_lifted.c.answers == custody_acts.c.id, _lifted.c.kind == CustodyKind.HOLD_LIFTED.value),
)


def list_holds(store: Store, *, everything: bool = False) -> list[tuple[CustodyAct, CustodyAct | None]]:
    """Give the holds that stand, oldest first; or all, each with the act that lifted it."""
    kinds = [CustodyKind.HELD.value, CustodyKind.HOLD_LIFTED.value]
    with store.read() as connection:
        acts = acts_of(connection, custody_acts.c.kind.in_(kinds))
    lifted = {act.answers: act for act in acts if act.kind is CustodyKind.HOLD_LIFTED}
    holds = ((act, lifted.get(act.id)) for act in acts if act.kind is CustodyKind.HELD)
    return [(hold, by) for hold, by in holds if everything or by is None]


def holds_of_cases(store: Store) -> dict[int, list[int]]:
    """Give the numbers of the holds that stand, by the case that they are on, or that holds a finding they are on."""
    found: dict[int, list[int]] = {}
    with store.read() as connection:
        for hold in acts_of(connection, *_STANDS):
            cases = [hold.case] if hold.case is not None else []
            if hold.finding is not None:
                of_finding = case_events.c.finding_id == hold.finding
                cases += connection.scalars(select(case_events.c.case_id).where(of_finding).distinct()).all()
            for case_id in cases:
                found.setdefault(case_id, []).append(hold.id)
    return found


def holds_on_case(connection: Connection, case_id: int) -> list[CustodyAct]:
    """Give the holds that stand on a case, or on a finding in it."""
    in_case = select(case_events.c.finding_id).where(case_events.c.case_id == case_id)
    about = or_(custody_acts.c.case_id == case_id, custody_acts.c.finding_id.in_(in_case))
    return acts_of(connection, *_STANDS, about)


def holds_on_scan(connection: Connection, scan_id: int) -> list[CustodyAct]:
    """Give the holds that stand on the hashes of a scan: it saw a finding that is held, or whose case is."""
    seen = select(finding_matches.c.finding_id).where(finding_matches.c.scan_id == scan_id)
    cases = select(case_events.c.case_id).where(case_events.c.finding_id.in_(seen))
    about: ColumnElement[bool] = or_(custody_acts.c.finding_id.in_(seen), custody_acts.c.case_id.in_(cases))
    return acts_of(connection, *_STANDS, custody_acts.c.extent == SCANS, about)


def check_not_held(holds: Sequence[CustodyAct], what: str) -> None:
    """Refuse to erase what is held.

    Raises:
        HeldError: There is a hold; it is named.
    """
    if holds:
        numbers = ", ".join(str(hold.id) for hold in holds)
        raise HeldError(
            f"{what} is under hold {numbers}: {holds[0].by}, {holds[0].text}",
            holds=tuple(hold.id for hold in holds),
            hint="`unseen hold ls` tells of it; only a named person lifts it, with a reason",
        )
