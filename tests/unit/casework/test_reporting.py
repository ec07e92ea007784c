"""`unseen report`, from a store that true scans have filled to the files it writes."""

import base64
import json
import os
import re
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete, select, update

from unseen.casework.lists import add_list
from unseen.casework.proof.recording import open_recorded
from unseen.casework.reporting import WrittenReport, write_report
from unseen.casework.scanning import ScanSettings, run_scan
from unseen.darkroom import hash_file
from unseen.errors import SourceError, StoreError, UsageError
from unseen.model import Decision
from unseen.model.report import Form, Stated
from unseen.store import list_entries, open_store, record_verdicts
from unseen.store.schema import not_screened, runs, scans

HOSTILE = b"<img src=x>\xff\xe2\x80\xae#image().png".decode("utf-8", "surrogateescape")


def draw(seed: int) -> Image.Image:
    """A picture of soft patches, unlike that of any other seed."""
    patches = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((320, 240), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that holds lists and a scan; `store` in it is never written by tests."""
    place = tmp_path_factory.mktemp("place")
    evidence = place / "evidence"
    evidence.mkdir()
    draw(1).save(evidence / "exact.png")
    draw(2).save(evidence / HOSTILE)
    draw(3).save(evidence / "other.png")
    (evidence / "text").write_text("no picture")
    (evidence / "torn.png").write_bytes((evidence / "exact.png").read_bytes()[:60])
    draw(2).save(place / "second.png")
    exact, second = hash_file(evidence / "exact.png"), hash_file(place / "second.png")
    assert exact.pdq is not None
    assert second.pdq is not None
    assert exact.md5 is not None
    assert exact.sha1 is not None
    rows: list[dict[str, object]] = [
        {"entry": "a-1", "signal": "md5", "value": exact.md5.hex(), "labels": [["vics", "1"], ["uk", "A"]]},
        {"entry": "a-2", "signal": "pdq", "value": second.pdq.hex()},
        {"entry": "a-3", "signal": "photodna", "value": base64.b64encode(bytes(range(144))).decode()},
    ]
    (place / "national.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "other.txt").write_text(f"pdq:{exact.pdq.hex()}\nsha1:{exact.sha1.hex()}\n")
    add_list(str(place / "store"), "national", str(place / "national.jsonl"))
    add_list(str(place / "store"), "other", str(place / "other.txt"))
    settings = ScanSettings(
        store=str(place / "store"), sources=(str(evidence),), workers=1, basis="warrant <7>", threshold_bits=30
    )
    list(run_scan(settings))
    return place


@pytest.fixture
def place(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder, to be changed at will, and of the keys: a key remembers what it has signed."""
    shutil.copytree(scanned / "store", tmp_path / "store")
    shutil.copytree(os.environ["UNSEEN_KEYS"], tmp_path / "keys")
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    return tmp_path


def write(place: Path, out: str = "out", **settings: Any) -> Mapping[Form, WrittenReport]:
    """Write a report at a fixed time, by form."""
    settings.setdefault("now_utc", lambda: "2026-11-23T03:00:00Z")
    written = write_report(str(place / "store"), folder=str(place / out), **settings)
    return {one.form: one for one in written}


def json_of(place: Path, out: str = "json", **settings: Any) -> Any:
    """The JSON form, parsed."""
    return json.loads(Path(write(place, out, forms=[Form.JSON], **settings)[Form.JSON].path).read_text())


def spellings(value: bytes) -> set[bytes]:
    """All ways in which a list value could slip into a text."""
    return {value, value.hex().encode(), value.hex().upper().encode(), base64.b64encode(value)}


def unpacked(path: str) -> list[bytes]:
    """Every stream of a PDF as it is before compression, each also without what stands between the pieces of a text."""
    pikepdf = pytest.importorskip("pikepdf")
    with pikepdf.open(path) as pdf:
        streams = [one.read_bytes() for one in pdf.objects if isinstance(one, pikepdf.Stream)]
        assert not [one for one in pdf.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"]
    assert any(b" Tf" in stream for stream in streams)
    return streams + [re.sub(rb"[<>()\[\]\s]|-?[\d.]+ T\w", b"", stream) for stream in streams]


def test_the_text_of_a_pdf_is_looked_through_as_a_reader_sees_it(place: Path) -> None:
    """Glyphs are numbers: the text that a reader extracts is searched too, and what must be in it is found there."""
    pdfium = pytest.importorskip("pypdfium2")
    pytest.importorskip("typst")
    written = write(place)
    with pdfium.PdfDocument(written[Form.PDF].path) as pdf:
        text = "".join(page.get_textpage().get_text_bounded() for page in pdf)
    joined = re.sub(r"\s", "", text).encode()
    assert written[Form.PDF].report.encode() in joined
    with open_store(place / "store") as store:
        values = [entry.value for name in ("national", "other") for entry in list_entries(store, name)]
    assert [value.hex() for value in values if any(spelling in joined for spelling in spellings(value))] == []


def test_no_list_value_and_no_picture_is_in_any_form(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value of every list is looked for, in each spelling, in each form and in what the PDF is drawn from."""
    typst = pytest.importorskip("typst")
    true_compile = typst.compile
    drawn: list[bytes] = []

    def watch(template: bytes, **settings: Any) -> bytes:
        drawn.append(json.dumps(json.loads(settings["sys_inputs"]["page"]), ensure_ascii=False).encode())
        # Long values come in lines; nothing may hide in a break.
        drawn.append(re.sub(rb'",\s*"', b"", drawn[0]))
        return bytes(true_compile(template, **settings))

    monkeypatch.setattr(typst, "compile", watch)
    written = write(place)
    assert set(written) == set(Form)
    texts = [Path(one.path).read_bytes() for one in written.values()] + drawn + unpacked(written[Form.PDF].path)
    with open_store(place / "store") as store:
        values = [entry.value for name in ("national", "other") for entry in list_entries(store, name)]
    assert len(values) == 5
    for text in texts:
        assert [value.hex() for value in values if any(spelling in text for spelling in spellings(value))] == []
    for form in (Form.HTML, Form.PDF):
        text = Path(written[form].path).read_bytes()
        assert not re.search(rb"<img|data:image|<svg|/Subtype\s*/Image", text)


def test_digests_are_printed_unless_they_are_list_values(place: Path, scanned: Path) -> None:
    """What equals an entry is withheld and named; everything else about the item is there."""
    findings = {Path(one["item"]).name: one for one in json_of(place)["findings"]}
    exact, near = findings["exact.png"], findings[HOSTILE]
    hashes = hash_file(scanned / "evidence" / "exact.png")
    assert hashes.sha256 is not None
    assert exact["sha256"] == hashes.sha256.hex()
    assert (exact["md5"], exact["sha1"]) == (None, None)
    assert exact["digests_withheld"] == ["sha1", "md5"]
    assert near["digests_withheld"] == []
    assert all(near[name] for name in ("sha256", "sha1", "md5"))
    assert (exact["size_bytes"], exact["pdq_quality"]) == (hashes.size_bytes, hashes.pdq_quality)
    matches = {(match["list"], match["signal"]): match for match in exact["matches"]}
    assert matches["national", "md5"]["labels"] == [{"scheme": "vics", "code": "1"}, {"scheme": "uk", "code": "A"}]
    assert matches["other", "pdq"]["labels"] == []


def test_a_verdict_stands_with_its_finding(place: Path) -> None:
    """What a person decided is told, with name and reason; where nobody has, that is told."""
    before = {one["id"]: one["verdict"] for one in json_of(place)["findings"]}
    assert set(before.values()) == {None}
    first = next(iter(before))
    with open_recorded(place / "store") as store:
        record_verdicts(store, [first], Decision.CLEARED, by="A <b>", reason="a bridge", at_utc="2026-11-23T02:00:00Z")
    after = {one["id"]: one["verdict"] for one in json_of(place, "after")["findings"]}
    assert after[first] == {
        "decision": "cleared",
        "by": "A <b>",
        "reason": "a bridge",
        "at_utc": "2026-11-23T02:00:00Z",
        "is_current": True,
    }
    assert {verdict for one, verdict in after.items() if one != first} == {None}
    page = Path(write(place, "page", forms=[Form.HTML])[Form.HTML].path).read_text()
    assert "A &lt;b&gt;" in page
    assert "nobody has decided on this finding" in page


def test_the_same_store_gives_the_same_bytes_but_for_the_time(place: Path) -> None:
    """Twice at one time: equal to the last byte. At another time: another file, the same id."""
    first, second = write(place, "first"), write(place, "second")
    later = write(place, "later", now_utc=lambda: "2027-01-01T00:00:00Z")
    assert {form: one.sha256 for form, one in first.items()} == {form: one.sha256 for form, one in second.items()}
    assert {one.report for one in (*first.values(), *later.values())} == {first[Form.HTML].report}
    assert first[Form.JSON].sha256 != later[Form.JSON].sha256
    one, other = (Path(each[Form.HTML].path).read_text() for each in (first, later))
    assert one.replace("2026-11-23 03:00:00", "2027-01-01 00:00:00") == other


def test_the_report_says_under_which_conditions_the_scan_ran(place: Path) -> None:
    """Basis, threshold, versions, kernel, protections, clock, and the lists as they were then."""
    report = json_of(place, stated=Stated(by="J. Doe", case="7"))
    assert report["stated"] == {"by": "J. Doe", "agency": None, "case": "7", "exhibit": None}
    assert (report["scan"]["basis"], report["scan"]["threshold_bits"]) == ("warrant <7>", 30)
    (run,) = report["runs"]
    assert set(run["libraries"]) >= {"numpy", "pillow", "simplejpeg"}
    assert set(run["libraries"]) >= {name for name in ("av", "pytsk3", "pikepdf") if find_spec(name)}
    assert run["sandbox"]["seccomp"] is True
    assert run["clock"] == "system"
    assert run["kernel"]
    assert [(one["list"], one["entries"], one["searchable"]) for one in report["lists"]] == [
        ("national", {"md5": 1, "pdq": 1, "photodna": 1}, ["md5", "pdq"]),
        ("other", {"pdq": 1, "sha1": 1}, ["pdq", "sha1"]),
    ]
    summary = report["summary"]
    assert summary["items"] == 5
    assert summary["items"] == (
        summary["hashed"] + summary["digest_only"] + summary["not_screened"] - summary["truncated"]
    )
    assert sum(report["reasons"].values()) == len(report["not_screened"]) == summary["not_screened"]
    checkpoint = report["checkpoint"]
    origin, size, _ = checkpoint["note"].splitlines()
    assert checkpoint["public_key"].startswith(f"{origin}+")
    assert int(size) == checkpoint["size"]


def test_lists_are_told_as_they_were_even_when_they_are_gone(place: Path, scanned: Path) -> None:
    """A list that was removed or replaced keeps its digest and counts; its labels can no longer be told."""
    before = json_of(place)
    add_list(str(place / "store"), "national", str(scanned / "other.txt"), replace=True)
    after = json_of(place, "after")
    assert after["lists"] == before["lists"]
    labels = [match["labels"] for one in after["findings"] for match in one["matches"] if match["list"] == "national"]
    assert labels
    assert set(map(str, labels)) == {"None"}


def test_a_report_of_an_earlier_scan_says_what_was_withdrawn_since(place: Path, scanned: Path) -> None:
    """It names the version of the list that was searched, with its labels then, and what must be said of it now."""
    before = json_of(place)
    newer = place / "national.jsonl"
    newer.write_text("".join((scanned / "national.jsonl").read_text().splitlines(keepends=True)[1:]))
    add_list(str(place / "store"), "national", str(newer), replace=True)
    after = json_of(place, "after")
    assert after["lists"] == before["lists"]
    matches = {match["entry"]: match for one in after["findings"] for match in one["matches"]}
    assert (matches["a-1"]["marks"], matches["a-1"]["marks_now"]) == ([], ["withdrawn"])
    assert [label["code"] for label in matches["a-1"]["labels"]] == ["1", "A"]
    assert matches["a-2"]["marks_now"] == []
    assert "withdrawn, since this scan" in Path(write(place, "page", forms=[Form.HTML])[Form.HTML].path).read_text()


def test_a_resumed_scan_tells_of_every_run(scanned: Path, tmp_path: Path) -> None:
    """What an interrupted scan recorded about its first part stays beside what the second part recorded."""
    settings = ScanSettings(
        store=str(tmp_path / "store"),
        sources=(str(scanned / "evidence"),),
        lists=(str(scanned / "other.txt"),),
        workers=1,
    )
    next(run_scan(settings))
    with pytest.raises(StoreError, match="no finished scan"):
        write(tmp_path)
    with pytest.raises(StoreError, match=r"scan 1 of the store .* is not finished"):
        write(tmp_path, scan_id=1)
    list(run_scan(settings))
    report = json_of(tmp_path)
    assert len(report["runs"]) == 2
    assert "Run 2 of 2" in Path(write(tmp_path, "page", forms=[Form.HTML])[Form.HTML].path).read_text()
    labels = [match["labels"] for one in report["findings"] for match in one["matches"]]
    assert set(map(str, labels)) == {"None"}


def test_a_scan_of_an_older_version_can_be_reported(place: Path) -> None:
    """What it did not record is said to be missing, not made up."""
    with open_store(place / "store") as store, store.write() as connection:
        connection.execute(delete(runs))
    report = json_of(place)
    assert report["runs"] == []
    assert [(one["list"], one["entries"]) for one in report["lists"]] == [("national", None), ("other", None)]
    page = Path(write(place, "page", forms=[Form.HTML])[Form.HTML].path).read_text()
    assert "an older version made it" in page


def test_rows_that_do_not_add_up_make_no_report(place: Path) -> None:
    """Where somebody changed the store, nothing is written that looks like a report."""
    with open_store(place / "store") as store, store.write() as connection:
        connection.execute(delete(not_screened))
    with pytest.raises(StoreError, match="holds 0 rows not screened, the account of the scan says 1"):
        write(place)
    assert not (place / "out").exists()
    with open_store(place / "store") as store, store.write() as connection:
        summary = json.loads(connection.scalar(select(scans.c.summary)) or "")
        connection.execute(update(scans).values(summary=json.dumps({**summary, "items": 6})))
    with pytest.raises(StoreError, match="does not add up"):
        write(place)


def test_a_report_that_is_there_is_never_overwritten(place: Path) -> None:
    """Its digest may stand in a record."""
    (path,) = (one.path for one in write(place, forms=[Form.JSON]).values())
    before = Path(path).read_bytes()
    with pytest.raises(UsageError, match="already"):
        write(place, forms=[Form.JSON])
    assert Path(path).read_bytes() == before


def test_files_are_private_and_their_digests_true(place: Path) -> None:
    """Readable for their owner only, whole, with nothing left beside them."""
    import hashlib

    written = write(place)
    assert {one.name for one in (place / "out").iterdir()} == {Path(one.path).name for one in written.values()}
    for one in written.values():
        assert Path(one.path).stat().st_mode & 0o777 == 0o600
        content = Path(one.path).read_bytes()
        assert (hashlib.sha256(content).digest(), len(content)) == (one.sha256, one.size_bytes)


def test_a_folder_that_cannot_be_written_is_said_so(place: Path) -> None:
    """The error names the file."""
    (place / "file").write_text("")
    with pytest.raises(SourceError, match=re.escape(f"cannot write {place}{os.sep}file")):
        write(place, "file/below", forms=[Form.JSON])


def test_without_typst_the_other_forms_are_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is no reason to have no report; asking for it by name is refused with the way to get it."""
    monkeypatch.setattr("unseen.casework.reporting.can_write_pdf", lambda: False)
    assert set(write(place)) == {Form.HTML, Form.JSON}
    with pytest.raises(UsageError, match="typst") as refused:
        write(place, "again", forms=[Form.PDF])
    assert "unseen[pdf]" in refused.value.hint
