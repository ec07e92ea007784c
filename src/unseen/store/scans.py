"""Scans in the store: begun, resumed, written batch by batch, finished.

A batch is one transaction: items, rows of what was not screened, findings, their matches, the account of the scan, and
the entries of the ledger that speak of them are kept together or not at all. A killed scan therefore redoes at most one
batch.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from sqlalchemy import func, insert, select, text, update

from unseen.model import (
    EXHIBIT,
    Acquired,
    Facts,
    Finding,
    Ground,
    Locator,
    NotScreened,
    Outcome,
    Reason,
    Retention,
    Screened,
    Summary,
    Verdict,
    VideoMode,
)
from unseen.store.cases import gather, reopen_overtaken
from unseen.store.engine import Store, sql_position
from unseen.store.findings import (
    pack_how,
    pack_locator,
    pack_marks,
    pack_times,
    read_locator,
    scan_findings,
)
from unseen.store.kept.coverage import unfinished_scans
from unseen.store.kept.retention import keeps_hashes, set_apart
from unseen.store.ledger.entries import Page, record
from unseen.store.ledger.rows import finding_value, item_value, run_value, stated_account
from unseen.store.locks import ScanLock
from unseen.store.objects import Noted
from unseen.store.records import acquired_media
from unseen.store.schema import finding_matches, findings, items, not_screened, runs, scans
from unseen.store.variants import pack_altered, pack_hashes, pack_plugged_in
from unseen.store.verdicts import verdicts_of

__all__ = ["Account", "Run", "ScanSession"]


@dataclass(frozen=True, slots=True)
class Account:
    """What a scan has counted so far: items = hashed + digest_only + not_screened - truncated."""

    items: int = 0
    hashed: int = 0
    digest_only: int = 0
    findings: int = 0
    not_screened: int = 0
    truncated: int = 0
    # Of digest_only: commonplace files, on which no more work was spent.
    known_file: int = 0
    seconds: float = 0.0
    videos: int = 0
    videos_by_keyframes: int = 0
    # Of findings: those that stand on leads alone.
    leads: int = 0
    # Of a recheck: items compared again, and the number of the last of them.
    rechecked: int = 0
    rechecked_to: int = 0

    def with_batch(self, batch: Sequence[Screened], seconds: float) -> "Account":
        """Count a batch, and the time that it took."""
        hashed = sum(one.outcome in {Outcome.MATCH, Outcome.NO_MATCH} for one in batch)
        unscreened = sum(one.not_screened is not None for one in batch)
        wholly = sum(one.outcome is Outcome.NOT_SCREENED for one in batch)
        return replace(
            self,
            items=self.items + len(batch),
            hashed=self.hashed + hashed,
            digest_only=self.digest_only + len(batch) - hashed - wholly,
            findings=self.findings + sum(one.finding is not None for one in batch),
            not_screened=self.not_screened + unscreened,
            truncated=self.truncated + unscreened - wholly,
            known_file=self.known_file + sum(one.hashes.reason is Reason.KNOWN_FILE for one in batch),
            seconds=self.seconds + seconds,
            videos=self.videos + sum(one.hashes.video_mode is not None for one in batch),
            videos_by_keyframes=self.videos_by_keyframes
            + sum(one.hashes.video_mode is VideoMode.FAST for one in batch),
            leads=self.leads + sum(one.finding is not None and one.finding.ground is Ground.LEAD for one in batch),
        )


@dataclass(frozen=True, slots=True)
class Run:
    """Under which conditions a scan, or a resumed part of one, works.

    Attributes:
        stated: What its entry says for ever, in clear.
        conditions: All of it, people and places included; kept in `runs` until it is erased.
    """

    stated: Mapping[str, object] = field(default_factory=dict)
    conditions: Mapping[str, object] = field(default_factory=dict)


class ScanSession:
    """One scan, open in a store; a context manager, so that the same scan cannot run twice at once.

    Attributes:
        scan_id: Its row.
        account: What is in the store; equal to what its rows add up to.
        is_resumed: Whether an earlier run was not finished.
    """

    def __init__(
        self,
        store: Store,
        key: bytes,
        *,
        settings: str,
        at_utc: str,
        run: Run = Run(),
        retention: Retention = EXHIBIT,
        facts_of: Callable[[Finding], Facts | None] = lambda _: None,
    ) -> None:
        """Begin a scan, or resume the unfinished one with the same key.

        Args:
            store: Where to.
            key: 32 bytes over everything that decides the result: sources, lists, settings, version.
            settings: The same in words (JSON), for whoever asks later what was run.
            at_utc: The time, in ISO 8601.
            run: Under which conditions this run works; it decides nothing.
            retention: For how long hashes of items that match nothing are kept; counted from the first run of a scan
                that is resumed.
            facts_of: What is known of the item of a finding, and so into whose case it goes; None for no case.

        Raises:
            StoreError: The same scan is running now, or the store cannot be written.
        """
        self._store = store
        self._facts_of = facts_of
        self._lock = ScanLock(store, key)
        try:
            with record(store, at_utc=at_utc) as page:
                self.scan_id, self.account, self.is_resumed = _begin(page, key, settings, run, retention)
        except BaseException:
            self._lock.release()
            raise
        # What an earlier run kept is in its tables alone.
        self._kept = Noted(is_anything=self.is_resumed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def stored(self, locators: Sequence[Locator]) -> set[Locator]:
        """Say which of these items the scan has dealt with already.

        Args:
            locators: A few hundred at most, since each becomes a parameter of one statement.
        """
        packed = {pack_locator(locator): locator for locator in locators if self._kept.may_hold(locator)}
        if not packed:
            return set()
        statement = select(items.c.locator).where(items.c.scan_id == self.scan_id, items.c.locator.in_(list(packed)))
        with self._store.read() as connection:
            return {packed[row] for row in connection.scalars(statement)}

    def recorded(self) -> Iterator[Finding | NotScreened | Acquired]:
        """Give what an earlier run of this scan has found, compared, and could not screen."""
        if not self.is_resumed:
            return
        yield from scan_findings(self._store, self.scan_id)
        yield from acquired_media(self._store, self.scan_id)
        rows = (
            select(items.c.locator, not_screened.c.reason)
            .join_from(not_screened, items, not_screened.c.item_id == items.c.id)
            .where(items.c.scan_id == self.scan_id)
            .order_by(not_screened.c.id)
        )
        with self._store.read() as connection:
            for locator, reason in connection.execution_options(yield_per=1_000).execute(rows):
                yield NotScreened(read_locator(locator), Reason(reason))

    @property
    def size_bytes_before(self) -> int:
        """Bytes of the sources' own files that are stored; what lies in containers is part of these."""
        if not self.account.items:
            return 0
        # The text of a chain ends in a zero byte and the names of its layers.
        is_outermost = sql_position(items.c.locator, b"\0") == 0
        with self._store.read() as connection:
            rows = select(func.sum(items.c.size_bytes)).where(items.c.scan_id == self.scan_id, is_outermost)
            return int(connection.scalar(rows) or 0)

    def verdicts(self, ids: Sequence[str]) -> Mapping[str, Verdict]:
        """Give the newest verdict of each of these findings that has one: an earlier scan may have seen them."""
        if not ids:
            return {}
        with self._store.read() as connection:
            return verdicts_of(connection, ids)

    def commit(
        self, batch: Sequence[Screened], *, seconds: float, at_utc: str, rechecked: tuple[int, int] | None = None
    ) -> None:
        """Keep a batch whole, or nothing of it.

        Args:
            batch: Items that this scan has not stored yet.
            seconds: Time that the batch took.
            at_utc: The time at which its findings were first seen, unless an earlier scan saw them.
            rechecked: Of a recheck: how many more items were compared, and the number of the last of them.

        Raises:
            StoreError: The store cannot be written; a full disk among other reasons.
        """
        account = self.account.with_batch(batch, seconds)
        if rechecked is not None:
            account = replace(account, rechecked=account.rechecked + rechecked[0], rechecked_to=rechecked[1])
        self._lock.require()
        with record(self._store, at_utc=at_utc) as page:
            first = page.next
            is_keeping = keeps_hashes(page, self.scan_id)
            _insert(page, self.scan_id, batch, is_keeping=is_keeping)
            found = [one.finding for one in batch if one.finding is not None]
            gather(page, [(finding.id, facts) for finding in found if (facts := self._facts_of(finding)) is not None])
            reopen_overtaken(page, [finding.id for finding in found], since=first)
            page.add("scan_batch", {"scan": self.scan_id, "account": stated_account(asdict(account))})
            page.connection.execute(
                update(scans).where(scans.c.id == self.scan_id).values(summary=json.dumps(asdict(account)))
            )
        self.account = account
        for one in batch:
            self._kept.add(one.locator)

    def finish(self, *, entries_searchable: int, entries_not_searchable: int, seconds: float, at_utc: str) -> Summary:
        """Close the account; the same key begins a new scan from now on."""
        account = replace(self.account, seconds=self.account.seconds + seconds)
        counts = {name: count for name, count in asdict(account).items() if name != "rechecked_to"}
        summary = Summary(
            **counts, entries_searchable=entries_searchable, entries_not_searchable=entries_not_searchable
        )
        with record(self._store, at_utc=at_utc) as page:
            page.add("scan_finished", {"scan": self.scan_id, "account": stated_account(asdict(summary))})
            page.connection.execute(
                update(scans)
                .where(scans.c.id == self.scan_id)
                .values(summary=json.dumps(asdict(summary)), seconds=str(summary.seconds), finished_at_utc=at_utc)
            )
        self.account = account
        return summary


