"""Cases as filings are composed of them: drawn by hand, without a store."""

from collections.abc import Mapping, Sequence
from typing import Any

from unseen.casework.filing import CaseMaterial, FilingSettings, FoundFile
from unseen.casework.filing.values import ListedLabel, SearchedList
from unseen.model import (
    Decision,
    Facts,
    Finding,
    Ground,
    How,
    ListClass,
    Locator,
    Match,
    State,
    Subject,
    SubjectKind,
    Verdict,
)

__all__ = ["ACCOUNT", "EXACT", "NEAR", "SETTINGS", "a_case", "a_file", "a_finding", "settings", "verdict"]

ACCOUNT = Subject(SubjectKind.ACCOUNT, "4711")
EXACT = Match("known", "media 7", "sha256", 0, None, ground=Ground.EXACT)
NEAR = Match("known", "media 8", "pdq", 12, How(orientation="rotated90", convention="full"), ground=Ground.NEAR)
SEARCHED = {"known": SearchedList(ListClass.CSAM, "ab" * 32, 5), "fine": SearchedList(ListClass.CLEARED, "cd" * 32, 6)}
SETTINGS: Mapping[str, Any] = {
    "service": {"environment": "test"},
    "reporter": {"reportingPerson": {"email": [{"value": "safety@files.example"}]}},
    "internetDetails": [{"webPageIncident": {"url": ["https://files.example/"]}}],
}


def settings(label: Sequence[Mapping[str, str]] = (), **company: object) -> FilingSettings:
    """Settings with other words about the company."""
    of_company = {"service": "Example Files", "files_are_as_uploaded": True, **company}
    return FilingSettings.model_validate({**SETTINGS, "company": of_company, "label": label})


def verdict(decision: Decision) -> Verdict:
    """A person's word, still standing."""
    return Verdict(
        decision=decision, by="D. Okafor", reason="looked into it", at_utc="2026-11-20T12:00:00Z", is_current=True
    )


def a_finding(number: int = 1, *matches: Match, decision: Decision | None = None, path: str = "") -> Finding:
    """A finding in a file of its own."""
    return Finding(
        id=f"{number:064x}",
        locator=Locator.of_file(path or f"uploads/{number}.jpg"),
        sha256=bytes([number % 256]) * 32,
        state=State.ALLOCATED,
        matches=matches or (EXACT,),
        verdict=None if decision is None else verdict(decision),
    )


def a_file(
    number: int = 1,
    *matches: Match,
    facts: Facts | None = None,
    labels: tuple[ListedLabel, ...] = (),
    decision: Decision | None = None,
) -> FoundFile:
    """The same with what is known of it."""
    return FoundFile(
        finding=a_finding(number, *matches, decision=decision),
        size_bytes=1000 + number,
        md5=bytes([number % 256]) * 16,
        sha1=bytes([number % 256]) * 20,
        labels=labels,
        searched=SEARCHED,
        facts=facts,
    )


def a_case(
    *files: FoundFile, subject: Subject = ACCOUNT, account: str | None = None, danger: str | None = None
) -> CaseMaterial:
    """A case that holds these."""
    return CaseMaterial(
        id=17,
        ledger="example.org/ledger",
        subject=subject,
        known_at_utc="2026-11-20T10:00:00Z",
        danger=danger,
        version="0.0",
        files=files or (a_file(),),
        account=account,
    )
