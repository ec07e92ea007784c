"""`unseen case custody` and `state`: who had what of a case in hand, when, why, and on which basis."""

from collections.abc import Mapping
from dataclasses import dataclass

from unseen import store as stores
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import CustodyAct, CustodyKind
from unseen.store import CustodyLine, Target

__all__ = ["CustodyLine", "CustodyRecord", "HandOff", "read_custody", "state"]

_ENDS = {"case_accepted", "case_declined", "case_offered", "case_closed", "case_taken"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """A case that was offered by one person to another.

    Attributes:
        offered_by: Who offered it.
        to: Whom it was offered to.
        offered_at_utc: When.
        answer: `accepted` or `declined`; None where nobody answered before something else happened, or yet.
        answered_at_utc: When it was answered.
    """

    offered_by: str | None
    to: str | None
    offered_at_utc: str
    answer: str | None
    answered_at_utc: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRecord:
    """The custody record of a case.

    Attributes:
        case: Its number.
        stated: What persons stated of `examiner`, `exhibit` and `basis`, in the order in which they did; the newest of
            each counts.
        bases: On which basis the scans that read its files ran, as they were told.
        hand_offs: Who offered it to whom, and what came of it.
        holds: Numbers of the legal holds on it.
        lines: All that was done, oldest first.
    """

    case: int
    stated: Mapping[str, tuple[str, ...]]
    bases: tuple[str, ...]
    hand_offs: tuple[HandOff, ...]
    holds: tuple[int, ...]
    lines: tuple[CustodyLine, ...]


def read_custody(location: str, case_id: int) -> CustodyRecord:
    """Give the custody record of a case; of one that was erased, who had that done.

    Raises:
        UsageError: There is no such case, and never was one.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        lines = stores.read_chronicle(opened, case_id)
        holds = tuple(stores.holds_of_cases(opened).get(case_id, ()))
    stated: dict[str, tuple[str, ...]] = {"examiner": (), "exhibit": (), "basis": ()}
    for line in lines:
        if line.what == CustodyKind.STATED:
            stated[str(line.more["extent"])] += (line.text or "",)
    scanned = dict.fromkeys(line.text for line in lines if line.what == "scanned" and line.text)
    return CustodyRecord(
        case=case_id,
        stated=stated,
        bases=tuple(scanned),
        hand_offs=tuple(_hand_offs(lines)),
        holds=holds,
        lines=tuple(lines),
    )


def state(location: str, case_id: int, what: Mapping[str, str | None], *, by: str) -> list[CustodyAct]:
    """Record who examines a case, which exhibit it is, or on which legal basis. Said again, the newest counts.

    Args:
        location: Path of the store.
        case_id: Number of the case.
        what: `examiner`, `exhibit` or `basis`, each in words; None for what is not stated.
        by: Who states it.

    Raises:
        UsageError: There is no such case, nothing is stated, or name or words are none.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    said = {extent: stated_reason(text) for extent, text in what.items() if text is not None}
    if not said:
        raise UsageError("nothing is stated", hint="give --examiner, --exhibit or --basis")
    name, target = stated_name(by), Target(case=case_id)
    with open_recorded(location, create=False) as opened:
        return [
            stores.add_act(
                opened,
                CustodyKind.STATED,
                target,
                values={"by": name, "extent": extent, "text": text},
                check=lambda *_: None,
                at_utc=now_utc(),
            )
            for extent, text in said.items()
        ]


def _hand_offs(lines: list[CustodyLine]) -> list[HandOff]:
    turns = [line for line in lines if line.what in _ENDS]
    found = []
    for line, after in zip(turns, [*turns[1:], None], strict=True):
        if line.what != "case_offered":
            continue
        answer = after if after is not None and after.what in {"case_accepted", "case_declined"} else None
        found.append(
            HandOff(
                offered_by=line.by,
                to=line.to,
                offered_at_utc=line.at_utc,
                answer=None if answer is None else answer.what.removeprefix("case_"),
                answered_at_utc=None if answer is None else answer.at_utc,
            )
        )
    return found
