"""A case as others read it: facts about files, never the files, and nothing that a spreadsheet would run."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from unseen.lists import ListFile
from unseen.model import Facts, Finding, Label, Locator, Match, State, Subject, SubjectKind, Times
from unseen.reports.exports import (
    ExportedCase,
    ExportedFinding,
    VicsVersion,
    case_as_case,
    case_as_csv,
    case_as_vics,
)

DAY_NS = 1_700_000_000 * 10**9
UK = Label("vics 2.0 UK", "1")


def finding(name: str, *, sha256: bytes = b"s" * 32, labels: tuple[Label, ...] = (), **more: object) -> ExportedFinding:
    """A finding at a place of this name."""
    facts = Facts(subject=Subject(SubjectKind.ACCOUNT, "7"), ip="192.0.2.7", port=50_000, original_name="=cmd()")
    where = Locator.of_file("disk.E01").inside("ntfs", f"/DCIM/x/{name}")
    one = Finding(
        sha256.hex()[:31] + name[0],
        where,
        sha256,
        State(str(more.get("state", "allocated"))),
        (Match("known", "entry 7", "pdq", 10, None),),
        times=Times(modified_ns=DAY_NS, accessed_ns=None, changed_ns=DAY_NS, born_ns=-(10**30)),
    )
    return ExportedFinding(
        finding=one,
        size_bytes=123,
        md5=b"m" * 16,
        sha1=b"1" * 20,
        first_seen_at_utc="2026-11-23T12:00:00Z",
        labels=labels,
        facts=facts,
    )


def case(*findings: ExportedFinding) -> ExportedCase:
    """A case with these."""
    return ExportedCase(
        id=17,
        ledger="unseen.0123456789abcdef",
        subject=Subject(SubjectKind.ACCOUNT, "4711"),
        known_at_utc="2026-11-23T12:00:00Z",
        exported_at_utc="2026-11-24T12:00:00Z",
        by="D. Okafor",
        reason="for the police",
        version="0.1.0",
        findings=findings,
    )


def test_a_table_says_all_and_runs_nothing() -> None:
    """Each finding is a row; a cell that a spreadsheet would run has an apostrophe before it, and nothing else has."""
    rows = list(csv.DictReader(io.StringIO(case_as_csv(case(finding("a.jpg"), finding("b.jpg"))).decode())))
    assert [row["item"] for row in rows] == ["disk.E01 > /DCIM/x/a.jpg", "disk.E01 > /DCIM/x/b.jpg"]
    assert rows[0]["original_name"] == "'=cmd()"
    assert rows[0]["sha256"] == (b"s" * 32).hex()
    assert rows[0]["modified_at_utc"] == "2023-11-14T22:13:20Z"
    assert (rows[0]["accessed_at_utc"], rows[0]["born_at_utc"]) == ("", "")
    assert rows[0]["matches"] == "known entry 7 pdq 10"


@pytest.mark.parametrize("start", list("=+-@\t\r\n"))
def test_no_name_of_a_file_is_a_formula(start: str) -> None:
    """Whatever a name begins with, its cell begins with no sign that starts a formula."""
    odd = finding("a.jpg")
    facts = Facts(subject=Subject(SubjectKind.ACCOUNT, "7"), original_name=f"{start}1+1")
    changed = ExportedFinding(**{name: getattr(odd, name) for name in odd.__slots__} | {"facts": facts})
    (row,) = csv.DictReader(io.StringIO(case_as_csv(case(changed)).decode(), newline=""))
    assert row["original_name"] == f"'{start}1+1"


@pytest.mark.parametrize("version", list(VicsVersion))
def test_what_is_exported_as_vics_is_read_as_vics(version: VicsVersion, tmp_path: Path) -> None:
    """Our own reader of the format takes the media of an export, one for each content, with categories."""
    path = tmp_path / "case.json"
    some = [finding("a.jpg", labels=(UK,)), finding("b.jpg", labels=(UK,)), finding("c.jpg", sha256=b"t" * 32)]
    path.write_bytes(case_as_vics(case(*some), version=version, country="UK"))
    with ListFile(str(path), file_format="vics") as file:
        entries = list(file.entries())
    assert {entry.signal for entry in entries} == {"md5", "sha1"}
    # Of a case, what nobody has categorised is no entry of any list.
    assert len({entry.entry for entry in entries}) == (1 if version is VicsVersion.V2 else 2)
    codes = {label.code for entry in entries for label in entry.labels}
    assert codes == {"1"}


def test_vics_files_say_how_they_lay() -> None:
    """A deleted file is deleted, a carved one unallocated, and each stands under its content."""
    document = json.loads(
        case_as_vics(
            case(finding("a.jpg"), finding("b.jpg", state="deleted"), finding("c.jpg", state="carved")),
            version=VicsVersion.V2,
            country="US",
        )
    )
    (one,) = document["value"]
    (medium,) = one["Media"]
    assert one["TotalMediaFiles"] == len(medium["MediaFiles"]) == 3
    assert [(file["Deleted"], file["Unallocated"]) for file in medium["MediaFiles"]] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert medium["MediaFiles"][0]["FileName"] == "a.jpg"
    assert "RelativeFilePath" not in medium


@pytest.mark.parametrize(
    "labels", [(), (Label("iwf", "A"),), (UK, Label("vics 2.0 UK", "2")), (Label("vics 1.3", "worst"),)]
)
def test_no_category_is_made_up(labels: tuple[Label, ...]) -> None:
    """Without labels of the format, with several, or with one that is no number, the category is 0: not categorised."""
    document = json.loads(case_as_vics(case(finding("a.jpg", labels=labels)), version=VicsVersion.V1, country="US"))
    assert [medium["Category"] for medium in document["value"]] == [0]


def test_case_conforms_to_its_ontology(tmp_path: Path) -> None:
    """The published shapes of CASE 1.4 find nothing wrong, down to warnings."""
    path = tmp_path / "case.jsonld"
    path.write_bytes(case_as_case(case(finding("a.jpg"), finding("b.jpg", sha256=b"t" * 32, state="carved"))))
    validate = Path(sys.executable).with_name("case_validate")
    done = subprocess.run(
        [validate, "--built-version", "case-1.4.0", path], capture_output=True, text=True, timeout=300, check=False
    )
    assert "Conforms: True" in done.stdout, done.stdout + done.stderr


def test_an_export_is_repeatable_and_holds_no_content() -> None:
    """The same case at the same moment is the same bytes, and no form has a place for the content of a file."""
    one = case(finding("a.jpg"))
    forms = (case_as_csv(one), case_as_vics(one, version=VicsVersion.V2, country="US"), case_as_case(one))
    again = (case_as_csv(one), case_as_vics(one, version=VicsVersion.V2, country="US"), case_as_case(one))
    assert forms == again
    assert all(b"payload" not in form.lower() for form in forms)
