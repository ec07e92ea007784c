"""Entries of the ledger in SQL, appended in the transaction of the rows that they speak of.

Whoever changes a table appends what it did in the same transaction:

    with record(store, at_utc=now) as page:
        page.connection.execute(...)
        number = page.add("verdict", {"finding": 7}, hidden={"by": "...", "reason": "..."})

The transaction is the one writer, and entries are numbered from 0 without a gap. What may have to be
erased one day goes into `hidden`: the entry holds a commitment to it, and `openings` (or a table of its own) the value
with its salt. How entries are written as bytes, hidden and sealed is for whoever opened the store to say: a `Recorder`.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, select, update

from unseen.errors import LedgerBrokenError, StoreError, UsageError
from unseen.store.engine import Fields, Recorder, Store, bulk_insert, sql_position
from unseen.store.schema import (
    case_events,
    custody_acts,
    deliveries,
    filing_answers,
    filing_decisions,
    filing_files,
    filing_policies,
    filing_steps,
    filings,
    finding_matches,
    findings,
    items,
    ledger,
    lists,
    openings,
    outbox,
    preserved,
    runs,
    scans,
    verdicts,
)

__all__ = [
    "Page",
    "count_entries",
    "entries_of_type",
    "erase",
    "erase_within",
    "has_records",
    "read_entries",
    "read_entry",
    "record",
]

# An entry has at most 65,535 bytes; a number has at most sixteen digits and a comma.
_ERASED_PER_ENTRY = 3_000
_NUMBERS_PER_QUERY = 500
_ROWS_PER_FETCH = 10_000
_ERASED_WHOLE = "a filing is erased with its letter and with all that came of it, or not at all"


class Page:
    """The entries of one transaction.

    Attributes:
        connection: For the rows that they speak of.
        at_utc: What the clock said, in ISO 8601; stated in each entry. The order of entries is the tree's.
    """

    def __init__(self, connection: Connection, recorder: Recorder, at_utc: str) -> None:
        self.connection = connection
        self.at_utc = at_utc
        self._recorder = recorder
        last = connection.execute(select(func.max(ledger.c.n))).scalar_one()
        self._first = 0 if last is None else last + 1
        self._entries: list[bytes] = []
        self._openings: list[tuple[int, bytes, str]] = []

    @property
    def next(self) -> int:
        """The number that the next entry will have."""
        return self._first + len(self._entries)

    def add(self, kind: str, stated: Fields, *, hidden: Fields | None = None) -> int:
        """Append an entry; returns its number.

        Args:
            kind: Its type.
            stated: What it says for ever, in clear: text, integers, true, false, null, lists and objects of those.
            hidden: What it commits to; kept in `openings` until it is erased.
        """
        if hidden is None:
            return self._append(kind, stated)
        number, salt = self.commit_to(kind, stated, hidden)
        self._openings.append((number, salt, self._recorder.encode(hidden).decode()))
        return number

    def commit_to(self, kind: str, stated: Fields, hidden: Fields) -> tuple[int, bytes]:
        """Append an entry over rows that hold the value themselves; returns its number, and the salt to keep there."""
        salt, commitment = self._recorder.hide(hidden)
        return self._append(kind, {**stated, "c": commitment}), salt

    def hide(self, hidden: Fields) -> tuple[bytes, str]:
        """Commit to a value that is part of another: a salt to keep beside it, and the commitment in hexadecimal."""
        return self._recorder.hide(hidden)

    def write(self) -> None:
        """Put the entries into the transaction."""
        bulk_insert(self.connection, ledger, enumerate(self._entries, self._first))
        bulk_insert(self.connection, openings, self._openings)

    def _append(self, kind: str, stated: Fields) -> int:
        number = self.next
        self._entries.append(self._recorder.encode({"v": 1, "n": number, "type": kind, "at": self.at_utc, **stated}))
        return number


@contextmanager
def record(store: Store, *, at_utc: str) -> Iterator[Page]:
    """Begin the one writing transaction with its page of entries; kept together on leaving, or not at all.

    Raises:
        StoreError: The store cannot be written, or was opened without its ledger.
    """
    recorder = store.recorder
    if recorder is None:
        raise StoreError("the store is open without its ledger: nothing can be recorded")
    with store.write() as connection:
        page = Page(connection, recorder, at_utc)
        yield page
        page.write()
    recorder.kept()


def count_entries(store: Store) -> int:
    """How many entries there are."""
    # By the last number: counting a million rows after each batch would cost more than the batch.
    with store.read() as connection:
        last = connection.execute(select(func.max(ledger.c.n))).scalar_one()
    return 0 if last is None else int(last) + 1


def has_records(connection: Connection) -> bool:
    """Whether there is anything that a ledger speaks of."""
    return any(connection.execute(select(table).limit(1)).first() is not None for table in (lists, scans, findings))


def entries_of_type(connection: Connection, kind: str) -> list[bytes]:
    """The bytes of all entries of a type that is rare, in order; reads the whole ledger."""
    # How canonical JSON writes this member; entries that merely mention it are sorted out below.
    mention = f'"type":"{kind}"'.encode()
    found = select(ledger.c.entry).where(sql_position(ledger.c.entry, mention) > 0).order_by(ledger.c.n)
    return [entry for entry in connection.scalars(found) if json.loads(entry)["type"] == kind]


def read_entry(store: Store, number: int) -> bytes | None:
    """The bytes of one entry; None where there is none of that number."""
    with store.read() as connection:
        return connection.execute(select(ledger.c.entry).where(ledger.c.n == number)).scalar_one_or_none()


def read_entries(store: Store, start: int, end: int) -> Iterator[bytes]:
    """Give entries [start, end) in order.

    Raises:
        LedgerBrokenError: One of them is missing.
    """
    rows = select(ledger.c.n, ledger.c.entry).where(ledger.c.n >= start, ledger.c.n < end).order_by(ledger.c.n)
    expected = start
    with store.read() as connection:
        for number, entry in connection.execution_options(yield_per=_ROWS_PER_FETCH).execute(rows):
            if number != expected:
                break
            yield entry
            expected += 1
    if expected != end:
        raise LedgerBrokenError(
            f"entry {expected} is missing from the store", index=expected, hint="restore the newest copy of the store"
        )


def erase(store: Store, numbers: Sequence[int], *, reason: str, at_utc: str) -> None:
    """Delete what entries commit to, and record that it was done; the entries and the tree stay as they are.

    Args:
        store: Open for writing.
        numbers: Of entries of items, findings, verdicts, letters, attempts, runs of scans, or whatever
            `openings` holds.
        reason: Why, in words; hidden itself, and erasable in its turn.
        at_utc: When, in ISO 8601.

    Raises:
        UsageError: There is nothing to erase behind one of them, or it speaks of a list that is still in the store.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        erase_within(page, sorted(set(numbers)), reason=reason)


