"""What is wrong with a report that its schema lets pass."""

from datetime import timedelta

import pytest
from tests.unit.filing.reports import NOW, plain_details, plain_report

from unseen.filing.cybertipline.rules import check_files, check_report
from unseen.filing.cybertipline.schema import (
    BatchedReport,
    Email,
    EmailIncident,
    FileAnnotations,
    FileDetails,
    InternetDetails,
    IpCaptureEvent,
    OriginalFileHash,
    Person,
    PersonOrUserReported,
    Report,
    WebPageIncident,
)

BATCHED = Report(
    batched_report=BatchedReport(),
    incident_summary=plain_report().incident_summary,
    reporter=plain_report().reporter,
    person_or_user_reported=(PersonOrUserReported(esp_identifier="1"), PersonOrUserReported(esp_identifier="2")),
)
OF_BATCH = plain_details().model_copy(update={"file_annotations": FileAnnotations(viral=True)})


def _places(report: Report) -> list[str]:
    return [problem.where for problem in check_report(report, now=NOW)]


def test_plain_reports_have_no_problem() -> None:
    """A report that keeps every rule is told nothing, batched or not."""
    assert check_report(plain_report(), now=NOW) == []
    assert check_report(BATCHED, now=NOW) == []
    assert check_files(plain_report(), [plain_details()], now=NOW) == []
    assert check_files(BATCHED, [OF_BATCH], now=NOW) == []


def test_nothing_lies_in_the_future() -> None:
    """A moment later than now is named with its place, wherever it stands."""
    account = plain_report().person_or_user_reported[0]
    later = IpCaptureEvent(ip_address="192.0.2.1", date_time=NOW + timedelta(seconds=1))
    report = plain_report().model_copy(
        update={"person_or_user_reported": (account.model_copy(update={"ip_capture_event": (later,)}),)}
    )
    assert _places(report) == ["report/personOrUserReported[1]/ipCaptureEvent[1]/dateTime"]


@pytest.mark.parametrize("text", ["files.example", "/u/7", "https://", "https://a b/", "https://[::1"])
def test_addresses_of_the_web_are_whole(text: str) -> None:
    """What is no whole address of the web is named."""
    place = InternetDetails(web_page_incident=WebPageIncident(url=(text,)))
    assert _places(plain_report().model_copy(update={"internet_details": (place,)})) == [
        "report/internetDetails[1]/webPageIncident/url[1]"
    ]


def test_somebody_can_be_answered() -> None:
    """A reporter without an address for mail is a problem, although the schema has none with it."""
    reporter = plain_report().reporter.model_copy(update={"reporting_person": Person(first_name="A")})
    assert _places(plain_report().model_copy(update={"reporter": reporter})) == [
        "report/reporter/reportingPerson/email"
    ]


def test_an_incident_by_mail_names_people() -> None:
    """An address that an incident by mail names stands under a person too."""
    place = InternetDetails(email_incident=EmailIncident(email_address=(Email(value="A@files.example"),)))
    report = plain_report().model_copy(update={"internet_details": (place,)})
    assert _places(report) == ["report/internetDetails[1]/emailIncident/emailAddress[1]"]
    known = PersonOrUserReported(person_or_user_reported_person=Person(email=(Email(value="a@files.example"),)))
    assert _places(report.model_copy(update={"person_or_user_reported": (known,)})) == []


def test_metadata_is_not_viewed_without_the_file() -> None:
    """To have viewed the metadata of a file that nobody viewed is a contradiction."""
    details = plain_details().model_copy(update={"exif_viewed_by_esp": True})
    assert [problem.where for problem in check_files(plain_report(), [details], now=NOW)] == [
        "fileDetails[1]/exifViewedByEsp"
    ]


def test_supplemental_files_are_not_classified() -> None:
    """A supplemental file carries neither classification nor the mark of a meme."""
    details = FileDetails(
        report_id=1,
        file_id="a",
        file_viewed_by_esp=False,
        file_relevance="Supplemental Reported",
        industry_classification="A1",
        file_annotations=FileAnnotations(potential_meme=True),
    )
    assert len(check_files(plain_report(), [details], now=NOW)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"internet_details": plain_report().internet_details},
        {"additional_info": "more"},
        {"person_or_user_reported": ()},
        {"person_or_user_reported": (PersonOrUserReported(esp_identifier="1", screen_name="x"),)},
        {
            "incident_summary": plain_report().incident_summary.model_copy(
                update={"escalate_to_high_priority": "a child is in danger"}
            )
        },
    ],
    ids=["place", "more", "nobody", "account with more", "escalated"],
)
def test_batched_reports_say_little(change: dict[str, object]) -> None:
    """Whatever the service forbids in a batched report is a problem."""
    assert len(check_report(BATCHED.model_copy(update=change), now=NOW)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"file_annotations": None},
        {"file_annotations": FileAnnotations(viral=True, infant=True)},
        {"original_file_hash": (OriginalFileHash(hash_type="MD5", value="0" * 32),)},
        {"file_relevance": "Supplemental Reported"},
    ],
)
def test_the_file_of_a_batched_report_says_little(change: dict[str, object]) -> None:
    """Whatever the service forbids of the file of a batched report is a problem."""
    assert len(check_files(BATCHED, [OF_BATCH.model_copy(update=change)], now=NOW)) == 1


def test_a_batched_report_has_one_file() -> None:
    """Two files, or none, are a problem of a batched report."""
    assert len(check_files(BATCHED, [OF_BATCH, OF_BATCH], now=NOW)) == 1
    assert len(check_files(BATCHED, [], now=NOW)) == 1
