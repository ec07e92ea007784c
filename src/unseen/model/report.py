"""What a report says about one scan: read from the store by casework, rendered by reports. No list value is in it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from unseen.model.acquisition import Acquired
from unseen.model.altered import Altered
from unseen.model.cases import CaseEvent, CaseOutcome, Subject, Verdict
from unseen.model.entries import Label
from unseen.model.grounds import ListPolicy
from unseen.model.hashes import Signal
from unseen.model.items import Locator, Times
from unseen.model.matches import Match, NotScreened, Summary
from unseen.model.outcomes import EXHIBIT, Outcome, Reason, Retention, State

__all__ = [
    "Checkpoint",
    "Form",
    "ReportData",
    "ReportedCase",
    "ReportedFinding",
    "ReportedList",
    "ReportedMatch",
    "ReportedRun",
    "Stated",
]


class Form(StrEnum):
    """In which forms a report can be written. Closed."""

    HTML = "html"
    PDF = "pdf"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class ReportedMatch:
    """A match, with the labels of its entry.

    Attributes:
        labels: As the list gave them; None where the list is no longer in the store as it was when it was searched.
    """

    match: Match
    labels: tuple[Label, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFinding:
    """A finding as a report shows it.

    Attributes:
        outcome: How far the item was screened.
        reason: Why no further, or None.
        size_bytes: None where it is not known.
        digests: Those of the item, without the ones that equal an entry: printing them would print the list.
        digests_withheld: Signals of the digests left out for that reason, in the order of `Signal`.
        pdq_quality: 0 to 100; None where the item is not a picture.
        first_seen_at_utc: When the first scan of this store saw it, in ISO 8601.
        matches: Ordered by (distance, list, entry).
        verdict: The newest that a person gave, or None.
        times: When the item was touched, as its source said when it was first seen; None where that says nothing.
    """

    id: str
    locator: Locator
    state: State
    outcome: Outcome
    reason: Reason | None
    size_bytes: int | None
    digests: Mapping[Signal, bytes]
    digests_withheld: tuple[Signal, ...]
    pdq_quality: int | None
    first_seen_at_utc: str
    matches: tuple[ReportedMatch, ...]
    verdict: Verdict | None = None
    times: Times | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedList:
    """A list as it was when the scan began.

    Attributes:
        name: Its name, or the path of its file.
        list_class: What it is for.
        sha256: Digest of the file that it was read from, in hexadecimal.
        entries: Number of entries of each signal; None where the scan did not record it.
        searchable: Which of these signals were searched.
        policy: How its matches were weighed; None where an older version scanned.
        version: Number of the record in the ledger that made it what it was then; None for a file.
    """

    name: str
    list_class: str
    sha256: str
    entries: Mapping[str, int] | None
    searchable: tuple[str, ...] = ()
    policy: ListPolicy | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRun:
    """Under which conditions a scan, or a resumed part of one, worked.

    Attributes:
        clock: Where the times come from: `system` is the machine's own clock, as it was set.
        by: `user` and `host`: the account that ran it, and the name of the machine; empty where that is not disclosed.
        kernel: Variant of the native code.
        libraries: Versions by name.
        sandbox: Which protections held in every worker: `seccomp`, `landlock_version`, `is_single_threaded`.
    """

    started_at_utc: str
    clock: str
    by: Mapping[str, str]
    version: str
    python: str
    system: str
    kernel: str
    libraries: Mapping[str, str]
    sandbox: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What whoever asked for the report says; nothing of it was checked. None where nothing was said."""

    by: str | None = None
    agency: str | None = None
    case: str | None = None
    exhibit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedCase:
    """The case whose findings a report gives, and what people have done with it.

    Attributes:
        id: Its number in its store.
        subject: Whose it is.
        known_at_utc: Since when it has been known, in ISO 8601.
        owner: Who looks after it; None for nobody.
        danger: Why a child may be in danger now, where that is on record.
        outcome: How it ended; None while it is open.
        events: All that happened to it, oldest first.
        elsewhere: How many of its findings this report does not give, because other scans have seen them last.
    """

    id: int
    subject: Subject
    known_at_utc: str
    owner: str | None
    danger: str | None
    outcome: CaseOutcome | None
    events: tuple[CaseEvent, ...]
    elsewhere: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where the ledger stood.

    Attributes:
        note: In a bundle the signed note; otherwise its text as it was when the scan had ended, unsigned: the store
            holds a later one, signed, that covers it.
        size: Number of records that it covers.
        public_key: With which the store, or the bundle, verifies, as `--key` takes it.
    """

    note: str
    size: int
    public_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """All that a report says about one finished scan.

    Attributes:
        written_at_utc: When the report was written, in ISO 8601.
        version: Of the program that writes the report.
        sources: As given, and where that was on the machine; None for a list of paths.
        paths_sha256: Digest of the list of paths, in hexadecimal, where there was one.
        plugged_in: Signals of hashers that a licensee plugged in.
        digest_only: Items of which only digests were compared, by reason.
        not_screened: Rows of what was not screened, by reason.
        findings: Gives every finding, ordered by locator; may be called again.
        unscreened: Gives every row of what was not screened, ordered by locator; may be called again.
        checkpoint: None where the store keeps no ledger.
        acquired: Images of media, and what came of the digests stored in them; none in an extract.
        findings_shown: How many of the findings are given, where the others, and what was not screened, are left out
            on purpose; None where all is given.
        retention: For how long hashes of items that matched nothing are kept.
        altered: How far altered copies of known pictures were looked for.
        of_case: The case whose findings are given; None of a report of a scan.
    """

    written_at_utc: str
    version: str
    stated: Stated
    scan: int
    started_at_utc: str
    finished_at_utc: str
    basis: str | None
    sources: tuple[tuple[str, str], ...]
    paths_sha256: str | None
    threshold_bits: int
    plugged_in: tuple[str, ...]
    unsafe_no_sandbox: bool
    runs: tuple[ReportedRun, ...]
    lists: tuple[ReportedList, ...]
    summary: Summary
    digest_only: Mapping[Reason, int]
    not_screened: Mapping[Reason, int]
    findings: Callable[[], Iterator[ReportedFinding]] = field(repr=False)
    unscreened: Callable[[], Iterator[NotScreened]] = field(repr=False)
    checkpoint: Checkpoint | None = None
    acquired: tuple[Acquired, ...] = ()
    findings_shown: int | None = None
    retention: Retention = EXHIBIT
    altered: Altered = Altered.OFF
    of_case: ReportedCase | None = None
