"""`unseen audit recall`: its table, against the same alterations hashed and compared by hand."""

import json
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unseen.casework.auditing.recall import THRESHOLDS_BITS, RecallSettings, audit_recall
from unseen.casework.auditing.writing import write_audit
from unseen.darkroom import CATALOGUE, UNALTERED, develop
from unseen.darkroom.altering import making
from unseen.decoding import LIMITS
from unseen.errors import SourceError
from unseen.model import Altered, ItemHashes, NotScreened, Reason
from unseen.reports.audits import RecallAudit, recall_document
from unseen.sources.layers import MemoryRange

SEED = 11


def draw(seed: int) -> Image.Image:
    """A picture of soft patches, unlike that of any other seed."""
    patches = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((640, 480), Image.Resampling.BICUBIC)


def run(
    *sources: Path, seed: int = SEED, workers: int = 2, altered: Altered = Altered.OFF
) -> tuple[RecallAudit, list[NotScreened]]:
    """Audit, and give the audit and what came before it."""
    settings = RecallSettings(sources=tuple(map(str, sources)), seed=seed, workers=workers, altered=altered)
    *told, audit = audit_recall(settings)
    assert isinstance(audit, RecallAudit)
    return audit, [one for one in told if isinstance(one, NotScreened)]


@pytest.fixture(scope="module")
def benign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures, one of them small and faint, and what is no picture."""
    folder = tmp_path_factory.mktemp("benign")
    draw(1).save(folder / "one.png")
    draw(2).convert("L").save(folder / "two.jpg", quality=92)
    # Just above the quality that a hash must have: some alterations push it below.
    Image.blend(draw(3), Image.new("RGB", (640, 480), "grey"), 0.55).save(folder / "three.png")
    Image.new("RGB", (80, 60), "grey").save(folder / "flat.png")
    (folder / "text").write_text("nothing to see")
    (folder / "torn.jpg").write_bytes((folder / "two.jpg").read_bytes()[:3000])
    os.mkfifo(folder / "fifo")
    return folder


@pytest.fixture(scope="module")
def audited(benign: Path) -> tuple[RecallAudit, list[NotScreened]]:
    """The audit of that folder."""
    return run(benign)


def distances_by_hand(path: Path, number: int) -> tuple[bool, int]:
    """Whether a copy may be matched at all, and its smallest distance to its original."""
    data = path.read_bytes()
    original = develop(data)
    copy: ItemHashes = original
    if number > UNALTERED:
        copy = making.develop_altered(MemoryRange(data), number, seed=SEED, limits=LIMITS)
    codes = [(copy.pdq, copy.pdq_quality), *((one.pdq, one.pdq_quality) for one in copy.variants)]
    clear = [code for code, quality in codes if code is not None and (quality or 0) >= 50]
    own = int.from_bytes(original.pdq or b"")
    return bool(clear), min(((int.from_bytes(code) ^ own).bit_count() for code in clear), default=999)


def test_the_table_is_what_a_comparison_by_hand_gives(
    benign: Path, audited: tuple[RecallAudit, list[NotScreened]]
) -> None:
    """Each alteration finds, at each threshold, the pictures whose copy lies within it in any orientation."""
    audit, _ = audited
    assert [(row.kind, row.strength) for row in audit.rows] == [(one.kind, one.strength) for one in CATALOGUE]
    some_flat = 0
    for number, row in enumerate(audit.rows, start=UNALTERED):
        compared = [distances_by_hand(benign / name, number) for name in ("one.png", "two.jpg", "three.png")]
        assert (row.pictures, row.failed) == (3, 0)
        assert row.low_quality == sum(not is_clear for is_clear, _ in compared)
        some_flat += row.low_quality
        assert [found.matched for found in row.found] == [
            sum(distance <= bits for _, distance in compared) for bits in THRESHOLDS_BITS
        ]
        assert all(found.of == 3 for found in row.found)
    assert some_flat, "no copy fell below the quality: draw another picture"


def test_orientations_are_found_as_a_scan_finds_them(audited: tuple[RecallAudit, list[NotScreened]]) -> None:
    """Right angles and mirrors are found at the field's threshold; a heavy crop is not, and the table says so."""
    audit, _ = audited
    at = THRESHOLDS_BITS.index(31)
    found = {(row.kind, row.strength): row.found[at].matched for row in audit.rows}
    assert {matched for (kind, _), matched in found.items() if kind == "flip"} == {3}
    assert [found["rotate", f"{degrees}°"] for degrees in (90, 180, 270)] == [3, 3, 3]
    assert found["crop", "20 % off each edge"] == 0


