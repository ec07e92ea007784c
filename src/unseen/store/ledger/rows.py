"""What the ledger commits to of each row, and the rows again for whoever compares them with their entries.

The value of a row is an object of text and integers: bytes in hexadecimal, fractions as Python prints them. Writing and
checking use the same functions here, so that they cannot mean different things.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from unseen.store.ledger.custody import open_acts, open_preserved
from unseen.store.ledger.filings import open_all_filing_rows
from unseen.store.ledger.opened import Kept, Opened, fetch
from unseen.store.schema import (
    case_events,
    deliveries,
    entry_decisions,
    finding_matches,
    findings,
    items,
    list_sources,
    not_screened,
    openings,
    outbox,
    runs,
    scans,
    verdict_matches,
    verdicts,
)
from unseen.store.variants import ACQUISITION_VERSION

__all__ = [
    "MATCH_COLUMNS",
    "NEVER_KEPT",
    "case_event_value",
    "decision_value",
    "delivery_value",
    "finding_value",
    "hashes_value",
    "item_value",
    "kept_value",
    "letter_value",
    "open_case_events",
    "open_decisions",
    "open_findings",
    "open_items",
    "open_rows",
    "open_runs",
    "open_sources",
    "open_verdicts",
    "run_value",
    "source_value",
    "stated_account",
    "stated_list",
    "verdict_value",
]

Row = Mapping[str, Any]

# What stands in `hashes_sha256` of an item whose hashes were not written. No salt gives it.
NEVER_KEPT = bytes(32)


_DIGESTS = ("sha256", "sha1", "md5", "pdq", "variants")
_OF_ITEM = ("scan_id", "state", "outcome", "reason", "size_bytes")
# Which match it is; two of the same values are the same match, however the hash was taken.
MATCH_COLUMNS = ("list", "entry", "signal", "distance_bits")
_MATCH = (*MATCH_COLUMNS, "how")
# Older versions knew none of these, and their entries commit to values without them.
_WEIGHED = ("ground", "publisher", "marks")
_LETTER = ("kind", "channel", "target", "finding_id", "verdict_id", "content", "queued_by", "at_utc")
_DELIVERY = ("letter_id", "claim_no", "at_utc", "outcome", "status", "answer")
_VERDICT = ("finding_id", "decision", "decided_by", "reason", "at_utc")
_DECISION = ("list_id", "entry", "decision", "decided_by", "reason", "at_utc")
_SOURCE = ("list", "exchange", "settings", "at_utc")


def item_value(row: Row, reasons: Sequence[str]) -> dict[str, Any]:
    """What an entry `item` commits to: the row of `items`, and why it was not screened, if so.

    Where the hashes can be erased by themselves, their commitment is in their place.
    """
    value: dict[str, Any] = {name: row[name] for name in _OF_ITEM}
    if row["hashes_sha256"] is None:
        value |= hashes_value(row)
    else:
        value["hashes"] = row["hashes_sha256"].hex()
        if _is_acquisition(row["variants"]):
            value["variants"] = row["variants"].hex()
    _put_locator(value, row["locator"])
    if reasons:
        value["not_screened"] = list(reasons)
    return value


def kept_value(row: Row) -> dict[str, Any]:
    """The hashes of an item that matched nothing. What came of an acquisition is no hash, and stays with the item."""
    return hashes_value({**row, "variants": None} if _is_acquisition(row["variants"]) else row)


def hashes_value(row: Row) -> dict[str, Any]:
    """The hashes of an item, as entries commit to them."""
    value: dict[str, Any] = {"pdq_quality": row["pdq_quality"]}
    for name in _DIGESTS:
        digest = row[name]
        value[name] = None if digest is None else digest.hex()
    if row["plugged_in"] is not None:
        value["plugged_in"] = row["plugged_in"]
    if row["altered"] is not None:
        value["altered"] = row["altered"].hex()
    return value


def finding_value(row: Row, matches: Sequence[Row]) -> dict[str, Any]:
    """What an entry `finding` commits to: the row of `findings`, and the matches that one scan made, in their order."""
    value: dict[str, Any] = {name: row[name] for name in ("id", "state", "times", "first_seen_at_utc")}
    value["sha256"] = row["sha256"].hex()
    _put_locator(value, row["locator"])
    value["scan_id"] = matches[0]["scan_id"]
    value["matches"] = [_match_value(match) for match in matches]
    return value


def _match_value(match: Row) -> dict[str, Any]:
    weighed = {name: match[name] for name in _WEIGHED if match[name] is not None}
    return {name: match[name] for name in _MATCH} | weighed


def run_value(row: Row) -> dict[str, Any]:
    """What an entry `scan_started` commits to: the row of `runs`, and what its scan was asked to do."""
    value = {name: row[name] for name in ("scan_id", "conditions", "settings")}
    return {**value, "key": row["key"].hex()}


def verdict_value(row: Row, matches: Sequence[Row]) -> dict[str, Any]:
    """What an entry `verdict` commits to: the row of `verdicts`, and the matches on record when it was given."""
    value: dict[str, Any] = {name: row[name] for name in _VERDICT}
    value["matches"] = [{name: match[name] for name in MATCH_COLUMNS} for match in matches]
    return value


def decision_value(row: Row) -> dict[str, Any]:
    """What an entry `entry_decision` commits to: the row of `entry_decisions`."""
    return {name: row[name] for name in _DECISION}


def source_value(row: Row) -> dict[str, Any]:
    """What an entry `list_source` commits to: the row of `list_sources`."""
    return {name: row[name] for name in _SOURCE}


def case_event_value(row: Row) -> dict[str, Any]:
    """What an entry `case_event` commits to: the row of `case_events`, without what is empty in it."""
    return {name: value for name, value in row.items() if name not in {"id", "salt"} and value is not None}


def letter_value(row: Row) -> dict[str, Any]:
    """What an entry `letter_queued` commits to: the row of `outbox`, without who has it in hand."""
    # Older versions knew no filings, and their entries commit to values without one.
    filing = {} if row["filing_id"] is None else {"filing_id": row["filing_id"]}
    return {name: row[name] for name in _LETTER} | filing


def delivery_value(row: Row) -> dict[str, Any]:
    """What an entry `letter_tried` commits to: the row of `deliveries`."""
    return {name: row[name] for name in _DELIVERY}


def stated_account(account: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of a scan as its entries state them, in clear; fractions as text, since the ledger knows none."""
    return {name: repr(value) if isinstance(value, float) else value for name, value in account.items()}


