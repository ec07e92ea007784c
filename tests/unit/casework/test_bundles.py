"""Bundles of findings: whole, alone, and silent about everything else."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.casework.evidence import ITEMS, Evidence, entries_for, make_evidence, put_list, scan_items
from tests.unit.stand_ins import hash_content

from unseen.casework.bundles import write_bundle
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import StoreError, UsageError
from unseen.ledger.bundle import VERIFIER_NAME, Bundle, read_bundle
from unseen.model.report import Stated
from unseen.store import list_findings, open_store

HARBOUR, BRIDGE, LETTER = ITEMS


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A store with three findings and two verdicts."""
    return make_evidence(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def bundle(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the harbour alone."""
    folder = tmp_path_factory.mktemp("bundles") / "harbour"
    write_bundle(evidence.store, str(folder), findings=[evidence.id(HARBOUR)], stated=Stated(case="26-7"))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the verifier, which is the same in all bundles."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != VERIFIER_NAME)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def kinds(read: Bundle) -> list[tuple[str, bool]]:
    """The type of each entry, and whether it is opened."""
    return [(str(one.entry["type"]), one.opening is not None) for one in read.entries.values()]


def test_a_bundle_holds_its_findings_and_what_is_needed_to_read_them(evidence: Evidence, bundle: Path) -> None:
    """In clear how the ledger and the scan began, the list and the account; opened the item, finding and verdict."""
    read = read_bundle(bundle)
    assert sorted(kinds(read)) == [
        ("finding", True),
        ("item", True),
        ("list_added", False),
        ("report_written", False),
        ("scan_finished", False),
        ("scan_started", True),
        ("store_created", False),
        ("verdict", True),
    ]
    opened = [one.opening.value for one in read.entries.values() if one.opening is not None]
    (finding,) = [value for value in opened if isinstance(value, dict) and "first_seen_at_utc" in value]
    assert (finding["id"], finding["locator"]) == (evidence.id(HARBOUR), HARBOUR)
    (verdict,) = [value for value in opened if isinstance(value, dict) and "decision" in value]
    assert (verdict["decided_by"], verdict["reason"]) == ("D. Okafor", "same harbour, 7 bits")
    assert {"report.html", "report.json"} <= set(read.reports)


def test_a_bundle_verifies_where_unseen_is_not_installed(bundle: Path) -> None:
    """By its own verifier, in a Python that cannot import this program; by `unseen verify` alike."""
    # -S leaves out what makes this program importable; cryptography is given back by its folder.
    import cryptography

    site = Path(cryptography.__file__).parents[1]
    script = (
        f"import sys; sys.path.append({str(site)!r}); sys.modules['unseen'] = None; import runpy;"
        f" sys.argv = ['v', {str(bundle)!r}]; runpy.run_path({str(bundle / VERIFIER_NAME)!r}, run_name='__main__')"
    )
    alone = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert (alone.returncode, alone.stderr) == (0, "")
    found = verify(str(bundle), key=(bundle / "key.pub").read_text().strip())
    assert (found.kind, found.is_pinned) == ("bundle", True)
    assert f"verified: {found.entries_shown} entries" in alone.stdout


def test_a_bundle_says_nothing_of_other_findings(evidence: Evidence, bundle: Path) -> None:
    """No locator, digest, hash, id, entry, reason or salt of another finding stands anywhere in it."""
    said = contents(bundle)
    for locator in (BRIDGE, LETTER):
        hashes, word = hash_content(ITEMS[locator]), ITEMS[locator].decode().split()[-1]
        values = [hashes.sha256, hashes.sha1, hashes.md5, hashes.pdq, *(one.pdq for one in hashes.variants)]
        secrets = [value for value in values if value is not None]
        secrets += [value.hex().encode() for value in secrets]
        secrets += [
            locator.encode("utf-8", "surrogateescape"),
            locator.encode("utf-8", "surrogateescape").hex().encode(),
        ]
        secrets += [evidence.id(locator).encode(), f"p-{word}".encode(), f"m-{word}".encode(), b"another bridge"]
        for name, data in said.items():
            assert [secret for secret in secrets if secret in data] == [], name
    with open_store(evidence.store, read_only=True) as store, store.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, salt FROM items UNION SELECT ledger_n, salt FROM finding_matches")
        salts = {row.id: row.salt for row in rows}
    shown = set(read_bundle(bundle).entries)
    others = [salt.hex().encode() for number, salt in salts.items() if number not in shown]
    assert len(others) == 4
    assert [name for name, data in said.items() for salt in others if salt in data] == []


def test_the_report_in_a_bundle_says_that_it_is_an_extract(bundle: Path) -> None:
    """How many findings are left out is said; which they are is not; and it states the checkpoint and the key."""
    report = json.loads((bundle / "report.json").read_text())
    assert (report["findings_shown"], len(report["findings"]), report["not_screened"]) == (1, 1, [])
    assert report["summary"]["findings"] == 3
    assert report["stated"]["case"] == "26-7"
    assert report["checkpoint"]["public_key"] == (bundle / "key.pub").read_text().strip()
    page = re.sub(r"\s+", " ", (bundle / "report.html").read_text())
    assert "This is an extract" in page
    assert "2 findings of this scan are left out here on purpose" in page


def test_all_findings_of_a_scan_are_in_it_where_none_is_named(evidence: Evidence, tmp_path: Path) -> None:
    """With the whole report."""
    written = write_bundle(evidence.store, str(tmp_path / "all"))
    assert sorted(written.findings) == sorted(finding.id for finding in evidence.findings.values())
    assert sum(kind == "item" for kind, _ in kinds(read_bundle(tmp_path / "all"))) == 3
    assert json.loads((tmp_path / "all" / "report.json").read_text())["findings_shown"] is None


def test_that_a_bundle_was_made_is_on_record(evidence: Evidence, bundle: Path) -> None:
    """Its reports are among those that the store's ledger names, and the store verifies after it."""
    found = verify(evidence.store, reports=[str(bundle / "report.html")])
    assert found.reports == (str(bundle / "report.html"),)


def test_sources_that_name_other_items_stay_closed(tmp_path: Path) -> None:
    """A scan of single files says in its sources which files: then they are not disclosed, and that is told."""
    evidence = make_evidence(tmp_path, sources=[HARBOUR, "exhibit/letter"])
    written = write_bundle(evidence.store, str(tmp_path / "bundle"), findings=[evidence.id(HARBOUR)])
    assert not written.are_sources_open
    assert ("scan_started", False) in kinds(read_bundle(tmp_path / "bundle"))
    assert [name for name, data in contents(tmp_path / "bundle").items() if b"exhibit/letter" in data] == []
    report = json.loads((tmp_path / "bundle" / "report.json").read_bytes())
    assert [run["by"] for run in report["runs"]] == [{}]
    both = write_bundle(evidence.store, str(tmp_path / "both"), findings=[evidence.id(HARBOUR), evidence.id(LETTER)])
    assert both.are_sources_open
    report = json.loads((tmp_path / "both" / "report.json").read_bytes())
    assert [run["by"] for run in report["runs"]] == [{"user": "examiner"}]


def test_a_source_whose_name_looks_like_a_chain_stays_closed(tmp_path: Path) -> None:
    """A greater-than sign is escaped in the locator of an item and not in the source that names it: they are one."""
    letter = "exhibit > letter"
    items = {HARBOUR: ITEMS[HARBOUR], BRIDGE: ITEMS[BRIDGE], letter: ITEMS[LETTER]}
    evidence = make_evidence(tmp_path, items=items, sources=[HARBOUR, letter])
    written = write_bundle(evidence.store, str(tmp_path / "bundle"), findings=[evidence.id(HARBOUR)])
    assert not written.are_sources_open
    assert [name for name, data in contents(tmp_path / "bundle").items() if letter.encode() in data] == []


def test_a_source_that_a_disclosed_finding_names_too_is_open(tmp_path: Path) -> None:
    """Of two findings in one disk image the bundle of one says who scanned it: its own locator names the image."""
    inside = {f"card.dd > {name.rpartition('/')[2]}": content for name, content in ITEMS.items()}
    harbour, _, letter = inside
    store = tmp_path / "store"
    with open_recorded(store) as opened:
        put_list(opened, "known", entries_for(ITEMS))
        scan_items(opened, key=bytes(32), sources=["card.dd"], items=inside, layers=("file", "fat"))
        ids = {str(one.locator): one.id for one in list_findings(opened)}
    written = write_bundle(str(store), str(tmp_path / "bundle"), findings=[ids[harbour]])
    assert written.are_sources_open
    shown = letter.encode(), letter.encode().replace(b">", b"&gt;")
    assert [name for name, data in contents(tmp_path / "bundle").items() if any(one in data for one in shown)] == []
    assert any(harbour.encode() in data for data in contents(tmp_path / "bundle").values())


def test_a_bundle_is_made_of_a_scan_with_thousands_of_sources(tmp_path: Path) -> None:
    """As many as a shell makes of one pattern, each of which might be an item of another finding."""
    many = [f"exhibit/other-{number}" for number in range(3_000)]
    evidence = make_evidence(tmp_path, sources=[HARBOUR, *many])
    written = write_bundle(evidence.store, str(tmp_path / "bundle"), findings=[evidence.id(HARBOUR)])
    assert written.are_sources_open
    evidence = make_evidence(tmp_path / "again", sources=[HARBOUR, *many, LETTER])
    written = write_bundle(evidence.store, str(tmp_path / "closed"), findings=[evidence.id(HARBOUR)])
    assert not written.are_sources_open


def test_what_cannot_be_bundled_is_refused(evidence: Evidence, tmp_path: Path) -> None:
    """A folder that exists, a finding that is not there or that this scan did not see, a scan that is not there."""
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        write_bundle(evidence.store, str(tmp_path / "there"))
    with pytest.raises(UsageError, match="no finding begins"):
        write_bundle(evidence.store, str(tmp_path / "none"), findings=["0123456789"])
    with pytest.raises(StoreError, match="no scan 7000"):
        write_bundle(evidence.store, str(tmp_path / "none"), scan_id=7000)
    with pytest.raises(StoreError):
        write_bundle(str(tmp_path / "nowhere"), str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_a_finding_is_taken_from_a_scan_that_saw_it(tmp_path: Path) -> None:
    """The newest scan unless another is named; the hint names the one that saw the finding."""
    evidence = make_evidence(tmp_path)
    with open_recorded(evidence.store) as store:
        put_list(store, "known", [one for one in entries_for() if not one.entry.endswith("harbour")])
        newest = scan_items(store, key=bytes([1]) * 32)
    with pytest.raises(UsageError, match=f"scan {newest} did not see finding") as refused:
        write_bundle(evidence.store, str(tmp_path / "bundle"), findings=[evidence.id(HARBOUR)])
    number = int(refused.value.hint.rpartition(" ")[2])
    written = write_bundle(evidence.store, str(tmp_path / "bundle"), findings=[evidence.id(HARBOUR)], scan_id=number)
    assert written.findings == (evidence.id(HARBOUR),)
    assert read_bundle(tmp_path / "bundle").checkpoint.size == written.size
