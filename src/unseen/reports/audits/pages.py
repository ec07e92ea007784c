"""Audits as one HTML page each, in the sections and blocks of `unseen.reports.page`."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from unseen.model import Altered
from unseen.reports.as_html import write_page
from unseen.reports.audits.cautions import number_a_day, percent, recall_cautions, threshold_cautions
from unseen.reports.audits.layout import Block, code, fact, section, style, table, texts, time
from unseen.reports.audits.plots import recall_plot, threshold_plot
from unseen.reports.audits.values import AuditedList, BenignMatch, Proportion, RecallAudit, ThresholdAudit
from unseen.reports.shown import show

__all__ = ["SHOWN_BITS", "write_recall_html", "write_threshold_html"]

# Of the 65 thresholds; the JSON form has them all. 31 is the field's.
SHOWN_BITS = (0, 8, 16, 24, 31, 40, 48, 56, 64)
# Matches beyond these stand in the JSON form.
_MATCHES_SHOWN = 500

_LOOKED = {
    Altered.OFF: "not looked for: as a scan with --altered off finds them",
    Altered.FAST: "looked for as a scan with --altered fast does",
    Altered.THOROUGH: "looked for as a scan with --altered thorough does",
}
_PROSE = tomllib.loads((Path(__file__).parent / "prose.toml").read_text(encoding="utf-8"))


def write_threshold_html(audit: ThresholdAudit, audit_id: str, out: IO[bytes]) -> None:
    """Write the page of `unseen audit threshold`."""
    row = audit.in_use
    page = {
        "title": "False-match rate, measured on benign files",
        "lead": f"{row.clusters.matched:,} of {row.clusters.of:,} clusters matched at {audit.threshold_bits} bits:"
        f" at most {percent(row.clusters.upper_95)}, by the bound of 95 %.",
        "id": audit_id,
        "facts": _threshold_facts(audit, audit_id),
        "figures": [
            {"number": f"{number:,}", "name": name}
            for number, name in (
                (row.files.of, "files compared"),
                (row.clusters.of, "clusters of near-duplicates"),
                (row.files.matched, f"files that matched at {audit.threshold_bits} bits"),
                (audit.by_digest, "matched by a digest"),
            )
        ],
        "sections": [
            section("How to read this", [_points("threshold"), *texts(threshold_cautions(audit), grave=True)]),
            section("Rates", [{"kind": "plot", "plot": threshold_plot(audit)}, _rates_table(audit)]),
            *([] if audit.volume is None else [section("A day", _day_blocks(audit, audit.volume))]),
            section("Benign files that matched", _match_blocks(audit.matches)),
            section("Entries near unrelated files", _crowd_blocks(audit)),
            section("Account", [_account(audit)]),
            section("Lists", [block for one in audit.lists for block in _list_blocks(one)]),
        ],
    }
    write_page(page, style(), out)


def write_recall_html(audit: RecallAudit, audit_id: str, out: IO[bytes], *, bits: int = 31) -> None:
    """Write the page of `unseen audit recall`; the plot is of one of its thresholds."""
    page = {
        "title": "Altered copies that are still found",
        "lead": f"{len(audit.rows):,} alterations of {audit.pictures:,} benign pictures, at"
        f" {len(audit.thresholds_bits)} thresholds.",
        "id": audit_id,
        "facts": [
            fact("Audited", time(audit.audited_at_utc) + f", by unseen {audit.version}"),
            fact("Files", *(code(source) for source in audit.sources)),
            fact("Seed", f"{audit.seed}"),
            fact("Altered copies", _LOOKED[audit.altered]),
            fact("Audit id", code(audit_id)),
        ],
        "figures": [
            {"number": f"{number:,}", "name": name}
            for number, name in (
                (audit.items, "items offered"),
                (audit.pictures, "pictures altered"),
                (audit.low_quality, "too flat to stand in a list"),
                (sum(audit.not_altered.values()), "not altered"),
            )
        ],
        "sections": [
            section("How to read this", [_points("recall"), *texts(recall_cautions(audit), grave=True)]),
            section("What is still found", [{"kind": "plot", "plot": recall_plot(audit, bits=bits)}]),
            section("At each threshold", [_recall_table(audit)]),
            *([section("Not altered", [_reasons(audit.not_altered)])] if audit.not_altered else []),
        ],
    }
    write_page(page, style(), out)


def _threshold_facts(audit: ThresholdAudit, audit_id: str) -> list[Block]:
    return [
        fact("Audited", time(audit.audited_at_utc) + f", by unseen {audit.version}"),
        fact("Files", *(code(source) for source in audit.sources)),
        fact("Threshold", f"{audit.threshold_bits} of 256 bits, inclusive"),
        fact("Near-duplicates", f"within {audit.cluster_bits} bits, in any orientation; single linkage"),
        fact("Audit id", code(audit_id)),
    ]


def _rates_table(audit: ThresholdAudit) -> Block:
    shown = sorted({*SHOWN_BITS, audit.threshold_bits})
    rows = [
        [
            f"{bits}",
            f"{row.files.matched:,}",
            _rate(row.files),
            percent(row.files.upper_95),
            f"{row.clusters.matched:,}",
            _rate(row.clusters),
            percent(row.clusters.upper_95),
            f"{percent(row.clusters.low_95)} – {percent(row.clusters.high_95)}",
        ]
        for bits in shown
        for row in (audit.rows[bits],)
    ]
    head = ["Bits", "Files", "Rate", "At most", "Clusters", "Rate", "At most", "Interval of 95 %"]
    return table("rates-table", head, rows, numeric=range(8))


def _day_blocks(audit: ThresholdAudit, volume: int) -> list[Block]:
    def count(share: float) -> str:
        return number_a_day(share * volume)

    row = audit.in_use
    rows: list[list[Any]] = [
        [name, count(one.rate or 0.0), f"{count(one.low_95)} – {count(one.high_95)}", count(one.upper_95)]
        for name, one in (("as files came here", row.files), ("each picture once", row.clusters))
    ]
    said = (
        f"At {audit.threshold_bits} bits, {volume:,} files a day like these would mean so many false matches a day."
        " Copies of one picture come together: a day may bring all of them or none."
    )
    return [
        *texts([said]),
        table("day", ["Counted", "Expected", "Interval of 95 %", "At most"], rows, numeric=[1, 2, 3]),
    ]


def _match_blocks(matches: tuple[BenignMatch, ...]) -> list[Block]:
    if not matches:
        return texts(["None, at the threshold in use."])
    rows = [
        [
            code(str(one.locator)),
            "by digest" if one.cluster is None else f"{one.cluster:,}",
            code(match.list),
            code(match.entry),
            match.signal if one.cluster is None else f"{match.distance_bits} bits",
        ]
        for one in matches[:_MATCHES_SHOWN]
        for match in one.matches
    ]
    left = len(matches) - _MATCHES_SHOWN
    more = [f"{left:,} more files stand in the JSON form."] if left > 0 else []
    return [table("matched", ["Item", "Cluster", "List", "Entry", "Match"], rows), *texts(more, grave=True)]


def _crowd_blocks(audit: ThresholdAudit) -> list[Block]:
    said = (
        f"An entry that comes near {audit.crowd_clusters} or more clusters is of something that unrelated pictures"
        " share. It is set aside until a named person has decided about it; nobody is accused by it meanwhile."
    )
    rows = [
        [code(one.list), code(one.entry), one.signal, f"{one.clusters:,}", f"{one.files:,}", one.state]
        for one in audit.crowded
    ]
    if not rows:
        return texts([said, "There is none."])
    head = ["List", "Entry", "Signal", "Clusters", "Files", "State"]
    return [*texts([said]), table("crowded", head, rows, numeric=[3, 4])]


def _account(audit: ThresholdAudit) -> Block:
    rows = [
        ["Compared", f"{audit.in_use.files.of:,}"],
        ["Matched by a digest", f"{audit.by_digest:,}"],
        *([f"Digests only: {_spoken(reason)}", f"{count:,}"] for reason, count in audit.digest_only.items()),
        *(
            [f"Not screened, or in part: {_spoken(reason)}", f"{count:,}"]
            for reason, count in audit.not_screened.items()
        ),
        ["Items", f"{audit.items:,}"],
    ]
    return table("account", ["", "Count"], rows, numeric=[1])


def _list_blocks(one: AuditedList) -> Iterator[Block]:
    entries = ", ".join(f"{count:,} {show(signal)}" for signal, count in one.entries.items())
    yield {
        "kind": "record",
        "name": code(one.name),
        "facts": [
            fact("Class", one.list_class),
            fact("SHA-256 of its file", code(one.sha256)),
            *([] if one.version is None else [fact("Version", f"record {one.version:,} of the ledger")]),
            fact("Entries", entries or "none"),
            fact("Searched", ", ".join(map(show, one.searchable)) or "none"),
        ],
    }


def _recall_table(audit: RecallAudit) -> Block:
    rows = [
        [
            f"{row.kind}, {row.strength}",
            f"{row.pictures:,}",
            f"{row.low_quality:,}" if row.low_quality else "",
            *(_rate(found) for found in row.found),
            *([] if row.altered is None else [_rate(row.altered)]),
        ]
        for row in audit.rows
    ]
    head = ["Alteration", "Pictures", "Too flat", *(f"{bits} bits" for bits in audit.thresholds_bits)]
    head += [] if audit.altered is Altered.OFF else [f"Altered, {audit.altered}"]
    return table("recall-table", head, rows, numeric=range(1, len(head)))


def _reasons(reasons: Mapping[str, int]) -> Block:
    rows = [[_spoken(reason), f"{count:,}"] for reason, count in reasons.items()]
    return table("reasons", ["Reason", "Items"], rows, numeric=[1])


def _rate(one: Proportion) -> str:
    return "" if one.rate is None else percent(one.rate)


def _points(of: str) -> Block:
    points = [{"name": one["name"], "text": " ".join(one["text"].split())} for one in _PROSE[of]]
    return {"kind": "points", "points": points}


def _spoken(name: str) -> str:
    return name.replace("_", " ")