def stated_list(row: Row) -> dict[str, object]:
    """What an entry `list_added` says of the row of `lists`, in clear; where it came from is hidden."""
    return {
        "name": row["name"],
        "class": row["list_class"],
        "format": row["format"],
        "sha256": row["sha256"].hex(),
        "entries": row["entry_count"],
        "entries_sha256": row["entries_sha256"].hex(),
    }


def open_rows(connection: Connection) -> list[Iterator[Opened]]:
    """Give all rows that open commitments, table by table, each in the order of entries; constant memory.

    Args:
        connection: Of one transaction, so that all are of one moment.
    """
    tables = (
        open_items,
        open_findings,
        open_runs,
        open_verdicts,
        open_decisions,
        open_sources,
        open_case_events,
        open_acts,
        open_preserved,
        _letters,
        _deliveries,
        _others,
    )
    return [*(table(connection) for table in tables), *open_all_filing_rows(connection)]


def open_items(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Opened]:
    """Rows of `items`, those that hold for every condition."""
    query = (
        select(items, not_screened.c.reason)
        .join_from(items, not_screened, not_screened.c.item_id == items.c.id, isouter=True)
        .where(*which)
        .order_by(items.c.id, not_screened.c.id)
    )
    names = [*items.c.keys(), "reason_unscreened"]
    for number, rows in groupby(fetch(connection, query, names), key=lambda row: row["id"]):
        group = list(rows)
        reasons = [row["reason_unscreened"] for row in group if row["reason_unscreened"] is not None]
        salt, commitment = group[0]["hash_salt"], group[0]["hashes_sha256"]
        is_apart = salt is not None or commitment is not None
        hashes = Kept(salt, kept_value(group[0]), commitment or b"") if is_apart else None
        yield Opened(number, "item", group[0]["salt"], item_value(group[0], reasons), hashes)


