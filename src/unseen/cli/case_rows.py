"""Cases for programs and for people. What is said of a case are moments, names and identifiers."""

import json
from typing import TYPE_CHECKING

from unseen.cli import rows, tables, voice
from unseen.model import CaseEvent, EventKind, Facts, Gathered, InNoCase

if TYPE_CHECKING:
    from unseen.casework.cases.exporting import WrittenExport
    from unseen.casework.cases.verbs import CaseAccount

__all__ = [
    "case_lines",
    "case_row",
    "export_lines",
    "export_row",
    "gathered_lines",
    "gathered_row",
    "whole_case_lines",
    "whole_case_row",
]

# Of those that hold the same file: a line is for people to read.
_CASES_SHOWN = 20
_SAID = {
    EventKind.OPENED: "opened by a finding",
    EventKind.FINDING: "finding",
    EventKind.ACCOUNT: "facts of the account",
    EventKind.TAKEN: "taken",
    EventKind.OFFERED: "offered",
    EventKind.ACCEPTED: "accepted",
    EventKind.DECLINED: "declined",
    EventKind.NEXT_ACTION: "next action",
    EventKind.ESCALATED: "escalated",
    EventKind.ESCALATION_ENDED: "escalation ended",
    EventKind.NOTED: "noted",
    EventKind.FORWARDED: "forwarded",
    EventKind.CLOSED: "ended",
    EventKind.REOPENED: "reopened",
}
assert set(_SAID) == set(EventKind)


def case_row(account: "CaseAccount") -> rows.Row:
    """A row of `unseen case ls --json`."""
    case = account.case
    return {
        "case": case.id,
        "subject": str(case.subject),
        "known_at_utc": case.known_at_utc,
        "owner": case.owner,
        "offered_to": case.offered_to,
        "next_action": case.next_action,
        "due_at_utc": account.due_at_utc,
        "danger": case.danger,
        "forwarded": list(case.forwarded),
        "findings": len(case.findings),
        "outcome": case.outcome,
        "moved_at_utc": case.moved_at_utc,
        "alarms": list(account.alarms),
    }


def whole_case_row(account: "CaseAccount") -> rows.Row:
    """The row of `unseen case show --json`."""
    return case_row(account) | {
        "findings": [rows.finding_row(finding, with_id=True) for finding in account.findings],
        "elsewhere": [{"sha256": sha256.hex(), "cases": list(cases)} for sha256, cases in account.elsewhere],
        "events": [_event_row(event) for event in account.case.events],
    }


def case_lines(account: "CaseAccount") -> list[str]:
    """What `unseen case ls` says of a case."""
    case = account.case
    head = f"case {case.id}: {voice.printable(str(case.subject))}"
    if account.alarms:
        head += "  ** " + ", ".join(alarm.replace("_", " ") for alarm in account.alarms) + " **"
    lines = [head]
    if case.danger is not None and case.is_open:
        lines.append(f"  a child may be in danger: {voice.printable(case.danger)}")
    owner = f"owner {voice.printable(case.owner)}" if case.owner else "no owner"
    offered = f", offered to {voice.printable(case.offered_to)}" if case.offered_to else ""
    lines.append(f"  {voice.plural(len(case.findings), 'finding')}, known since {case.known_at_utc}, {owner}{offered}")
    if case.outcome is not None:
        said = voice.printable(f"{case.outcome_by}: {case.outcome_reason}")
        return [*lines, f"  ended: {case.outcome.replace('_', ' ')} ({said})"]
    lines.append(f"  next: {voice.printable(case.next_action or '')}, until {account.due_at_utc}")
    return lines + [f"  forwarded: {voice.printable(where)}" for where in case.forwarded]


