"""What a case holds beyond its events, for whoever exports it; and the record that it was exported."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, tuple_

from unseen.model import Label
from unseen.store.engine import Store
from unseen.store.ledger.entries import record
from unseen.store.lists import read_labels
from unseen.store.schema import entries, finding_matches, findings, items, lists, runs, scans

__all__ = [
    "FoundItem",
    "Searched",
    "found_items",
    "labelled_entries",
    "labels_of_findings",
    "record_case_export",
    "scans_of_findings",
    "searched_lists",
]

_IDS_AT_ONCE = 500

# List, entry, signal, and what the list calls that entry.
Labelled = tuple[str, str, str, Label]


@dataclass(frozen=True, slots=True)
class Searched:
    """A list as one scan searched it.

    Attributes:
        list_class: What it is for.
        sha256: Of what it was read from, in hexadecimal.
        record: Number of the entry of the ledger that states its newest change then; None of a file given for a scan.
    """

    list_class: str | None
    sha256: str | None
    record: int | None


@dataclass(frozen=True, slots=True)
class FoundItem:
    """The item of a finding, as the newest scan that kept it has it; what was erased since is None."""

    size_bytes: int | None
    md5: bytes | None
    sha1: bytes | None
    first_seen_at_utc: str


def found_items(store: Store, ids: Sequence[str]) -> Mapping[str, FoundItem]:
    """Give the items of these findings, by the id of the finding: every one of them."""
    found: dict[str, FoundItem] = {}
    with store.read() as connection:
        for at in range(0, len(ids), _IDS_AT_ONCE):
            some = findings.c.id.in_(ids[at : at + _IDS_AT_ONCE])
            kept = (
                select(findings.c.id, func.max(items.c.id).label("item_id"))
                .join_from(findings, finding_matches, finding_matches.c.finding_id == findings.c.id)
                .join(items, (items.c.scan_id == finding_matches.c.scan_id) & (items.c.locator == findings.c.locator))
                .where(some)
                .group_by(findings.c.id)
                .subquery()
            )
            columns = (items.c.size_bytes, items.c.md5, items.c.sha1, findings.c.first_seen_at_utc)
            rows = (
                select(findings.c.id, *columns)
                .join_from(findings, kept, kept.c.id == findings.c.id, isouter=True)
                .join(items, items.c.id == kept.c.item_id, isouter=True)
                .where(some)
            )
            found.update((row.id, FoundItem(*row[1:])) for row in connection.execute(rows))
    return found


def labels_of_findings(store: Store, ids: Sequence[str]) -> Mapping[str, tuple[Label, ...]]:
    """Give the labels of the entries that these findings match and that still stand, each once."""
    listed = labelled_entries(store, ids)
    return {finding_id: tuple(dict.fromkeys(each[-1] for each in some)) for finding_id, some in listed.items()}


def labelled_entries(store: Store, ids: Sequence[str]) -> Mapping[str, tuple[Labelled, ...]]:
    """Give the same with list, entry and signal of each, in the order of the matches."""
    found: dict[str, dict[Labelled, None]] = {}
    with store.read() as connection:
        for at in range(0, len(ids), _IDS_AT_ONCE):
            matched = (finding_matches.c.list, finding_matches.c.entry, finding_matches.c.signal)
            rows = (
                select(finding_matches.c.finding_id, *matched, entries.c.labels)
                .join_from(finding_matches, lists, lists.c.name == finding_matches.c.list)
                .join(entries, entries.c.list_id == lists.c.id)
                .where(tuple_(lists.c.name, entries.c.entry, entries.c.signal) == tuple_(*matched))
                .where(entries.c.labels.is_not(None), entries.c.withdrawn_n.is_(None))
                .where(finding_matches.c.finding_id.in_(ids[at : at + _IDS_AT_ONCE]))
                .order_by(finding_matches.c.id, entries.c.id)
            )
            for finding_id, name, entry, signal, text in connection.execute(rows):
                labels = ((name, entry, signal, label) for label in read_labels(text))
                found.setdefault(finding_id, {}).update(dict.fromkeys(labels))
    return {finding_id: tuple(labels) for finding_id, labels in found.items()}


def scans_of_findings(store: Store, ids: Sequence[str]) -> dict[int, list[str]]:
    """Which of these findings each finished scan was the last to see; what no finished scan has seen is nowhere."""
    found: dict[int, list[str]] = {}
    with store.read() as connection:
        for at in range(0, len(ids), _IDS_AT_ONCE):
            rows = (
                select(finding_matches.c.finding_id, func.max(finding_matches.c.scan_id))
                .join_from(finding_matches, scans, scans.c.id == finding_matches.c.scan_id)
                .where(finding_matches.c.finding_id.in_(ids[at : at + _IDS_AT_ONCE]), scans.c.summary.is_not(None))
                .group_by(finding_matches.c.finding_id)
            )
            last = {row[0]: row[1] for row in connection.execute(rows)}
            for finding_id in ids[at : at + _IDS_AT_ONCE]:
                if finding_id in last:
                    found.setdefault(last[finding_id], []).append(finding_id)
    return dict(sorted(found.items()))


def searched_lists(store: Store, ids: Sequence[str]) -> Mapping[str, Mapping[str, Searched]]:
    """By finding and by its name, each list as the newest scan that saw the finding searched it; erased: not there."""
    scan_of: dict[str, int] = {}
    with store.read() as connection:
        for at in range(0, len(ids), _IDS_AT_ONCE):
            rows = (
                select(finding_matches.c.finding_id, func.max(finding_matches.c.scan_id))
                .where(finding_matches.c.finding_id.in_(ids[at : at + _IDS_AT_ONCE]))
                .group_by(finding_matches.c.finding_id)
            )
            scan_of.update((finding_id, scan_id) for finding_id, scan_id in connection.execute(rows))
        by_scan = {scan_id: _searched(connection, scan_id) for scan_id in set(scan_of.values())}
    return {finding_id: by_scan[scan_id] for finding_id, scan_id in scan_of.items()}


def _searched(connection: Connection, scan_id: int) -> dict[str, Searched]:
    rows = select(runs.c.conditions).where(runs.c.scan_id == scan_id).order_by(runs.c.id)
    found: dict[str, Searched] = {}
    for text in connection.scalars(rows):
        for one in json.loads(text).get("lists", ()):
            found[one["list"]] = Searched(one.get("class"), one.get("sha256"), one.get("version", one.get("record")))
    return found


def record_case_export(
    store: Store,
    case_id: int,
    *,
    form: str,
    sha256: bytes,
    path: str,
    by: str,
    reason: str,
    at_utc: str,
    template_sha256: bytes | None = None,
) -> None:
    """Record that a case was written to a file: digests of files leave with it."""
    with record(store, at_utc=at_utc) as page:
        stated = {"case": case_id, "format": form, "sha256": sha256.hex()}
        if template_sha256 is not None:
            stated["template_sha256"] = template_sha256.hex()
        page.add("case_exported", stated, hidden={"path": path, "by": by, "reason": reason})