def _begin(page: Page, key: bytes, settings: str, run: Run, retention: Retention) -> tuple[int, Account, bool]:
    connection = page.connection
    unfinished = connection.execute(
        select(scans.c.id, scans.c.summary, scans.c.settings, scans.c.hashes_due_utc)
        .where(scans.c.key == key, scans.c.finished_at_utc.is_(None))
        .order_by(scans.c.id.desc())
    ).first()
    number = page.next
    if unfinished is None:
        scan_id, account = number, Account()
        due = retention.due_utc(page.at_utc)
        asked = {"key": key, "settings": settings, "keep_days": retention.days}
        begun = {"started_at_utc": page.at_utc, "hashes_due_utc": due, "is_recheck": int("recheck" in run.stated)}
        connection.execute(insert(scans).values(id=number, **asked, **begun))
    else:
        scan_id = int(unfinished.id)
        account = Account(**json.loads(unfinished.summary)) if unfinished.summary else Account()
        settings, due = unfinished.settings, unfinished.hashes_due_utc
    conditions = dict(run.conditions)
    if "recheck" in run.stated:
        # In the transaction that gives the recheck its number: what they add from now on has a higher one.
        conditions["unfinished"] = unfinished_scans(connection)
    row = {"scan_id": scan_id, "conditions": json.dumps(conditions)}
    stated = {
        **run.stated,
        "resumes": None if unfinished is None else scan_id,
        "keep_hashes": str(retention),
        "hashes_due": due,
    }
    _, salt = page.commit_to("scan_started", stated, run_value({**row, "key": key, "settings": settings}))
    connection.execute(insert(runs).values(id=number, salt=salt, **row))
    return scan_id, account, unfinished is not None


