"""JSON objects made of values, in one place; docs/reference/json-output.md describes every field."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from unseen.model import (
    Acquired,
    Finding,
    Frame,
    Ground,
    How,
    Item,
    ItemHashes,
    Match,
    NotScreened,
    Reason,
    Summary,
    Verdict,
)

if TYPE_CHECKING:
    from unseen.casework.asking import Told
    from unseen.casework.bench import Measurement
    from unseen.casework.bundles import Repeated, Rerun, WrittenBundle
    from unseen.casework.demo import DemoResult
    from unseen.casework.doctor import Check
    from unseen.casework.known.policies import ShownPolicy
    from unseen.casework.lists import AddedList, ListAccount, ListInfo
    from unseen.casework.matching import Answer
    from unseen.casework.proof.keys import Rotated, ShownKey
    from unseen.casework.proof.stamping import Request, Stamp
    from unseen.casework.proof.verifying import Verified
    from unseen.casework.proof.witnessing import Asked, Cosigned
    from unseen.casework.reporting import WrittenReport
    from unseen.errors import VerificationError

__all__ = [
    "account_row",
    "acquired_row",
    "added_row",
    "answer_row",
    "asked_row",
    "bundle_row",
    "check_row",
    "cosigned_row",
    "demo_rows",
    "finding_row",
    "hash_row",
    "how_row",
    "key_row",
    "list_row",
    "match_row",
    "measurement_row",
    "not_screened_row",
    "not_verified_row",
    "outcome",
    "policy_row",
    "repeated_row",
    "report_row",
    "request_row",
    "rerun_row",
    "rotated_row",
    "stamp_row",
    "summary_row",
    "told_row",
    "verdict_row",
    "verified_row",
]

Row = dict[str, object]


def hash_row(item: Item, hashes: ItemHashes) -> Row:
    """A row of `unseen hash --json`."""
    return {
        "item": str(item.locator),
        "size_bytes": hashes.size_bytes,
        "sha256": _hex(hashes.sha256),
        "sha1": _hex(hashes.sha1),
        "md5": _hex(hashes.md5),
        "pdq": _hex(hashes.pdq),
        "pdq_quality": hashes.pdq_quality,
        "variants": [
            {"how": how_row(variant.how), "pdq": variant.pdq.hex(), "pdq_quality": variant.pdq_quality}
            for variant in hashes.variants
        ],
        "vpdq": None if hashes.vpdq is None else [_frame_row(frame) for frame in hashes.vpdq],
        "video_mode": hashes.video_mode,
        "acquisition": None if hashes.acquisition is None else asdict(hashes.acquisition),
        "outcome": outcome(hashes),
        "reason": hashes.reason,
    }


def acquired_row(acquired: Acquired) -> Row:
    """A row `acquisition` of `unseen scan --json`."""
    return {"type": "acquisition", "item": str(acquired.locator), **asdict(acquired.acquisition)}


def outcome(hashes: ItemHashes) -> str:
    """What became of an item that was hashed only: `hashed`, `digest_only` or `not_screened`."""
    match hashes.reason:
        case Reason.NOT_MEDIA | Reason.LOW_QUALITY | Reason.KNOWN_FILE:
            return "digest_only"
        case None:
            return "hashed"
        case Reason.TRUNCATED | Reason.ALTERED_UNFINISHED if hashes.is_decoded:
            return "hashed"
        case _:
            return "not_screened"


def match_row(match: Match) -> Row:
    """One of `matches`."""
    return {
        "list": match.list,
        "entry": match.entry,
        "signal": match.signal,
        "distance_bits": match.distance_bits,
        "how": how_row(match.how),
        "video": None if match.video is None else asdict(match.video),
        "ground": match.ground,
        "publisher": match.publisher,
        "marks": list(match.marks),
        "altered": None if match.altered is None else asdict(match.altered),
    }


def answer_row(answer: "Answer") -> Row:
    """A row of `unseen match --json`."""
    return {
        "item": answer.item,
        "outcome": answer.outcome,
        "reason": answer.reason,
        "is_finding": answer.is_finding,
        "ground": Ground.first(match.ground for match in answer.matches),
        "matches": [match_row(match) for match in answer.matches],
    }


def list_row(info: "ListInfo") -> Row:
    """A row of `unseen list ls --json`."""
    return {
        "list": info.name,
        "class": info.list_class,
        "format": info.file_format,
        "origin": info.origin,
        "sha256": info.sha256.hex(),
        "added_at_utc": info.added_at_utc,
        "entries": info.entry_count,
        "version": info.version,
    }


def account_row(account: "ListAccount") -> Row:
    """The row of `unseen list show --json`."""
    labels = sorted(account.by_label.items(), key=lambda pair: (pair[0].scheme, pair[0].code))
    return {
        **list_row(account.info),
        "entries_searchable": account.searchable,
        "entries_not_searchable": account.not_searchable,
        "signals": dict(sorted(account.by_signal.items())),
        "labels": [{"scheme": label.scheme, "code": label.code, "entries": count} for label, count in labels],
    }


def added_row(added: "AddedList") -> Row:
    """The row of `unseen list add --json`."""
    return {
        **account_row(added.account),
        "duplicates": added.duplicates,
        "passed_over": dict(sorted(added.passed_over.items())),
        "unread_columns": list(added.unread_columns),
        "refused": added.refused_count,
        "refused_at": [{"position": each.position, "why": each.why} for each in added.refused],
    }


def policy_row(shown: "ShownPolicy") -> Row:
    """The row of `unseen list policy --json`."""
    return {
        "list": shown.list,
        "policy": shown.policy.to_fields(),
        "is_default": not shown.history,
        "history": [{**asdict(one), "policy": one.policy.to_fields()} for one in shown.history],
    }


def check_row(check: "Check") -> Row:
    """A row of `unseen doctor --json`."""
    return {"check": check.name, "state": check.state, "said": check.said, "hint": check.hint or None}


def demo_rows(result: "DemoResult") -> Iterator[Row]:
    """The rows of `unseen demo --json`."""
    for copy in result.copies:
        yield {
            "type": "altered_copy",
            "item": copy.item,
            "photograph": copy.photograph,
            "alteration": copy.alteration,
            "is_within_reach": copy.is_within_reach,
            "match": None if copy.match is None else match_row(copy.match),
        }
    yield from map(not_screened_row, result.unscreened)
    if result.verified is not None:
        yield verified_row(result.verified)
    if result.summary is not None:
        yield summary_row(result.summary)


def verified_row(verified: "Verified") -> Row:
    """The row of `unseen verify --json` where everything holds."""
    return {"type": "verified", **asdict(verified), "root": verified.root.hex()}


def cosigned_row(cosigned: "Cosigned") -> Row:
    """The row of `unseen witness --json` where the ledger was cosigned."""
    return {"type": "cosigned", **asdict(cosigned), "root": cosigned.root.hex()}


def asked_row(asked: "Asked") -> Row:
    """The row of `unseen witness --since --json`."""
    return {"type": "asked", **asdict(asked)}


def key_row(shown: "ShownKey") -> Row:
    """The row of `unseen key show --json`."""
    return {"type": "key", **asdict(shown)}


def rotated_row(rotated: "Rotated") -> Row:
    """The row of `unseen key rotate --json`."""
    return {"type": "key_rotated", **asdict(rotated)}


def request_row(request: "Request") -> Row:
    """The row of `unseen stamp request --json`."""
    return {"type": "stamp_request", **asdict(request), "sha256": request.sha256.hex()}


def stamp_row(stamp: "Stamp") -> Row:
    """The row of `unseen stamp add --json`."""
    return {"type": "stamp", **asdict(stamp)}


def not_verified_row(error: "VerificationError") -> Row:
    """The row of `unseen verify --json`, and of `witness`, where something does not hold."""
    return {
        "type": "not_verified",
        "error": str(error),
        "index": getattr(error, "index", None),
        "expected": getattr(error, "expected", None) or None,
        "found": getattr(error, "found", None) or None,
    }


def measurement_row(measurement: "Measurement") -> Row:
    """A row of `unseen bench --json`."""
    return asdict(measurement)


def finding_row(finding: Finding, *, with_id: bool = False) -> Row:
    """A finding, as `scan` prints it and, with its id, as `findings` does."""
    return {
        "type": "finding",
        **({"id": finding.id} if with_id else {}),
        "item": str(finding.locator),
        "state": finding.state,
        "times": None if finding.times is None else finding.times.in_utc(),
        "matches": [
            match_row(match) | ({"marks_now": list(match.marks_now)} if with_id else {}) for match in finding.matches
        ],
        **({"rests_on_withdrawn": finding.rests_on_withdrawn} if with_id else {}),
        "ground": finding.ground,
        "status": finding.status,
        "verdict": None if finding.verdict is None else verdict_row(finding.verdict),
    }


def told_row(told: "Told") -> Row:
    """A row of `unseen findings ask --json`."""
    return {
        "finding": told.finding,
        "outcome": told.outcome,
        "classification": told.classification,
        "sha256": _hex(told.sha256),
    }


def verdict_row(verdict: Verdict) -> Row:
    """A verdict, as `verdict` and `verdicts` hold it."""
    return {
        "decision": verdict.decision,
        "by": verdict.by,
        "reason": verdict.reason,
        "at_utc": verdict.at_utc,
        "is_current": verdict.is_current,
    }


def report_row(written: "WrittenReport") -> Row:
    """A row of `unseen report --json`: one file."""
    return {
        "report": written.report,
        "scan": written.scan,
        "format": written.form,
        "file": written.path,
        "sha256": written.sha256.hex(),
        "size_bytes": written.size_bytes,
    }


def bundle_row(written: "WrittenBundle") -> Row:
    """The row of `unseen report --bundle --json`."""
    return {"type": "bundle", **asdict(written), "findings": list(written.findings)}


def repeated_row(repeated: "Repeated") -> Row:
    """A row of `unseen rerun --json`: one match."""
    return {
        "type": "repeated",
        "finding": repeated.finding,
        "item": repeated.item,
        "match": match_row(repeated.match),
        "result": repeated.result,
        "distance_bits": repeated.distance_bits,
        "list": repeated.list,
        "ground": repeated.ground,
    }


def rerun_row(rerun: "Rerun") -> Row:
    """The last row of `unseen rerun --json`."""
    return {
        "type": "rerun",
        "origin": rerun.origin,
        "size": rerun.size,
        "is_pinned": rerun.is_pinned,
        "threshold_bits": rerun.threshold_bits,
        "matches": len(rerun.matches),
        "results": {result: count for result in type(rerun.matches[0].result) if (count := rerun.count(result))}
        if rerun.matches
        else {},
        "holds": rerun.holds,
    }


def not_screened_row(unscreened: NotScreened) -> Row:
    """An item, or a part of one, that was not screened."""
    return {"type": "not_screened", "item": str(unscreened.locator), "reason": unscreened.reason}


def summary_row(summary: Summary) -> Row:
    """The account of a scan."""
    counts = {name: value for name, value in asdict(summary).items() if name != "rechecked"}
    return {"type": "summary", **counts, "seconds": round(summary.seconds, 3)}


def how_row(how: How | None) -> Mapping[str, object] | None:
    """In which way a hash was taken; null for digests."""
    return None if how is None else asdict(how)


def _frame_row(frame: Frame) -> Row:
    return {
        "frame": frame.frame,
        "time_s": frame.time_s,
        "pdq": frame.pdq.hex(),
        "pdq_quality": frame.pdq_quality,
        "stream": frame.stream,
    }


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
