"""What the service's documentation asks of a report and its schema does not check; and what is not true.

A problem is a sentence with the place it is about, in the names of the schema. A report with problems is not sent: the
service would take some of them, and an officer would read them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from unseen.filing.cybertipline.schema import FileDetails, Part, PersonOrUserReported, Report

__all__ = ["Problem", "check_files", "check_report"]

_URLS = frozenset({"url", "profileUrl", "locationOfFile", "legalURL"})
# Of a batched report, what a reported account and the one file may say.
_OF_BATCHED_ACCOUNT = frozenset({"esp_identifier"})
_NOT_BATCHED = ("internet_details", "law_enforcement", "intended_recipient", "victim", "additional_info")
_NOT_OF_BATCHED_FILE = (
    "original_file_name",
    "location_of_file",
    "original_file_hash",
    "ip_capture_event",
    "device_id",
    "details",
    "additional_info",
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a report cannot be sent as it stands.

    Attributes:
        where: Names of elements from the outermost inwards, with places counted from 1: `victim[2]/victimPerson`.
        what: A sentence.
    """

    where: str
    what: str


def check_report(report: Report, *, now: datetime) -> list[Problem]:
    """Find what is wrong with a report, besides its files.

    Args:
        report: The report.
        now: With a time zone; nothing that is reported can lie later.
    """
    problems = [*_in_part(report, "report", now), *_people(report), *_emails(report)]
    return [*problems, *_batched(report)] if report.batched_report is not None else problems


def check_files(report: Report, files: list[FileDetails], *, now: datetime) -> list[Problem]:
    """Find what is wrong with what is told of the files of a report."""
    problems: list[Problem] = []
    for at, file in enumerate(files, start=1):
        where = f"fileDetails[{at}]"
        problems += _in_part(file, where, now)
        problems += _one_file(file, where)
        if report.batched_report is not None:
            problems += _batched_file(file, where)
    if report.batched_report is not None and len(files) != 1:
        problems.append(
            Problem("fileDetails", f"a batched report is about exactly one file, this one has {len(files)}")
        )
    return problems


def _in_part(part: Part, where: str, now: datetime) -> Iterator[Problem]:
    """Rules that hold wherever a value stands: moments lie in the past, addresses of the web are such."""
    for name, field in type(part).model_fields.items():
        alias = str(field.alias)
        value = getattr(part, name)
        for at, each in enumerate(value if isinstance(value, tuple) else (value,), start=1):
            place = f"{where}/{alias}[{at}]" if isinstance(value, tuple) else f"{where}/{alias}"
            if isinstance(each, Part):
                yield from _in_part(each, place, now)
            elif (isinstance(each, datetime) and each > now) or (type(each) is date and each > now.date()):
                yield Problem(place, "lies in the future")
            elif alias in _URLS and isinstance(each, str) and not _is_url(each):
                yield Problem(place, "is no whole address of the web, such as https://host/path")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) and not any(character.isspace() for character in text)


def _people(report: Report) -> Iterator[Problem]:
    if not report.reporter.reporting_person.email:
        yield Problem(
            "report/reporter/reportingPerson/email", "is missing: the service must be able to answer somebody"
        )
    if not report.internet_details and report.batched_report is None:
        yield Problem("report/internetDetails", "is missing: the documentation wants one at least")
    if len(report.person_or_user_reported) > 1 and report.batched_report is None:
        yield Problem("report/personOrUserReported", "stands more than once, which only a batched report may")


def _emails(report: Report) -> Iterator[Problem]:
    """An address that an incident by mail names must stand under some person as well."""
    people = [
        person
        for persons in (
            [each.person_or_user_reported_person for each in report.person_or_user_reported],
            [each.intended_recipient_person for each in report.intended_recipient],
            [each.victim_person for each in report.victim],
        )
        for person in persons
        if person is not None
    ]
    known = {email.value.casefold() for person in people for email in person.email}
    for at, details in enumerate(report.internet_details, start=1):
        for number, email in enumerate(details.email_incident.email_address if details.email_incident else (), start=1):
            if email.value.casefold() not in known:
                where = f"report/internetDetails[{at}]/emailIncident/emailAddress[{number}]"
                yield Problem(where, "stands under no person: the documentation wants it there too")


def _batched(report: Report) -> Iterator[Problem]:
    for name in _NOT_BATCHED:
        if getattr(report, name):
            yield Problem(f"report/{Report.model_fields[name].alias}", "has no place in a batched report")
    if report.incident_summary.escalate_to_high_priority is not None:
        yield Problem("report/incidentSummary/escalateToHighPriority", "has no place in a batched report")
    if not report.person_or_user_reported:
        yield Problem("report/personOrUserReported", "is missing: a batched report is about accounts")
    for at, account in enumerate(report.person_or_user_reported, start=1):
        if _given(account, PersonOrUserReported) != _OF_BATCHED_ACCOUNT:
            yield Problem(
                f"report/personOrUserReported[{at}]", "must state espIdentifier in a batched report, nothing else"
            )


def _one_file(file: FileDetails, where: str) -> Iterator[Problem]:
    if file.exif_viewed_by_esp and not file.file_viewed_by_esp:
        yield Problem(f"{where}/exifViewedByEsp", "cannot be true where nobody viewed the file")
    if file.file_relevance == "Supplemental Reported":
        meme = file.potential_meme or (file.file_annotations is not None and file.file_annotations.potential_meme)
        if file.industry_classification is not None:
            yield Problem(f"{where}/industryClassification", "has no place in a supplemental file")
        if meme:
            yield Problem(f"{where}/potentialMeme", "has no place in a supplemental file")


def _batched_file(file: FileDetails, where: str) -> Iterator[Problem]:
    for name in _NOT_OF_BATCHED_FILE:
        if getattr(file, name):
            yield Problem(f"{where}/{FileDetails.model_fields[name].alias}", "has no place in a batched report")
    notes = file.file_annotations
    if notes is None or not {name for name in type(notes).model_fields if getattr(notes, name)} <= {
        "viral",
        "potential_meme",
    }:
        yield Problem(f"{where}/fileAnnotations", "must be viral, potentialMeme or both, and nothing else")
    elif not (notes.viral or notes.potential_meme):
        yield Problem(f"{where}/fileAnnotations", "must be viral, potentialMeme or both")
    if file.file_relevance not in {None, "Reported"}:
        yield Problem(f"{where}/fileRelevance", "must be Reported in a batched report")


def _given(part: Part, kind: type[Part]) -> frozenset[str]:
    empty: Callable[[object], bool] = lambda value: value is None or value == ()  # noqa: E731 -- one line, used once
    return frozenset(name for name in kind.model_fields if not empty(getattr(part, name)))
