"""`unseen case view` and `viewed`: a person opens a file by their own means, and says so before and after.

unseen never shows a picture. What stands here is what a report may say of a file: that a person at the custodian's has
viewed all of it. It is true of exactly the file that somebody announced they would view, and said they saw whole.
"""

from collections.abc import Sequence
from typing import Literal

from unseen.casework.given.persons import same_person, stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import CustodyAct, CustodyKind
from unseen.store import Target, add_act

__all__ = ["Extent", "announce_view", "check_view", "record_view"]

Extent = Literal["whole", "part", "none"]


def announce_view(location: str, finding: str, *, by: str, asked_by: str, reason: str) -> CustodyAct:
    """Record that somebody is going to view the file of a finding. Nothing is shown.

    Args:
        location: Path of the store.
        finding: Id of the finding, or as much of it as names one only.
        by: Who will view it.
        asked_by: Who asked for it; themselves, where nobody else did.
        reason: Why it has to be viewed.

    Raises:
        UsageError: There is no such finding; or a name or the reason is empty, too long or no text.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    values = {"by": stated_name(by), "asked_by": stated_name(asked_by), "text": stated_reason(reason)}
    with open_recorded(location, create=False) as opened:
        kind, target = CustodyKind.VIEW_ANNOUNCED, Target(finding=finding)
        return add_act(opened, kind, target, values=values, check=check_view, at_utc=now_utc())


def record_view(location: str, view: int, *, by: str, extent: Extent, note: str | None = None) -> CustodyAct:
    """Record how much of an announced file was viewed. Said again, the least that was ever said of it counts.

    Args:
        location: Path of the store.
        view: Number of the announcement.
        by: Who viewed it: whoever had announced it.
        extent: `whole`, `part` or `none` of it.
        note: What else there is to say.

    Raises:
        UsageError: There is no such announcement, or it was somebody else's; or the name is empty, too long or no text.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    values = {"by": stated_name(by), "extent": extent, "text": None if note is None else stated_reason(note)}
    with open_recorded(location, create=False) as opened:
        kind, target = CustodyKind.VIEWED, Target(answers=view)
        return add_act(opened, kind, target, values=values, check=check_view, at_utc=now_utc())


def check_view(acts: Sequence[CustodyAct], new: CustodyAct) -> None:
    """Refuse to record a view that its person has not announced.

    Raises:
        UsageError: It follows no announcement, or another person's.
    """
    if new.kind is CustodyKind.VIEW_ANNOUNCED:
        return
    announced = next((act for act in acts if act.id == new.answers and act.kind is CustodyKind.VIEW_ANNOUNCED), None)
    if announced is None:
        raise UsageError(
            f"act {new.answers} announces no view", hint="`unseen case view FINDING` does, before anything is viewed"
        )
    if not same_person(announced.by, new.by):
        raise UsageError(
            f"view {announced.id} was announced by {announced.by}", hint="each person announces their own views"
        )
