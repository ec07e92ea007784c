"""What of a store goes into a bundle: the records of some findings of one scan, and what is needed to read them.

In clear: the first entry of the ledger, how each run of the scan began, the lists that it searched and their policies,
its account, and every change of the signing key.
Opened: the items, the findings, the verdicts and the acts of custody of these findings, what authorities were told of
their files, and the receipts for it; of a case, what happened to it too. Nothing of any other item or account.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from unseen.errors import LedgerBrokenError, UsageError
from unseen.model import Locator
from unseen.store.engine import Store
from unseen.store.findings import pack_locator
from unseen.store.ledger.custody import open_acts
from unseen.store.ledger.entries import entries_of_type
from unseen.store.ledger.filings import open_filing_rows
from unseen.store.ledger.opened import Opened
from unseen.store.ledger.rows import open_case_events, open_findings, open_items, open_runs, open_verdicts
from unseen.store.schema import (
    case_events,
    custody_acts,
    filing_answers,
    filing_files,
    filing_steps,
    finding_matches,
    findings,
    items,
    ledger,
    runs,
    scans,
    verdicts,
)
from unseen.store.verdicts import resolve

__all__ = ["Disclosure", "disclose"]

_ROWS_PER_FETCH = 1_000

# Salt and value behind an entry; None where it has none, or keeps it closed.
Opening = tuple[bytes, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Which entries of the ledger a bundle holds, and what of them is opened.

    Attributes:
        findings: Ids, in the order of their records.
        entries: By the number of the entry.
        are_sources_open: Whether the sources of the scan are disclosed, and with them who ran it and on which basis.
            Not where a source is an item of another finding, or holds one, and no disclosed finding lies in it.
    """

    scan_id: int
    findings: tuple[str, ...]
    entries: Mapping[int, Opening | None]
    are_sources_open: bool


def disclose(store: Store, scan_id: int, prefixes: Sequence[str] = (), *, case_id: int | None = None) -> Disclosure:
    """Gather what belongs to findings of a finished scan.

    Args:
        store: The store.
        scan_id: Of the scan.
        prefixes: Ids of findings, or as much of each as names one only; none for all that the scan saw.
        case_id: Of a case, all of whose events are opened too.

    Raises:
        UsageError: There is no such finding, or this scan did not see it, or it saw none.
        LedgerBrokenError: The ledger does not hold what it must.
        StoreError: The store cannot be read.
    """
    with store.read() as connection:
        chosen = _findings_of(scan_id)
        if prefixes:
            ids = resolve(connection, prefixes)
            chosen = chosen.where(finding_matches.c.finding_id.in_(ids))
            _check_all_seen(connection, scan_id, ids, list(connection.scalars(chosen)))
        seen = [
            *open_findings(connection, finding_matches.c.scan_id == scan_id, findings.c.id.in_(chosen)),
        ]
        if not seen:
            raise UsageError(f"scan {scan_id} found nothing: there is nothing to disclose")
        of_items = items.c.scan_id == scan_id, items.c.locator.in_(_locators(chosen))
        opened = [*seen, *open_items(connection, *of_items)]
        opened += open_verdicts(connection, verdicts.c.finding_id.in_(chosen))
        opened += open_acts(connection, custody_acts.c.finding_id.in_(chosen))
        opened += _filed(connection, chosen)
        if case_id is not None:
            opened += open_case_events(connection, case_events.c.case_id == case_id)
            opened += open_acts(connection, custody_acts.c.case_id == case_id)
        begun = list(open_runs(connection, runs.c.scan_id == scan_id))
        are_open = not _names_others(connection, scan_id, chosen)
        entries: dict[int, Opening | None] = {0: None, **_opened(opened)}
        entries |= _opened(begun) if are_open else dict.fromkeys(one.number for one in begun)
        entries |= dict.fromkeys(_lists_searched(connection, scan_id))
        entries[_finished(connection, scan_id)] = None
        # Whoever was given a former key goes from it to the present one by these.
        entries |= dict.fromkeys(int(json.loads(one)["n"]) for one in entries_of_type(connection, "key_rotated"))
        ids_seen = tuple(dict.fromkeys(one.value["id"] for one in seen if isinstance(one.value, dict)))
        return Disclosure(scan_id, ids_seen, entries, are_open)


