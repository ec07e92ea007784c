"""`unseen erase`: hashes of items that matched nothing go when their date has come, or when somebody says so."""

from collections.abc import Callable, Sequence

from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.kept.expiring import Erased, erase_all_of
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.store import empty_log, has_scan

__all__ = ["Erased", "erase_expired", "erase_of_scans"]


def erase_expired(location: str, *, note: Callable[[str], None] = lambda _: None) -> list[Erased]:
    """Erase all hashes whose date has come, as every command that writes to the store does when it begins.

    Args:
        location: Path of the store.
        note: Told what a person should know.

    Raises:
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    erased: list[Erased] = []
    with open_recorded(location, create=False, note=note, on_erased=erased.append) as store:
        # What a person had erased while somebody read the store may still lie in its log.
        empty_log(store)
    return erased


def erase_of_scans(location: str, scans: Sequence[int], *, by: str, reason: str) -> list[Erased]:
    """Erase the hashes of everything that matched nothing in some scans, before or without a date: the exhibit is gone.

    Args:
        location: Path of the store.
        scans: Their numbers.
        by: Name of whoever decided it.
        reason: Why, in that person's words.

    Raises:
        HeldError: A scan saw something that is under a legal hold.
        UsageError: There is no such scan; or name or reason is empty, too long or no text. Nothing was erased.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    hidden = {"by": stated_name(by), "reason": stated_reason(reason)}
    with open_recorded(location, create=False) as store:
        for scan in scans:
            if not has_scan(store, scan):
                raise UsageError(
                    f"the store {store.name} holds no scan {scan}", hint="`unseen report` tells the newest"
                )
        return [erase_all_of(store, scan, {"why": "asked", **hidden}) for scan in dict.fromkeys(scans)]
