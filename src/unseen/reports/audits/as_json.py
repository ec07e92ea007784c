"""An audit as one JSON object; docs/reference/json-output.md describes every field."""

from dataclasses import asdict

from unseen.model import Match
from unseen.reports.audits.cautions import recall_cautions, threshold_cautions
from unseen.reports.audits.values import Proportion, RecallAudit, RecallRow, ThresholdAudit, ThresholdRow

__all__ = ["FORMAT", "recall_document", "threshold_document"]

FORMAT = "unseen-audit-v1"

Document = dict[str, object]


def threshold_document(audit: ThresholdAudit) -> Document:
    """The whole of `unseen audit threshold`. Entries are named by list and identifier, never by value."""
    return {
        "type": "audit",
        "format": FORMAT,
        "audit": "threshold",
        "audited_at_utc": audit.audited_at_utc,
        "version": audit.version,
        "sources": list(audit.sources),
        "lists": [
            {
                "list": one.name,
                "class": one.list_class,
                "sha256": one.sha256,
                "version": one.version,
                "entries": dict(one.entries),
                "searchable": list(one.searchable),
            }
            for one in audit.lists
        ],
        "index_sha256": audit.index_sha256,
        "threshold_bits": audit.threshold_bits,
        "cluster_bits": audit.cluster_bits,
        "crowd_clusters": audit.crowd_clusters,
        "volume_per_day": audit.volume,
        "quarantined": audit.quarantined,
        "items": audit.items,
        "files": audit.in_use.files.of,
        "clusters": audit.in_use.clusters.of,
        "largest_cluster": audit.largest_cluster,
        "by_digest": audit.by_digest,
        "digest_only": dict(audit.digest_only),
        "not_screened": dict(audit.not_screened),
        "thresholds": [_threshold_row(row, audit.volume) for row in audit.rows],
        "benign_matches": [
            {
                "item": str(one.locator),
                "cluster": one.cluster,
                "matches": [_match(match) for match in one.matches],
            }
            for one in audit.matches
        ],
        "crowded": [asdict(one) for one in audit.crowded],
        "cautions": list(threshold_cautions(audit)),
    }


def recall_document(audit: RecallAudit) -> Document:
    """The whole of `unseen audit recall`."""
    return {
        "type": "audit",
        "format": FORMAT,
        "audit": "recall",
        "audited_at_utc": audit.audited_at_utc,
        "version": audit.version,
        "sources": list(audit.sources),
        "seed": audit.seed,
        "altered": audit.altered.value,
        "thresholds_bits": list(audit.thresholds_bits),
        "items": audit.items,
        "pictures": audit.pictures,
        "low_quality": audit.low_quality,
        "not_altered": dict(audit.not_altered),
        "alterations": [_recall_row(row, audit.thresholds_bits) for row in audit.rows],
        "cautions": list(recall_cautions(audit)),
    }


def _match(match: Match) -> Document:
    return {
        "list": match.list,
        "entry": match.entry,
        "signal": match.signal,
        "distance_bits": match.distance_bits,
        "how": None if match.how is None else asdict(match.how),
        "video": None if match.video is None else asdict(match.video),
    }


def _threshold_row(row: ThresholdRow, volume: int | None) -> Document:
    return {
        "threshold_bits": row.threshold_bits,
        "files": _proportion(row.files),
        "clusters": _proportion(row.clusters),
        "a_day": None
        if volume is None
        else {"files": _times(row.files, volume), "clusters": _times(row.clusters, volume)},
    }


def _recall_row(row: RecallRow, thresholds_bits: tuple[int, ...]) -> Document:
    return {
        "kind": row.kind,
        "strength": row.strength,
        "pictures": row.pictures,
        "low_quality": row.low_quality,
        "failed": row.failed,
        "found": [
            {"threshold_bits": bits, **_proportion(found)}
            for bits, found in zip(thresholds_bits, row.found, strict=True)
        ],
        "altered": None if row.altered is None else _proportion(row.altered),
    }


def _proportion(one: Proportion) -> Document:
    rate = one.rate
    return {
        "matched": one.matched,
        "of": one.of,
        "rate": None if rate is None else _digits(rate),
        "upper_95": _digits(one.upper_95),
        "low_95": _digits(one.low_95),
        "high_95": _digits(one.high_95),
    }


def _times(one: Proportion, volume: int) -> Document:
    """What a daily volume of such files would mean."""
    rate = one.rate
    return {
        "expected": None if rate is None else _digits(rate * volume),
        "upper_95": _digits(one.upper_95 * volume),
        "low_95": _digits(one.low_95 * volume),
        "high_95": _digits(one.high_95 * volume),
    }


def _digits(value: float) -> float:
    """Six digits that count: more would only tell the machine's arithmetic."""
    return float(f"{value:.6g}")
