"""Audits as lines for people. Values of list entries are never among them."""

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from unseen.cli import voice
from unseen.cli.tables import match_lines

if TYPE_CHECKING:
    from unseen.casework.auditing.writing import WrittenAudit
    from unseen.reports.audits import (
        BenignMatch,
        CrowdedEntry,
        Proportion,
        RecallAudit,
        RecallRow,
        ThresholdAudit,
        TriageAudit,
    )

__all__ = ["recall_lines", "threshold_lines", "triage_lines", "written_lines", "written_row"]

# All others stand in the JSON form.
_MATCHES_SHOWN = 20


def threshold_lines(audit: "ThresholdAudit") -> list[str]:
    """What was matched, the rates at some thresholds, what a day would mean, and what a person must know."""
    from unseen.reports.audits import SHOWN_BITS, percent, threshold_cautions

    shown = sorted({*SHOWN_BITS, audit.threshold_bits})
    head = ("bits", "files", "rate", "at most", "clusters", "rate", "at most", "interval of 95 %")
    table = [
        (
            f"{bits}",
            f"{row.files.matched:,}",
            percent(row.files.rate or 0.0),
            percent(row.files.upper_95),
            f"{row.clusters.matched:,}",
            percent(row.clusters.rate or 0.0),
            percent(row.clusters.upper_95),
            f"{percent(row.clusters.low_95)} to {percent(row.clusters.high_95)}",
        )
        for bits in shown
        for row in (audit.rows[bits],)
    ]
    row = audit.in_use
    files, clusters = voice.plural(row.files.matched, "benign file"), voice.plural(row.clusters.of, "cluster")
    matched = [line for one in audit.matches[:_MATCHES_SHOWN] for line in _benign_lines(one)]
    if (left := len(audit.matches) - _MATCHES_SHOWN) > 0:
        matched.append(f"{left:,} more stand in the JSON form")
    return [
        *matched,
        "",
        f"{files} of {row.files.of:,}, {row.clusters.matched:,} of {clusters}, matched at {audit.threshold_bits} bits",
        *voice.columns([head, *table], indent="  "),
        "  at most: the bound of 95 %, one-sided (Clopper-Pearson); rely on that of clusters",
        *_day_lines(audit),
        *map(_crowded_line, audit.crowded),
        *(f"note: {caution}" for caution in threshold_cautions(audit)),
    ]


def recall_lines(audit: "RecallAudit") -> list[str]:
    """One line for each alteration."""
    from unseen.reports.audits import percent, recall_cautions

    undone = [] if audit.altered == "off" else [f"altered, {audit.altered}"]
    bits = (f"{bits} bits" for bits in audit.thresholds_bits)
    head = ("alteration", "strength", "pictures", "too flat", *bits, *undone)
    table = [
        (
            row.kind,
            row.strength,
            f"{row.pictures:,}",
            f"{row.low_quality:,}",
            *("" if found.rate is None else percent(found.rate) for found in (*row.found, *_undone(row))),
        )
        for row in audit.rows
    ]
    return [
        "",
        f"{voice.plural(audit.pictures, 'picture')} altered in {len(audit.rows)} ways: the share that is still found",
        *voice.columns([head, *table], indent="  "),
        *(f"note: {caution}" for caution in recall_cautions(audit)),
    ]


def _undone(row: "RecallRow") -> tuple["Proportion", ...]:
    return () if row.altered is None else (row.altered,)


def triage_lines(audit: "TriageAudit") -> list[str]:
    """Each section with its table."""
    from unseen.reports.audits import triage_sections

    lines: list[str] = []
    for one in triage_sections(audit):
        lines += ["", one.title, *(f"  {line}" for said in one.said for line in wrap(said, 110))]
        lines += voice.columns([one.head, *one.rows], indent="  ") if one.head else []
    return lines


def written_row(written: "WrittenAudit") -> dict[str, object]:
    """The last row of `unseen audit --json`."""
    return {
        "type": "audit_files",
        "audit": written.audit,
        "is_on_record": written.is_on_record,
        "files": [{"file": path, "sha256": digest.hex()} for path, digest in written.files],
    }


def written_lines(written: "WrittenAudit") -> list[str]:
    """The audit's id, and a line for each file."""
    files = [(path, f"sha256 {digest.hex()}") for path, digest in written.files]
    return [f"audit {written.audit}", *voice.columns(files, indent="  ")]


def _benign_lines(one: "BenignMatch") -> list[str]:
    where = "by a digest" if one.cluster is None else f"cluster {one.cluster}"
    return [f"benign file matched ({where}): {voice.printable(str(one.locator))}", *match_lines(one.matches)]


def _day_lines(audit: "ThresholdAudit") -> Iterator[str]:
    from unseen.reports.audits import number_a_day

    if audit.volume is None:
        return
    row, volume = audit.in_use, audit.volume
    yield f"{voice.plural(volume, 'file')} a day like these would mean, at {audit.threshold_bits} bits:"
    for name, one in (("as files came here", row.files), ("each picture once", row.clusters)):
        shares = (one.rate or 0.0, one.low_95, one.high_95, one.upper_95)
        expected, low, high, bound = (number_a_day(share * volume) for share in shares)
        yield f"  {name}: {expected} false matches a day; interval of 95 %: {low} to {high}; at most {bound}"


def _crowded_line(one: "CrowdedEntry") -> str:
    return voice.printable(
        f"{one.state}: list {one.list} entry {one.entry} ({one.signal}) came near {one.clusters:,} unrelated clusters"
    )
