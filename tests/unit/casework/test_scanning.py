"""`unseen scan`, from sources to summary, with true lists and a true darkroom."""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import py7zr
import pytest
from PIL import Image
from sqlalchemy import select
from tests.docs.disks import make_disk
from tests.unit.sources.disks.images import need, run

from unseen import scan as pipeline
from unseen.casework.findings import list_findings
from unseen.casework.progress import Progress
from unseen.casework.proof.recording import open_recorded
from unseen.casework.reporting import write_report
from unseen.casework.scanning import ScanSettings, ScanWatchers, run_scan
from unseen.darkroom import hash_file
from unseen.errors import ListError, SourceError, StoreError, ThresholdError, UnseenError
from unseen.model import (
    Acquired,
    Acquisition,
    Comparison,
    Entry,
    Finding,
    Gathered,
    InNoCase,
    ListClass,
    Locator,
    NotScreened,
    Reason,
    Summary,
)
from unseen.model.report import Form
from unseen.store import ListOrigin, add_list, entries_of_type, open_store
from unseen.store.schema import scans

Told = list[Finding | NotScreened | Acquired | Gathered | InNoCase | Summary]


def draw(seed: int) -> Image.Image:
    """A picture of soft patches, unlike that of any other seed."""
    patches = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((320, 240), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one known picture in several shapes, and much else."""
    folder = tmp_path_factory.mktemp("evidence")
    (folder / "sub").mkdir()
    draw(1).save(folder / "known.png")
    draw(1).save(folder / "sub" / "recompressed.jpg", quality=70)
    draw(1).rotate(90, expand=True).save(folder / "sub" / "turned.png")
    for seed in range(2, 6):
        draw(seed).save(folder / f"other {seed}.png")
    (folder / "text").write_text("no picture")
    (folder / "known text").write_text("a known text")
    whole = io.BytesIO()
    draw(9).save(whole, "JPEG")
    (folder / "torn.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) * 2 // 3])
    os.mkfifo(folder / "fifo")
    return folder


@pytest.fixture
def known_list(source: Path, tmp_path: Path) -> Path:
    """A list file with the known picture, and the MD5 of the known text."""
    picture, text = hash_file(source / "known.png"), hash_file(source / "known text")
    assert picture.pdq is not None
    assert text.md5 is not None
    path = tmp_path / "known.txt"
    path.write_text(f"pdq:{picture.pdq.hex()}\nmd5:{text.md5.hex()}\n")
    return path


@pytest.fixture
def settings(source: Path, known_list: Path, tmp_path: Path) -> ScanSettings:
    """A scan of the folder against the list file."""
    return ScanSettings(store=str(tmp_path / "store"), sources=(str(source),), lists=(str(known_list),), workers=1)


def tell(
    told: Iterator[Finding | NotScreened | Acquired | Gathered | InNoCase | Summary],
) -> tuple[dict[str, Finding], dict[str, Reason], Summary]:
    """Findings and unscreened items by name, and the summary, which comes last and once; each finding is in a case."""
    *rows, summary = told
    assert isinstance(summary, Summary)
    findings = {Path(str(row.locator)).name: row for row in rows if isinstance(row, Finding)}
    unscreened = {Path(str(row.locator)).name: row.reason for row in rows if isinstance(row, NotScreened)}
    cases = [row for row in rows if isinstance(row, Gathered)]
    assert sum(case.findings for case in cases) == len(findings)
    assert len(findings) + len(unscreened) + len(cases) == len(rows)
    return findings, unscreened, summary


def without_seconds(summary: Summary) -> Summary:
    """How long a scan took differs from run to run, and so does what the ledger says of it."""
    assert summary.ledger_checkpoint is not None
    return replace(summary, seconds=0, ledger_checkpoint=None)


def test_a_scan_finds_what_is_known_and_accounts_for_everything(settings: ScanSettings, source: Path) -> None:
    """Copies that were recompressed or turned are found; each other file has its place in the account."""
    findings, unscreened, summary = tell(run_scan(settings))
    assert set(findings) == {"known.png", "recompressed.jpg", "turned.png", "known text"}
    assert unscreened == {"fifo": Reason.UNSUPPORTED, "torn.jpg": Reason.TRUNCATED}
    (match,) = findings["turned.png"].matches
    assert match.how is not None
    assert (match.list, match.entry, match.signal) == (settings.lists[0], "line 1", "pdq")
    assert match.how.orientation not in {None, "original"}
    assert [(match.signal, match.how) for match in findings["known text"].matches] == [("md5", None)]
    assert str(findings["known.png"].locator) == f"{source}/known.png"
    assert without_seconds(summary) == Summary(
        items=11,
        hashed=8,
        digest_only=2,
        findings=4,
        not_screened=2,
        truncated=1,
        entries_searchable=2,
        entries_not_searchable=0,
        seconds=0,
    )
    assert summary.seconds > 0


@pytest.mark.parametrize("told_before", [0, 1, 3, 5])
def test_a_scan_that_was_left_is_resumed(
    settings: ScanSettings, source: Path, told_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both runs together tell what one would have; the number of workers may differ."""
    whole = tell(run_scan(replace(settings, store=settings.store + "-whole")))
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 3)
    before = list(islice(run_scan(settings), told_before))
    notes: list[str] = []
    progress: list[Progress] = []
    watchers = ScanWatchers(note=notes.append, progress=progress.append)
    after = list(run_scan(replace(settings, workers=2), watchers=watchers))
    assert progress[-1].size_bytes == sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    assert bool(progress[-1].size_bytes_before) is (told_before > 0)
    assert set(before) <= set(after)
    findings, unscreened, summary = tell(iter(after))
    assert (findings, unscreened) == whole[:2]
    assert without_seconds(summary) == without_seconds(whole[2])
    told = [note.partition(":")[0] for note in notes if not note.startswith("made the signing key")]
    assert told == ["going on with an unfinished scan"] * (told_before > 0)


