"""Compare every record of a store with its entry in the ledger, and every entry with its records."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from heapq import merge
from types import TracebackType
from typing import Any, Self

from unseen.casework.proof.kept_hashes import KeptHashes
from unseen.errors import LedgerBrokenError, UsageError
from unseen.ledger.canonical import to_bytes
from unseen.store import Store
from unseen.store.ledger.audit import Snapshot
from unseen.store.ledger.opened import Opened

__all__ = ["RecordChecker", "Records"]

_ALTERED = "the row was altered after it had been recorded"


@dataclass(slots=True)
class Records:
    """What the records of a store came to.

    Attributes:
        by_type: Number of entries of each type.
        erased: Entries whose values were erased, with a record of it.
        clock_steps_back: How many entries state an earlier time than the one before them.
        first_at_utc: When the first entry says that it was written; so the last.
        later: Entries that were signed while this was checked. Their rows were compared, their signature was not.
        unsigned: Entries that a scan which is still running has not had signed yet; their rows were compared.
    """

    by_type: dict[str, int] = field(default_factory=dict)
    erased: int = 0
    clock_steps_back: int = 0
    first_at_utc: str = ""
    last_at_utc: str = ""
    later: int = 0
    unsigned: int = 0


class RecordChecker:
    """Takes the entries of a ledger one by one, in order, beside the rows of its store.

    Attributes:
        report_digests: SHA-256 of every report on record, in hexadecimal.
    """

    def __init__(self, store: Store) -> None:
        self.report_digests: set[str] = set()
        self._store = store
        self._stack = ExitStack()
        self._records = Records()
        self._snapshot: Snapshot | None = None
        self._entries: Iterator[tuple[int, bytes]] = iter(())
        self._rows: Iterator[Opened] = iter(())
        self._row: Opened | None = None
        self._closed: set[int] = set()
        self._erasing: set[int] = set()
        self._erased: set[int] = set()
        self._lists: dict[int, dict[str, Any]] = {}
        self._policies: dict[int, dict[str, Any]] = {}
        self._overtaken: set[int] = set()
        self._scans: dict[int, dict[str, Any]] = {}
        self._hashes = KeptHashes(_committed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # With the error, so that what SQLite says of its file becomes an error of the store.
        self._stack.__exit__(kind, error, trace)

    def check(self, number: int, entry: bytes) -> None:
        """Compare one entry with the row of `ledger`, and with the rows that it commits to.

        Raises:
            LedgerBrokenError: They are not what was recorded.
        """
        with _naming(number):
            self._check(number, entry)

    def _check(self, number: int, entry: bytes) -> None:
        if self._snapshot is None:
            # Not before the checkpoint was read: so the store holds at least what that covers, also while a scan runs.
            self._begin()
        kept_number, kept = next(self._entries, (None, b""))
        if kept_number != number or kept != entry:
            found = "nothing" if kept_number is None else f"entry {kept_number} with sha256 {sha256(kept).hexdigest()}"
            raise LedgerBrokenError(
                f"entry {number} of the store is not the one that was signed",
                index=number,
                expected=f"sha256 {sha256(entry).hexdigest()}",
                found=found,
            )
        stated = json.loads(entry)
        if stated.get("v") != 1 or stated.get("n") != number:
            raise LedgerBrokenError(f"entry {number} says that it is entry {stated.get('n')}", index=number)
        self._count(stated)
        self._compare_rows(number, stated)
        self._follow(number, stated)

    def finish(self, size: int, size_now: Callable[[], int], is_scanning: Callable[[], bool]) -> Records:
        """Compare what is left when all entries were taken.

        Args:
            size: Number of entries that the checkpoint covers.
            size_now: Says how many are signed by now.
            is_scanning: Says whether a scan is running, which signs its entries later.

        Raises:
            LedgerBrokenError: Rows are missing or altered, or belong to no signed entry.
        """
        with _naming(size):
            return self._finish(size, size_now, is_scanning)

    def _finish(self, size: int, size_now: Callable[[], int], is_scanning: Callable[[], bool]) -> Records:
        # Asked before anything is read: a scan that ends meanwhile has signed all that can be found here.
        is_running = is_scanning()
        if self._snapshot is None:
            self._begin()
        assert self._snapshot is not None
        self._check_later(size, size_now, is_running)
        back = self._erased - self._closed
        if back:
            raise LedgerBrokenError(f"the row of entry {min(back)} is there, and was erased", index=min(back))
        self._snapshot.check_lists(self._lists)
        self._hashes.finish()
        for scan_id, scan in self._scans.items():
            scan["are_hashes_kept"] = self._hashes.are_kept(scan_id)
        self._snapshot.check_policies(self._policies)
        self._snapshot.check_letters(self._overtaken, self._erased)
        self._snapshot.check_scans(self._scans, self._erased)
        self._snapshot.check_strays()
        self._records.erased = len(self._erased)
        return self._records

    def _begin(self) -> None:
        self._snapshot = self._stack.enter_context(Snapshot.of(self._store))
        self._snapshot.check_pages()
        self._snapshot.check_tables()
        self._entries = self._snapshot.entries()
        self._rows = merge(*self._snapshot.opened(), key=lambda row: row[0])
        self._row = next(self._rows, None)
        # Read ahead, so that a row that is missing is named when its entry comes, not at the end. That these records
        # are themselves what was signed is checked like that of all others.
        for entry in self._snapshot.erasures():
            self._erasing.update(entry["entries"])

    def _count(self, stated: dict[str, Any]) -> None:
        records, kind, at_utc = self._records, stated["type"], stated["at"]
        records.by_type[kind] = records.by_type.get(kind, 0) + 1
        records.first_at_utc = records.first_at_utc or at_utc
        records.clock_steps_back += at_utc < records.last_at_utc
        records.last_at_utc = at_utc

    def _compare_rows(self, number: int, stated: dict[str, Any]) -> None:
        """The row that opens an entry's commitment: exactly one, of the table for its type, with the value hidden."""
        commitment, row = stated.get("c"), self._row
        if row is not None and row[0] < number:
            raise _stray(row)
        if row is None or row[0] > number:
            if commitment is not None:
                self._pass_over(number)
            return
        _, kind, salt, value, hashes = row
        self._row = next(self._rows, None)
        if commitment is None or (kind or stated["type"]) != stated["type"]:
            raise _stray(row)
        if (found := _committed(salt, value)) != commitment:
            raise LedgerBrokenError(
                f"the row of entry {number} ({stated['type']}) is not what was recorded",
                index=number,
                expected=commitment,
                found=found,
                hint=_ALTERED,
            )
        if hashes is not None:
            self._hashes.take(number, stated["scan"], hashes)

    def _pass_over(self, number: int) -> None:
        """Take an entry whose row is not there: it was erased, with a record that says so."""
        if number not in self._erasing:
            raise LedgerBrokenError(
                f"the row of entry {number} is missing, and no record says that it was erased",
                index=number,
                hint="restore the newest copy of the store",
            )
        self._closed.add(number)

    def _follow(self, number: int, stated: dict[str, Any]) -> None:
        """Keep what later checks need: which lists and scans there must be, and in which state."""
        match stated["type"]:
            case "list_added":
                self._lists[number] = {**stated, "changes": []}
            case "list_changed":
                self._lists[stated["list"]]["changes"].append(stated)
            case "list_removed":
                self._lists.pop(stated["list"], None)
            case "list_policy":
                self._policies[number] = stated
            case "letter_overtaken":
                self._overtaken.add(stated["letter"])
            case "scan_started" if stated["resumes"] is None:
                due = stated.get("hashes_due")
                self._scans[number] = {"started": stated, "items": 0, "findings": 0, "due": due}
            case "item":
                self._scans[stated["scan"]]["items"] += 1
            case "finding":
                self._scans[stated["scan"]]["findings"] += 1
            case "scan_batch" | "scan_finished":
                scan = self._scans[stated["scan"]]
                scan["last"] = stated
                counted = {name: stated["account"][name] for name in ("items", "findings")}
                if counted != {name: scan[name] for name in counted}:
                    raise LedgerBrokenError(
                        f"entry {number} states other counts than the entries of its scan",
                        index=number,
                        expected=f"{scan['items']} items, {scan['findings']} findings",
                        found=f"{counted['items']} items, {counted['findings']} findings",
                    )
            case "hashes_due":
                self._scans[stated["scan"]]["due"] = stated["due"]
            case "hashes_erased":
                self._hashes.follow(stated)
            case "erasure":
                self._erased.update(stated["entries"])
            case "report_written":
                self.report_digests.update(stated["files"].values())

    def _check_later(self, size: int, size_now: Callable[[], int], is_running: bool) -> None:
        """Whatever the store holds beyond the checkpoint: signed meanwhile, not signed yet, or by nobody."""
        assert self._snapshot is not None
        count = self._snapshot.count()
        signed = min(size_now(), count) if count > size else count
        self._records.later, self._records.unsigned = signed - size, count - signed
        if self._records.unsigned and not is_running:
            raise LedgerBrokenError(
                f"{self._records.unsigned} entries of the store are not signed",
                index=signed,
                hint="a scan was cut off: the next command that writes signs them; or somebody added them",
            )
        # These may have changed lists and scans, which are compared as they are now.
        for expected in range(size, count):
            number, entry = next(self._entries)
            if number != expected:
                raise LedgerBrokenError(f"entry {expected} is missing from the store", index=expected)
            stated = json.loads(entry)
            self._compare_rows(number, stated)
            self._follow(number, stated)
        if self._row is not None:
            raise _stray(self._row)


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """Whoever altered a store may have left anything in it: what cannot even be read as a record is named too."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LedgerBrokenError(
            f"entry {number}, or a row beside it, is not of any form that is recorded"
            f" ({type(error).__name__}: {error})",
            index=number,
        ) from error


def _committed(salt: bytes, value: dict[str, Any] | str) -> str:
    try:
        return sha256(salt + (value.encode() if isinstance(value, str) else to_bytes(value))).hexdigest()
    except UsageError:
        # Nothing that was recorded has such a value: text in place of a number, half a character.
        return "a value that cannot be recorded"


def _stray(row: Opened) -> LedgerBrokenError:
    return LedgerBrokenError(
        f"a row says that it belongs to entry {row[0]}, which speaks of no such row", index=row[0], hint="it was added"
    )
