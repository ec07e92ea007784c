"""An audit of triage as JSON, and as sections that are printed and laid out alike. Everything is about groups."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any

from unseen.reports.as_html import write_page
from unseen.reports.audits.as_json import FORMAT
from unseen.reports.audits.cautions import percent
from unseen.reports.audits.layout import code, fact, section, style, table, texts, time
from unseen.reports.audits.plots import missed_plot, waiting_plot
from unseen.reports.audits.triage_values import Cut, Share, TriageAudit, Waiting, WaitingBand

__all__ = ["TriageSection", "triage_document", "triage_sections", "write_triage_html"]


@dataclass(frozen=True, slots=True)
class TriageSection:
    """A table with what is said about it.

    Attributes:
        title: Its heading.
        said: Sentences before the table.
        head: Of its columns; empty where there is no table.
        rows: Cells; numbers are in all but the first column.
    """

    title: str
    said: tuple[str, ...]
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def triage_document(audit: TriageAudit) -> dict[str, object]:
    """The whole of `unseen audit triage` as one JSON object."""
    return {
        "type": "audit",
        "format": FORMAT,
        "audit": "triage",
        "audited_at_utc": audit.audited_at_utc,
        "version": audit.version,
        "source": audit.source,
        "sha256": audit.sha256,
        "instruments": [_cut_document(cut) for cut in audit.cuts],
        "missed": [[_rounded(asdict(one)) for one in rows] for rows in audit.missed],
        "hidden": [_rounded(asdict(one)) for one in audit.hidden],
        "comparison": None if audit.comparison is None else _rounded(asdict(audit.comparison)),
        "waiting": None if audit.waiting is None else _rounded(asdict(audit.waiting)),
        "notes": list(audit.notes),
    }


def triage_sections(audit: TriageAudit) -> list[TriageSection]:
    """All that is said, in order."""
    sections = [_cut_section(cut) for cut in audit.cuts]
    sections += [_missed_section(audit, at) for at in range(len(audit.cuts))]
    if audit.comparison is not None:
        sections.append(_comparison_section(audit))
    if audit.waiting is not None:
        sections.append(_waiting_section(audit.cuts[0].instrument.name, audit.waiting))
    if audit.notes:
        sections.append(TriageSection("About these figures", audit.notes))
    return sections


def write_triage_html(audit: TriageAudit, audit_id: str, out: IO[bytes]) -> None:
    """Write the page of `unseen audit triage`."""
    first = audit.cuts[0]
    laid = []
    for one in triage_sections(audit):
        numeric = range(1, len(one.head))
        blocks: list[Any] = [*texts(one.said)]
        blocks += [table("triage-table", list(one.head), [list(row) for row in one.rows], numeric)] if one.head else []
        laid.append(section(one.title, blocks))
    plots = [*texts(["Of a thousand people, who harm and stand below the line:"])]
    plots.append({"kind": "plot", "plot": missed_plot(audit.missed[0], first.instrument.name)})
    if audit.waiting is not None:
        plots += texts(["Waiting in the lowest band, week by week:"])
        plots.append({"kind": "plot", "plot": waiting_plot(audit.waiting)})
    page = {
        "title": "What prioritising would miss",
        "lead": f"{first.instrument.name}: of {first.missed.of:,} people known to have harmed a child,"
        f" {first.missed.count:,} stand below the line.",
        "id": audit_id,
        "facts": [
            fact("Audited", time(audit.audited_at_utc) + f", by unseen {audit.version}"),
            fact("From", code(audit.source)),
            fact("Audit id", code(audit_id)),
        ],
        "figures": [
            {"number": number, "name": name}
            for number, name in (
                (f"{first.found.of + first.spared.of:,}", "people in the sample"),
                (f"{first.found.of:,}", "known to have harmed"),
                (f"{first.missed.count:,}", "of these below the line"),
                (_rate(first.found), "found: sensitivity"),
            )
        ],
        "sections": [*laid[: len(audit.cuts)], section("At a glance", plots), *laid[len(audit.cuts) :]],
    }
    write_page(page, style(), out)


def _cut_section(cut: Cut) -> TriageSection:
    low = cut.instrument.bands[: cut.instrument.low]
    names = ", ".join(band.name for band in low) if len(low) <= 4 else f"below {cut.instrument.bands[len(low)].name}"
    shares = (
        ("found, of those known to have harmed (sensitivity)", cut.found),
        ("missed, of those known to have harmed", cut.missed),
        ("left alone, of the others (specificity)", cut.spared),
        ("known to have harmed, of those above the line (positive predictive value)", cut.right_above),
        ("others, of those below the line (negative predictive value)", cut.right_below),
        ("on the right side, of all (accuracy)", cut.right),
    )
    rows = [(name, f"{one.count:,} of {one.of:,}", _rate(one), _interval(one)) for name, one in shares]
    area = cut.area
    if area is not None:
        rows.append(("area under the curve", "", f"{area.value:.3f}", f"{area.low_95:.3f} – {area.high_95:.3f}"))
    said = (
        f"Left waiting: {names or 'nobody'}. Rates are those of the sample, with intervals of 95 % (Wilson; of the area"
        " DeLong). The outcome is what was known of people, not what they did."
    )
    return TriageSection(
        f"{cut.instrument.name} in its own sample", (said,), ("", "people", "rate", "95 %"), tuple(rows)
    )


def _missed_section(audit: TriageAudit, at: int) -> TriageSection:
    rows = tuple(
        (
            percent(one.prevalence),
            f"{one.expected:.1f}",
            f"{one.low_95:.1f} – {one.high_95:.1f}",
            percent(one.right_above),
            percent(one.right_below),
        )
        for one in audit.missed[at]
    )
    asked = (
        "Of a thousand people, how many who harm a child would stand below the line and be left waiting, for a range"
        " of shares of people who do: nobody knows that share."
    )
    said = [asked]
    if audit.hidden:
        one = audit.hidden[at]
        said.append(
            f"Scenario, no estimate: if {percent(one.hidden)} of all people have harmed and were never found out, and"
            f" look to the instrument like those who did no harm, {one.below:.0f} of a thousand stand below the line"
            " and are among them."
        )
    head = ("people who harm", "below the line", "95 %", "right above", "right below")
    return TriageSection(f"{audit.cuts[at].instrument.name}: whom the low bands leave waiting", tuple(said), head, rows)


def _comparison_section(audit: TriageAudit) -> TriageSection:
    one = audit.comparison
    assert one is not None
    rows = (
        (f"below the line of {one.first} only", f"{one.only_first_misses:,}"),
        (f"below the line of {one.second} only", f"{one.only_second_misses:,}"),
        ("below both", f"{one.both_miss:,}"),
    )
    said = (
        f"Area under the curve, {one.first} less {one.second}: {one.difference:+.3f}"
        f" ({one.low_95:+.3f} to {one.high_95:+.3f}, 95 %, DeLong, on the same people)."
    )
    return TriageSection("On the same people: who harmed and is missed", (said,), ("", "people"), rows)


def _waiting_section(name: str, waiting: Waiting) -> TriageSection:
    rows = [
        row
        for rule, bands in (("highest first", waiting.by_band), ("by age", waiting.by_age))
        for row in _waiting_rows(rule, bands)
    ]
    said = (
        f"{name}: {waiting.weeks} weeks from an empty desk, {waiting.capacity:g} people a week dealt with; a"
        " hundred simulated runs, medians with the 5th and the 95th. Those who harmed are counted by the"
        " sample's own shares."
    )
    head = ("band, rule", "arrivals a week", "waiting", "longest wait in weeks", "of them harmed")
    return TriageSection("A backlog under two rules", (said,), head, tuple(rows))


def _waiting_rows(rule: str, bands: tuple[WaitingBand, ...]) -> Iterator[tuple[str, ...]]:
    for band in bands:
        yield (
            f"{band.name}, {rule}",
            f"{band.arrivals:.1f}",
            _spread(band.waiting),
            _spread(band.longest_weeks),
            f"{band.harmed_waiting:.1f}",
        )


def _spread(three: tuple[float, float, float]) -> str:
    middle, low, high = three
    return f"{middle:,.0f} ({low:,.0f} – {high:,.0f})"


def _rate(one: Share) -> str:
    return "" if one.rate is None else f"{100 * one.rate:.1f} %"


def _interval(one: Share) -> str:
    return "" if one.rate is None else f"{100 * one.low_95:.1f} – {100 * one.high_95:.1f} %"


def _cut_document(cut: Cut) -> dict[str, object]:
    shares = ("found", "missed", "spared", "right_above", "right_below", "right")
    return {
        "instrument": cut.instrument.name,
        "bands": [asdict(band) for band in cut.instrument.bands],
        "low": cut.instrument.low,
        "area": None if cut.area is None else _rounded(asdict(cut.area)),
        **{name: _share_document(getattr(cut, name)) for name in shares},
    }


def _share_document(one: Share) -> Any:
    return _rounded({"count": one.count, "of": one.of, "rate": one.rate, "low_95": one.low_95, "high_95": one.high_95})


def _rounded(value: Any) -> Any:
    """Six digits that count: more would only tell the machine's arithmetic."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value