@pytest.mark.parametrize("change", [{"threshold_bits": 30}, {"basis": "warrant 7"}, {"sources": None}, {"lists": None}])
def test_a_scan_with_other_settings_begins_anew(
    settings: ScanSettings, source: Path, change: dict[str, object], known_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever decides the result, or is on record with it, tells scans apart."""
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 3)
    list(islice(run_scan(settings), 1))
    other = {"sources": (f"{source}/.",), "lists": settings.lists}
    if "lists" in change:
        # The same file, with other entries in it.
        known_list.write_text(known_list.read_text() + "md5:" + "ab" * 16 + "\n")
    changed = replace(settings, **{name: value or other[name] for name, value in change.items()})  # type: ignore[arg-type]  # one of the settings
    notes: list[str] = []
    assert tell(run_scan(changed, watchers=ScanWatchers(note=notes.append)))[2].items == 11
    assert notes == []


@pytest.mark.parametrize(("first", "then"), [(None, "right"), ("wrong", "right"), ("right", None), ("right", "right")])
def test_other_passwords_open_what_an_unfinished_scan_left_closed(
    settings: ScanSettings,
    source: Path,
    tmp_path: Path,
    first: str | None,
    then: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A scan goes on with the passwords that it began with; with others, with some or without any it begins anew."""
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 1)
    folder = tmp_path / "locked"
    folder.mkdir()
    with py7zr.SevenZipFile(folder / "a.7z", "w", password="right", header_encryption=True) as archive:
        archive.write(source / "known.png", "known.png")
    runs = []
    for number, password in enumerate((first, then)):
        path = tmp_path / f"passwords {number}"
        path.write_text(password or "")
        runs.append(replace(settings, sources=(str(folder),), passwords=str(path) if password else None))
    assert len(list(islice(run_scan(runs[0]), 1))) == 1
    notes: list[str] = []
    findings, unscreened, _ = tell(run_scan(runs[1], watchers=ScanWatchers(note=notes.append)))
    assert bool(notes) is (first == then)
    assert set(findings) == ({"a.7z > known.png"} if then else set())
    assert unscreened.get("a.7z") == (None if then else Reason.ENCRYPTED)


