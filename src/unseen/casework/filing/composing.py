"""From a case to what is filed: every element is a fact on record, or is not there. Pure: no clock and no store."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from unseen.casework.filing.additions import NO_ADDITIONS, Additions, add_by_hand
from unseen.casework.filing.labels import from_labels
from unseen.casework.filing.saying import (
    DANGER_CHARS_MAX,
    about_file,
    about_report,
    accusing,
    fitting,
    is_of_container,
    plain,
)
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
from unseen.casework.given.known import KnownOfFile
from unseen.errors import UsageError
from unseen.filing.cybertipline.schema import (
    Details,
    FileDetails,
    IncidentSummary,
    IncidentType,
    IpCaptureEvent,
    NameValue,
    OriginalFileHash,
    PersonOrUserReported,
    Report,
)
from unseen.model import Facts, Ground, Status, SubjectKind

__all__ = ["compose", "earliest_upload", "why_left_out"]

# Of `originalFileName` by the schema; `fileName` has no bound there.
_NAME_CHARS_MAX = 2056
_FROM_UPLOAD = "When the earliest of the reported files was uploaded, as the company's records say."
_FROM_KNOWLEDGE = "When the company came to know of it: by its records it is not known when the files were uploaded."


def compose(
    material: CaseMaterial,
    settings: FilingSettings,
    *,
    viewed: frozenset[str] = frozenset(),
    prior_reports: Sequence[int] = (),
    additions: Additions = NO_ADDITIONS,
) -> Composed:
    """Compose the report of a case, and what is told of each of its files; the same for the same arguments.

    Args:
        material: The case, see `read_material`.
        settings: Of the custodian's channel.
        viewed: Ids of findings of which a full view by a named person is on record. All others are reported as not
            viewed, explicitly.
        prior_reports: Numbers of earlier reports about the same subject, by their receipts.
        additions: What a person adds by hand.

    Raises:
        UsageError: Every finding of the case is left out; or an addition is wrong, with its place and why.
    """
    chosen, left_out = _choose(material)
    if not chosen:
        raise UsageError(
            f"case {material.id} has nothing to report: {'; '.join(sorted({one.why for one in left_out}))}",
            hint=f"`unseen case show {material.id}` shows its findings; what a named person confirms is reported",
        )
    known = None if material.account is None else PersonOrUserReported.model_validate_json(material.account)
    accounts = _account(material, known, settings, [file.facts for file in chosen], prior_reports)
    report = Report(
        incident_summary=_incident(material, settings, chosen),
        internet_details=settings.internet_details,
        reporter=settings.reporter,
        person_or_user_reported=() if accounts is None else (accounts,),
        additional_info=about_report(
            material,
            files=len(chosen),
            viewed=sum(file.finding.id in viewed for file in chosen),
            left_out=len(left_out),
        ),
    )
    files = tuple(_file(file, settings, is_viewed=file.finding.id in viewed) for file in chosen)
    composed = Composed(report=report, files=files, left_out=left_out)
    return add_by_hand(composed, additions, viewed=viewed)


def _choose(material: CaseMaterial) -> tuple[list[FoundFile], tuple[LeftOut, ...]]:
    """The findings that are reported; what a person confirmed always is, what a person cleared never."""
    why = {file.finding.id: why_left_out(file) for file in material.files}
    left_out = [LeftOut(finding=finding, why=reason) for finding, reason in why.items() if reason is not None]
    return [file for file in material.files if why[file.finding.id] is None], tuple(left_out)


def why_left_out(file: FoundFile) -> str | None:
    """Why no report may speak of a finding; None where one may."""
    finding = file.finding
    if finding.status is Status.CLEARED:
        return "a person has cleared it"
    if finding.status is Status.CONFIRMED:
        return None
    if not accusing(file):
        return "by its newest scan it matches no list of known material, and no person has confirmed it"
    if finding.ground is Ground.LEAD:
        return "it stands on a lead alone, and no person has confirmed it"
    if finding.rests_on_withdrawn == "wholly":
        return "every entry that it rests on was withdrawn since, and no person has confirmed it"
    return None


def _incident(material: CaseMaterial, settings: FilingSettings, files: Iterable[FoundFile]) -> IncidentSummary:
    at, said = earliest_upload(files, known_at_utc=material.known_at_utc)
    danger = material.danger
    return IncidentSummary(
        incident_type=IncidentType.MATERIAL,
        platform=settings.company.platform,
        escalate_to_high_priority=None if danger is None else plain(danger)[:DANGER_CHARS_MAX],
        incident_date_time=at,
        incident_date_time_description=said,
    )


def earliest_upload(files: Iterable[FoundFile], *, known_at_utc: str) -> tuple[datetime, str]:
    """When the incident was, by what is on record, and which moment that is, in words."""
    uploads = [at for file in files if (at := _uploaded(file.facts)) is not None]
    return (min(uploads), _FROM_UPLOAD) if uploads else (_moment(known_at_utc), _FROM_KNOWLEDGE)


def _account(
    material: CaseMaterial,
    known: PersonOrUserReported | None,
    settings: FilingSettings,
    facts: Iterable[Facts | None],
    prior_reports: Sequence[int],
) -> PersonOrUserReported | None:
    """Facts of the reported account; None where there are none at all."""
    stated = known or PersonOrUserReported()
    events = [*stated.ip_capture_event, *(event for one in facts if (event := _upload_event(one)) is not None)]
    is_account = material.subject.kind is SubjectKind.ACCOUNT
    given = {
        "esp_identifier": stated.esp_identifier
        or (fitting(material.subject.id, ESP_ID_CHARS_MAX) if is_account else None),
        "esp_service": stated.esp_service or (settings.company.service if is_account or known else None),
        "ip_capture_event": tuple(sorted(dict.fromkeys(events), key=_when)),
        "prior_ct_reports": tuple(dict.fromkeys((*stated.prior_ct_reports, *prior_reports))),
    }
    account = stated.model_copy(update=given)
    return None if account == PersonOrUserReported() else account


def _when(event: IpCaptureEvent) -> tuple[float, str, int]:
    # Those without a moment come last.
    at = float("inf") if event.date_time is None else event.date_time.timestamp()
    return at, event.ip_address, event.port or 0


def _file(file: FoundFile, settings: FilingSettings, *, is_viewed: bool) -> ComposedFile:
    finding, facts = file.finding, file.facts
    name = fitting(finding.locator.steps[-1][1].rstrip("/").rpartition("/")[2], _NAME_CHARS_MAX) or finding.id
    is_itself = facts is not None and not is_of_container(finding.locator, facts)
    original = fitting(facts.original_name, _NAME_CHARS_MAX) if facts is not None and is_itself else None
    told = from_labels(file, settings)
    as_uploaded = settings.company.files_are_as_uploaded
    digests = tuple(_digests(file))
    known = KnownOfFile() if facts is None or facts.file is None else KnownOfFile.model_validate_json(facts.file)
    details = FileDetails(
        report_id=PENDING_REPORT,
        file_id=PENDING_FILE,
        file_name=name,
        original_file_name=original,
        uploaded_to_esp_timestamp=_uploaded(facts),
        location_of_file=known.location_of_file if is_itself else None,
        # Explicit, and of this very file: a duplicate that somebody once saw is another file.
        file_viewed_by_esp=is_viewed,
        publicly_available=known.publicly_available,
        file_relevance="Reported",
        file_annotations=told.annotations,
        industry_classification=told.classification,
        original_file_hash=tuple(OriginalFileHash(hash_type=kind, value=value) for kind, value in digests)
        if as_uploaded
        else (),
        ip_capture_event=_upload_event(facts),
        device_id=known.device_id,
        details=(*known.details, *(() if as_uploaded else (_of_copy(digests),))),
        additional_info=(*about_file(file, is_viewed=is_viewed, labels_used=told.used), *known.additional_info),
    )
    return ComposedFile(
        finding=finding.id,
        item=plain(str(finding.locator)),
        name=name,
        sha256=finding.sha256.hex(),
        md5=None if file.md5 is None else file.md5.hex(),
        size_bytes=file.size_bytes,
        details=details,
    )


def _of_copy(digests: Iterable[tuple[str, str]]) -> Details:
    """Digests of what is submitted, where that may differ from what was uploaded."""
    pairs = tuple(NameValue(name=f"{kind} of the copy that the company keeps", value=value) for kind, value in digests)
    return Details(type="HASH", name_value_pair=pairs)


def _digests(file: FoundFile) -> Iterator[tuple[str, str]]:
    for kind, value in (("MD5", file.md5), ("SHA1", file.sha1), ("SHA256", file.finding.sha256)):
        if value is not None:
            yield kind, value.hex()


def _upload_event(facts: Facts | None) -> IpCaptureEvent | None:
    if facts is None:
        return None
    if facts.ip is None:
        return None if facts.file is None else KnownOfFile.model_validate_json(facts.file).ip_capture_event
    at = _uploaded(facts)
    return IpCaptureEvent(ip_address=facts.ip, event_name="Upload", date_time=at, port=facts.port)


def _uploaded(facts: Facts | None) -> datetime | None:
    return None if facts is None or facts.uploaded_at_utc is None else _moment(facts.uploaded_at_utc)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