def erase_within(page: Page, numbers: Sequence[int], *, reason: str) -> None:
    """Delete what entries commit to, in a transaction of others: see `erase`.

    Args:
        page: Of the transaction.
        numbers: Of entries, each once: some hundreds at a time, in this order, so that nothing goes before what refers
            to it.
        reason: Why, in words.
    """
    for at in range(0, len(numbers), _NUMBERS_PER_QUERY):
        _erase_rows(page.connection, numbers[at : at + _NUMBERS_PER_QUERY])
    wanted = sorted(numbers)
    for at in range(0, len(wanted), _ERASED_PER_ENTRY):
        page.add("erasure", {"entries": wanted[at : at + _ERASED_PER_ENTRY]}, hidden={"reason": reason})


def _erase_rows(connection: Connection, numbers: Sequence[int]) -> None:
    erased = connection.execute(delete(items).where(items.c.id.in_(numbers))).rowcount
    erased += _erase_letters(connection, numbers)
    erased += connection.execute(delete(custody_acts).where(custody_acts.c.id.in_(numbers))).rowcount
    erased += connection.execute(delete(preserved).where(preserved.c.id.in_(numbers))).rowcount
    erased += connection.execute(delete(case_events).where(case_events.c.id.in_(numbers))).rowcount
    matches = finding_matches.c.ledger_n.in_(numbers)
    erased += len(set(connection.scalars(select(finding_matches.c.ledger_n).where(matches))))
    connection.execute(delete(finding_matches).where(matches))
    erased += connection.execute(delete(verdicts).where(verdicts.c.id.in_(numbers))).rowcount
    _erase_findings(connection)
    of_runs = connection.scalars(select(runs.c.scan_id).where(runs.c.id.in_(numbers))).all()
    connection.execute(update(scans).where(scans.c.id.in_(of_runs)).values(settings="{}", key=bytes(32)))
    erased += connection.execute(delete(runs).where(runs.c.id.in_(numbers))).rowcount
    if connection.scalars(select(runs.c.id).where(runs.c.scan_id.in_(of_runs))).first() is not None:
        raise UsageError("the runs of one scan state the same sources: they are erased together or not at all")
    if connection.scalars(select(lists.c.id).where(lists.c.id.in_(numbers))).first() is not None:
        raise UsageError("where a list came from is not erased while it is in use", hint="`unseen list rm` first")
    erased += connection.execute(delete(openings).where(openings.c.n.in_(numbers))).rowcount
    if erased != len(numbers):
        raise UsageError("some of these entries commit to nothing that is still there")