def open_findings(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Opened]:
    """Rows of `findings` with their matches in one scan, those that hold for every condition."""
    of_matches = [finding_matches.c[name] for name in ("ledger_n", "salt", "scan_id", *_MATCH, *_WEIGHED)]
    of_findings = [findings.c[name] for name in ("id", "locator", "sha256", "state", "times", "first_seen_at_utc")]
    query = (
        select(*of_matches, *of_findings)
        .join_from(finding_matches, findings, findings.c.id == finding_matches.c.finding_id)
        .where(*which)
        .order_by(finding_matches.c.ledger_n, finding_matches.c.id)
    )
    names = [column.name for column in (*of_matches, *of_findings)]
    # One salt, one finding, one scan for each entry: a row that differs begins another group of the same number.
    key = ("ledger_n", "salt", "scan_id", "id")
    rows = fetch(connection, query, names)
    for (number, salt, *_), group in groupby(rows, key=lambda row: tuple(row[name] for name in key)):
        matches = list(group)
        yield Opened(number, "finding", salt, finding_value(matches[0], matches))


def open_runs(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Opened]:
    """Rows of `runs` with what their scan was asked to do, those that hold for every condition."""
    query = (
        select(runs, scans.c.settings, scans.c.key)
        .join_from(runs, scans, scans.c.id == runs.c.scan_id)
        .where(*which)
        .order_by(runs.c.id)
    )
    for row in fetch(connection, query, [*runs.c.keys(), "settings", "key"]):
        yield Opened(row["id"], "scan_started", row["salt"], run_value(row))


def open_verdicts(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Opened]:
    """Rows of `verdicts` with the matches that were on record, those that hold for every condition."""
    columns = [verdict_matches.c[name] for name in MATCH_COLUMNS]
    query = (
        select(verdicts, *columns)
        .join_from(verdicts, verdict_matches, verdict_matches.c.verdict_id == verdicts.c.id, isouter=True)
        .where(*which)
        .order_by(verdicts.c.id, *columns)
    )
    names = [*verdicts.c.keys(), *MATCH_COLUMNS]
    for number, rows in groupby(fetch(connection, query, names), key=lambda row: row["id"]):
        group = list(rows)
        matches = [row for row in group if row["list"] is not None]
        yield Opened(number, "verdict", group[0]["salt"], verdict_value(group[0], matches))


def open_decisions(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Opened]:
    """Rows of `entry_decisions`, those that hold for every condition."""
    query = select(entry_decisions).where(*which).order_by(entry_decisions.c.id)
    for row in fetch(connection, query, entry_decisions.c.keys()):
        yield Opened(row["id"], "entry_decision", row["salt"], decision_value(row))


def open_sources(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Opened]:
    """Rows of `list_sources`, those that hold for every condition."""
    query = select(list_sources).where(*which).order_by(list_sources.c.id)
    for row in fetch(connection, query, list_sources.c.keys()):
        yield Opened(row["id"], "list_source", row["salt"], source_value(row))


def open_case_events(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Opened]:
    """Rows of `case_events`, those that hold for every condition."""
    query = select(case_events).where(*which).order_by(case_events.c.id)
    for row in fetch(connection, query, case_events.c.keys()):
        yield Opened(row["id"], "case_event", row["salt"], case_event_value(row))


def _letters(connection: Connection) -> Iterator[Opened]:
    for row in fetch(connection, select(outbox).order_by(outbox.c.id), outbox.c.keys()):
        yield Opened(row["id"], "letter_queued", row["salt"], letter_value(row))


def _deliveries(connection: Connection) -> Iterator[Opened]:
    for row in fetch(connection, select(deliveries).order_by(deliveries.c.id), deliveries.c.keys()):
        yield Opened(row["id"], "letter_tried", row["salt"], delivery_value(row))


def _others(connection: Connection) -> Iterator[Opened]:
    for row in fetch(connection, select(openings).order_by(openings.c.n), openings.c.keys()):
        yield Opened(row["n"], None, row["salt"], row["value"])


def _is_acquisition(variants: bytes | None) -> bool:
    return variants is not None and variants[0] == ACQUISITION_VERSION


def _put_locator(value: dict[str, Any], packed: bytes) -> None:
    """Names on disk are bytes; those that are no text have no other exact form. Of a chain, its layers besides."""
    text, is_chain, layers = packed.partition(b"\0")
    try:
        value["locator"] = text.decode()
    except UnicodeDecodeError:
        value["locator_hex"] = text.hex()
    if is_chain:
        value["layers"] = layers.decode()