def test_no_store_tells_which_passwords_were_given(settings: ScanSettings, tmp_path: Path) -> None:
    """The name of a scan is made of its passwords with a secret of the store's owner: nobody else can try guesses."""
    path = tmp_path / "passwords"
    path.write_text("right")
    keys = []
    for number in range(2):
        given = replace(settings, passwords=str(path), store=f"{settings.store}-{number}")
        list(run_scan(given))
        with open_store(given.store) as store, store.read() as connection:
            keys.append(connection.scalar(select(scans.c.key)))
    assert keys[0] != keys[1]


def test_what_came_of_stored_digests_is_told_again_and_reported(
    settings: ScanSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every image a row, by the scan that compared them, by one that goes on, and in its report."""
    need("ewfacquire")
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 1)
    raw, folder = tmp_path / "disk.raw", tmp_path / "images"
    raw.write_bytes(make_disk({"A.TXT": b"text"}, {}))
    folder.mkdir()
    run("ewfacquire", "-q", "-u", "-c", "fast", "-t", folder / "disk", raw)
    given = replace(settings, sources=(str(folder),))
    acquired = Acquired(
        Locator.of_file(f"{folder}/disk.E01"), Acquisition(md5=Comparison.VERIFIED, sha1=Comparison.ABSENT)
    )
    assert next(run_scan(given)) == acquired
    assert list(run_scan(given))[:-1] == [acquired]
    (written,) = write_report(given.store, folder=str(tmp_path / "report"), forms=[Form.JSON])
    assert json.loads(Path(written.path).read_bytes())["acquired"] == [
        {"item": str(acquired.locator), "md5": "verified", "sha1": "absent"}
    ]


def test_a_relative_source_in_another_folder_is_another_source(
    settings: ScanSettings, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`.` is not the same place everywhere."""
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 3)
    monkeypatch.chdir(source)
    list(islice(run_scan(replace(settings, sources=(".",))), 1))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert tell(run_scan(replace(settings, sources=(".",))))[2].items == 0


