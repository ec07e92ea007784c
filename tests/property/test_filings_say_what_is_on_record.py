"""Law: whatever the facts, a composed report is one that the service's grammar, rules and schema take, and is true."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.unit.casework.filing import materials
from tests.unit.filing.reports import parts, published_schema

from unseen.casework.filing import (
    Additions,
    CaseMaterial,
    Composed,
    FoundFile,
    compose,
    compose_batched,
    find_missing,
)
from unseen.casework.filing.values import ListedLabel
from unseen.casework.given.known import KnownOfFile
from unseen.errors import UsageError
from unseen.filing.cybertipline.rules import check_files, check_report
from unseen.filing.cybertipline.schema import FileDetails, IncidentSummary, PersonOrUserReported, Report, to_xml
from unseen.model import Decision, Facts, Ground, Label, Mark, Match, Status, Subject, SubjectKind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SLOW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
# All that a name of a file can be in Python: bytes that are no text and control characters among it.
NAMES = st.text(st.characters(), max_size=40) | st.sampled_from(["", " ", "a\x00b", "\udcff.jpg", "=x", "é\r\n"])
LABELS = [Label("ncmec", "A1"), Label("ncmec", "B2"), Label("own", "infant"), Label("own", "other")]
MEANINGS = [{"scheme": "own", "code": "infant", "annotation": "infant"}]

# Elements of the schema, and words that it does not know.
names = st.sampled_from(
    [
        str(field.alias)
        for part in (Report, FileDetails, PersonOrUserReported, IncidentSummary)
        for field in part.model_fields.values()
    ]
    + ["value", "type", "unknown"]
)
moments = st.integers(0, 1_700_000_000).map(lambda at_s: datetime.fromtimestamp(at_s, UTC).isoformat())
matches = st.builds(
    Match,
    st.sampled_from(["known", "fine", "gone"]),
    st.sampled_from(["media 1", "media 2", "\x1b[2J"]),
    st.sampled_from(["sha256", "md5", "pdq", "vpdq", "tmk"]),
    st.integers(0, 256),
    st.none(),
    ground=st.none() | st.sampled_from(Ground),
    marks=st.lists(st.sampled_from(Mark), max_size=2).map(tuple),
)


def packed(kind: type[Any], drawn: Any) -> str:
    """A part as facts hold it."""
    return str(
        kind.model_validate(drawn.model_dump(by_alias=True)).model_dump_json(by_alias=True, exclude_defaults=True)
    )


def without_urls(account: PersonOrUserReported) -> PersonOrUserReported:
    """Addresses of the web that are none are refused by a rule of their own, before anything is sent."""
    bare = tuple(each.model_copy(update={"profile_url": ()}) for each in account.associated_account)
    return account.model_copy(update={"profile_url": (), "associated_account": bare})


facts = st.builds(
    Facts,
    subject=st.just(materials.ACCOUNT),
    uploaded_at_utc=st.none() | moments,
    ip=st.none() | st.ip_addresses().map(str),
    port=st.none() | st.integers(1, 65_535),
    original_name=st.none() | NAMES | st.just("n" * 3000),
    file=st.none()
    | parts(KnownOfFile).map(lambda drawn: packed(KnownOfFile, drawn.model_copy(update={"location_of_file": None}))),
)


@st.composite
def found(draw: st.DrawFn, number: int) -> FoundFile:
    """A file of whatever name, with whatever is known of it."""
    file = materials.a_file(number, *draw(st.lists(matches, min_size=1, max_size=4)), facts=draw(st.none() | facts))
    path = draw(NAMES.filter(bool))
    finding = replace(file.finding, locator=type(file.finding.locator).of_file(path))
    if draw(st.booleans()):
        finding = replace(finding, locator=finding.locator.inside("zip", draw(NAMES.filter(bool))))
    decision = draw(st.none() | st.sampled_from(Decision))
    labels = tuple(ListedLabel("known", "media 1", "sha256", one) for one in draw(st.lists(st.sampled_from(LABELS))))
    verdict = None if decision is None else materials.verdict(decision)
    return replace(
        file, finding=replace(finding, verdict=verdict), labels=labels, md5=draw(st.none() | st.just(b"m" * 16))
    )


@st.composite
def cases(draw: st.DrawFn) -> CaseMaterial:
    """A case of whatever subject."""
    files = [draw(found(number)) for number in range(1, draw(st.integers(1, 4)) + 1)]
    subject = Subject(draw(st.sampled_from(SubjectKind)), draw(NAMES.filter(bool)))
    account = draw(
        st.none() | parts(PersonOrUserReported).map(lambda one: packed(PersonOrUserReported, without_urls(one)))
    )
    danger = draw(st.none() | NAMES.filter(str.strip) | st.just("d" * 4000))
    return materials.a_case(*files, subject=subject, account=account, danger=danger)


def composed_of(case: CaseMaterial, **given_: Any) -> Composed:
    """The report of a case that has any."""
    chosen = materials.settings(industry_classification=True).model_copy(
        update={"label": materials.settings(label=MEANINGS).label}
    )
    try:
        return compose(case, chosen, **given_)
    except UsageError:
        assume(False)
        raise


def documents(composed: Composed) -> tuple[Report, list[FileDetails]]:
    """What would be sent."""
    return composed.report, [file.details_for(7, f"{at:032x}") for at, file in enumerate(composed.files)]


@SLOW
@given(cases())
def test_whatever_the_facts_a_report_breaks_no_rule(case: CaseMaterial) -> None:
    """A composed report holds by our grammar when it is read anew, and by every rule of the service."""
    report, files = documents(composed_of(case))
    assert Report.model_validate(report.model_dump(by_alias=True)) == report
    assert [FileDetails.model_validate(one.model_dump(by_alias=True)) for one in files] == files
    assert check_report(report, now=NOW) == []
    assert [one for one in check_files(report, files, now=NOW) if "Viewed" not in one.where] == []


@pytest.fixture(scope="module")
def published() -> Callable[[bytes], str]:
    """The service's own schema, where it is at hand."""
    return published_schema()


