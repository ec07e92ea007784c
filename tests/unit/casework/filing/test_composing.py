"""Composing: what a report says is what is on record."""

from datetime import UTC, datetime

import pytest
from tests.unit.casework.filing.materials import ACCOUNT, EXACT, NEAR, a_case, a_file, settings

from unseen.casework.filing import Composed, compose
from unseen.errors import UsageError
from unseen.filing.cybertipline.rules import check_files, check_report
from unseen.model import Decision, Facts, Ground, Match

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FACTS = Facts(
    subject=ACCOUNT,
    uploaded_at_utc="2026-11-01T10:00:00+01:00",
    ip="192.0.2.7",
    port=50_000,
    original_name="holiday.jpg",
)


def test_a_composed_report_has_no_problem_of_the_services_rules() -> None:
    """What is composed of a plain case can be sent as it stands."""
    composed = compose(a_case(a_file(1, facts=FACTS), a_file(2, NEAR)), settings())
    files = [file.details_for(7, f"{number:032x}") for number, file in enumerate(composed.files)]
    assert check_report(composed.report, now=NOW) == []
    assert check_files(composed.report, files, now=NOW) == []


def test_no_file_is_called_viewed_without_a_view_of_that_very_file() -> None:
    """`fileViewedByEsp` is true of what was viewed, false of everything else, and always there."""
    case = a_case(a_file(1), a_file(2))
    composed = compose(case, settings(), viewed=frozenset({case.files[1].finding.id}))
    assert [file.details.file_viewed_by_esp for file in composed.files] == [False, True]
    assert "no person at the company opened this file" in composed.files[0].details.additional_info[0]
    assert "no person" not in composed.files[1].details.additional_info[0]


def test_what_a_match_rests_on_is_said_with_distance_entry_and_version_of_the_list() -> None:
    """An officer reads whether a match is exact, how far away it is, and which entry of which list it is."""
    said = "\n".join(compose(a_case(a_file(1, EXACT, NEAR)), settings()).files[0].details.additional_info)
    assert "Exact match: the SHA-256 digest of this file is that of entry media 7 of list known" in said
    assert "Perceptual match, not an exact one" in said
    assert "12 bits from entry media 8 of list known (version: record 5, SHA-256 abab" in said


def test_a_case_keeps_out_what_nobody_may_accuse_anybody_with() -> None:
    """What was cleared, and leads that nobody confirmed, are left out and named."""
    lead = Match("known", "media 9", "pdq", 40, None, ground=Ground.LEAD)
    case = a_case(
        a_file(1), a_file(2, decision=Decision.CLEARED), a_file(3, lead), a_file(4, lead, decision=Decision.CONFIRMED)
    )
    composed = compose(case, settings())
    assert [int(file.finding, 16) for file in composed.files] == [1, 4]
    assert [int(one.finding, 16) for one in composed.left_out] == [2, 3]


def test_a_case_of_which_everything_is_left_out_cannot_be_composed() -> None:
    """There is no report about nothing."""
    with pytest.raises(UsageError, match="nothing to report: a person has cleared it"):
        compose(a_case(a_file(1, decision=Decision.CLEARED)), settings())


def test_a_composition_is_kept_and_read_back_unchanged() -> None:
    """What a person decided on is what is sent, however much later."""
    composed = compose(a_case(a_file(1, facts=FACTS), danger="a child is named in a message"), settings())
    assert Composed.of_json(composed.to_json()) == composed


def test_facts_stand_where_the_schema_wants_them() -> None:
    """Upload, address and name are told of the file, the address of the account too, earlier reports by number."""
    composed = compose(a_case(a_file(1, facts=FACTS)), settings(), prior_reports=(77,))
    (file,), (account,) = composed.files, composed.report.person_or_user_reported
    assert file.details.original_file_name == "holiday.jpg"
    assert file.details.uploaded_to_esp_timestamp == datetime(2026, 11, 1, 9, tzinfo=UTC)
    event = file.details.ip_capture_event
    assert event is not None
    assert (event.ip_address, event.port, event.event_name) == ("192.0.2.7", 50_000, "Upload")
    assert account.ip_capture_event == (event,)
    assert (account.esp_identifier, account.esp_service, account.prior_ct_reports) == ("4711", "Example Files", (77,))
    assert composed.report.incident_summary.incident_date_time == datetime(2026, 11, 1, 9, tzinfo=UTC)
