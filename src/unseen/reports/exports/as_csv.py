"""A case as a table, one row for each finding (RFC 4180, UTF-8)."""

import csv
import io
from datetime import UTC, datetime

from unseen.model import Times
from unseen.reports.exports.values import ExportedCase, ExportedFinding

__all__ = ["case_as_csv", "moment"]

_HEAD = (
    "case",
    "subject",
    "finding",
    "item",
    "state",
    "size_bytes",
    "md5",
    "sha1",
    "sha256",
    "modified_at_utc",
    "accessed_at_utc",
    "changed_at_utc",
    "born_at_utc",
    "first_seen_at_utc",
    "matches",
    "labels",
    "verdict",
    "verdict_by",
    "uploaded_at",
    "ip",
    "port",
    "original_name",
    "also_in_cases",
)
# Spreadsheets take a cell that begins so for a formula, and run it: names of files are whoever's who made them.
_FORMULA = tuple("=+-@\t\r\n")


def case_as_csv(case: ExportedCase) -> bytes:
    """Write the table. A cell that a spreadsheet would run has an apostrophe before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for one in case.findings:
        writer.writerow([_cell(value) for value in _row(case, one)])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _row(case: ExportedCase, one: ExportedFinding) -> tuple[object, ...]:
    finding, facts, times = one.finding, one.facts, one.finding.times or Times()
    verdict = finding.verdict
    return (
        case.id,
        case.subject,
        finding.id,
        finding.locator,
        finding.state,
        one.size_bytes,
        _hex(one.md5),
        _hex(one.sha1),
        finding.sha256.hex(),
        *(moment(ns) for ns in (times.modified_ns, times.accessed_ns, times.changed_ns, times.born_ns)),
        one.first_seen_at_utc,
        "; ".join(f"{each.list} {each.entry} {each.signal} {each.distance_bits}" for each in finding.matches),
        "; ".join(f"{label.scheme} {label.code}" for label in one.labels),
        finding.status,
        None if verdict is None else verdict.by,
        facts and facts.uploaded_at_utc,
        facts and facts.ip,
        facts and facts.port,
        facts and facts.original_name,
        " ".join(str(number) for number in one.also_in),
    )


def moment(ns: int | None) -> str | None:
    """Nanoseconds since 1970 in ISO 8601, to the second; None for None, and for what no calendar has."""
    try:
        return None if ns is None else datetime.fromtimestamp(ns // 10**9, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
