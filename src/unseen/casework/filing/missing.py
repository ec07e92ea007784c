"""What an officer would need and the report does not say. A report is never held back for it, and never padded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unseen.casework.filing.values import CaseMaterial, Composed, ComposedFile
from unseen.filing.cybertipline.schema import AssociatedAccount, IpCaptureEvent, PersonOrUserReported

__all__ = ["Missing", "find_missing"]

_PORT = "many people share an address at one moment: without the port a provider cannot say who used it"
_MOMENT = "addresses change hands: without a moment and its time zone a provider cannot say who used it"
_ADDRESS = "an address with port and moment is what leads to a person; without it there may be nobody to look for"
_ORIGINAL_NAME = "the same name on a seized device links it to this upload"
_UPLOADED = "providers keep their records for a limited time, and the offence has a date"
_PUBLIC = "whether others could reach it says whether it was spread"
_HASH = "a seized device is searched for the file as it was before anybody encoded it anew"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is not there.

    Attributes:
        of: `report`, `account`, or the id of a finding.
        what: In a few words.
        element: Name of the element of the schema that would hold it.
        why: Why an officer needs it.
    """

    of: str
    what: str
    element: str
    why: str


def find_missing(material: CaseMaterial, composed: Composed) -> tuple[Missing, ...]:
    """List what is missing of a report and of each of its files.

    Args:
        material: What it was composed of.
        composed: The report, with what was added by hand.
    """
    if composed.report.batched_report is not None:
        # Such a report may say nothing else: the service asks for the rest where it wants it.
        return ()
    accounts = composed.report.person_or_user_reported
    return (
        *_of_report(material, composed),
        *(missing for account in accounts for missing in _of_account(account)),
        *(missing for file in composed.files for missing in _of_file(file)),
    )


def _of_report(material: CaseMaterial, composed: Composed) -> Iterator[Missing]:
    if not composed.report.person_or_user_reported:
        what = "whose the files are"
        if material.subject.kind.value in {"source", "exhibit", "device"}:
            what += f" (the case is that of a {material.subject.kind})"
        yield Missing(
            "report", what, "personOrUserReported", "it says nothing of any account that could be looked into"
        )
    if not any(file.details.uploaded_to_esp_timestamp for file in composed.files):
        why = "the date of the incident is that of knowledge; what happened may lie long before"
        yield Missing("report", "when any of the files was uploaded", "incidentDateTime", why)


def _of_account(account: PersonOrUserReported) -> Iterator[Missing]:
    person = account.person_or_user_reported_person
    events = account.ip_capture_event
    named = {event.event_name for event in events} | {device.event_name for device in account.device_id}
    wanted: Sequence[tuple[bool, str, str, str]] = (
        (
            account.esp_identifier is not None,
            "identifier of the account",
            "espIdentifier",
            "legal process must name the account",
        ),
        (
            bool(account.screen_name or account.display_name),
            "name that the account shows",
            "screenName, displayName",
            "people who were in touch with it know it by this",
        ),
        (
            person is not None and bool(person.email),
            "address for mail",
            "personOrUserReportedPerson/email",
            "it leads to a provider, and to other accounts of the same holder",
        ),
        (
            person is not None and bool(person.phone),
            "telephone number",
            "personOrUserReportedPerson/phone",
            "it leads to a subscriber",
        ),
        ("Registration" in named, "address at registration", "ipCaptureEvent", _ADDRESS),
        ("Login" in named, "addresses at login", "ipCaptureEvent", _ADDRESS),
        (
            "Purchase" in named or any(_is_billing(each) for each in account.associated_account),
            "payments and purchases",
            "ipCaptureEvent (Purchase), associatedAccount (Billing)",
            "whoever pays has shown a name to somebody; if nothing was ever bought, additionalInfo can say so",
        ),
        (bool(account.device_id), "devices", "deviceId", "a seized device can be recognised by it"),
        (
            bool(account.prior_ct_reports),
            "earlier reports about the account (none is on record here)",
            "priorCTReports",
            "they join this report to those before it",
        ),
    )
    for is_there, what, element, why in wanted:
        if not is_there:
            yield Missing("account", what, element, why)
    for event in events:
        yield from _of_event(event, "account")


def _is_billing(account: AssociatedAccount) -> bool:
    return account.type == "Billing"


def _of_file(file: ComposedFile) -> Iterator[Missing]:
    details = file.details
    wanted = (
        (details.original_file_name is not None, "original name", "originalFileName", _ORIGINAL_NAME),
        (details.uploaded_to_esp_timestamp is not None, "time of upload", "uploadedToEspTimestamp", _UPLOADED),
        (details.ip_capture_event is not None, "address at upload, with port", "ipCaptureEvent", _ADDRESS),
        (details.publicly_available is not None, "whether others could reach it", "publiclyAvailable", _PUBLIC),
        (bool(details.original_file_hash), "digest of the file as uploaded", "originalFileHash", _HASH),
    )
    for is_there, what, element, why in wanted:
        if not is_there:
            yield Missing(file.finding, what, element, why)
    if details.ip_capture_event is not None:
        yield from _of_event(details.ip_capture_event, file.finding)


def _of_event(event: IpCaptureEvent, of: str) -> Iterator[Missing]:
    if event.port is None:
        yield Missing(of, f"port of {event.ip_address}", "ipCaptureEvent/port", _PORT)
    if event.date_time is None:
        yield Missing(of, f"when {event.ip_address} was used", "ipCaptureEvent/dateTime", _MOMENT)
