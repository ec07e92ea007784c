"""What would be sent of a case, what is missing of it, and what stands in its way. Nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from unseen import store as stores
from unseen.casework.filing.additions import NO_ADDITIONS, read_additions
from unseen.casework.filing.composing import compose
from unseen.casework.filing.gathering import read_material
from unseen.casework.filing.missing import Missing, find_missing
from unseen.casework.filing.sending.rereading import Kept, Rereader, no_copy
from unseen.casework.filing.settings import FilingSettings, read_settings
from unseen.casework.filing.values import Composed, ComposedFile
from unseen.casework.proof.places import open_to_read
from unseen.errors import UsageError
from unseen.filing.cybertipline.rules import Problem, check_files, check_report
from unseen.model import Reason, UnreadError
from unseen.store import Store

__all__ = ["Prepared", "Wanted", "check_sendable", "compose_case", "find_problems", "prepare", "unread_files"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a case is to be reported.

    Attributes:
        case: Its number.
        settings: Path of the custodian's settings.
        additions: Path of what is added by hand.
        facts_alone: Findings whose facts are told without the file: ids, or as much of each as names one only.
        passwords: Path of a file with passwords for encrypted containers.
        unsafe_no_sandbox: Read containers where the kernel cannot lock a process.
        kept: Gives preserved copies of findings, which are read in place of what lies where they were found.
    """

    case: int
    settings: str
    additions: str | None = None
    facts_alone: Sequence[str] = ()
    passwords: str | None = None
    unsafe_no_sandbox: bool = False
    kept: Kept = no_copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A report as it would be sent now.

    Attributes:
        case: Number of the case.
        composed: The report, and the files that go along.
        facts_alone: Findings that it speaks of without their file.
        missing: What an officer would need and is not there.
        problems: Why it cannot be sent as it stands.
        unread: Files that cannot be read any more as they were found, by finding.
        filed: Findings that are on their way already, or have arrived: by finding the filing.
    """

    case: int
    composed: Composed
    facts_alone: tuple[str, ...]
    missing: tuple[Missing, ...]
    problems: tuple[Problem, ...]
    unread: Mapping[str, Reason]
    filed: Mapping[str, int]


def prepare(location: str, wanted: Wanted, *, channel: str) -> Prepared:
    """Compose the report of a case, and read every file of it once more.

    Args:
        location: Path of the store.
        wanted: What is to be reported.
        channel: Which way it would go: what has gone there already is left out.

    Raises:
        UsageError: There is no such case, nothing of it is to be reported, or something given is wrong.
        StoreError: There is no store, or it cannot be read.
        SandboxError: The kernel cannot lock a process that reads containers.
    """
    settings = read_settings(wanted.settings)
    with open_to_read(location) as store:
        prepared = compose_case(store, wanted, settings, channel=channel)
        return replace(prepared, unread=unread_files(store, prepared.composed, wanted))


def compose_case(
    store: Store, wanted: Wanted, settings: FilingSettings, *, channel: str, only: frozenset[str] | None = None
) -> Prepared:
    """Compose the report of a case, without looking at its files.

    Args:
        store: Open, if only for reading.
        wanted: What is to be reported.
        settings: Of the custodian.
        channel: Which way it would go.
        only: Findings that alone are reported; None for all.

    Raises:
        UsageError: As for `prepare`.
    """
    whole = read_material(store, wanted.case)
    ids = [file.finding.id for file in whole.files]
    filed = stores.filed_findings(store, ids, channel=channel)
    left = tuple(one for one in whole.files if one.finding.id not in filed and (only is None or one.finding.id in only))
    if not left:
        numbers = ", ".join(str(number) for number in sorted({number for number, _ in filed.values()}))
        raise UsageError(
            f"every finding of case {wanted.case} is on its way already, or was filed: filing {numbers}",
            hint="`unseen file ls` says how far that has come",
        )
    material = replace(whole, files=left)
    composed = compose(
        material,
        settings,
        viewed=stores.viewed(store, ids),
        prior_reports=[one.report_id for one in stores.receipts_of(store, wanted.case) if one.channel == channel],
        additions=NO_ADDITIONS if wanted.additions is None else read_additions(wanted.additions),
    )
    alone = _named(composed, wanted.facts_alone)
    composed = _without_files(composed, alone)
    return Prepared(
        case=wanted.case,
        composed=composed,
        facts_alone=tuple(alone),
        missing=find_missing(material, composed),
        problems=find_problems(composed),
        unread={},
        filed={finding: number for finding, (number, _) in filed.items()},
    )


def unread_files(store: Store, composed: Composed, wanted: Wanted) -> dict[str, Reason]:
    """Read every file of a report through, and say which cannot be read as they were found, by finding.

    One of which a copy is preserved can be had: it is opened, with a record of that, by whoever sends it.
    """
    preserved = stores.preserved_of(store, [file.finding for file in composed.files])
    findings = {one.id: one for one in stores.name_findings(store, [file.finding for file in composed.files])}
    unread: dict[str, Reason] = {}
    with Rereader(passwords=wanted.passwords, kept=wanted.kept, unsafe_no_sandbox=wanted.unsafe_no_sandbox) as rereader:
        for file in (one for one in composed.files if one.finding not in preserved):
            try:
                with rereader.open(findings[file.finding]):
                    pass
            except UnreadError as error:
                unread[file.finding] = error.reason
    return unread


def check_sendable(prepared: Prepared) -> None:
    """Refuse what the service would refuse, and what would leave a file out without anybody's saying so.

    Raises:
        UsageError: It cannot be sent as it stands.
    """
    for problem in prepared.problems:
        raise UsageError(
            f"the report of case {prepared.case} cannot be sent: {problem.where} {problem.what}",
            hint=f"`unseen file prepare {prepared.case}` lists all that is wrong",
        )
    for finding, reason in prepared.unread.items():
        raise UsageError(
            f"the file of finding {finding[:16]} cannot be read any more as it was found: {reason}",
            hint=f"bring it back, or tell what is known of it without the file: --facts-alone {finding[:16]}",
        )


def find_problems(composed: Composed) -> tuple[Problem, ...]:
    """Find why a report cannot be sent as it stands."""
    now = datetime.now(UTC)
    found = check_report(composed.report, now=now)
    return (*found, *check_files(composed.report, [file.details for file in composed.files], now=now))


def _named(composed: Composed, prefixes: Sequence[str]) -> dict[str, ComposedFile]:
    named: dict[str, ComposedFile] = {}
    for prefix in prefixes:
        wanted = prefix.strip().lower()
        found = [file for file in composed.files if wanted and file.finding.startswith(wanted)]
        if len(found) != 1:
            what = "no finding of the report begins" if not found else "several findings of the report begin"
            raise UsageError(f"{what} with {prefix[:80]!r}", hint="give the ids that `unseen case show` prints")
        named[found[0].finding] = found[0]
    return named


def _without_files(composed: Composed, alone: Mapping[str, ComposedFile]) -> Composed:
    """Tell in the report itself what is known of files that do not go along."""
    if not alone:
        return composed
    told = [text for text in (composed.report.additional_info, *map(_told, alone.values())) if text]
    report = composed.report.model_copy(update={"additional_info": "\n\n".join(told)})
    files = tuple(file for file in composed.files if file.finding not in alone)
    return composed.model_copy(update={"report": report, "files": files})


def _told(file: ComposedFile) -> str:
    details = file.details
    facts = {
        "name": file.name,
        "original name": details.original_file_name,
        "size in bytes": None if file.size_bytes is None else str(file.size_bytes),
        "SHA-256": file.sha256,
        "MD5": file.md5,
        "uploaded": details.uploaded_to_esp_timestamp and details.uploaded_to_esp_timestamp.isoformat(),
        "viewed by a person at the company": "yes, in full" if details.file_viewed_by_esp else "no",
    }
    known = "; ".join(f"{name} {value}" for name, value in facts.items() if value)
    lines = "\n".join(details.additional_info)
    return f"A file that could not be submitted with this report, because it cannot be read any more: {known}.\n{lines}"
