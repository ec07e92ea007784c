"""Names are whoever's who made them: no printed row of a case lets them speak to a terminal, or to a parser."""

import json
from dataclasses import replace

import pytest

from unseen.casework.cases.course import fold
from unseen.casework.cases.verbs import CaseAccount
from unseen.cli import case_rows
from unseen.model import (
    CaseEvent,
    CaseOutcome,
    EventKind,
    Facts,
    Finding,
    Gathered,
    Locator,
    Match,
    State,
    Subject,
    SubjectKind,
)

AT = "2026-11-23T12:00:00Z"
HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07",
    "line\nbreak\r\u2028\u2029\x85",
    "\u202egnp.exe\u2066\u200f",
    "\u0000zero",
    "half \ud800 of a pair, and bytes \udcff",
    "zero\u200bwidth\ufeff",
    '","outcome":"reported"}{"',
    "x" * 100_000,
    "\U000e0041\u0301" * 50,
]


def lived(name: str) -> CaseAccount:
    """A case in which every word is this one."""
    subject = Subject(SubjectKind.SOURCE, name)
    facts = Facts(subject=subject, original_name=name, ip="192.0.2.7", port=7, uploaded_at_utc=AT)
    matches = (Match(name, name, "md5", 0, None),)
    finding = Finding(
        "0" * 32,
        Locator.of_file(name).inside("zip", name),
        bytes(32),
        State.ALLOCATED,
        matches,
    )
    steps: list[tuple[EventKind, dict[str, object]]] = [
        (EventKind.OPENED, {"subject": subject}),
        (EventKind.FINDING, {"finding": finding.id, "facts": facts}),
        (EventKind.TAKEN, {"by": name}),
        (EventKind.NEXT_ACTION, {"by": name, "text": name, "due_at_utc": AT}),
        (EventKind.OFFERED, {"by": name, "to": name, "text": name}),
        (EventKind.ESCALATED, {"by": name, "text": name}),
        (EventKind.FORWARDED, {"by": name, "text": name}),
        (EventKind.NOTED, {"by": name, "text": name}),
    ]
    events = [
        CaseEvent(id=number, case=1, kind=kind, at_utc=AT, **values)  # type: ignore[arg-type]  # of each kind its own
        for number, (kind, values) in enumerate(steps, start=1)
    ]
    return CaseAccount(fold(events), AT, (), (finding,), ((bytes(32), tuple(range(2, 100))),))


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_lines_of_cases_are_lines_of_text(name: str) -> None:
    """No line holds a command to a terminal, a mark that turns the writing, or the beginning of another line."""
    account = lived(name)
    ended = replace(account.case, outcome=CaseOutcome.NOT_OURS, outcome_by=name, outcome_reason=name)
    gathered = Gathered(case=1, subject=account.case.subject, findings=1, owner=name)
    lines = [
        *case_rows.case_lines(account),
        *case_rows.case_lines(replace(account, case=ended)),
        *case_rows.whole_case_lines(account),
        *case_rows.gathered_lines(gathered),
    ]
    assert len(lines) > 20
    for line in lines:
        assert line.isprintable(), line


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_rows_of_cases_are_objects_of_one_line(name: str) -> None:
    """Whatever a name holds, a row of JSON is one line of ASCII, and gives the name back as it was."""
    account = lived(name)
    written = json.dumps(case_rows.whole_case_row(account), ensure_ascii=True)
    assert written.isascii()
    assert "\n" not in written
    read = json.loads(written)
    assert (read["owner"], read["danger"], read["events"][1]["facts"]["original_name"]) == (name, name, name)
    gathered = Gathered(case=1, subject=account.case.subject, findings=1, owner=name)
    assert json.loads(json.dumps(case_rows.gathered_row(gathered)))["owner"] == name


def test_of_many_cases_with_one_file_a_line_names_some() -> None:
    """A line for people names the first of the other cases and says how many there are; the row names all."""
    account = lived("a")
    (line,) = [line for line in case_rows.whole_case_lines(account) if "is also in case" in line]
    assert line.endswith("20, 21 and 78 more (--json names all)")
    row = case_rows.whole_case_row(account)
    assert json.loads(json.dumps(row))["elsewhere"][0]["cases"] == list(range(2, 100))
