"""One scan as the store holds it, for whoever writes about it or repeats it. Nothing is changed or given away."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, func, select, tuple_

from unseen.errors import StoreError
from unseen.model import Acquired, Label, NotScreened, Outcome, Reason, Signal, State
from unseen.model.report import ReportedFinding, ReportedMatch
from unseen.store.engine import Store
from unseen.store.findings import MATCH_FIELDS, read_locator, read_match, read_times
from unseen.store.lists import read_labels
from unseen.store.schema import entries, finding_matches, findings, items, lists, not_screened, runs, scans
from unseen.store.variants import ACQUISITION_VERSION, unpack_acquisition
from unseen.store.verdicts import newest_verdicts, read_verdict

__all__ = [
    "Labels",
    "ScanRecord",
    "acquired_media",
    "count_reasons",
    "has_entry",
    "has_scan",
    "read_matched_labels",
    "read_scan",
    "reported_findings",
    "scan_settings",
    "unscreened_rows",
]

_ROWS_AT_ONCE = 1_000
_SPAN = entries.c.added_n, entries.c.withdrawn_n
_DIGESTS = (Signal.SHA256, Signal.SHA1, Signal.MD5)

# (list, entry, signal) of an entry: its labels.
Labels = Mapping[tuple[str, str, str], tuple[Label, ...]]


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """The row of a finished scan.

    Attributes:
        settings: What it was asked to do, and under which conditions it ran.
        summary: Its account.
    """

    id: int
    started_at_utc: str
    finished_at_utc: str
    settings: Mapping[str, Any]
    summary: Mapping[str, Any]


def acquired_media(store: Store, scan_id: int) -> Iterator[Acquired]:
    """Give what came of the digests stored in images, in the order of screening."""
    rows = (
        select(items.c.locator, items.c.variants)
        .where(items.c.scan_id == scan_id, func.substr(items.c.variants, 1, 1) == bytes((ACQUISITION_VERSION,)))
        .order_by(items.c.id)
    )
    with store.read() as connection:
        for locator, packed in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(rows):
            yield Acquired(read_locator(locator), unpack_acquisition(packed))


def read_scan(store: Store, scan_id: int | None = None) -> ScanRecord:
    """Read the row of a finished scan; of the newest one where no number is given.

    Raises:
        StoreError: There is no such scan, or it is not finished.
    """
    rows = select(scans)
    if scan_id is None:
        # Rechecks come every night, and most find nothing: one is named by whoever wants to read of it.
        newest = rows.where(scans.c.finished_at_utc.is_not(None), scans.c.is_recheck == 0)
        rows = newest.order_by(scans.c.id.desc()).limit(1)
    else:
        rows = rows.where(scans.c.id == scan_id)
    with store.read() as connection:
        row = connection.execute(rows).mappings().first()
        of_scan = runs.c.scan_id == (None if row is None else row["id"])
        conditions = connection.scalars(select(runs.c.conditions).where(of_scan).order_by(runs.c.id)).all()
    if row is None:
        which = "finished scan" if scan_id is None else f"scan {scan_id}"
        raise StoreError(f"the store {store.name} holds no {which}", hint="`unseen scan SOURCE` makes one")
    if row["finished_at_utc"] is None:
        raise StoreError(
            f"scan {row['id']} of the store {store.name} is not finished",
            hint="run the same `unseen scan` again: it goes on where it stopped",
        )
    return ScanRecord(
        row["id"],
        row["started_at_utc"],
        row["finished_at_utc"],
        {**json.loads(row["settings"]), "runs": [json.loads(one) for one in conditions]},
        json.loads(row["summary"]),
    )


def has_scan(store: Store, scan_id: int) -> bool:
    """Whether the store holds a scan of this number, finished or not."""
    with store.read() as connection:
        return connection.execute(select(scans.c.id).where(scans.c.id == scan_id)).first() is not None


def scan_settings(store: Store, scan_id: int) -> str:
    """What a scan was asked to do, in JSON; an empty object where that was erased."""
    with store.read() as connection:
        return str(connection.execute(select(scans.c.settings).where(scans.c.id == scan_id)).scalar_one())


def count_reasons(store: Store, scan_id: int) -> tuple[dict[Reason, int], dict[Reason, int]]:
    """Count by reason what was compared by digests only, and what was not screened."""
    digest_only = (
        select(items.c.reason, func.count())
        .where(items.c.scan_id == scan_id, items.c.outcome == Outcome.DIGEST_ONLY.value)
        .group_by(items.c.reason)
    )
    unscreened = (
        select(not_screened.c.reason, func.count())
        .join_from(not_screened, items, not_screened.c.item_id == items.c.id)
        .where(items.c.scan_id == scan_id)
        .group_by(not_screened.c.reason)
    )
    with store.read() as connection:
        counts = [Counter({Reason(row[0]): row[1] for row in connection.execute(q)}) for q in (digest_only, unscreened)]
    first, second = ({reason: count[reason] for reason in Reason if reason in count} for count in counts)
    return first, second


def unscreened_rows(store: Store, scan_id: int) -> Iterator[NotScreened]:
    """Give every row of what one scan did not screen, ordered by locator; constant memory."""
    rows = (
        select(items.c.locator, not_screened.c.reason)
        .join_from(not_screened, items, not_screened.c.item_id == items.c.id)
        .where(items.c.scan_id == scan_id)
        .order_by(items.c.locator, not_screened.c.id)
    )
    with store.read() as connection:
        for locator, reason in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(rows):
            yield NotScreened(read_locator(locator), Reason(reason))


def read_matched_labels(store: Store, scan_id: int, versions: Mapping[str, int]) -> Labels:
    """Read the labels of every entry of these lists that one scan matched: one pass over those that have any.

    Args:
        store: The store.
        scan_id: Of the scan.
        versions: Of the lists that it searched, by name: the number of the change after which each was as it was then.
    """
    wanted = select(finding_matches.c.list, finding_matches.c.entry, finding_matches.c.signal).where(
        finding_matches.c.scan_id == scan_id, finding_matches.c.list.in_(versions)
    )
    found = (
        select(lists.c.name, entries.c.entry, entries.c.signal, entries.c.labels, *_SPAN)
        .join_from(entries, lists, lists.c.id == entries.c.list_id)
        .where(entries.c.labels.is_not(None), lists.c.name.in_(versions))
        .where(tuple_(lists.c.name, entries.c.entry, entries.c.signal).in_(wanted))
        .order_by(entries.c.id)
    )
    labels: dict[tuple[str, str, str], tuple[Label, ...]] = {}
    with store.read() as connection:
        for name, entry, signal, text, added, withdrawn in connection.execute(found):
            if added > versions[name] or (withdrawn is not None and withdrawn <= versions[name]):
                continue
            # Lists may give several entries one identifier: each label once, in the order of the file.
            key = (name, entry, signal)
            labels[key] = tuple(dict.fromkeys((*labels.get(key, ()), *read_labels(text))))
    return labels


def has_entry(store: Store, name: str, entry: str, signal: str) -> bool:
    """Whether a list of the store holds an entry of this identifier and signal."""
    rows = (
        select(entries.c.id)
        .join_from(entries, lists, lists.c.id == entries.c.list_id)
        .where(lists.c.name == name, entries.c.signal == signal, entries.c.entry == entry)
        .where(entries.c.withdrawn_n.is_(None))
    )
    with store.read() as connection:
        return connection.execute(rows.limit(1)).first() is not None


def reported_findings(
    store: Store, scan_id: int, *, labels: Labels, labelled: Collection[str]
) -> Iterator[ReportedFinding]:
    """Give the findings of one scan with all that may be said about them, ordered by locator; constant memory.

    Args:
        store: The store.
        scan_id: Of the scan.
        labels: As `read_matched_labels` gives them.
        labelled: Names of the lists for which `labels` speaks.
    """
    with store.read() as connection:
        result = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(_findings_of(scan_id))
        for _, group in groupby(result, key=lambda row: row.id):
            rows = list(group)
            matches = tuple(_match(row, labels, labelled) for row in rows)
            yield _finding(rows[0], matches)


def _findings_of(scan_id: int) -> Select[Any]:
    decided = newest_verdicts().subquery()
    return (
        select(
            findings.c.id,
            findings.c.first_seen_at_utc,
            findings.c.times,
            *(items.c[name] for name in ("locator", "state", "outcome", "size_bytes", "pdq_quality")),
            items.c.reason.label("why_not"),
            *(decided.c[name] for name in ("decision", "decided_by", "reason", "at_utc", "is_current")),
            *(items.c[signal.value] for signal in _DIGESTS),
            *(finding_matches.c[name] for name in MATCH_FIELDS),
        )
        .join_from(finding_matches, findings, finding_matches.c.finding_id == findings.c.id)
        .join(items, (items.c.scan_id == finding_matches.c.scan_id) & (items.c.locator == findings.c.locator))
        .outerjoin(decided, decided.c.finding_id == findings.c.id)
        .where(finding_matches.c.scan_id == scan_id)
        .order_by(findings.c.locator, findings.c.id, finding_matches.c.id)
    )


def _match(row: Row[Any], labels: Labels, labelled: Collection[str]) -> ReportedMatch:
    match = read_match(row._mapping)
    key = (match.list, match.entry, match.signal)
    return ReportedMatch(match, labels.get(key, ()) if match.list in labelled else None)


def _finding(row: Row[Any], matches: tuple[ReportedMatch, ...]) -> ReportedFinding:
    matched = {reported.match.signal for reported in matches}
    digests = {signal: getattr(row, signal.value) for signal in _DIGESTS}
    has = [signal for signal, digest in digests.items() if digest is not None]
    return ReportedFinding(
        id=row.id,
        locator=read_locator(row.locator),
        state=State(row.state),
        outcome=Outcome(row.outcome),
        reason=None if row.why_not is None else Reason(row.why_not),
        size_bytes=row.size_bytes,
        digests={signal: digests[signal] for signal in has if signal.value not in matched},
        digests_withheld=tuple(signal for signal in has if signal.value in matched),
        pdq_quality=row.pdq_quality,
        first_seen_at_utc=row.first_seen_at_utc,
        matches=matches,
        verdict=None if row.decision is None else read_verdict(row),
        times=read_times(row.times),
    )