def test_what_undoing_finds_is_counted_beside_what_lies_near(
    benign: Path, audited: tuple[RecallAudit, list[NotScreened]]
) -> None:
    """With altered copies looked for each row says what a scan would find: what it finds plainly, and more."""
    plain, _ = audited
    assert {row.altered for row in plain.rows} == {None}
    assert {row["altered"] for row in recall_document(plain)["alterations"]} == {None}  # type: ignore[attr-defined]  # a JSON array
    audit, _ = run(benign / "one.png", benign / "two.jpg", altered=Altered.FAST)
    at = THRESHOLDS_BITS.index(31)
    rows = {(row.kind, row.strength): row for row in audit.rows}
    for row in rows.values():
        assert row.altered is not None
        assert row.altered.of == row.pictures == 2
        assert row.altered.matched >= row.found[at].matched
    undone = rows["black border", "10 % of width and of height in all"]
    assert undone.found[at].matched == 0
    assert undone.altered is not None
    assert undone.altered.matched == 2
    document = recall_document(audit)
    assert document["altered"] == "fast"
    stated = [row["altered"]["matched"] for row in document["alterations"]]  # type: ignore[attr-defined]  # a JSON array
    assert stated == [row.altered.matched for row in audit.rows if row.altered is not None]


def test_what_is_not_altered_is_told(audited: tuple[RecallAudit, list[NotScreened]]) -> None:
    """Torn and special files cost their own row; text and flat pictures are counted; nothing is left out."""
    audit, told = audited
    assert {(Path(str(one.locator)).name, one.reason) for one in told} == {
        ("torn.jpg", Reason.TRUNCATED),
        ("fifo", Reason.UNSUPPORTED),
    }
    assert audit.not_altered == {"not_media": 1, "truncated": 1, "unsupported": 1}
    assert (audit.items, audit.pictures, audit.low_quality) == (7, 3, 1)
    assert audit.items == audit.pictures + audit.low_quality + sum(audit.not_altered.values())


def test_the_same_seed_gives_the_same_table(benign: Path, audited: tuple[RecallAudit, list[NotScreened]]) -> None:
    """However workers took turns, and whether a source was named twice, nothing but the time differs."""
    audit, _ = audited
    again, _ = run(benign, benign / "one.png", workers=1)
    assert replace(again, audited_at_utc="", sources=()) == replace(audit, audited_at_utc="", sources=())


def test_no_picture_is_written_anywhere(benign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While pictures are altered nothing is opened for writing; afterwards the audit's own two files, and no others."""
    written: list[object] = []
    true_open = os.open

    def watch(path: str, flags: int, *rest: int, **options: int) -> int:
        # What starts a process gives it nothing to read and nowhere to speak.
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and path != os.devnull:
            written.append(path)
        return true_open(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", watch)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    before = sorted((path.name, path.stat().st_mtime_ns) for path in benign.iterdir())
    audit, _ = run(benign / "one.png")
    assert written == []
    out = tmp_path / "out"
    done = write_audit(audit, store=str(tmp_path / "none"), folder=str(out), note=lambda _: None)
    assert not done.is_on_record
    assert sorted(path.suffix for path in out.iterdir()) == [".html", ".json"]
    assert list((tmp_path / "temporary").iterdir()) == []
    assert sorted((path.name, path.stat().st_mtime_ns) for path in benign.iterdir()) == before
    (json_path, digest), (html_path, _) = done.files
    assert sha256(Path(json_path).read_bytes()).digest() == digest
    assert json.loads(Path(json_path).read_text()) == json.loads(json.dumps(done.document))
    assert b"<img" not in Path(html_path).read_bytes()


def test_a_folder_without_pictures_has_a_table_of_nothing(tmp_path: Path) -> None:
    """Small sets warn and are not refused, down to none."""
    audit, told = run(tmp_path)
    assert told == []
    assert {(row.pictures, row.found[0].rate) for row in audit.rows} == {(0, None)}
    write_audit(audit, store=str(tmp_path / "none"), folder=str(tmp_path / "out"), note=lambda _: None)


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Nothing is started for it."""
    with pytest.raises(SourceError, match="cannot open"):
        run(tmp_path / "nowhere")
