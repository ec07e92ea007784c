"""One file that goes round, and every account that has it: the service's batched report, which may say little else."""

from collections.abc import Sequence
from typing import Literal

from unseen.casework.filing.composing import earliest_upload, why_left_out
from unseen.casework.filing.labels import from_labels
from unseen.casework.filing.saying import fitting, plain
from unseen.casework.filing.settings import FilingSettings
from unseen.casework.filing.values import (
    ESP_ID_CHARS_MAX,
    PENDING_FILE,
    PENDING_REPORT,
    CaseMaterial,
    Composed,
    ComposedFile,
    FoundFile,
    LeftOut,
)
from unseen.errors import UsageError
from unseen.filing.cybertipline.schema import (
    BatchedReport,
    FileAnnotations,
    FileDetails,
    IncidentSummary,
    IncidentType,
    PersonOrUserReported,
    Report,
)
from unseen.model import SubjectKind

__all__ = ["Spread", "compose_batched"]

# How a person says that the file goes round.
Spread = Literal["viral", "potentialMeme"]
_ACCOUNTS_MIN = 2


def compose_batched(
    materials: Sequence[CaseMaterial],
    sha256: bytes,
    settings: FilingSettings,
    *,
    spread: Sequence[Spread],
    viewed: frozenset[str] = frozenset(),
) -> Composed:
    """Compose one report about one content and all accounts that hold it.

    What it cannot say of an account or of an upload, it does not say: where there is more to tell of somebody, that
    case wants a report of its own.

    Args:
        materials: Cases of accounts, see `read_material`.
        sha256: Of the content; each case that is to be in the report has a finding of it.
        settings: Of the custodian's channel.
        spread: Whether it goes round, may be meant as a joke, or both: a person's to say.
        viewed: Ids of findings of which a full view is on record; the one that is uploaded counts.

    Raises:
        UsageError: Fewer than two accounts have it, or nobody says that it goes round.
    """
    if not spread:
        raise UsageError("a batched report is of a file that goes round", hint="viral, potentialMeme, or both")
    kept: list[tuple[str, CaseMaterial, FoundFile]] = []
    left_out: list[LeftOut] = []
    for material in materials:
        for file in (each for each in material.files if each.finding.sha256 == sha256):
            account, why = _account_of(material), why_left_out(file)
            if account is None or why is not None:
                left_out.append(LeftOut(finding=file.finding.id, why=why or "it is in no account's case"))
            else:
                kept.append((account, material, file))
    accounts = dict.fromkeys(account for account, _, _ in kept)
    if len(accounts) < _ACCOUNTS_MIN:
        raise UsageError(
            f"{len(accounts)} account{'' if len(accounts) == 1 else 's'} of these cases hold it",
            hint="a batched report is about several; report one account's case by itself",
        )
    # One that somebody has seen, where there is one; else the first: the bytes are the same.
    chosen = next((file for _, _, file in kept if file.finding.id in viewed), kept[0][2])
    known = min(material.known_at_utc for _, material, _ in kept)
    at, said = earliest_upload([file for _, _, file in kept], known_at_utc=known)
    report = Report(
        batched_report=BatchedReport(),
        incident_summary=IncidentSummary(
            incident_type=IncidentType.MATERIAL,
            platform=settings.company.platform,
            incident_date_time=at,
            incident_date_time_description=said,
        ),
        reporter=settings.reporter,
        person_or_user_reported=tuple(PersonOrUserReported(esp_identifier=account) for account in accounts),
    )
    return Composed(report=report, files=(_file(chosen, settings, spread, viewed),), left_out=tuple(left_out))


def _account_of(material: CaseMaterial) -> str | None:
    if material.account is not None:
        stated = PersonOrUserReported.model_validate_json(material.account).esp_identifier
        if stated is not None:
            return stated
    is_account = material.subject.kind is SubjectKind.ACCOUNT
    return fitting(material.subject.id, ESP_ID_CHARS_MAX) if is_account else None


def _file(file: FoundFile, settings: FilingSettings, spread: Sequence[Spread], viewed: frozenset[str]) -> ComposedFile:
    finding = file.finding
    details = FileDetails(
        report_id=PENDING_REPORT,
        file_id=PENDING_FILE,
        file_viewed_by_esp=finding.id in viewed,
        file_relevance="Reported",
        file_annotations=FileAnnotations(viral="viral" in spread, potential_meme="potentialMeme" in spread),
        industry_classification=from_labels(file, settings).classification,
    )
    return ComposedFile(
        finding=finding.id,
        item=plain(str(finding.locator)),
        # Names are the uploaders', and such a report has no place for them.
        name=finding.id,
        sha256=finding.sha256.hex(),
        md5=None if file.md5 is None else file.md5.hex(),
        size_bytes=file.size_bytes,
        details=details,
    )
