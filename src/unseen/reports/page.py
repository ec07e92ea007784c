"""The page that a report is, as sections and blocks of plain values; HTML and PDF draw the same ones.

A cell is text of ours, or `{"code": text}`: text of others, quoted exactly and set in typewriter letters. Every such
text has gone through `show`. Findings and long tables come as iterators, read once and never held together.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from unseen.model import NotScreened, Verdict
from unseen.model.report import ReportData, ReportedFinding, ReportedList, ReportedRun
from unseen.reports import acquired, of_case, words
from unseen.reports.matched import ground_of, match_row, policy_words, signal_words
from unseen.reports.shown import show

__all__ = ["Block", "Page", "build_page", "finding_block", "number", "unscreened_row"]

Block = dict[str, Any]
Page = dict[str, Any]
Cell = str | Mapping[str, str]

# Of gaps in the sandbox, in the words of `unseen doctor`.
_LOCKED = "decoders had no file system, no network and no new processes"


def build_page(
    report: ReportData,
    report_id: str,
    *,
    findings: Iterable[Block],
    unscreened: Iterable[list[Cell]],
    most: tuple[int, int] | None = None,
) -> Page:
    """Lay out a report.

    Args:
        report: What it says.
        report_id: As the JSON form of the same report has it.
        findings: Of `finding_block`, read when their section is drawn.
        unscreened: Of `unscreened_row`, read when their section is drawn.
        most: How many findings and rows these hold at most; None where they hold all.
    """
    return {
        "title": "Report on a search for known child sexual abuse material",
        "lead": _headline(report),
        "id": report_id,
        "facts": _front(report, report_id),
        "figures": _figures(report),
        "sections": [
            _section("How to read this report", [_purpose(report), _points(words.READING)]),
            *([_section("The case", of_case.case_blocks(report, most and most[0]))] if report.of_case else []),
            _section("Findings", [*_findings(report, findings), *_rest(_given(report), most and most[0])]),
            _section(
                "What was not screened",
                [*_not_screened(report, unscreened), *_rest(_rows_given(report), most and most[1])],
            ),
            _section("Account", [*_account(report), *acquired.acquired_blocks(report)]),
            _section("Lists", _lists(report)),
            _section("How it was done", _conditions(report)),
            _section("Limits and errors", [_points(words.LIMITS)]),
            _section("Record, and how to verify it", _record(report)),
            _section("Definitions", [_points(words.DEFINITIONS)]),
        ],
    }


def finding_block(count: int, finding: ReportedFinding) -> Block:
    """One finding; `count` from 1."""
    facts = [_fact("Finding id", _code(finding.id))]
    facts += [_fact(signal_words(signal), _code(value.hex())) for signal, value in finding.digests.items()]
    if finding.digests_withheld:
        names = ", ".join(signal_words(signal) for signal in finding.digests_withheld)
        facts.append(_fact("Withheld", f"{names}: equal to an entry of a list; the custodian gives it by this id"))
    size = "" if finding.size_bytes is None else f"{_plural(finding.size_bytes, 'byte')}, "
    quality = "" if finding.pdq_quality is None else f"; quality {finding.pdq_quality} of 100"
    facts.append(_fact("Item", f"{size}{finding.state}: {words.STATES[finding.state]}"))
    facts += [_fact(name, text) for name, text in words.times_words(finding.times, finding.locator.steps[-1][0])]
    facts.append(_fact("Screened", words.OUTCOMES[finding.outcome] + quality))
    if finding.reason is not None:
        facts.append(_fact("Not further", words.REASONS[finding.reason]))
    facts.append(_fact("First seen", _time(finding.first_seen_at_utc)))
    facts.append(_fact("Stands on", ground_of(finding)))
    facts.append(_fact("Verdict", *_verdict(finding.verdict)))
    rows = [match_row(reported) for reported in finding.matches]
    head = ["List", "Entry", "Labels", "Match", "How"]
    return {
        "number": number(count),
        "item": _code(str(finding.locator)),
        "facts": facts,
        "matches": {"kind": "table", "name": "matches", "head": head, "numeric": [], "rows": rows},
    }


def unscreened_row(row: NotScreened) -> list[Cell]:
    """One row of what was not screened."""
    return [_code(str(row.locator)), _spoken(row.reason)]


def number(count: int) -> str:
    """`1,234`."""
    return f"{count:,}"


def _headline(report: ReportData) -> str:
    summary = report.summary
    found = "No finding" if not summary.findings else _plural(summary.findings, "finding")
    lead = f"{found} in {_plural(summary.rechecked or summary.items, 'item')}."
    if summary.not_screened:
        lead += f" {number(summary.not_screened)} could not be screened, or only in part."
    if report.findings_shown is not None:
        lead += f" This is an extract: {_plural(report.findings_shown, 'finding')} given, the others left out."
    return lead


def _purpose(report: ReportData) -> Block:
    return _text(
        words.rechecked(report.summary) + f"On {report.started_at_utc[:10]} the program unseen compared"
        f" {_plural(report.summary.rechecked or report.summary.items, 'item')} with"
        f" {_plural(report.summary.entries_searchable, 'entry', 'entries')} of the lists named below, to find known"
        " child sexual abuse material by hash, without anyone looking at a picture. This report states what matched,"
        " what could not be compared, and how it was done."
    )


def _front(report: ReportData, report_id: str) -> list[Block]:
    facts = [
        _fact(label, _code(value)) for name, label in words.STATED.items() if (value := getattr(report.stated, name))
    ]
    span = f"begun {_time(report.started_at_utc)}, finished {_time(report.finished_at_utc)}"
    return [
        *facts,
        _fact("Scan", f"number {report.scan} of its store, {span}"),
        _fact("Legal basis", _code(report.basis) if report.basis else "none was stated for this scan"),
        _fact("Hashes kept", words.kept_words(report.retention, report.started_at_utc)),
        _fact("Written", f"{_time(report.written_at_utc)}, by unseen {report.version}"),
        _fact("Report id", _code(report_id)),
    ]


def _figures(report: ReportData) -> list[dict[str, str]]:
    summary = report.summary
    pairs = (
        (summary.items, "items offered"),
        (summary.findings, "findings, leads among them" if summary.leads else "findings"),
        (summary.not_screened, "not screened, or in part"),
        (summary.entries_searchable, "entries searched"),
    )
    return [{"number": number(count), "name": name} for count, name in pairs]


def _findings(report: ReportData, findings: Iterable[Block]) -> list[Block]:
    if not report.summary.findings:
        return [_text("Nothing that was screened matched an entry of class csam or user_reported.")]
    known = {entry.name: entry.list_class for entry in report.lists}
    classes = ", ".join(f"{name} ({words.CLASSES[name]})" for name in words.CLASSES if name in known.values())
    return [
        _text(
            f"{_plural(report.summary.findings, 'item')} matched, in the order of their locators; matches stand nearest"
            f" first. Classes of the lists searched: {classes}."
        ),
        *_left_out(report, ("finding", "findings"), report.summary.findings - (report.findings_shown or 0)),
        {"kind": "findings", "findings": findings},
    ]


def _not_screened(report: ReportData, rows: Iterable[list[Cell]]) -> list[Block]:
    if not report.summary.not_screened:
        return [_text("Everything that the sources offered was screened." + words.by_keyframes(report.summary))]
    reasons: list[list[Cell]] = [
        [_spoken(reason), words.REASONS[reason], number(count)] for reason, count in report.not_screened.items()
    ]
    return [
        _text(
            "Each of these may hold what this scan would have found. They need another way of looking into them."
            + words.by_keyframes(report.summary)
        ),
        _table("reasons", ["Reason", "Means", "Items"], reasons, numeric=[2]),
        *_left_out(report, ("row that names them", "rows that name them"), report.summary.not_screened),
        *([] if report.findings_shown is not None else [_table("unscreened", ["Item", "Reason"], rows)]),
    ]


def _left_out(report: ReportData, what: tuple[str, str], count: int) -> list[Block]:
    if report.findings_shown is None or not count:
        return []
    return [
        _text(
            f"{_why_partly(report)}: {_plural(count, *what)} of this scan {'is' if count == 1 else 'are'} left out here"
            " on purpose."
            " The store holds them.",
            grave=True,
        )
    ]


def _why_partly(report: ReportData) -> str:
    if report.of_case is not None:
        return f"This report is of case {report.of_case.id} and gives its findings only"
    return "This report belongs to a bundle, which discloses some findings only"


def _given(report: ReportData) -> int:
    return report.summary.findings if report.findings_shown is None else report.findings_shown


def _rows_given(report: ReportData) -> int:
    return report.summary.not_screened if report.findings_shown is None else 0


def _rest(count: int, most: int | None) -> list[Block]:
    if most is None or count <= most:
        return []
    return [
        _text(
            f"The first {number(most)} are printed here. All {number(count)} stand in the HTML and JSON forms of this"
            " report, which bear the same id.",
            grave=True,
        )
    ]


def _account(report: ReportData) -> list[Block]:
    summary = report.summary
    by_reason = ", ".join(f"{number(count)} {_spoken(reason)}" for reason, count in report.digest_only.items())
    rows: list[list[Cell]] = [
        ["Hashed", "pictures and videos of which digests and PDQ were compared", number(summary.hashed)],
        [
            "Digests only",
            "neither picture nor video, too flat, or commonplace" + (f": {by_reason}" if by_reason else ""),
            number(summary.digest_only),
        ],
        ["Not screened", "named above, each with its reason", f"+ {number(summary.not_screened)}"],
        [
            "Of these in part",
            "counted twice: hashed as far as they go, and named above",
            f"\u2212 {number(summary.truncated)}",
        ],
        ["Items", "everything that the sources offered", f"= {number(summary.items)}"],
    ]
    return [
        _text(
            "Every item is accounted for: items = hashed + digests only + not screened \u2212 those screened in part."
        ),
        _table("account", ["", "Means", "Count"], rows, numeric=[2]),
    ]


def _lists(report: ReportData) -> list[Block]:
    blocks = [
        _text(
            f"{_plural(report.summary.entries_searchable, 'entry', 'entries')} could be searched,"
            f" {number(report.summary.entries_not_searchable)} could not, being of kinds that this program cannot"
            " compute. What is given here is what the lists held when the scan began."
        )
    ]
    return blocks + [{"kind": "record", "name": _code(one.name), "facts": _list_facts(one)} for one in report.lists]


def _list_facts(one: ReportedList) -> list[Block]:
    facts = [
        _fact("Class", f"{one.list_class}: {words.CLASSES.get(one.list_class, '')}"),  # type: ignore[call-overload]  # a StrEnum's key is its text
        _fact("SHA-256 of its file, or of its changes", _code(one.sha256)),
        _fact("Version", "a file" if one.version is None else f"as record {number(one.version)} of the ledger made it"),
    ]
    if one.entries is None:
        return [*facts, _fact("Entries", "not recorded by this scan")]
    searched = {signal: count for signal, count in one.entries.items() if signal in one.searchable}
    others = {signal: count for signal, count in one.entries.items() if signal not in one.searchable}
    facts.append(_fact("Searched", _counts(searched) if searched else "none"))
    facts.append(_fact("Not searchable", _counts(others) if others else "none"))
    facts += [_fact("Policy", text) for text in policy_words(one)]
    return facts


def _conditions(report: ReportData) -> list[Block]:
    sources: list[Cell] = [_code(given if given == place else f"{given} ({place})") for given, place in report.sources]
    if report.paths_sha256:
        sources += ["a list of paths, whose SHA-256 is", _code(report.paths_sha256)]
    facts = [
        _fact("Sources", *sources),
        _fact("On the machine", *(_code(place) for _, place in report.sources)),
        _fact("Threshold", f"{report.threshold_bits} of 256 bits, inclusive"),
        _fact("Altered copies", words.LOOKED_FOR[report.altered]),
        _fact("Reading", "every file was opened for reading only; links inside folders were not followed"),
        _fact("Duration", f"{report.summary.seconds:,.1f} seconds of work"),
    ]
    if report.plugged_in:
        facts.append(_fact("Plugged in", *map(_code, report.plugged_in)))
    blocks: list[Block] = [{"kind": "facts", "facts": facts}]
    if report.unsafe_no_sandbox:
        blocks.append(
            _text("This scan was allowed to decode without its protections (--unsafe-no-sandbox).", grave=True)
        )
    if not report.runs:
        blocks.append(_text("The scan recorded nothing about the program that ran it: an older version made it."))
    for count, run in enumerate(report.runs, start=1):
        title = "Run" if len(report.runs) == 1 else f"Run {count} of {len(report.runs)}"
        blocks.append({"kind": "record", "name": title, "facts": _run_facts(run)})
    return blocks


def _run_facts(run: ReportedRun) -> list[Block]:
    clock = "the machine\u2019s own clock, as it was set" if run.clock == "system" else show(run.clock)
    libraries = ", ".join(f"{show(name)} {show(text)}" for name, text in run.libraries.items()) or "none that decodes"
    return [
        _fact("Begun", f"{_time(run.started_at_utc)}, by {clock}"),
        _fact("Run by", *(_code(one) for one in run.by.values()) if run.by else ("not disclosed here",)),
        _fact("Program", f"unseen {show(run.version)}, native code in its variant {show(run.kernel)}"),
        _fact("Libraries", libraries),
        _fact("Machine", f"{show(run.system)}; Python {show(run.python)}"),
        _fact("Protections", *_protections(run)),
    ]


def _protections(run: ReportedRun) -> Iterator[str]:
    box = run.sandbox
    if not box:
        yield "none needed: nothing was decoded"
        return
    if not box.get("seccomp"):
        yield "NO sandbox: a decoder that was taken over could have done what the examiner\u2019s account can"
        return
    yield f"seccomp filter: {_LOCKED}"
    version = box.get("landlock_version")
    yield (
        f"Landlock, version {version}" if version else "no Landlock in this kernel: files were refused by seccomp alone"
    )
    if not box.get("is_single_threaded", True):
        yield "a library had started threads before the lock: Landlock did not hold for them"


def _record(report: ReportData) -> list[Block]:
    if report.checkpoint is None:
        return [_text(text) for text in words.WITHOUT_LEDGER]
    facts = [
        _fact("Records", number(report.checkpoint.size)),
        _fact("Public key", _code(report.checkpoint.public_key)),
        _fact("Checkpoint", *map(_code, report.checkpoint.note.splitlines())),
    ]
    return [*map(_text, words.WITH_LEDGER), {"kind": "facts", "facts": facts}]


def _verdict(verdict: Verdict | None) -> Iterator[Cell]:
    if verdict is None:
        yield "none: nobody has decided on this finding"
        return
    yield f"{verdict.decision}, recorded {_time(verdict.at_utc)}"
    if not verdict.is_current:
        yield "it no longer counts: a match came after it that was not on record when it was given"
    yield _code(verdict.by)
    yield _code(verdict.reason)


def _counts(by_signal: Mapping[str, int]) -> str:
    return ", ".join(f"{signal_words(name)} {number(count)}" for name, count in by_signal.items())


def _time(at_utc: str) -> str:
    """`2026-11-23T02:40:00Z` as people write it."""
    return at_utc.replace("T", " ").removesuffix("Z") + " UTC"


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _plural(count: int, one: str, many: str | None = None) -> str:
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def _code(text: str) -> Mapping[str, str]:
    return {"code": show(text)}


def _fact(name: str, *cells: Cell) -> Block:
    return {"name": name, "cells": list(cells)}


def _text(text: str, *, grave: bool = False) -> Block:
    return {"kind": "text", "text": text, "grave": grave}


def _points(pairs: Iterable[tuple[str, str]]) -> Block:
    return {"kind": "points", "points": [{"name": name, "text": text} for name, text in pairs]}


def _table(name: str, head: list[str], rows: Iterable[list[Cell]], numeric: Iterable[int] = ()) -> Block:
    return {"kind": "table", "name": name, "head": head, "numeric": list(numeric), "rows": rows}


def _section(title: str, blocks: list[Block]) -> Block:
    return {"title": title, "blocks": blocks}
