"""Composing: what a report says is what is on record."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.unit.casework.filing.materials import ACCOUNT, EXACT, NEAR, a_case, a_file, settings

from unseen.casework.filing import Composed, compose, compose_batched, find_missing
from unseen.casework.filing.values import ListedLabel
from unseen.errors import UsageError
from unseen.filing.cybertipline.rules import check_files, check_report
from unseen.filing.cybertipline.schema import FileAnnotations
from unseen.model import AlteredMatch, Decision, Facts, Ground, How, Label, Locator, Mark, Match, Subject, SubjectKind

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


def test_an_altered_copy_never_passes_for_the_file_itself() -> None:
    """An officer reads that the file itself is not near the entry, what was undone, and how sure the match is."""
    how = How(orientation="original", convention="full", window=(0.09, 0.09, 0.82, 0.82), candidate_distance_bits=44)
    sure = AlteredMatch("inside", 61, 90, 4e-5)
    altered = Match("known", "media 9", "pdq", 21, how, ground=Ground.ALTERED, altered=sure)
    composed = compose(a_case(a_file(1, altered)), settings())
    said = "\n".join(composed.files[0].details.additional_info)
    assert "Match of an altered copy, not an exact one: this file itself is not near the entry" in said
    assert "found after undoing a border of 9 %; soft distance 61 of at most 90 bits" in said
    assert "at a distance of 21 bits (44 before a closer look) from entry media 9" in said
    assert "Exact match" not in said
    assert "A near hash says that two pictures look alike" in said
    assert composed.left_out == ()


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


def test_a_name_for_a_container_is_not_called_the_name_of_what_lies_in_it() -> None:
    """Of a member of an archive, the name of the uploaded archive is told as that, not as its own original name."""
    outer = replace(FACTS, about="uploads/1.zip", original_name="pack.zip")
    file = a_file(1, facts=outer)
    inside = replace(file.finding, locator=Locator.of_file("uploads/1.zip").inside("zip", "b.jpg"))
    (composed,) = compose(a_case(replace(file, finding=inside)), settings()).files
    assert composed.details.original_file_name is None
    assert "was uploaded under the name pack.zip" in "\n".join(composed.details.additional_info)
    own = replace(file, finding=inside, facts=replace(outer, about="uploads/1.zip > b.jpg", original_name="b.jpg"))
    assert compose(a_case(own), settings()).files[0].details.original_file_name == "b.jpg"


def test_digests_of_a_copy_are_not_called_those_of_the_upload() -> None:
    """Where the company encodes anew, digests are told of its copy; `originalFileHash` is for the upload alone."""
    (kept,) = compose(a_case(), settings(files_are_as_uploaded=True)).files
    assert [one.hash_type for one in kept.details.original_file_hash] == ["MD5", "SHA1", "SHA256"]
    (encoded,) = compose(a_case(), settings(files_are_as_uploaded=False)).files
    assert encoded.details.original_file_hash == ()
    assert "of the copy that the company keeps" in encoded.details.details[0].name_value_pair[0].name


def test_what_is_known_of_an_account_is_told_with_the_addresses_of_its_uploads() -> None:
    """Events of the account and of its files stand together, each once, in order of time."""
    account = (
        '{"displayName": ["Sam"], "ipCaptureEvent": [{"ipAddress": "198.51.100.1", "eventName": "Registration",'
        ' "dateTime": "2026-01-01T00:00:00Z", "port": 1234}]}'
    )
    case = a_case(a_file(1, facts=FACTS), a_file(2, facts=FACTS), account=account)
    (stated,) = compose(case, settings()).report.person_or_user_reported
    assert [event.event_name for event in stated.ip_capture_event] == ["Registration", "Upload"]
    assert (stated.display_name, stated.esp_identifier) == (("Sam",), "4711")


def test_danger_on_record_escalates_and_nothing_else_does() -> None:
    """A report is escalated with the reason that a person recorded, and only then."""
    escalated = compose(a_case(danger="a message names a child and a place"), settings())
    assert escalated.report.incident_summary.escalate_to_high_priority == "a message names a child and a place"
    assert compose(a_case(), settings()).report.incident_summary.escalate_to_high_priority is None


def test_why_a_child_may_be_in_danger_is_told_whole_however_long() -> None:
    """What does not fit the field for it stands in the report's own words as well."""
    report = compose(a_case(danger="d" * 3500), settings()).report
    assert report.incident_summary.escalate_to_high_priority == "d" * 3000
    assert "d" * 3500 in (report.additional_info or "")