@SLOW
@given(case=cases())
def test_whatever_the_facts_the_services_schema_takes_it(case: CaseMaterial, published: Callable[[bytes], str]) -> None:
    """Report and details of every file are valid by the published schema."""
    report, files = documents(composed_of(case))
    assert published(to_xml(report, "report")) == ""
    assert [published(to_xml(one, "fileDetails")) for one in files] == [""] * len(files)


@SLOW
@given(cases(), st.data())
def test_whatever_the_facts_only_what_was_viewed_is_called_viewed(case: CaseMaterial, data: st.DataObject) -> None:
    """A file is called viewed if and only if its own view is on record; everything else explicitly is not."""
    viewed = data.draw(st.frozensets(st.sampled_from([file.finding.id for file in case.files])))
    composed = composed_of(case, viewed=viewed)
    assert {file.finding for file in composed.files if file.details.file_viewed_by_esp} <= viewed
    for file in composed.files:
        assert f"<fileViewedByEsp>{'true' if file.finding in viewed else 'false'}<".encode() in to_xml(
            file.details, "fileDetails"
        )


@SLOW
@given(cases())
def test_content_is_described_by_a_lists_label_for_this_very_file_or_not_at_all(case: CaseMaterial) -> None:
    """An annotation or a classification stands on an exact, undoubted match of an entry that the list labels so."""
    by_id = {file.finding.id: file for file in case.files}
    for file in composed_of(case).files:
        details = file.details
        if details.file_annotations is None and details.industry_classification is None:
            continue
        source = by_id[file.finding]
        assert any(
            match.ground is Ground.EXACT and not match.marks and (match.list, match.entry) == ("known", "media 1")
            for match in source.finding.matches
        )
        said = {(each.label.scheme, each.label.code) for each in source.labels}
        if details.file_annotations is not None:
            assert details.file_annotations.infant
            assert ("own", "infant") in said
        if details.industry_classification is not None:
            assert [code for scheme, code in sorted(said) if scheme == "ncmec"] == [details.industry_classification]
        assert any("From the list's own label" in info for info in details.additional_info)


