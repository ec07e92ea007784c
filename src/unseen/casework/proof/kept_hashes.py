"""Compare the hashes of items that matched nothing with what is on record: which were committed to, which are gone."""

from collections.abc import Callable, Mapping
from typing import Any

from unseen.errors import LedgerBrokenError
from unseen.store.ledger.opened import Kept
from unseen.store.ledger.rows import NEVER_KEPT

__all__ = ["KeptHashes"]


class KeptHashes:
    """Takes the items of a ledger in order, then the records of what was erased, and compares them at the end."""

    def __init__(self, commit: Callable[[bytes, dict[str, Any]], str]) -> None:
        """Take what commits to a salt and a value."""
        self._commit = commit
        # By scan: the first item that has its hashes, the last that lost them, and the last that may have.
        self._first_kept: dict[int, int] = {}
        self._last_gone: dict[int, int] = {}
        self._erased_to: dict[int, int] = {}

    def take(self, number: int, scan_id: int, hashes: Kept) -> None:
        """Compare the hashes of one item with what its entry commits to.

        Raises:
            LedgerBrokenError: They were altered; or they are there, and their commitment cannot be opened.
        """
        if hashes.salt is not None:
            if (found := self._commit(hashes.salt, hashes.value)) != hashes.commitment.hex():
                raise LedgerBrokenError(
                    f"the hashes of entry {number} (item) are not those that were recorded",
                    index=number,
                    expected=hashes.commitment.hex(),
                    found=found,
                    hint="the row was altered after it had been recorded",
                )
            self._first_kept.setdefault(scan_id, number)
            return
        if any(value is not None for value in hashes.value.values()):
            raise LedgerBrokenError(f"the hashes of entry {number} (item) are there without their salt", index=number)
        if hashes.commitment != NEVER_KEPT:
            self._last_gone[scan_id] = number

    def follow(self, erasure: Mapping[str, Any]) -> None:
        """Take a record of type `hashes_erased`."""
        scan_id = erasure["scan"]
        self._erased_to[scan_id] = max(self._erased_to.get(scan_id, 0), erasure["last"])

    def are_kept(self, scan_id: int) -> bool:
        """Whether an item of a scan has hashes that can be erased."""
        return scan_id in self._first_kept

    def finish(self) -> None:
        """Compare what is gone with what is on record.

        Raises:
            LedgerBrokenError: Hashes are missing without a record, or are there against one.
        """
        for scan_id, last in self._last_gone.items():
            if last > self._erased_to.get(scan_id, 0):
                raise LedgerBrokenError(
                    f"the hashes of entry {last} (item) are missing, and no record says that they were erased",
                    index=last,
                    hint="restore the newest copy of the store",
                )
        for scan_id, first in self._first_kept.items():
            if first <= self._erased_to.get(scan_id, 0):
                raise LedgerBrokenError(
                    f"the hashes of entry {first} (item) are there, and were erased",
                    index=first,
                    hint="an older copy of the store was put in place, or one of its rows",
                )
