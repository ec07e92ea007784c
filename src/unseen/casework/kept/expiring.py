"""Hashes whose date has come: every command that writes to a store erases them first."""

from collections.abc import Callable
from dataclasses import dataclass

from unseen.casework.proof.clock import now_utc
from unseen.errors import HeldError
from unseen.store import Store, count_whole, empty_log, erase_hashes, move_dates, scans_due

__all__ = ["Erased", "erase_all_of", "erase_when_due"]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased of one scan.

    Attributes:
        scan: Its number.
        items: How many items lost their hashes.
        left: Items that matched nothing and whose hashes could not be erased: the records of older versions of this
            program hold them whole.
        why: `expired`, or `asked` where a person decided it.
        is_off_disk: Whether nothing of it is left in the files of the store. Not while another process reads the store
            as it was before: then the next command that writes sees to it.
        holds: Numbers of the legal holds because of which the hashes are still there.
    """

    scan: int
    items: int
    left: int
    why: str
    is_off_disk: bool
    holds: tuple[int, ...] = ()


def erase_when_due(store: Store, *, tell: Callable[[Erased], None]) -> None:
    """Erase in an open store what must be gone by now.

    Args:
        store: Open for writing.
        tell: Told what was erased, scan by scan.
    """
    at_utc = now_utc()
    move_dates(store, at_utc)
    for scan in scans_due(store, at_utc):
        try:
            tell(erase_all_of(store, scan, {"why": "expired"}))
        except HeldError as held:
            tell(Erased(scan, 0, count_whole(store, scan), "expired", is_off_disk=True, holds=held.holds))


def erase_all_of(store: Store, scan: int, stated: dict[str, str]) -> Erased:
    """Erase the hashes of all items of a scan that matched nothing.

    Args:
        store: Open for writing.
        scan: Its number.
        stated: Why, as `unseen.store.erase_hashes` takes it.

    Raises:
        HeldError: The scan saw something that is under a hold.
    """
    items = sum(batch.items for batch in erase_hashes(store, scan, stated=stated, at_utc=now_utc()))
    return Erased(scan, items, count_whole(store, scan), stated["why"], is_off_disk=empty_log(store))
