"""Findings beside the items that led to them, for a recheck: what is on record, and what of it fell."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from unseen.model import Finding, Mark
from unseen.store.changing.standing import read_marks
from unseen.store.engine import Store
from unseen.store.findings import find_findings
from unseen.store.kept.held import HeldItem, held_items
from unseen.store.ledger.entries import record
from unseen.store.schema import finding_matches, findings, items, lists, openings, verdicts

__all__ = [
    "OnRecord",
    "decided_since",
    "finding_ids",
    "findings_on_record",
    "record_fallen",
    "rows_of_findings",
    "was_found_before",
]

_FINDINGS_PER_QUERY = 300

# Name of a list, identifier and signal of an entry.
MatchKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class OnRecord:
    """A finding as it is on record, with the matches of the newest scan that saw it.

    Attributes:
        fallen: Those matches whose entry was withdrawn since, or whose list is not in the store.
    """

    finding: Finding
    fallen: frozenset[MatchKey]


def findings_on_record(store: Store, ids: Sequence[str]) -> dict[str, OnRecord]:
    """Give those of these findings that there are, by id."""
    wanted = list(dict.fromkeys(ids))
    found = find_findings(store, wanted)
    fallen = _fallen(store, list(found))
    return {finding_id: OnRecord(finding, fallen.get(finding_id, frozenset())) for finding_id, finding in found.items()}


def finding_ids(store: Store, before: int) -> Iterator[list[str]]:
    """Give the ids of findings whose newest scan has a lower number, in their order, some hundred at a time."""
    query = (
        select(finding_matches.c.finding_id)
        .group_by(finding_matches.c.finding_id)
        .having(func.max(finding_matches.c.scan_id) < before)
        .order_by(finding_matches.c.finding_id)
        .limit(_FINDINGS_PER_QUERY)
    )
    after = ""
    while True:
        with store.read() as connection:
            ids = list(connection.scalars(query.where(finding_matches.c.finding_id > after)))
        if not ids:
            return
        yield ids
        after = ids[-1]


def rows_of_findings(store: Store, ids: Sequence[str]) -> dict[str, list[HeldItem]]:
    """The rows of the items of findings, as each scan kept them that saw one; of those with equal hashes the newest.

    A scan that looked closer, or a newer version of the program, has more hashes of the same bytes than another.
    """
    found: dict[str, list[HeldItem]] = {}
    hashes = [items.c[name] for name in ("pdq", "variants", "plugged_in", "altered")]
    for at in range(0, len(ids), _FINDINGS_PER_QUERY):
        seen = (
            select(finding_matches.c.finding_id, finding_matches.c.scan_id)
            .where(finding_matches.c.finding_id.in_(ids[at : at + _FINDINGS_PER_QUERY]))
            .distinct()
            .subquery()
        )
        newest = (
            select(seen.c.finding_id, func.max(items.c.id))
            .join_from(seen, findings, findings.c.id == seen.c.finding_id)
            .join(items, (items.c.scan_id == seen.c.scan_id) & (items.c.locator == findings.c.locator))
            .where(items.c.sha256 == findings.c.sha256)
            .group_by(seen.c.finding_id, *hashes)
        )
        with store.read() as connection:
            owners = [(number, finding_id) for finding_id, number in connection.execute(newest)]
        held = {one.number: one for one in held_items(store, [number for number, _ in owners])}
        for number, finding_id in sorted(owners):
            found.setdefault(finding_id, []).append(held[number])
    return found


def was_found_before(store: Store, finding_id: str, scan_id: int) -> bool:
    """Whether a scan with a lower number saw a finding."""
    rows = select(finding_matches.c.id).where(
        finding_matches.c.finding_id == finding_id, finding_matches.c.scan_id < scan_id
    )
    with store.read() as connection:
        return connection.execute(rows.limit(1)).first() is not None


def record_fallen(store: Store, scan_id: int, ids: Sequence[str], *, at_utc: str) -> None:
    """Put on record which findings a recheck left without any ground."""
    if not ids:
        return
    with record(store, at_utc=at_utc) as page:
        for at in range(0, len(ids), _FINDINGS_PER_QUERY):
            some = list(ids[at : at + _FINDINGS_PER_QUERY])
            page.add("grounds_fallen", {"scan": scan_id, "findings": len(some)}, hidden={"findings": some})


def decided_since(store: Store, ids: Sequence[str]) -> frozenset[str]:
    """Of these findings without ground, those about which somebody decided after a recheck had told that."""
    newest = select(verdicts.c.finding_id, func.max(verdicts.c.id)).group_by(verdicts.c.finding_id)
    # Canonical JSON: no other value begins so.
    told = (
        select(openings.c.n, openings.c.value).where(openings.c.value.startswith('{"findings":')).order_by(openings.c.n)
    )
    wanted, first_told = frozenset(ids), dict[str, int]()
    with store.read() as connection:
        for number, value in connection.execute(told):
            for finding_id in wanted.intersection(json.loads(value)["findings"]):
                first_told.setdefault(finding_id, number)
        decided = {finding_id: number for finding_id, number in connection.execute(newest) if finding_id in first_told}
    return frozenset(one for one, number in decided.items() if number > first_told[one])


def _fallen(store: Store, ids: Sequence[str]) -> Mapping[str, frozenset[MatchKey]]:
    fallen: dict[str, frozenset[MatchKey]] = {}
    with store.read() as connection:
        here = set(connection.scalars(select(lists.c.name)))
        for at in range(0, len(ids), _FINDINGS_PER_QUERY):
            some = ids[at : at + _FINDINGS_PER_QUERY]
            newest = (
                select(finding_matches.c.finding_id, func.max(finding_matches.c.scan_id).label("scan_id"))
                .where(finding_matches.c.finding_id.in_(some))
                .group_by(finding_matches.c.finding_id)
                .subquery()
            )
            columns = [finding_matches.c[name] for name in ("finding_id", "list", "entry", "signal", "ledger_n")]
            is_newest = (finding_matches.c.finding_id == newest.c.finding_id) & (
                finding_matches.c.scan_id == newest.c.scan_id
            )
            rows = connection.execute(select(*columns).join_from(finding_matches, newest, is_newest)).all()
            marks = read_marks(connection, [tuple(row[1:]) for row in rows])
            for finding_id, *key in rows:
                if key[0] not in here or Mark.WITHDRAWN in marks.get(tuple(key), ()):
                    fallen[finding_id] = fallen.get(finding_id, frozenset()) | {(key[0], key[1], key[2])}
    return fallen
