"""A case as plain values for templates and for other programs: names and meanings are in docs/reference/case-fields.md.

What is not on record is None. Nothing is filled in.
"""

import json
from typing import Any

from unseen.model import Match, Times
from unseen.reports.exports.values import ExportedCase, ExportedFinding

__all__ = ["FORMAT", "case_as_fields", "case_fields"]

FORMAT = "unseen-case-fields-v1"


def case_as_fields(case: ExportedCase) -> bytes:
    """Write the values as JSON."""
    document = {"format": FORMAT, **case_fields(case)}
    return json.dumps(document, ensure_ascii=True, indent=1).encode("ascii") + b"\n"


def case_fields(case: ExportedCase) -> dict[str, Any]:
    """Give everything that leaves with a case."""
    files = [_file(one) for one in case.findings]
    return {
        "case": {
            "number": case.id,
            "ledger": case.ledger,
            "subject_kind": case.subject.kind.value,
            "subject": case.subject.id,
            "known_at_utc": case.known_at_utc,
            "danger": case.danger,
            "forwarded": list(case.forwarded),
        },
        "export": {"at_utc": case.exported_at_utc, "by": case.by, "reason": case.reason, "version": case.version},
        "account": None if case.account is None else json.loads(case.account),
        "files": files,
        "counts": {
            "files": len(files),
            "viewed": sum(file["viewed"] for file in files),
            "cleared": sum(file["verdict"] == "cleared" for file in files),
        },
    }


def _file(one: ExportedFinding) -> dict[str, Any]:
    finding, facts = one.finding, one.facts
    known: dict[str, Any] = json.loads(facts.file) if facts is not None and facts.file is not None else {}
    event = known.get("ipCaptureEvent") or {}
    ip = facts.ip if facts is not None else None
    exif = [pair for each in known.get("details", ()) if each.get("type") == "EXIF" for pair in each["nameValuePair"]]
    return {
        "finding": finding.id,
        "item": str(finding.locator),
        "state": finding.state.value,
        "size_bytes": one.size_bytes,
        "md5": _hex(one.md5),
        "sha1": _hex(one.sha1),
        "sha256": finding.sha256.hex(),
        **(finding.times or Times()).in_utc(),
        "first_seen_at_utc": one.first_seen_at_utc,
        "viewed": one.is_viewed,
        "verdict": finding.status.value,
        "ground": None if finding.ground is None else finding.ground.value,
        "matches": [_match(match) for match in finding.matches],
        "labels": [{"scheme": label.scheme, "code": label.code} for label in one.labels],
        "uploaded_at": facts and facts.uploaded_at_utc,
        "ip": ip or event.get("ipAddress"),
        "port": facts.port if facts is not None and ip is not None else event.get("port"),
        "ip_at": facts.uploaded_at_utc if facts is not None and ip is not None else event.get("dateTime"),
        "original_name": facts and facts.original_name,
        "facts_are_of": facts and facts.about,
        "url": known.get("locationOfFile"),
        "publicly_available": known.get("publiclyAvailable"),
        "exif": exif,
        "devices": known.get("deviceId", []),
        "also_in_cases": list(one.also_in),
    }


def _match(match: Match) -> dict[str, Any]:
    return {
        "list": match.list,
        "entry": match.entry,
        "signal": match.signal,
        "distance_bits": match.distance_bits,
        "ground": None if match.ground is None else match.ground.value,
        "marks": [mark.value for mark in dict.fromkeys((*match.marks, *match.marks_now))],
    }


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