def test_what_the_newest_scan_no_longer_matches_waits_for_a_person() -> None:
    """A finding that now matches a list of cleared files alone is left out, and reported once a person confirms it."""
    other = Match("fine", "media 1", "sha256", 0, None)
    composed = compose(a_case(a_file(1), a_file(2, other)), settings())
    assert [one.why.partition(",")[0] for one in composed.left_out] == [
        "by its newest scan it matches no list of known material"
    ]
    (confirmed,) = compose(a_case(a_file(2, other, decision=Decision.CONFIRMED)), settings()).files
    assert "matches no list of known material" in "\n".join(confirmed.details.additional_info)


def test_a_case_without_an_account_names_none() -> None:
    """Where nobody knows whose the files are, no account is made up."""
    case = a_case(subject=Subject(SubjectKind.SOURCE, "uploads"))
    assert compose(case, settings()).report.person_or_user_reported == ()


def test_a_label_is_passed_on_only_from_an_entry_that_is_this_very_file() -> None:
    """A near match says nothing about content, whatever its list calls the entry; an exact one says what it says."""
    meaning = [{"scheme": "kind", "code": "g", "annotation": "generativeAi"}]
    label = Label("kind", "g")
    exact = a_file(1, EXACT, labels=(ListedLabel("known", "media 7", "sha256", label),))
    near = a_file(2, NEAR, labels=(ListedLabel("known", "media 8", "pdq", label),))
    told, untold = (file.details for file in compose(a_case(exact, near), settings(meaning)).files)
    assert told.file_annotations == FileAnnotations(generative_ai=True)
    assert "kind g, of entry media 7 of list known, given here as generativeAi" in told.additional_info[-1]
    assert untold.file_annotations is None


def test_a_classification_needs_the_memorandum_and_agreement() -> None:
    """The industry's classification is given where the company signed for it and lists do not differ."""
    labels = tuple(ListedLabel("known", "media 7", "sha256", Label("ncmec", code)) for code in ("A1", "B2"))
    one, both = a_file(1, labels=labels[:1]), a_file(2, labels=labels)
    signed = compose(a_case(one, both), settings(industry_classification=True))
    assert [file.details.industry_classification for file in signed.files] == ["A1", None]
    assert "Lists classify this file differently" in signed.files[1].details.additional_info[-1]
    unsigned = compose(a_case(one), settings())
    assert unsigned.files[0].details.industry_classification is None


def test_what_speaks_against_a_match_is_told_with_it() -> None:
    """A disputed entry, and a list of what was found to be something else, stand beside the match."""
    disputed = replace(EXACT, marks_now=(Mark.DISPUTED,))
    cleared = Match("fine", "media 1", "sha256", 0, None)
    said = "\n".join(compose(a_case(a_file(1, disputed, cleared)), settings()).files[0].details.additional_info)
    assert "says that this entry is wrong" in said
    assert "also matches list fine, which holds what was found to be something else" in said


def test_a_batched_report_is_about_one_content_and_its_accounts() -> None:
    """Each account stands by its identifier; cases of no account, and those without the content, are not in it."""
    cases = [a_case(a_file(1), subject=Subject(SubjectKind.ACCOUNT, name)) for name in ("4711", "9")]
    nobody = a_case(a_file(1), subject=Subject(SubjectKind.SOURCE, "uploads"))
    composed = compose_batched([*cases, nobody, a_case(a_file(2))], b"\1" * 32, settings(), spread=["viral"])
    assert [account.esp_identifier for account in composed.report.person_or_user_reported] == ["4711", "9"]
    assert check_report(composed.report, now=NOW) == check_files(composed.report, [composed.files[0].details], now=NOW)
    assert [one.why for one in composed.left_out] == ["it is in no account's case"]
    with pytest.raises(UsageError, match="1 account of these cases"):
        compose_batched(cases[:1], b"\1" * 32, settings(), spread=["viral"])
    with pytest.raises(UsageError, match="goes round"):
        compose_batched(cases, b"\1" * 32, settings(), spread=[])


def test_what_is_missing_is_named_and_goes_as_it_comes() -> None:
    """An address without a port is named with its reason; once it is there nothing is said of it."""
    bare = a_case(a_file(1, facts=replace(FACTS, port=None)))
    told = {(one.of, one.element) for one in find_missing(bare, compose(bare, settings()))}
    finding = bare.files[0].finding.id
    assert {(finding, "ipCaptureEvent/port"), ("account", "ipCaptureEvent/port"), ("account", "deviceId")} <= told
    assert (finding, "originalFileName") not in told
    whole = a_case(a_file(1, facts=FACTS))
    told = {(one.of, one.element) for one in find_missing(whole, compose(whole, settings()))}
    assert (finding, "ipCaptureEvent/port") not in told