def _erase_letters(connection: Connection, numbers: Sequence[int]) -> int:
    """Delete letters with their attempts, and filings with all that came of them; what shall still leave stays."""
    chosen = outbox.c.id.in_(numbers)
    may_leave = outbox.c.state.in_(("pending", "waits"))
    if connection.scalars(select(outbox.c.id).where(chosen, may_leave)).first() is not None:
        raise UsageError("a letter that shall still leave is not erased", hint="deliver it, or reopen its finding")
    erased = connection.execute(delete(deliveries).where(deliveries.c.id.in_(numbers))).rowcount
    of_these = deliveries.c.letter_id.in_(select(outbox.c.id).where(chosen))
    if connection.scalars(select(deliveries.c.id).where(of_these)).first() is not None:
        raise UsageError("what came of a letter speaks of it: erase the attempts with it")
    erased += connection.execute(delete(outbox).where(chosen)).rowcount
    return erased + _erase_filings(connection, numbers)


def _erase_filings(connection: Connection, numbers: Sequence[int]) -> int:
    """Delete filings with every call, answer and decision, and none of these by itself."""
    erased = 0
    # Each with what speaks of its rows.
    order: tuple[tuple[Table, tuple[ColumnElement[int], ...]], ...] = (
        (filing_answers, ()),
        (filing_steps, (filing_answers.c.step_id,)),
        (filing_decisions, ()),
        (filing_files, ()),
        (filings, tuple(one.c.filing_id for one in (filing_steps, filing_decisions, filing_files, outbox))),
        (filing_policies, (filings.c.policy_id,)),
    )
    for table, owned in order:
        for column in owned:
            if connection.execute(select(column).where(column.in_(numbers)).limit(1)).first() is not None:
                raise UsageError(_ERASED_WHOLE)
        erased += connection.execute(delete(table).where(table.c.id.in_(numbers))).rowcount
    without = select(filings.c.id).where(~exists().where(outbox.c.filing_id == filings.c.id)).limit(1)
    if connection.execute(without).first() is not None:
        raise UsageError(_ERASED_WHOLE)
    return erased


def _erase_findings(connection: Connection) -> None:
    """Delete findings that have no match left; a verdict on one of them must have been erased with it."""
    without = ~exists().where(finding_matches.c.finding_id == findings.c.id)
    decided = exists().where(verdicts.c.finding_id == findings.c.id)
    if connection.scalars(select(findings.c.id).where(without, decided)).first() is not None:
        raise UsageError("a person has decided about one of these findings: erase the verdicts with it")
    in_case = exists().where(case_events.c.finding_id == findings.c.id)
    if connection.scalars(select(findings.c.id).where(without, in_case)).first() is not None:
        raise UsageError("one of these findings is in a case: what becomes of that has to be decided first")
    connection.execute(delete(findings).where(without))
