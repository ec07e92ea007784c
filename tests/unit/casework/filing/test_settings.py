"""Settings of the channel, and additions by hand: what a file may say, and how it is told what it may not."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.docs.sessions import blocks
from tests.house.tree import ROOT
from tests.unit.casework.filing.materials import a_case, a_file, a_finding, settings

from unseen.casework.filing import compose, read_additions, read_settings
from unseen.errors import UsageError

WHOLE = """
[service]
environment = "test"
credentials = "/etc/unseen/cybertipline"

[company]
service = "Example Files"
files_are_as_uploaded = true

[reporter]
termsOfService = "https://files.example/terms"
[[reporter.reportingPerson.email]]
value = "safety@files.example"

[[internetDetails]]
webPageIncident = { url = ["https://files.example/"] }
"""


def write(folder: Path, text: str, name: str = "file.toml") -> str:
    """A file of this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_settings_say_which_desk_and_who_reports(tmp_path: Path) -> None:
    """What the file says is read; production is never what it does not say."""
    read = read_settings(write(tmp_path, WHOLE))
    assert not read.is_production
    assert read.service.credentials == Path("/etc/unseen/cybertipline")
    assert read.reporter.terms_of_service == "https://files.example/terms"
    assert read_settings(write(tmp_path, WHOLE.replace('"test"', '"production"'))).is_production


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ('environment = "test"', "", "service/environment is missing"),
        ('"test"', '"live"', "service/environment input should be 'test', 'production' or 'rehearsal'"),
        ("files_are_as_uploaded = true", "", "company/files_are_as_uploaded is missing"),
        (
            "[[reporter.reportingPerson.email]]\nvalue",
            "[reporter.reportingPerson]\nfirstName",
            "must be able to answer",
        ),
        ("credentials =", "password =", "service/password means nothing here"),
        ("[company]", "[company", "cannot read"),
        ("[[internetDetails]]", "[[elsewhere]]", "internetDetails is missing"),
    ],
)
def test_settings_that_cannot_be_are_told_with_their_place(tmp_path: Path, was: str, now: str, told: str) -> None:
    """Each mistake is named by its place and why; what stood there is not repeated."""
    with pytest.raises(UsageError, match=told) as raised:
        read_settings(write(tmp_path, WHOLE.replace(was, now)))
    assert "/etc/unseen" not in str(raised.value)


def test_a_password_in_the_settings_is_refused_and_not_printed(tmp_path: Path) -> None:
    """Credentials lie in a file of their own; one that stands here by mistake is not shown to whoever looks on."""
    with pytest.raises(UsageError, match="means nothing here") as raised:
        read_settings(write(tmp_path, WHOLE.replace("[company]", 'token = "s3cr3t"\n[company]')))
    assert "s3cr3t" not in str(raised.value)


def test_a_label_can_mean_only_what_the_service_knows(tmp_path: Path) -> None:
    """An annotation that is none is refused when the settings are read, not when a report is sent."""
    label = '\n[[label]]\nscheme = "kind"\ncode = "g"\nannotation = "synthetic"\n'
    with pytest.raises(UsageError, match=r"label\[1\] names no annotation; one of .*generativeAi"):
        read_settings(write(tmp_path, WHOLE + label))


