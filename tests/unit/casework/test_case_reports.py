"""Reports and bundles of one case: its findings, what happened to it, and nothing of any other."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.unit.casework.evidence import ITEMS, NOW, Evidence, make_evidence, scan_items

from unseen.casework.bundles import write_bundle, write_case_bundles
from unseen.casework.cases.facts import add_facts
from unseen.casework.cases.verbs import act
from unseen.casework.filing import read_material
from unseen.casework.proof.recording import open_recorded
from unseen.casework.reporting import read_report, write_report
from unseen.errors import UsageError
from unseen.ledger.bundle import read_bundle
from unseen.model import CaseEvent, EventKind, Facts, ListClass, Subject, SubjectKind
from unseen.model.report import Form, ReportedCase, Stated
from unseen.reports.of_case import case_blocks
from unseen.store import open_store, record
from unseen.store.cases import gather

HARBOUR, BRIDGE, LETTER = ITEMS
ACCOUNT, OTHER = Subject(SubjectKind.ACCOUNT, "quay-4711"), Subject(SubjectKind.ACCOUNT, "secret-other")


@dataclass(frozen=True)
class Cases:
    """A store in which the harbour is one account's and the rest another's."""

    evidence: Evidence
    case: int


@pytest.fixture
def cases(tmp_path: Path) -> Cases:
    """Both cases; the first was taken by somebody."""
    evidence = make_evidence(tmp_path)
    with open_recorded(evidence.store, create=False) as store, record(store, at_utc=NOW) as page:
        case_id = page.next
        known = Facts(subject=ACCOUNT, ip="192.0.2.7", port=50_000, account='{"displayName": ["Sam"]}')
        others = [(evidence.id(name), Facts(subject=OTHER, ip="198.51.100.9")) for name in (BRIDGE, LETTER)]
        gather(page, [(evidence.id(HARBOUR), known), *others])
    act(evidence.store, case_id, EventKind.TAKEN, by="M. Silva")
    return Cases(evidence, case_id)


def test_a_report_of_a_case_gives_its_findings_and_what_happened_to_it(cases: Cases, tmp_path: Path) -> None:
    """Subject, facts and events of the case stand in it; of the other case, not even its name."""
    written = write_report(
        cases.evidence.store, folder=str(tmp_path / "out"), forms=[Form.JSON, Form.HTML], case_id=cases.case
    )
    text = Path(written[0].path).read_text()
    report = json.loads(text)
    assert [finding["id"] for finding in report["findings"]] == [cases.evidence.id(HARBOUR)]
    assert (report["case"]["subject"], report["case"]["owner"]) == ("account:quay-4711", "M. Silva")
    assert [event["kind"] for event in report["case"]["events"]] == ["opened", "account", "finding", "taken"]
    assert report["case"]["events"][2]["ip"] == "192.0.2.7"
    assert report["findings_shown"] == 1
    shown = Path(written[1].path).read_text()
    assert "192.0.2.7 port 50000" in shown
    for page in (text, shown):
        assert "secret-other" not in page
        assert "198.51.100.9" not in page


def test_a_bundle_of_a_case_verifies_and_opens_what_happened_to_it(cases: Cases, tmp_path: Path) -> None:
    """Every event of the case is proved and opened; the other case's are not in it at all."""
    (written,) = write_case_bundles(cases.evidence.store, str(tmp_path / "bundle"), cases.case)
    read = read_bundle(Path(written.path))
    events = [one.opening for one in read.entries.values() if one.entry["type"] == "case_event"]
    assert len(events) == 4
    assert None not in events
    assert not any(b"secret-other" in path.read_bytes() for path in (tmp_path / "bundle").rglob("*") if path.is_file())
    assert written.findings == (cases.evidence.id(HARBOUR),)


def test_a_case_that_several_scans_have_seen_last_has_a_bundle_for_each(cases: Cases, tmp_path: Path) -> None:
    """No finding is in two of them or in none; as one file it cannot be written, and nothing is written then."""
    store = cases.evidence.store
    with open_recorded(store, create=False) as opened:
        newer = scan_items(opened, key=bytes([1]) * 32, items={LETTER: ITEMS[LETTER]})
        with record(opened, at_utc=NOW) as page:
            gather(page, [(cases.evidence.id(LETTER), Facts(subject=ACCOUNT))])
    with pytest.raises(UsageError, match="seen by 2 scans"):
        write_case_bundles(store, str(tmp_path / "both.zip"), cases.case)
    written = write_case_bundles(store, str(tmp_path / "both"), cases.case)
    assert [one.findings for one in written] == [(cases.evidence.id(HARBOUR),), (cases.evidence.id(LETTER),)]
    assert written[1].path.endswith(f"scan-{newer}")
    for one in written:
        report = json.loads((Path(one.path) / "report.json").read_text())
        assert report["case"]["elsewhere"] == 1
        read_bundle(Path(one.path))
    with pytest.raises(UsageError, match="exists already"):
        write_case_bundles(store, str(tmp_path / "both"), cases.case)