def test_a_list_of_paths_is_scanned_and_resumed_by_what_it_says(
    settings: ScanSettings, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same list again goes on; another list is another scan."""
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 2)
    paths = [f"{source}/{name}" for name in ("known.png", "other 2.png", "fifo", "absent", "sub")]
    settings = replace(settings, sources=("-",))
    listed = "\0".join(paths).encode()
    list(islice(run_scan(settings, paths=io.BytesIO(listed)), 1))
    notes: list[str] = []
    progress: list[Progress] = []
    watchers = ScanWatchers(note=notes.append, progress=progress.append)
    findings, unscreened, summary = tell(run_scan(settings, paths=io.BytesIO(listed), watchers=watchers))
    assert set(findings) == {"known.png", "recompressed.jpg", "turned.png"}
    assert unscreened == {"fifo": Reason.UNSUPPORTED, "absent": Reason.UNREADABLE}
    assert (summary.items, len(notes)) == (6, 1)
    assert (progress[-1].files, progress[-1].files_total) == (6, 6)
    assert tell(run_scan(settings, paths=io.BytesIO(paths[0].encode()), watchers=watchers))[2].items == 1
    assert len(notes) == 1


def test_overlapping_sources_are_screened_once(settings: ScanSettings, source: Path) -> None:
    """A folder and a folder in it, and a file in both."""
    sources = (str(source), f"{source}/sub", f"{source}/sub/turned.png")
    assert tell(run_scan(replace(settings, sources=sources)))[2].items == 11


def test_the_store_is_no_evidence(settings: ScanSettings, tmp_path: Path) -> None:
    """A store inside a source is passed over, and that is said."""
    notes: list[str] = []
    inside = tmp_path / "folder"
    inside.mkdir()
    (inside / "file").write_text("x")
    settings = replace(settings, store=f"{inside}/unseen-store", sources=(str(inside),))
    assert tell(run_scan(settings, watchers=ScanWatchers(note=notes.append)))[2].items == 1
    assert notes[1:] == [f"passed over {inside}/unseen-store: it is the store"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"sources": ("absent",)}, SourceError),
        ({"sources": ("-",)}, SourceError),
        ({"lists": ("absent",)}, ListError),
        ({"lists": ()}, ListError),
        ({"threshold_bits": 65}, ThresholdError),
        ({"threshold_bits": -1}, ThresholdError),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_kept(
    settings: ScanSettings, change: dict[str, object], error: type[UnseenError]
) -> None:
    """No scan is begun that would have to end at once."""
    with pytest.raises(error):
        list(run_scan(replace(settings, **change)))  # type: ignore[arg-type]  # one of the settings
    if Path(settings.store).exists():
        with open_store(settings.store) as store, store.read() as connection:
            assert connection.execute(select(scans)).all() == []


def test_lists_of_the_store_are_used_where_none_is_named(settings: ScanSettings, source: Path) -> None:
    """All of them; entries that nobody here can search are counted; known files make no finding."""
    known, other = hash_file(source / "known.png"), hash_file(source / "other 2.png")
    assert known.pdq is not None
    assert other.sha256 is not None
    offered = {
        "bad": (ListClass.CSAM, [Entry("a", "pdq", known.pdq), Entry("b", "photodna", b"AAAA")]),
        "good": (ListClass.KNOWN_FILE, [Entry("c", "sha256", other.sha256), Entry("d", "pdq", known.pdq)]),
    }
    with open_recorded(settings.store) as store:
        for name, (list_class, entries) in offered.items():
            origin = ListOrigin(name, "text", lambda: bytes(32))
            add_list(store, name, entries, list_class=list_class, origin=origin, at_utc="2026-11-23T12:00:00Z")
    findings, _, summary = tell(run_scan(replace(settings, lists=())))
    assert [(match.list, match.entry) for match in findings["known.png"].matches] == [("bad", "a"), ("good", "d")]
    assert set(findings) == {"known.png", "recompressed.jpg", "turned.png"}
    assert (summary.entries_searchable, summary.entries_not_searchable) == (3, 1)
    with open_store(settings.store) as store, store.read() as connection:
        (started,) = (json.loads(entry) for entry in entries_of_type(connection, "scan_started"))
    manifest, digest = (Path(settings.store) / "index" / "CURRENT").read_text().split()
    assert started["index"] == digest, f"the ledger names the generation that was searched, {manifest}"


def test_the_settings_of_a_scan_are_on_record(settings: ScanSettings, source: Path) -> None:
    """Whoever asks later is told with which sources, lists and threshold, and on which basis."""
    tell(run_scan(replace(settings, basis="consent of the owner")))
    with open_store(settings.store) as store, store.read() as connection:
        row = connection.execute(select(scans)).one()
    recorded = json.loads(row.settings)
    assert recorded["sources"] == [[str(source), str(source.resolve())]]
    assert recorded["lists"][0][0] == settings.lists[0]
    assert (recorded["threshold_bits"], recorded["basis"]) == (31, "consent of the owner")
    assert row.finished_at_utc.endswith("Z")


def test_progress_is_told_and_knows_the_total_in_the_end(settings: ScanSettings, source: Path) -> None:
    """The last word says that everything is done."""
    told: list[Progress] = []
    tell(run_scan(settings, watchers=ScanWatchers(progress=told.append)))
    assert (told[-1].files, told[-1].files_before, told[-1].files_total) == (11, 0, 11)
    assert told[-1].size_bytes_before == 0
    assert (
        told[-1].size_bytes
        == told[-1].size_bytes_total
        == sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    )


def test_findings_are_listed_once_however_many_scans_saw_them(settings: ScanSettings) -> None:
    """With the matches of the newest."""
    findings, _, _ = tell(run_scan(settings))
    again, _, _ = tell(run_scan(replace(settings, threshold_bits=20)))
    assert {finding.id for finding in again.values()} <= {finding.id for finding in findings.values()}
    assert {finding.id for finding in list_findings(settings.store)} == {finding.id for finding in findings.values()}
    with pytest.raises(StoreError):
        list(list_findings(settings.store + "-absent"))


def test_a_list_of_paths_that_cannot_be_read_is_refused(settings: ScanSettings) -> None:
    """Before anything is scanned: half a list would be half a scan."""

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "damaged")

    with pytest.raises(SourceError, match="cannot read the list of paths: damaged"):
        list(run_scan(replace(settings, sources=("-",)), paths=Broken()))
    assert not Path(settings.store).exists()
