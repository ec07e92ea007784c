"""Reports as XML."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError
from tests.unit.filing.reports import NOW, parts, plain_details, plain_report, published_schema

from unseen.filing.cybertipline.schema import (
    FileAnnotations,
    FileDetails,
    IncidentSummary,
    IncidentType,
    InternetDetails,
    IpCaptureEvent,
    Part,
    Report,
    ReportAnnotations,
    to_xml,
)
from unseen.filing.rehearsal.grammar import disorder

_SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def published() -> Callable[[bytes], str]:
    """The service's own schema, where it is at hand."""
    return published_schema()


@_SLOW
@given(parts(Report))
def test_whatever_a_report_says_stands_in_order(report: Report) -> None:
    """The order of a written report is right by a grammar that knows nothing of what wrote it."""
    assert disorder(ET.fromstring(to_xml(report, "report"))) is None


@_SLOW
@given(parts(FileDetails))
def test_whatever_is_told_of_a_file_stands_in_order(details: FileDetails) -> None:
    """The order of written details is right by a grammar that knows nothing of what wrote them."""
    assert disorder(ET.fromstring(to_xml(details, "fileDetails"))) is None


@_SLOW
@given(parts(Report))
def test_the_service_would_take_every_report(published: Callable[[bytes], str], report: Report) -> None:
    """A written report is valid by the schema that the service publishes."""
    assert published(to_xml(report, "report")) == ""


@_SLOW
@given(parts(FileDetails))
def test_the_service_would_take_all_details(published: Callable[[bytes], str], details: FileDetails) -> None:
    """Written details are valid by the schema that the service publishes."""
    assert published(to_xml(details, "fileDetails")) == ""


@_SLOW
@given(parts(Report))
def test_a_report_survives_json(report: Report) -> None:
    """A report that is kept as JSON, under the names of the schema, is the same when it is read again."""
    assert Report.model_validate_json(report.model_dump_json(by_alias=True)) == report


def test_every_element_of_the_published_schema_can_be_said(published: Callable[[bytes], str]) -> None:
    """No element or attribute of the service's schema is out of reach of our parts."""
    vectors = Path(os.environ.get("UNSEEN_VECTORS", "../shared/vectors"))
    tree = ET.parse(vectors.parent / "specs" / "ncmec_report_validation.xsd")
    space = "{http://www.w3.org/2001/XMLSchema}"
    answers = {"reportResponse", "reportDoneResponse", "responseCode", "responseDescription", "files", "hash"}
    named = {
        str(each.get("name"))
        for kind in ("element", "attribute")
        for each in tree.iter(space + kind)
        if each.get("name") is not None
    }
    assert named - answers - {"report", "fileDetails"} <= _names(Report) | _names(FileDetails)


def _names(kind: type[Part]) -> set[str]:
    found: set[str] = set()
    for field in kind.model_fields.values():
        found.add(str(field.alias))
        for inner in _parts_in(field.annotation):
            found |= _names(inner)
    return found


def _parts_in(kind: Any) -> list[type[Part]]:
    if isinstance(kind, type) and issubclass(kind, Part):
        return [kind]
    return [part for each in getattr(kind, "__args__", ()) for part in _parts_in(each)]


def test_flags_are_present_or_absent() -> None:
    """A flag that is set is an empty element, one that is not is none: the service refuses the word false."""
    report = plain_report()
    summary = report.incident_summary.model_copy(update={"report_annotations": ReportAnnotations(spam=True)})
    root = ET.fromstring(to_xml(report.model_copy(update={"incident_summary": summary}), "report"))
    flags = root.find("incidentSummary/reportAnnotations")
    assert flags is not None
    assert [(flag.tag, flag.text, len(flag)) for flag in flags] == [("spam", None, 0)]


def test_what_was_not_viewed_is_said_to_be_so() -> None:
    """`fileViewedByEsp` is written as false, not left out, and cannot be forgotten."""
    root = ET.fromstring(to_xml(plain_details(), "fileDetails"))
    assert root.findtext("fileViewedByEsp") == "false"
    with pytest.raises(ValidationError, match="fileViewedByEsp"):
        FileDetails(report_id=1, file_id="a")  # type: ignore[call-arg]  # what is left out is what this is about


@pytest.mark.parametrize(
    "make",
    [
        lambda: IncidentSummary(incident_type=IncidentType.MATERIAL, incident_date_time=NOW.replace(tzinfo=None)),
        lambda: IncidentSummary(
            incident_type=IncidentType.MATERIAL, incident_date_time=NOW, escalate_to_high_priority="  "
        ),
        lambda: IncidentSummary(incident_type=IncidentType.MATERIAL, incident_date_time=NOW, platform="x" * 257),
        lambda: IpCaptureEvent(ip_address="192.0.2.1", port=0),
        lambda: IpCaptureEvent(ip_address="a\x00b"),
        InternetDetails,
        lambda: plain_details().model_validate(
            {"reportId": 1, "fileId": "a", "fileViewedByEsp": False, "potentialMeme": True}
            | {"fileAnnotations": FileAnnotations(viral=True)}
        ),
        lambda: Report.model_validate(plain_report().model_dump() | {"severity": 4}),
    ],
    ids=["no zone", "blank reason", "long platform", "port 0", "zero byte", "no place", "meme twice", "a score"],
)
def test_what_no_report_can_hold_is_refused(make: Callable[[], object]) -> None:
    """What the service would refuse, or no schema knows, cannot even be put into a report."""
    with pytest.raises(ValidationError):
        make()


def test_moments_keep_their_zone() -> None:
    """A moment is written with the offset it was given with, to the second and below."""
    moment = datetime.fromisoformat("2026-11-01T10:00:00.250+05:30")
    event = IpCaptureEvent(ip_address="192.0.2.1", date_time=moment)
    root = ET.fromstring(to_xml(event, "ipCaptureEvent"))
    assert root.findtext("dateTime") == "2026-11-01T10:00:00.250000+05:30"
    assert moment.utcoffset() == timedelta(hours=5, minutes=30)
