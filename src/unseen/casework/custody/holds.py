"""`unseen hold`: legal holds are set and lifted by named persons, and beat every date and everybody who would erase."""

from collections.abc import Sequence
from dataclasses import dataclass

from unseen import store as stores
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import CustodyAct, CustodyKind
from unseen.store import Target

__all__ = ["Hold", "check_hold", "lift_hold", "list_holds", "set_hold"]


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold.

    Attributes:
        act: By which it was set; its number names it.
        lifted: By which it was lifted; None while it stands.
    """

    act: CustodyAct
    lifted: CustodyAct | None


def set_hold(
    location: str,
    *,
    case: int | None = None,
    finding: str | None = None,
    by: str,
    reason: str,
    with_hashes: bool = True,
) -> Hold:
    """Have nothing of a case, or of a finding, erased until the hold is lifted.

    Args:
        location: Path of the store.
        case: Number of a case; or
        finding: Id of a finding, or as much of it as names one only.
        by: Who says so.
        reason: On which order, in that person's words.
        with_hashes: Whether it keeps the hashes of what matched nothing, too, in the scans that saw these findings.

    Raises:
        UsageError: There is no such case or finding; not exactly one is given; or name or reason are none.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    if (case is None) == (finding is None):
        raise UsageError("a hold is on a case, or on a finding", hint="give --case or --finding")
    extent = "scans" if with_hashes else "findings"
    values = {"by": stated_name(by), "text": stated_reason(reason), "extent": extent}
    with open_recorded(location, create=False) as opened:
        target = Target(case=case, finding=finding)
        act = stores.add_act(opened, CustodyKind.HELD, target, values=values, check=check_hold, at_utc=now_utc())
    return Hold(act, None)


def lift_hold(location: str, hold: int, *, by: str, reason: str) -> Hold:
    """Lift a hold. What it kept is erased when its time ends, or has ended.

    Raises:
        UsageError: There is no such hold, or it was lifted; or name or reason are none.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    values = {"by": stated_name(by), "text": stated_reason(reason)}
    with open_recorded(location, create=False) as opened:
        kind, target = CustodyKind.HOLD_LIFTED, Target(answers=hold)
        act = stores.add_act(opened, kind, target, values=values, check=check_hold, at_utc=now_utc())
        (held,) = [one for one, lifted in stores.list_holds(opened, everything=True) if lifted == act]
    return Hold(held, act)


def list_holds(location: str, *, everything: bool = False) -> list[Hold]:
    """Give the holds that stand, oldest first; or all that ever did.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        return [Hold(*one) for one in stores.list_holds(opened, everything=everything)]


def check_hold(acts: Sequence[CustodyAct], new: CustodyAct) -> None:
    """Refuse to lift what is no hold, or was lifted.

    Raises:
        UsageError: It is none, or was.
    """
    if new.kind is CustodyKind.HELD:
        return
    if not any(act.id == new.answers and act.kind is CustodyKind.HELD for act in acts):
        raise UsageError(f"act {new.answers} is no hold", hint="`unseen hold ls` numbers them")
    lifted = next((act for act in acts if act.answers == new.answers and act.kind is CustodyKind.HOLD_LIFTED), None)
    if lifted is not None:
        raise UsageError(f"hold {new.answers} was lifted by {lifted.by} at {lifted.at_utc}")