def whole_case_lines(account: "CaseAccount") -> list[str]:
    """What `unseen case show` says."""
    lines = case_lines(account)
    facts = {event.finding: event.facts for event in account.case.events if event.kind is EventKind.FINDING}
    for finding in account.findings:
        lines += tables.finding_lines(finding, with_id=True)
        lines += [f"  {words}" for words in _facts_words(facts.get(finding.id))]
    for sha256, cases in account.elsewhere:
        numbers = ", ".join(str(case) for case in cases[:_CASES_SHOWN])
        if (more := len(cases) - _CASES_SHOWN) > 0:
            numbers += f" and {more:,} more (--json names all)"
        lines.append(f"the file with sha256 {sha256.hex()[:16]}... is also in case {numbers}")
    return lines + [_event_line(event) for event in account.case.events]


def gathered_row(told: Gathered | InNoCase) -> rows.Row:
    """A row `case`, or `in_no_case`, of a scan or a recheck."""
    if isinstance(told, InNoCase):
        return {"type": "in_no_case", "findings": told.findings}
    return {
        "type": "case",
        "case": told.case,
        "subject": str(told.subject),
        "findings": told.findings,
        "owner": told.owner,
        "outcome": told.outcome,
    }


def gathered_lines(told: Gathered | InNoCase) -> list[str]:
    """Who has the findings of a scan or a recheck now."""
    found = voice.plural(told.findings, "finding")
    if isinstance(told, InNoCase):
        return [f"in no case: {found}, for which nobody is asked (`unseen findings --in-no-case` lists them)"]
    where = f"in case {told.case} ({voice.printable(str(told.subject))}): {found}"
    owner = f"owner {voice.printable(told.owner)}" if told.owner else "no owner"
    ended = "" if told.outcome is None else f", which has ended: {told.outcome.replace('_', ' ')}"
    return [f"{where}, {owner}{ended}"]


def export_row(written: "WrittenExport") -> rows.Row:
    """The row of `unseen case export --json`."""
    return {
        "case": written.case,
        "file": written.path,
        "format": written.form,
        "sha256": written.sha256.hex(),
        "findings": written.findings,
    }


def export_lines(written: "WrittenExport") -> list[str]:
    """What was written."""
    what = f"{voice.plural(written.findings, 'finding')} as {written.form}"
    path = voice.printable(written.path)
    return [f"case {written.case}: {what} written to {path}", f"  sha256 {written.sha256.hex()}"]


def _facts_words(facts: Facts | None) -> list[str]:
    if facts is None:
        return []
    port = "" if facts.port is None else f" port {facts.port}"
    known = {
        "uploaded": facts.uploaded_at_utc,
        "from": None if facts.ip is None else f"{facts.ip}{port}",
        "as": facts.original_name,
    }
    said = [f"{name} {voice.printable(value)}" for name, value in known.items() if value is not None]
    return [", ".join(said)] if said else []


def _event_row(event: CaseEvent) -> rows.Row:
    facts = event.facts
    row = {
        "record": event.id,
        "kind": event.kind,
        "at_utc": event.at_utc,
        "by": event.by,
        "to": event.to,
        "text": event.text,
        "due_at_utc": event.due_at_utc,
        "outcome": event.outcome,
        "finding": event.finding,
        "answers": event.answers,
    }
    if facts is not None:
        row["facts"] = {
            "subject": str(facts.subject),
            "uploaded_at": facts.uploaded_at_utc,
            "ip": facts.ip,
            "port": facts.port,
            "original_name": facts.original_name,
            "about": facts.about,
            "file": facts.file and json.loads(facts.file),
            "account": facts.account and json.loads(facts.account),
        }
    return row


def _event_line(event: CaseEvent) -> str:
    parts = [
        event.by and f"by {event.by}",
        event.to and f"to {event.to}",
        event.outcome and event.outcome.replace("_", " "),
        event.finding and event.finding[:16],
        event.text,
        event.due_at_utc and f"until {event.due_at_utc}",
    ]
    said = "  ".join(voice.printable(part) for part in parts if part)
    return f"{event.at_utc}  {_SAID[event.kind]}{'  ' if said else ''}{said}"
