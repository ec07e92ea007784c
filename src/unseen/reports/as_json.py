"""The report as JSON, one finding a line; docs/reference/formats/report-v1.md describes every field.

The first three lines hold what differs between two reports of one store; the report's id is taken of all others.
"""

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from json import dumps
from typing import IO

from unseen.model import Ground, NotScreened
from unseen.model.report import ReportData, ReportedFinding, ReportedList, ReportedMatch
from unseen.reports import words
from unseen.reports.of_case import case_value

__all__ = ["FORMAT", "write_json", "write_json_body"]

FORMAT = "unseen-report-v1"

# Half of SHA-256: enough that nobody makes two reports with one id, and short enough to be read out.
_ID_DIGITS = 32


def write_json_body(report: ReportData, body: IO[bytes]) -> str:
    """Write all but the first three lines; constant memory.

    Returns:
        The report's id: the first 32 hexadecimal digits of SHA-256 over what was written.
    """
    digest = hashlib.sha256()
    for line in _lines(report):
        # ASCII only: bytes of names that are not UTF-8 are escaped, and come back as they were.
        written = line.encode("ascii") + b"\n"
        digest.update(written)
        body.write(written)
    return digest.hexdigest()[:_ID_DIGITS]


def write_json(report: ReportData, report_id: str, body: IO[bytes], out: IO[bytes]) -> None:
    """Write the whole: three lines, and the body from where it stands."""
    head = {"id": report_id, "written_at_utc": report.written_at_utc}
    out.write(f'{{\n"format": "{FORMAT}",\n"report": {_text(head)},\n'.encode("ascii"))
    shutil.copyfileobj(body, out)


def _lines(report: ReportData) -> Iterator[str]:
    members: dict[str, object] = {
        "written_by": {"program": "unseen", "version": report.version},
        "stated": asdict(report.stated),
        "statements": [
            {"name": name, "text": text} for name, text in (*words.READING, *words.LIMITS, *words.DEFINITIONS)
        ],
        "scan": {
            "number": report.scan,
            "started_at_utc": report.started_at_utc,
            "finished_at_utc": report.finished_at_utc,
            "basis": report.basis,
            "sources": [{"given": given, "place": place} for given, place in report.sources],
            "paths_sha256": report.paths_sha256,
            "threshold_bits": report.threshold_bits,
            "plugged_in": list(report.plugged_in),
            "altered": report.altered,
            "unsafe_no_sandbox": report.unsafe_no_sandbox,
            "keep_hashes": str(report.retention),
        },
        "runs": [asdict(run) for run in report.runs],
        "lists": [_list(one) for one in report.lists],
        "summary": {**asdict(report.summary), "seconds": round(report.summary.seconds, 3)},
        "digest_only": {reason.value: count for reason, count in report.digest_only.items()},
        "reasons": {reason.value: count for reason, count in report.not_screened.items()},
        "checkpoint": None if report.checkpoint is None else asdict(report.checkpoint),
        "findings_shown": report.findings_shown,
        "case": case_value(report.of_case),
        "acquired": [{"item": str(one.locator), **asdict(one.acquisition)} for one in report.acquired],
    }
    for name, value in members.items():
        yield f'"{name}": {_text(value)},'
    yield '"findings": ['
    yield from _array(map(_finding, report.findings()))
    yield "],"
    yield '"not_screened": ['
    yield from _array(map(_unscreened, report.unscreened()))
    yield "]"
    yield "}"


def _array(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    before = None
    for row in rows:
        if before is not None:
            yield before + ","
        before = _text(row)
    if before is not None:
        yield before


def _finding(finding: ReportedFinding) -> dict[str, object]:
    return {
        "id": finding.id,
        "item": str(finding.locator),
        "state": finding.state,
        "times": None if finding.times is None else finding.times.in_utc(),
        "outcome": finding.outcome,
        "reason": finding.reason,
        "size_bytes": finding.size_bytes,
        **{name: None if (value := finding.digests.get(name)) is None else value.hex() for name in words.DIGESTS},
        "digests_withheld": list(finding.digests_withheld),
        "pdq_quality": finding.pdq_quality,
        "first_seen_at_utc": finding.first_seen_at_utc,
        "verdict": None if finding.verdict is None else asdict(finding.verdict),
        "ground": Ground.first(reported.match.ground for reported in finding.matches),
        "matches": [_match(reported) for reported in finding.matches],
    }


def _match(reported: ReportedMatch) -> dict[str, object]:
    match, labels = reported.match, reported.labels
    return {
        "list": match.list,
        "entry": match.entry,
        "labels": None if labels is None else [asdict(label) for label in labels],
        "signal": match.signal,
        "distance_bits": match.distance_bits,
        "how": None if match.how is None else asdict(match.how),
        "video": None if match.video is None else asdict(match.video),
        "ground": match.ground,
        "publisher": match.publisher,
        "marks": list(match.marks),
        "marks_now": list(match.marks_now),
        "altered": None if match.altered is None else asdict(match.altered),
    }


def _list(one: ReportedList) -> dict[str, object]:
    return {
        "list": one.name,
        "class": one.list_class,
        "sha256": one.sha256,
        "entries": None if one.entries is None else dict(one.entries),
        "searchable": list(one.searchable),
        "policy": None if one.policy is None else one.policy.to_fields(),
        "version": one.version,
    }


def _unscreened(row: NotScreened) -> dict[str, object]:
    return {"item": str(row.locator), "reason": row.reason}


def _text(value: object) -> str:
    return dumps(value, ensure_ascii=True, allow_nan=False)