def _opened(rows: Sequence[Opened]) -> dict[int, Opening | None]:
    return {one.number: (one.salt, one.value) for one in rows if isinstance(one.value, dict)}


def _findings_of(scan_id: int) -> Select[Any]:
    return select(finding_matches.c.finding_id).where(finding_matches.c.scan_id == scan_id).distinct()


def _filed(connection: Connection, chosen: Select[Any]) -> list[Opened]:
    """What was told of these files, and the answers that say that it arrived."""
    of_findings = filing_files.c.finding_id.in_(chosen)
    told = select(filing_files.c.filing_id).where(of_findings)
    last = filing_steps.c.filing_id.in_(told), filing_steps.c.call == "finish"
    receipts = filing_answers.c.step_id.in_(select(filing_steps.c.id).where(*last))
    return [
        *open_filing_rows(connection, "filing_file", of_findings),
        *open_filing_rows(connection, "filing_step", *last),
        *open_filing_rows(connection, "filing_answer", receipts),
    ]


def _locators(chosen: Select[Any]) -> Select[Any]:
    return select(findings.c.locator).where(findings.c.id.in_(chosen))


def _check_all_seen(connection: Connection, scan_id: int, ids: Sequence[str], seen: Sequence[str]) -> None:
    for finding_id in ids:
        if finding_id not in seen:
            newest = select(func.max(finding_matches.c.scan_id)).where(finding_matches.c.finding_id == finding_id)
            last = connection.execute(newest).scalar_one()
            raise UsageError(
                f"scan {scan_id} did not see finding {finding_id}",
                hint="" if last is None else f"the newest scan that did is {last}: --scan {last}",
            )


def _names_others(connection: Connection, scan_id: int, chosen: Select[Any]) -> bool:
    """Whether a source of the scan is an item of another finding, or holds one.

    Not where a disclosed finding lies in the same source: its own locator names it.
    """
    settings = connection.execute(select(scans.c.settings).where(scans.c.id == scan_id)).scalar_one()
    # As the locators of items are written: what looks like a joint of a chain is escaped there.
    sources = [
        {pack_locator(Locator.of_file(name)) for path in pair for name in (path, os.path.realpath(path))}
        for pair in json.loads(settings).get("sources", ())
    ]
    names = frozenset[bytes]().union(*sources)
    others = findings.c.id.in_(_findings_of(scan_id)), findings.c.id.not_in(chosen)
    disclosed = _outermost(connection, names, _locators(chosen))
    hidden = _outermost(connection, names, select(findings.c.locator).where(*others))
    return any(source & hidden and not source & disclosed for source in sources)


def _outermost(connection: Connection, names: frozenset[bytes], locators: Select[Any]) -> set[bytes]:
    """Which of these names are where the chains of locators begin; one row at a time, however many there are."""
    rows = connection.execution_options(yield_per=_ROWS_PER_FETCH).scalars(locators)
    return {name for locator in rows if (name := locator.partition(b"\0")[0].partition(b" > ")[0]) in names}


def _lists_searched(connection: Connection, scan_id: int) -> list[int]:
    """Numbers of the entries that made the lists what they were, and set their policies; lists in files have none."""
    entry = connection.execute(select(ledger.c.entry).where(ledger.c.n == scan_id)).scalar_one_or_none()
    if entry is None:
        raise LedgerBrokenError(f"entry {scan_id}, which began the scan, is missing", index=scan_id)
    lists = json.loads(entry).get("lists")
    # Of very many lists an entry states only how many there are.
    if not isinstance(lists, list):
        return []
    names = ("record", "version", "policy")
    return [one[name] for one in lists for name in names if one.get(name) is not None]


def _finished(connection: Connection, scan_id: int) -> int:
    """The number of the entry that states the account of a scan, which comes after all its items."""
    last = connection.execute(select(func.max(items.c.id)).where(items.c.scan_id == scan_id)).scalar_one()
    rows = select(ledger.c.n, ledger.c.entry).where(ledger.c.n > max(scan_id, last or 0)).order_by(ledger.c.n)
    for number, entry in connection.execution_options(yield_per=_ROWS_PER_FETCH).execute(rows):
        stated = json.loads(entry)
        if stated["type"] == "scan_finished" and stated["scan"] == scan_id:
            return int(number)
    raise LedgerBrokenError(f"no entry finishes scan {scan_id}", index=scan_id)