def test_additions_are_merged_continued_or_take_the_place_of_one_value(tmp_path: Path) -> None:
    """Tables merge, arrays go on, a single value gives way and is told; what a report says of itself stays."""
    path = write(
        tmp_path,
        """
        [report]
        additionalInfo = "The company's own number is 7."
        [report.incidentSummary]
        platform = "chat"
        [report.personOrUserReported]
        screenName = "sam7"
        deviceId = [{ idType = "IMEI", idValue = "35" }]
        [fileDetails.0000]
        publiclyAvailable = true
        additionalInfo = ["It was in a folder that was shared."]
        """,
    )
    composed = compose(a_case(), settings(platform="files"), additions=read_additions(path))
    assert composed.report.additional_info is not None
    assert composed.report.additional_info.startswith("Case 17")
    assert composed.report.additional_info.endswith("number is 7.")
    (account,) = composed.report.person_or_user_reported
    assert (account.screen_name, account.esp_identifier) == ("sam7", "4711")
    details = composed.files[0].details
    assert details.publicly_available
    assert len(details.additional_info) > 2
    assert composed.replaced == ("report/incidentSummary/platform",)
    assert "report/personOrUserReported[1]/deviceId" in composed.by_hand


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[fileDetails.00]\nfileViewedByEsp = true", "fileViewedByEsp follows from the record of views"),
        ("[fileDetails.00]\nexifViewedByEsp = true", "exifViewedByEsp cannot be true where nobody viewed the file"),
        ('[fileDetails.00]\nindustryClassification = "A1"', "industryClassification describes content"),
        ("[fileDetails.00.fileAnnotations]\ninfant = true", "fileAnnotations/infant describes content"),
        ("[fileDetails.00]\nreportId = 7", "reportId is the service's to give"),
        ("[report.batchedReport]", "batchedReport is nobody's to add"),
        ("[report.incidentSummary]\nseverity = 5", "incidentSummary/severity means nothing here"),
        ("[[report.victim]]\nvictimPerson = { age = 200 }", r"victim\[1\]/victimPerson/age input should be less"),
        (
            "[[report.victim]]\nvictimPerson = {}\nespIdentifier = 7",
            r"victim\[1\]/espIdentifier input should be a valid str",
        ),
        ("[report.incidentSummary]\nincidentDateTime = 2026-01-01T00:00:00", "moment without its time zone"),
        ("[fileDetails.ff]\npubliclyAvailable = true", "fileDetails/ff names no file of this report"),
        ("[filedetails.00]\na = 1", "filedetails means nothing here"),
        ("fileDetails = 1", "report and fileDetails are tables"),
        ("[fileDetails]\na = 1", "fileDetails/a is no table"),
    ],
)
def test_additions_that_cannot_be_are_told_with_their_place(tmp_path: Path, text: str, told: str) -> None:
    """What nobody may say by hand, and what the schema has no place for, is refused by place and reason."""
    with pytest.raises(UsageError, match=told):
        compose(a_case(a_file(1)), settings(), additions=read_additions(write(tmp_path, text)))


def test_what_a_person_saw_a_person_may_describe(tmp_path: Path) -> None:
    """With the view of that file on record, its content may be described by hand."""
    case = a_case(a_file(1))
    path = write(tmp_path, '{"fileDetails": {"0": {"fileAnnotations": {"infant": true}}}}', "a.json")
    viewed = frozenset({case.files[0].finding.id})
    notes = compose(case, settings(), viewed=viewed, additions=read_additions(path)).files[0].details.file_annotations
    assert notes is not None
    assert notes.infant


def test_the_examples_of_the_documents_are_read(tmp_path: Path) -> None:
    """The settings and the additions that the reference shows are such files, down to the last member."""
    shown = {
        name: next(block.text for block in blocks(ROOT / "docs" / "reference" / name) if block.kind == "toml")
        for name in ("filing-settings.md", "filing-additions.md")
    }
    read = read_settings(write(tmp_path, shown["filing-settings.md"]))
    one = replace(a_finding(1), id="4cbf541f" + "0" * 24)
    case = a_case(replace(a_file(1), finding=one))
    additions = read_additions(write(tmp_path, shown["filing-additions.md"], "additions.toml"))
    composed = compose(case, read, additions=additions)
    assert composed.report.incident_summary.report_annotations is not None
    assert composed.files[0].details.publicly_available
    assert composed.replaced == ("report/incidentSummary/incidentDateTimeDescription",)


def test_a_file_too_large_or_absent_is_told(tmp_path: Path) -> None:
    """Nothing is read without a bound."""
    with pytest.raises(UsageError, match="cannot read"):
        read_settings(str(tmp_path / "none.toml"))
    with pytest.raises(UsageError, match="more than"):
        read_settings(write(tmp_path, "#" * (4 * 2**20 + 1)))
