"""What goes into a filing, and what comes out: frozen values, without a clock and without the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from unseen.filing.cybertipline.schema import FileDetails, Report
from unseen.model import Facts, Finding, Label, ListClass, Subject

__all__ = [
    "ESP_ID_CHARS_MAX",
    "PENDING_FILE",
    "PENDING_REPORT",
    "CaseMaterial",
    "Composed",
    "ComposedFile",
    "FoundFile",
    "LeftOut",
    "ListedLabel",
    "SearchedList",
]

# Names that the service gives while a report is open; the composition stands before that.
PENDING_REPORT, PENDING_FILE = 1, "-"
# As long as subjects may be; the schema sets no bound.
ESP_ID_CHARS_MAX = 500


@dataclass(frozen=True, slots=True)
class SearchedList:
    """A list as it was when a finding was made.

    Attributes:
        list_class: What it is for.
        sha256: Of the file, or the state of the service, that it was read from.
        record: Number of the entry of the ledger that states its newest change then; None of a file given for one scan.
    """

    list_class: ListClass | None
    sha256: str | None
    record: int | None

    def __str__(self) -> str:
        if self.record is not None:
            return f"record {self.record}" + (f", SHA-256 {self.sha256}" if self.sha256 else "")
        return f"SHA-256 {self.sha256}" if self.sha256 else "not on record any more"


@dataclass(frozen=True, slots=True)
class ListedLabel:
    """What an entry that matched is called by its own list."""

    list: str
    entry: str
    signal: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """One finding of a case.

    Attributes:
        finding: With its matches and its verdict.
        size_bytes: Of the item; None where it is not kept any more.
        md5: Likewise.
        sha1: Likewise.
        labels: Of the entries that it matches and that still stand.
        searched: By its name, each list as it was searched.
        facts: How the item came, where that is known.
    """

    finding: Finding
    size_bytes: int | None = None
    md5: bytes | None = None
    sha1: bytes | None = None
    labels: tuple[ListedLabel, ...] = ()
    searched: Mapping[str, SearchedList] = field(default_factory=dict)
    facts: Facts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMaterial:
    """A case with all that is known of it.

    Attributes:
        id: Its number in its store.
        ledger: Origin of the ledger of that store.
        subject: Whose it is.
        known_at_utc: Since when it has been known, in ISO 8601.
        danger: Why a child may be in danger now, where that is on record.
        version: Of unseen.
        files: Its findings, in the order in which they came.
        account: What is known of the account, as JSON in the schema's names; None where nothing is.
    """

    id: int
    ledger: str
    subject: Subject
    known_at_utc: str
    danger: str | None
    version: str
    files: tuple[FoundFile, ...]
    account: str | None = None


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LeftOut(_Value):
    """A finding of the case that the report does not speak of, and why."""

    finding: str
    why: str


class ComposedFile(_Value):
    """One file of a report.

    Attributes:
        finding: Its id.
        item: Where it lies, for people: what is no text in it is an escape. The locator is with the finding.
        name: By which the service shall know it.
        sha256: Of its bytes when it was found, in hexadecimal; what is uploaded must have the same.
        md5: Likewise; None where it is not kept.
        size_bytes: Likewise.
        details: What is told of it, complete but for the two names that the service gives.
    """

    finding: str
    item: str
    name: str
    sha256: str
    md5: str | None
    size_bytes: int | None
    details: FileDetails

    def details_for(self, report_id: int, file_id: str) -> FileDetails:
        """What is told of it, once the service has named both."""
        return self.details.model_copy(update={"report_id": report_id, "file_id": file_id})


class Composed(_Value):
    """A report, ready to be decided on. It can be kept as JSON and read back: what was decided on is what is sent.

    Attributes:
        report: The report.
        files: Its files, in the order in which they are uploaded.
        left_out: Findings of the case that it does not speak of.
        by_hand: Places of what a person added, in the schema's names.
        replaced: Of these places, where something else had stood.
    """

    report: Report
    files: tuple[ComposedFile, ...]
    left_out: tuple[LeftOut, ...] = ()
    by_hand: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Write it down; the same text for the same report."""
        return self.model_dump_json(by_alias=True, exclude_defaults=True)

    @classmethod
    def of_json(cls, text: str) -> "Composed":
        """Read what `to_json` wrote."""
        return cls.model_validate_json(text)
