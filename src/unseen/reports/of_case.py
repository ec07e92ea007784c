"""What a report says of the case whose findings it gives: what is known of how they came, and what people did."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from unseen.model import CaseEvent, EventKind
from unseen.model.report import ReportData, ReportedCase
from unseen.reports.shown import show

__all__ = ["case_blocks", "case_value"]

_KINDS = {
    EventKind.OPENED: "opened",
    EventKind.FINDING: "a finding came to it",
    EventKind.ACCOUNT: "facts of the account became known",
    EventKind.TAKEN: "taken",
    EventKind.OFFERED: "offered",
    EventKind.ACCEPTED: "accepted",
    EventKind.DECLINED: "declined",
    EventKind.NEXT_ACTION: "next action",
    EventKind.ESCALATED: "escalated: a child may be in danger now",
    EventKind.ESCALATION_ENDED: "escalation ended",
    EventKind.NOTED: "note",
    EventKind.FORWARDED: "forwarded",
    EventKind.CLOSED: "closed",
    EventKind.REOPENED: "opened again",
}
assert set(_KINDS) == set(EventKind)


def case_blocks(report: ReportData, most: int | None = None) -> list[dict[str, Any]]:
    """The case, how its files came, and what happened to it; nothing of a report that is of no case.

    Args:
        report: Of a case.
        most: Of how many files is said how they came; None for all.
    """
    case = report.of_case
    if case is None:
        return []
    facts = [
        _fact("Case", f"number {case.id} of its store"),
        _fact("Subject", _code(str(case.subject))),
        _fact("Known since", _time(case.known_at_utc)),
        _fact("Owner", _code(case.owner) if case.owner else "nobody"),
        *([_fact("A child may be in danger now", _code(case.danger))] if case.danger else []),
        _fact("Outcome", "none: it is open" if case.outcome is None else case.outcome.value.replace("_", " ")),
    ]
    blocks: list[dict[str, Any]] = [_text(_SAID), {"kind": "facts", "facts": facts}]
    if case.elsewhere:
        count = f"{case.elsewhere:,} finding{'' if case.elsewhere == 1 else 's'}"
        said = f"{count} of this case were last seen by other scans, each of which has a report of its own."
        blocks.append(_text(said, grave=True))
    if came := list(_came(case)):
        head = ["Finding", "Uploaded", "From", "Original name"]
        blocks += [_text(_CAME), {"kind": "table", "name": "came", "head": head, "numeric": [], "rows": came[:most]}]
        if most is not None and len(came) > most:
            others = f"All {len(came):,} stand in the HTML and JSON forms of this report."
            blocks.append(_text(f"The first {most:,} are printed here. {others}", grave=True))
    head = ["When", "What", "Who", "In words"]
    rows = [_row(event) for event in case.events if event.kind is not EventKind.FINDING]
    return [*blocks, {"kind": "table", "name": "events", "head": head, "numeric": [], "rows": rows}]


_SAID = (
    "This report gives the findings of one case. A case gathers what belongs to one account, device, upload or exhibit;"
    " it says nothing else about anybody. What happened to it stands below, in order, as it was recorded then."
)
_CAME = "What the custodian has on record of how files of this case came to it. None of it follows from a match."


def case_value(case: ReportedCase | None) -> dict[str, Any] | None:
    """The same as values of JSON."""
    if case is None:
        return None
    return {
        "number": case.id,
        "subject": str(case.subject),
        "known_at_utc": case.known_at_utc,
        "owner": case.owner,
        "danger": case.danger,
        "outcome": case.outcome,
        "elsewhere": case.elsewhere,
        "events": [_event_value(event) for event in case.events],
    }


def _event_value(event: CaseEvent) -> dict[str, Any]:
    facts = event.facts
    return {
        "record": event.id,
        "kind": event.kind,
        "at_utc": event.at_utc,
        "by": event.by,
        "to": event.to,
        "text": event.text,
        "due_at_utc": event.due_at_utc,
        "finding": event.finding,
        "uploaded_at": facts and facts.uploaded_at_utc,
        "ip": facts and facts.ip,
        "port": facts and facts.port,
        "original_name": facts and facts.original_name,
    }


def _came(case: ReportedCase) -> Iterator[list[Any]]:
    newest = {event.finding: event.facts for event in case.events if event.kind is EventKind.FINDING}
    for finding, facts in newest.items():
        if finding is None or facts is None or not (facts.uploaded_at_utc or facts.ip or facts.original_name):
            continue
        port = "" if facts.port is None else f" port {facts.port}"
        yield [
            _code(finding),
            _time(facts.uploaded_at_utc) if facts.uploaded_at_utc else "",
            f"{facts.ip}{port}" if facts.ip else "",
            _code(facts.original_name) if facts.original_name else "",
        ]


def _row(event: CaseEvent) -> list[Any]:
    who = " to ".join(show(name) for name in (event.by, event.to) if name)
    words = [text for text in (event.text, event.outcome and event.outcome.value.replace("_", " ")) if text]
    due = f", until {_time(event.due_at_utc)}" if event.due_at_utc else ""
    return [
        _time(event.at_utc),
        _KINDS[event.kind] + due,
        {"code": who} if who else "the program",
        {"code": show("; ".join(words))} if words else "",
    ]


def _time(at: str) -> str:
    """A moment with any time zone, as people write it in UTC."""
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _code(text: str) -> dict[str, str]:
    return {"code": show(text)}


def _fact(name: str, cell: Any) -> dict[str, Any]:
    return {"name": name, "cells": [cell]}


def _text(text: str, *, grave: bool = False) -> dict[str, Any]:
    return {"kind": "text", "text": text, "grave": grave}
