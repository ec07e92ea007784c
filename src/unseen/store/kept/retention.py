"""Hashes of items that matched nothing: set apart when they are written, and erased by themselves when their time ends.

The row of such an item says where it lay and how far it was screened, and stays: accounts, resuming and reports rest on
it. Its entry in the ledger commits to a commitment in place of the hashes, which has a salt of its own: with hashes and
salt gone nobody can try out which file it was, and everything else still verifies. Hashes of an item that matched are
part of what is known of its finding, and stay with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, null, select, update

from unseen.model import Retention
from unseen.store.custody.holds import check_not_held, holds_on_scan
from unseen.store.engine import Store, empty_log
from unseen.store.ledger.entries import Page, record
from unseen.store.ledger.rows import NEVER_KEPT, kept_value
from unseen.store.schema import finding_matches, findings, items, scans
from unseen.store.variants import ACQUISITION_VERSION

__all__ = ["ErasedHashes", "count_whole", "erase_hashes", "keeps_hashes", "move_dates", "scans_due", "set_apart"]

_HASHES = ("sha256", "sha1", "md5", "pdq", "pdq_quality", "variants", "plugged_in")
# Some ten megabytes of rows that are written anew in one transaction: a tenth of a second, for which a scan may wait.
_ITEMS_AT_ONCE = 20_000
# A clock that is set by the network goes back by parts of a second now and then.
_STEP_BACK_S = 60


@dataclass(frozen=True, slots=True)
class ErasedHashes:
    """What was erased of one scan in one transaction.

    Attributes:
        items: How many items lost their hashes.
        last: Number of the last of them: no item of the scan up to it has any left.
    """

    scan_id: int
    items: int
    last: int


def set_apart(page: Page, row: dict[str, Any], *, is_keeping: bool) -> None:
    """Make the row of an item that matched nothing one whose hashes can be erased, or take them out at once.

    Args:
        page: Of the transaction that writes the row.
        row: Of `items`; changed.
        is_keeping: Whether hashes are kept at all.
    """
    value = kept_value(row)
    if not any(value.values()):
        return
    if is_keeping:
        row["hash_salt"], commitment = page.hide(value)
        row["hashes_sha256"] = bytes.fromhex(commitment)
    else:
        row |= {name: row[name] if name == "variants" and value[name] is None else None for name in _HASHES}
        row["hashes_sha256"] = NEVER_KEPT


def keeps_hashes(page: Page, scan_id: int) -> bool:
    """Whether hashes that a scan writes now are kept: not where it keeps none, and not after their date."""
    row = page.connection.execute(select(scans.c.keep_days, scans.c.hashes_due_utc).where(scans.c.id == scan_id)).one()
    if row.keep_days is None:
        return True
    # No date is left once they were erased, whatever the clock says now.
    return row.hashes_due_utc is not None and _moment(page.at_utc) < _moment(row.hashes_due_utc)


def scans_due(store: Store, at_utc: str) -> list[int]:
    """Which scans keep hashes whose date has come.

    Args:
        store: The store.
        at_utc: The time, in ISO 8601.
    """
    rows = select(scans.c.id, scans.c.hashes_due_utc).where(scans.c.hashes_due_utc.is_not(None)).order_by(scans.c.id)
    with store.read() as connection:
        return [row.id for row in connection.execute(rows) if _moment(row.hashes_due_utc) <= _moment(at_utc)]


def move_dates(store: Store, at_utc: str) -> None:
    """Bring dates forward where the clock was set back, on record: no reading of it makes a period longer.

    Args:
        store: Open for writing.
        at_utc: The time, in ISO 8601.
    """
    with store.read() as connection:
        moved = list(_dates_to_move(connection.execute(_DATED), at_utc))
    if not moved:
        return
    with record(store, at_utc=at_utc) as page:
        for scan_id, due_utc in _dates_to_move(page.connection.execute(_DATED), at_utc):
            page.connection.execute(update(scans).where(scans.c.id == scan_id).values(hashes_due_utc=due_utc))
            page.add("hashes_due", {"scan": scan_id, "due": due_utc})


def erase_hashes(store: Store, scan_id: int, *, stated: dict[str, str], at_utc: str) -> Iterator[ErasedHashes]:
    """Erase the hashes of all items of a scan that matched nothing, batch by batch, with a record of each.

    Whoever is killed here has erased some batches whole; the next call goes on. The rows are overwritten, and the log
    that still holds them is emptied, before the scan counts as done.

    Args:
        store: Open for writing.
        scan_id: Of the scan.
        stated: Why, for the record: `why`, and by whom and for which reason where a person asked for it.
        at_utc: When, in ISO 8601.

    Yields:
        What was erased, after each transaction.

    Raises:
        HeldError: It saw something that is under a hold.
        StoreError: The store cannot be written.
    """
    after = scan_id
    while True:
        with record(store, at_utc=at_utc) as page:
            # Anew for each batch: a hold may be set while hashes are being erased, and keeps the rest.
            check_not_held(holds_on_scan(page.connection, scan_id), f"scan {scan_id}")
            erased = _erase_batch(page, scan_id, after)
            if erased is None:
                break
            hidden = {name: text for name, text in stated.items() if name != "why"}
            record_of = {"scan": scan_id, "items": erased.items, "last": erased.last, "why": stated["why"]}
            page.add("hashes_erased", record_of, hidden=hidden or None)
        after = erased.last
        yield erased
    if empty_log(store):
        with store.write() as connection:
            connection.execute(update(scans).where(scans.c.id == scan_id).values(hashes_due_utc=null()))


def count_whole(store: Store, scan_id: int) -> int:
    """How many items of a scan that matched nothing have hashes that cannot be erased by themselves."""
    found = select(finding_matches.c.finding_id).where(finding_matches.c.scan_id == scan_id)
    of_findings = select(findings.c.locator).where(findings.c.id.in_(found))
    is_whole = items.c.hashes_sha256.is_(None), items.c.sha256.is_not(None)
    rows = select(func.count()).where(items.c.scan_id == scan_id, *is_whole, items.c.locator.not_in(of_findings))
    with store.read() as connection:
        return connection.execute(rows).scalar_one()


_DATED = select(scans.c.id, scans.c.keep_days, scans.c.hashes_due_utc).where(scans.c.hashes_due_utc.is_not(None))


def _dates_to_move(rows: Any, at_utc: str) -> Iterator[tuple[int, str]]:
    for row in rows:
        due_utc = Retention(row.keep_days).due_utc(at_utc)
        if due_utc and (_moment(row.hashes_due_utc) - _moment(due_utc)).total_seconds() > _STEP_BACK_S:
            yield row.id, due_utc


def _erase_batch(page: Page, scan_id: int, after: int) -> ErasedHashes | None:
    # In the order of numbers, from where the last batch ended: the sum keeps SQLite from gathering the whole scan each
    # time by the index that begins with its number.
    which = items.c.scan_id + 0 == scan_id, items.c.id > after, items.c.hash_salt.is_not(None)
    chosen = select(items.c.id).where(*which).order_by(items.c.id).limit(_ITEMS_AT_ONCE).subquery()
    count, last = page.connection.execute(select(func.count(), func.max(chosen.c.id))).one()
    if not count:
        return None
    values: dict[str, Any] = dict.fromkeys((*_HASHES, "hash_salt"), null())
    # What came of an acquisition is no hash.
    is_acquisition = func.substr(items.c.variants, 1, 1) == bytes((ACQUISITION_VERSION,))
    values["variants"] = case((is_acquisition, items.c.variants), else_=null())
    page.connection.execute(update(items).where(*which, items.c.id <= last).values(values))
    return ErasedHashes(scan_id, count, last)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
