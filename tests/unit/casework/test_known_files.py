"""Commonplace files spare perceptual work, and never hide a match."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.lists.reference_sets import make_set

from unseen.casework.lists import add_list
from unseen.casework.scanning import ScanSettings, ScanWatchers, run_scan
from unseen.errors import ListError, UsageError
from unseen.model import Finding, Summary
from unseen.store import open_store
from unseen.store.schema import items


def _picture(seed: int) -> bytes:
    patches = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(patches).resize((320, 240), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


COMMONPLACE, SOUGHT, OTHER = _picture(1), _picture(2), _picture(3)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with three pictures and a text."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    for name, data in (("common.png", COMMONPLACE), ("sought.png", SOUGHT), ("other.png", OTHER), ("text", b"text")):
        (folder / name).write_bytes(data)
    return folder


def _digests(path: Path, data: bytes, signal: str = "sha256") -> str:
    path.write_text(f"{signal}:{hashlib.new(signal, data).hexdigest()}\n")
    return str(path)


def _scan(store: Path, source: Path) -> tuple[list[Finding], Summary, list[str]]:
    notes: list[str] = []
    settings = ScanSettings(store=str(store), sources=(str(source),), workers=1)
    *told, summary = run_scan(settings, watchers=ScanWatchers(note=notes.append))
    assert isinstance(summary, Summary)
    return [one for one in told if isinstance(one, Finding)], summary, notes


def _rows(store: Path) -> dict[str, tuple[str, str | None, bool]]:
    with open_store(str(store), create=False, read_only=True) as opened, opened.read() as connection:
        return {
            Path(row.locator.decode()).name: (row.outcome, row.reason, row.pdq is not None)
            for row in connection.execute(items.select())
        }


@pytest.mark.parametrize("form", ["nsrl", "sha256", "sha1", "md5"])
def test_a_known_file_is_digested_and_not_decoded(tmp_path: Path, source: Path, form: str) -> None:
    """Whatever kind of digest the list holds, the item is `digest_only` for that reason, and counted."""
    store = tmp_path / "store"
    add_list(str(store), "sought", _digests(tmp_path / "list", SOUGHT), list_class="csam")
    if form == "nsrl":
        path = str(make_set(tmp_path / "rds.db", [COMMONPLACE, *(b"%d" % number for number in range(1_000))]))
    else:
        path = _digests(tmp_path / "known", COMMONPLACE, form)
    add_list(str(store), "commonplace", path, list_class="known_file")
    found, summary, notes = _scan(store, source)
    assert [one.locator.steps[0][1] for one in found] == [str(source / "sought.png")]
    assert (summary.items, summary.hashed, summary.digest_only, summary.known_file) == (4, 2, 2, 1)
    assert _rows(store) == {
        "common.png": ("digest_only", "known_file", False),
        "sought.png": ("match", None, True),
        "other.png": ("no_match", None, True),
        "text": ("digest_only", "not_media", False),
    }
    assert notes == []


def test_a_file_in_both_lists_is_a_finding(tmp_path: Path, source: Path) -> None:
    """That a file is called commonplace hides no match; both lists stand in the finding."""
    store = tmp_path / "store"
    add_list(str(store), "sought", _digests(tmp_path / "list", SOUGHT), list_class="csam")
    add_list(str(store), "commonplace", str(make_set(tmp_path / "rds.db", [SOUGHT])))
    (finding,), summary, _ = _scan(store, source)
    assert {match.list for match in finding.matches} == {"sought", "commonplace"}
    assert (summary.findings, summary.known_file) == (1, 1)


def test_a_perceptual_entry_makes_nothing_a_known_file(tmp_path: Path, source: Path) -> None:
    """Only the very bytes are known: a picture that looks alike is decoded and compared."""
    from unseen.darkroom import hash_file

    store = tmp_path / "store"
    pdq = hash_file(source / "common.png").pdq
    assert pdq is not None
    (tmp_path / "alike").write_text(f"pdq:{pdq.hex()}\n")
    add_list(str(store), "alike", str(tmp_path / "alike"), list_class="known_file")
    _, summary, _ = _scan(store, source)
    assert (summary.hashed, summary.known_file) == (3, 0)


def test_a_list_without_an_index_spares_no_work_and_says_so(tmp_path: Path, source: Path) -> None:
    """Where the index cannot be kept, everything is decoded."""
    store = tmp_path / "store"
    add_list(str(store), "commonplace", _digests(tmp_path / "known", COMMONPLACE), list_class="known_file")
    (store / "index").write_text("in the way")
    _, summary, notes = _scan(store, source)
    assert (summary.hashed, summary.known_file) == (3, 0)
    assert any("decoded like any other" in note for note in notes)


def test_a_set_of_known_files_never_counts_as_known_material(tmp_path: Path) -> None:
    """Whoever forgets the class of an NSRL set, or mistakes it, accuses nobody."""
    path = str(make_set(tmp_path / "rds.db", [COMMONPLACE]))
    added = add_list(str(tmp_path / "store"), "nsrl", path)
    assert (added.account.info.list_class, added.class_is_assumed) == ("known_file", True)
    for name in ("csam", "user_reported", "cleared"):
        with pytest.raises(UsageError, match="commonplace"):
            add_list(str(tmp_path / "store"), "other", path, list_class=name)


def test_a_set_of_known_files_is_not_read_for_one_run(tmp_path: Path, source: Path) -> None:
    """As a file of a scan it would count as known material."""
    path = str(make_set(tmp_path / "rds.db", [COMMONPLACE]))
    with pytest.raises(ListError, match="too large"):
        list(run_scan(ScanSettings(store=str(tmp_path / "store"), sources=(str(source),), lists=(path,), workers=1)))


def test_what_lies_in_a_container_is_known_too(tmp_path: Path) -> None:
    """A known file in an archive spares its decoding; an archive that is known itself is looked into all the same."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("common.png", COMMONPLACE)
        archive.writestr("sought.png", SOUGHT)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "box.zip").write_bytes(packed.getvalue())
    store = tmp_path / "store"
    add_list(str(store), "sought", _digests(tmp_path / "list", SOUGHT), list_class="csam")
    add_list(str(store), "commonplace", str(make_set(tmp_path / "rds.db", [COMMONPLACE, packed.getvalue()])))
    (finding,), summary, _ = _scan(store, tmp_path / "folder")
    assert str(finding.locator).endswith("box.zip > sought.png")
    assert (summary.items, summary.hashed, summary.known_file) == (3, 1, 2)