@SLOW
@given(cases())
def test_a_finding_is_reported_or_left_out_with_a_reason_never_lost(case: CaseMaterial) -> None:
    """Files and what is left out are the findings of the case, each once; what is missing names only what is there."""
    composed = composed_of(case)
    told = [file.finding for file in composed.files] + [one.finding for one in composed.left_out]
    assert sorted(told) == sorted(file.finding.id for file in case.files)
    assert {one.of for one in find_missing(case, composed)} <= {"report", "account", *told}


@SLOW
@given(cases())
def test_nobody_is_accused_by_what_accuses_nobody(case: CaseMaterial) -> None:
    """A reported file matches known material by what it says of itself, or a person confirmed it; none was cleared."""
    by_id = {file.finding.id: file.finding for file in case.files}
    for file in composed_of(case).files:
        finding = by_id[file.finding]
        said = "\n".join(file.details.additional_info)
        assert finding.status is not Status.CLEARED
        assert finding.status is Status.CONFIRMED or "of list known" in said or "of list gone" in said


@SLOW
@given(cases())
def test_composing_is_deterministic_and_survives_being_kept(case: CaseMaterial) -> None:
    """The same case gives the same report; one that was kept as JSON comes back the same."""
    composed = composed_of(case)
    assert composed_of(case) == composed
    assert Composed.of_json(composed.to_json()) == composed


@SLOW
@given(parts(Report), parts(FileDetails))
def test_every_element_of_the_schema_can_be_added_by_hand(report: Report, details: FileDetails) -> None:
    """Whatever stands in a report or in the details of a file may come from a person's hand, and arrives."""
    report = report.model_copy(update={"batched_report": None, "additional_info": None})
    case = materials.a_case()
    (file,) = case.files
    by_hand = details.model_dump(by_alias=True, exclude_defaults=True)
    for name in ("reportId", "fileId", "fileViewedByEsp"):
        del by_hand[name]
    additions = Additions("x", "", report.model_dump(by_alias=True, exclude_defaults=True), {file.finding.id: by_hand})
    done = composed_of(case, additions=additions, viewed=frozenset({file.finding.id}))
    assert_within(report.model_dump(by_alias=True, exclude_defaults=True), done.report.model_dump(by_alias=True))
    assert_within(by_hand, done.files[0].details.model_dump(by_alias=True))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES | moments,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@SLOW
@given(st.dictionaries(names, values, max_size=4), st.dictionaries(names, values, max_size=4))
def test_whatever_is_added_by_hand_is_taken_or_told(report: dict[str, Any], details: dict[str, Any]) -> None:
    """An addition of any shape gives a report that can be written, or a message; never anything else."""
    case = materials.a_case()
    additions = Additions("a.json", "", report, {case.files[0].finding.id: details})
    try:
        composed = compose(case, materials.settings(), additions=additions)
    except UsageError:
        return
    for document, tag in ((composed.report, "report"), (composed.files[0].details, "fileDetails")):
        assert to_xml(document, tag)
    assert not composed.files[0].details.file_viewed_by_esp


def assert_within(part: Any, whole: Any) -> None:
    """All of one stands in the other; arrays may hold more."""
    if isinstance(part, dict):
        for name, value in part.items():
            assert_within(value, whole[name])
    elif isinstance(part, tuple | list):
        for value in part:
            assert any(_is_within(value, one) for one in whole)
    else:
        assert part == whole


def _is_within(part: Any, whole: Any) -> bool:
    try:
        assert_within(part, whole)
    except (AssertionError, KeyError, TypeError):
        return False
    return True


@SLOW
@given(
    st.lists(cases(), min_size=2, max_size=4),
    st.sampled_from([("viral",), ("potentialMeme",), ("viral", "potentialMeme")]),
)
def test_a_batched_report_says_nothing_that_it_must_not(some: list[CaseMaterial], spread: Any) -> None:
    """One file, accounts by their identifiers, and no rule of the batched mode broken."""
    named = [replace(case, subject=Subject(SubjectKind.ACCOUNT, f"{at}"), account=None) for at, case in enumerate(some)]
    try:
        composed = compose_batched(named, b"\1" * 32, materials.settings(), spread=spread)
    except UsageError:
        assume(False)
        raise
    report, files = documents(composed)
    assert check_report(report, now=NOW) == []
    assert check_files(report, files, now=NOW) == []
    assert len(report.person_or_user_reported) >= 2