def _insert(page: Page, scan_id: int, batch: Sequence[Screened], *, is_keeping: bool) -> None:
    item_rows, unscreened = [], []
    for one in batch:
        row = _item_row(scan_id, one)
        if one.finding is None:
            set_apart(page, row, is_keeping=is_keeping)
        reasons = () if one.not_screened is None else (one.not_screened.reason.value,)
        row["id"], row["salt"] = page.commit_to("item", {"scan": scan_id}, item_value(row, reasons))
        item_rows.append(row)
        unscreened += [{"item_id": row["id"], "reason": reason} for reason in reasons]
    if item_rows:
        page.connection.execute(insert(items), item_rows)
    if unscreened:
        page.connection.execute(insert(not_screened), unscreened)
    found = [one.finding for one in batch if one.finding is not None]
    if found:
        page.connection.execute(_INSERT_FINDING, [_finding_row(finding, page.at_utc) for finding in found])
        rows = [row for finding in found for row in _record_finding(page, scan_id, finding)]
        page.connection.execute(insert(finding_matches), rows)


def _record_finding(page: Page, scan_id: int, finding: Finding) -> Iterator[dict[str, Any]]:
    """Commit to a finding as its row has it, which an earlier scan may have made, and to its matches."""
    kept = page.connection.execute(select(findings).where(findings.c.id == finding.id)).mappings().one()
    rows = list(_match_rows(scan_id, finding))
    number, salt = page.commit_to("finding", {"scan": scan_id}, finding_value(dict(kept), rows))
    return ({**row, "ledger_n": number, "salt": salt} for row in rows)


# An earlier scan may have seen it: the finding stays that one, and keeps the time at which it was first seen.
_INSERT_FINDING = text(
    "INSERT INTO findings (id, locator, sha256, state, times, first_seen_at_utc)"
    " VALUES (:id, :locator, :sha256, :state, :times, :at_utc) ON CONFLICT DO NOTHING"
)


def _item_row(scan_id: int, one: Screened) -> dict[str, Any]:
    hashes = one.hashes
    return {
        "scan_id": scan_id,
        "locator": pack_locator(one.locator),
        "state": one.state.value,
        "outcome": one.outcome.value,
        "reason": None if hashes.reason is None else hashes.reason.value,
        "size_bytes": hashes.size_bytes,
        "sha256": hashes.sha256,
        "sha1": hashes.sha1,
        "md5": hashes.md5,
        "pdq": hashes.pdq,
        "pdq_quality": hashes.pdq_quality,
        "variants": pack_hashes(hashes),
        "plugged_in": pack_plugged_in(hashes.extra),
        # Without a finding nothing was decided by them.
        "altered": None if one.finding is None else pack_altered(hashes.altered),
        "hash_salt": None,
        "hashes_sha256": None,
    }


def _finding_row(finding: Finding, at_utc: str) -> dict[str, Any]:
    return {
        "id": finding.id,
        "locator": pack_locator(finding.locator),
        "sha256": finding.sha256,
        "state": finding.state.value,
        "times": pack_times(finding.times),
        "at_utc": at_utc,
    }


def _match_rows(scan_id: int, finding: Finding) -> Iterator[dict[str, Any]]:
    for match in finding.matches:
        yield {
            "finding_id": finding.id,
            "scan_id": scan_id,
            "list": match.list,
            "entry": match.entry,
            "signal": match.signal,
            "distance_bits": match.distance_bits,
            "how": pack_how(match),
            "ground": None if match.ground is None else match.ground.value,
            "publisher": match.publisher,
            "marks": pack_marks(match.marks),
        }