def test_paper_says_how_the_first_files_came_and_that_there_are_more(cases: Cases) -> None:
    """What is not printed is counted, and the reader is told where it stands."""
    came = [
        CaseEvent(
            id=at, case=1, kind=EventKind.FINDING, at_utc=NOW, finding=f"{at}", facts=Facts(subject=ACCOUNT, ip="::1")
        )
        for at in range(3)
    ]
    case = ReportedCase(
        id=1, subject=ACCOUNT, known_at_utc=NOW, owner=None, danger=None, outcome=None, events=tuple(came)
    )
    with open_store(cases.evidence.store, create=False, read_only=True) as store:
        report = replace(read_report(store, None, stated=Stated(), at_utc=NOW), of_case=case)
    tables = {block["name"]: block for block in case_blocks(report, 2) if block["kind"] == "table"}
    assert len(tables["came"]["rows"]) == 2
    assert any("All 3 stand in the HTML" in block.get("text", "") for block in case_blocks(report, 2))
    assert not any("All 3" in block.get("text", "") for block in case_blocks(report))


def test_there_is_no_report_of_no_case(cases: Cases, tmp_path: Path) -> None:
    """A number that no case has is told, and nothing is written."""
    with pytest.raises(UsageError, match="no case 999999"):
        write_report(cases.evidence.store, folder=str(tmp_path / "out"), case_id=999_999)
    assert not (tmp_path / "out").exists()


def test_a_bundle_of_a_finding_says_nothing_of_its_case(cases: Cases, tmp_path: Path) -> None:
    """Whoever gets a finding alone does not learn whose it is."""
    write_bundle(cases.evidence.store, str(tmp_path / "one"), findings=[cases.evidence.id(HARBOUR)])
    assert not any(b"quay-4711" in path.read_bytes() for path in (tmp_path / "one").rglob("*.json"))


def test_what_a_filing_is_composed_of_is_read_with_the_lists_as_they_were_searched(cases: Cases) -> None:
    """Findings, digests, facts, the account's facts, and the version of each list stand in the material of a case."""
    with open_store(cases.evidence.store, create=False, read_only=True) as store:
        material = read_material(store, cases.case)
    (file,) = material.files
    assert (material.subject, material.account) == (ACCOUNT, '{"displayName": ["Sam"]}')
    assert file.md5 is not None
    assert file.facts is not None
    assert (file.facts.port, file.facts.account) == (50_000, None)
    searched = file.searched["known"]
    assert (searched.list_class, searched.sha256) == (ListClass.CSAM, bytes(range(32)).hex())
    assert searched.record is not None


def test_facts_of_an_account_are_kept_once_until_they_change(cases: Cases) -> None:
    """The same facts again add nothing; other facts are a new event, and the newest count."""
    store = cases.evidence.store
    for text in ('{"displayName": ["Sam"]}', '{"displayName": ["Samira"]}', '{"displayName": ["Samira"]}'):
        with open_recorded(store, create=False) as opened, record(opened, at_utc=NOW) as page:
            facts = Facts(subject=ACCOUNT, ip="192.0.2.7", port=50_000, account=text)
            gather(page, [(cases.evidence.id(HARBOUR), facts)])
    with open_store(store, create=False, read_only=True) as opened:
        material = read_material(opened, cases.case)
    assert material.account == '{"displayName": ["Samira"]}'
    assert len(material.files) == 1


def test_facts_of_an_account_need_no_row_of_an_item(cases: Cases, tmp_path: Path) -> None:
    """A file that speaks of the account alone adds to its case, once; of accounts without a case nothing is kept."""
    rows = [{"subject": f"account:{name}", "account": {"screenName": "s"}} for name in ("quay-4711", "nobody")]
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert [one.case for one in add_facts(cases.evidence.store, str(file), by="M. Silva")] == [cases.case]
    assert add_facts(cases.evidence.store, str(file), by="M. Silva") == []
    with open_store(cases.evidence.store, create=False, read_only=True) as store:
        assert read_material(store, cases.case).account == '{"screenName": "s"}'
