"""What people here have judged, as entries of lists of their own: confirmed findings, and cleared ones."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from unseen.model import QUALITY_MIN, Decision, Label, ListClass, Published, Signal
from unseen.store.engine import Store
from unseen.store.schema import finding_matches, findings, items, scans
from unseen.store.verdicts import newest_verdicts, resolve

__all__ = ["VERDICT_SCHEME", "Judged", "judged_hashes"]

# Scheme of the label that names the record of the verdict.
VERDICT_SCHEME = "unseen.verdict"
_DIGESTS = (Signal.SHA256, Signal.SHA1, Signal.MD5)


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding on which a verdict stands.

    Attributes:
        entry: It as an entry: under the id of the finding, with its digests, its PDQ where that is of use, and a
            label that names the record of the verdict.
        is_csam: Whether a list of class csam made it a finding; of a scan whose conditions were erased nobody knows.
    """

    entry: Published
    is_csam: bool


def judged_hashes(store: Store, decision: Decision, prefixes: Sequence[str] = ()) -> Iterator[Judged]:
    """Give every finding on which this verdict stands, by id, as an entry of a list.

    Args:
        store: The store.
        decision: Which verdict.
        prefixes: Ids of findings, or as much of each as names one finding only; none for all.

    Raises:
        UsageError: There is no such finding.
        StoreError: The store cannot be read.
    """
    with store.read() as connection:
        decided = newest_verdicts().subquery()
        query = (
            select(findings.c.id, findings.c.locator, findings.c.sha256, decided.c.id)
            .join(decided, decided.c.finding_id == findings.c.id)
            .where(decided.c.decision == decision.value, decided.c.is_current)
            .order_by(findings.c.id)
        )
        if prefixes:
            query = query.where(findings.c.id.in_(resolve(connection, prefixes)))
        for finding_id, locator, sha256, verdict in connection.execute(query):
            hashes = dict(_hashes(connection, finding_id, locator, sha256))
            entry = Published(
                entry=finding_id,
                publisher=None,
                hashes=tuple(hashes.items()),
                labels=(Label(VERDICT_SCHEME, str(verdict)),),
            )
            yield Judged(entry, _is_csam(connection, finding_id))


def _hashes(connection: Connection, finding_id: str, locator: bytes, sha256: bytes) -> Iterator[tuple[str, bytes]]:
    """Of every scan that saw it: hashes may have been erased from some."""
    yield Signal.SHA256.value, sha256
    seen = select(finding_matches.c.scan_id).where(finding_matches.c.finding_id == finding_id)
    query = select(items).where(items.c.scan_id.in_(seen), items.c.locator == locator, items.c.sha256 == sha256)
    for row in connection.execute(query.order_by(items.c.id)).mappings():
        yield from ((signal.value, row[signal.value]) for signal in _DIGESTS if row[signal.value] is not None)
        if row["pdq"] is not None and (row["pdq_quality"] or 0) >= QUALITY_MIN:
            yield Signal.PDQ.value, row["pdq"]


def _is_csam(connection: Connection, finding_id: str) -> bool:
    query = (
        select(finding_matches.c.list, scans.c.settings)
        .join(scans, scans.c.id == finding_matches.c.scan_id)
        .where(finding_matches.c.finding_id == finding_id)
        .distinct()
    )
    return any(
        [name, list_class] == [matched, ListClass.CSAM]
        for matched, settings in connection.execute(query)
        for name, _, list_class in json.loads(settings).get("lists", ())
    )
