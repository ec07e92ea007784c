"""What leaves with a case: facts about files, never the files, and of any other case nothing but its number."""

from dataclasses import dataclass

from unseen.model import Facts, Finding, Label, Subject

__all__ = ["ExportedCase", "ExportedFinding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFinding:
    """One finding of a case.

    Attributes:
        finding: With its matches and its verdict.
        size_bytes: Of the item.
        md5: Of its bytes; None where a scan did not take it.
        sha1: Likewise.
        first_seen_at_utc: In ISO 8601.
        labels: Of the entries that it matches, each once, in the order of the matches.
        facts: How the item came, where that is known.
        also_in: Numbers of other cases that hold the same content: a fact to follow up.
        is_viewed: Whether a full view of this very file by a named person is on record.
    """

    finding: Finding
    size_bytes: int | None
    md5: bytes | None
    sha1: bytes | None
    first_seen_at_utc: str
    labels: tuple[Label, ...]
    facts: Facts | None
    also_in: tuple[int, ...] = ()
    is_viewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedCase:
    """One case.

    Attributes:
        id: Its number in its store.
        ledger: Origin of the ledger of that store: case numbers of two stores may be the same.
        subject: Whose it is.
        known_at_utc: Since when it has been known.
        exported_at_utc: When this was written.
        by: Who exports it.
        reason: Why.
        version: Of unseen.
        findings: In the order in which they came.
        danger: Why a child may be in danger now, where that is on record.
        forwarded: Where it went, in order.
        account: What is known of the account, as JSON in the names of CyberTipline's schema.
    """

    id: int
    ledger: str
    subject: Subject
    known_at_utc: str
    exported_at_utc: str
    by: str
    reason: str
    version: str
    findings: tuple[ExportedFinding, ...]
    danger: str | None = None
    forwarded: tuple[str, ...] = ()
    account: str | None = None
