"""Videos in a whole scan: what is found, in which mode, and how that is told and kept."""

import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from tests.unit.clips import draw_video, scene

from unseen.casework.findings import list_findings
from unseen.casework.hashing import hash_sources, open_paths, write_vpdq
from unseen.casework.lists import add_list, export_list
from unseen.casework.scanning import ScanSettings, run_scan
from unseen.cli.rows import hash_row, match_row
from unseen.cli.tables import finding_lines, summary_lines
from unseen.model import Finding, Gathered, Item, NotScreened, Summary, VideoMode
from unseen.reports.words import by_keyframes, video_words

pytest.importorskip("av", reason="PyAV is not installed")

CLIP = range(100, 110)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list made of the rows that `unseen hash` prints of a clip of ten seconds."""
    folder = tmp_path_factory.mktemp("known")
    (folder / "clip.mp4").write_bytes(draw_video(CLIP))
    rows = []
    for hashed in hash_sources(open_paths([str(folder)]), workers=1):
        assert not isinstance(hashed, NotScreened)
        rows.append(json.dumps(hash_row(*hashed)))
    path = folder / "known.jsonl"
    path.write_text("\n".join(rows))
    return path


def told(source: Path, known: Path, store: Path, video: VideoMode = VideoMode.FAST) -> tuple[list[Finding], Summary]:
    """Findings and summary of a scan."""
    settings = ScanSettings(store=str(store), sources=(str(source),), lists=(str(known),), workers=1, video=video)
    *rows, summary = run_scan(settings)
    assert isinstance(summary, Summary)
    assert all(isinstance(row, Finding | Gathered) for row in rows)
    return [row for row in rows if isinstance(row, Finding)], summary


def test_a_known_clip_hidden_in_a_long_video_is_found(known: Path, tmp_path: Path) -> None:
    """Ten seconds inside of minutes of harmless scenes, encoded anew: its place is told, and kept."""
    source = tmp_path / "source"
    source.mkdir()
    scenes = [*range(61), *CLIP, *range(200, 230)]
    hidden = draw_video(scenes, codec="libvpx-vp9", container="webm", gop=37)
    (source / "hidden.webm").write_bytes(hidden)
    (source / "harmless.mp4").write_bytes(draw_video(range(300, 340)))
    [finding], summary = told(source, known, tmp_path / "store")
    [match] = finding.matches
    assert (match.signal, Path(match.entry).name) == ("vpdq", "clip.mp4")
    assert match.video is not None
    assert match.video.known_frames == 10
    assert match.video.covered_frames >= 8
    assert match.video.mode is VideoMode.THOROUGH
    [(first, last)] = match.video.spans_s
    assert 60.5 <= first <= 62
    assert 69 <= last <= 71
    assert (summary.videos, summary.videos_by_keyframes) == (2, 1)
    assert summary.hashed == 2
    assert any("shows" in line and "of 10 frames, at 61 to 70" in line for line in finding_lines(finding)), finding
    assert "  1 of 2 videos looked at by keyframes alone (--video thorough looks further)" in summary_lines(summary)
    assert by_keyframes(summary).startswith(" Of 2 videos 1 looked at by keyframes alone")
    assert "one frame a second" in video_words(match.video)
    [kept] = list_findings(str(tmp_path / "store"))
    assert kept.matches == finding.matches
    assert match_row(match)["video"] == {
        "known_frames": 10,
        "covered_frames": match.video.covered_frames,
        "matched_frames": match.video.matched_frames,
        "spans_s": match.video.spans_s,
        "mode": "thorough",
        "near_frames": match.video.near_frames,
    }


@pytest.mark.soak
def test_a_known_clip_hidden_in_an_hour_is_found(known: Path, tmp_path: Path) -> None:
    """The same in an hour."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "hour.mp4").write_bytes(draw_video([*range(1000, 3000), *CLIP, *range(3000, 4590)], gop=80))
    [finding], _ = told(source, known, tmp_path / "store")
    assert finding.matches[0].video is not None
    assert finding.matches[0].video.covered_frames == 10
    assert finding.matches[0].video.spans_s[0][0] == pytest.approx(2000, abs=1)


def test_sparse_keyframes_lose_no_match(known: Path, tmp_path: Path) -> None:
    """Keyframes in every fourth second reach too little of a clip; one of them is near, so all is looked at."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "copy.mp4").write_bytes(draw_video([*range(20), *CLIP, *range(30, 50)], gop=40))
    [finding], summary = told(source, known, tmp_path / "store")
    assert finding.matches[0].video is not None
    assert finding.matches[0].video.covered_frames == 10
    assert summary.videos_by_keyframes == 0


def test_a_list_in_the_store_does_what_its_file_does(known: Path, tmp_path: Path) -> None:
    """Searched by its index, which is opened once more for what comes near, and exported and taken in again."""
    store = tmp_path / "store"
    add_list(str(store), "known", str(known))
    export_list(str(store), "known", str(tmp_path / "exported.jsonl"))
    add_list(str(store), "again", str(tmp_path / "exported.jsonl"))
    source = tmp_path / "source"
    source.mkdir()
    (source / "copy.mp4").write_bytes(draw_video([*range(20), *CLIP, *range(30, 50)], gop=40))
    settings = ScanSettings(store=str(store), sources=(str(source),), workers=1)
    finding, _, summary = run_scan(settings)
    assert isinstance(finding, Finding)
    assert isinstance(summary, Summary)
    assert [match.list for match in finding.matches] == ["again", "known"]
    assert all(match.video is not None and match.video.covered_frames == 10 for match in finding.matches)
    assert summary.videos_by_keyframes == 0


def test_both_modes_find_a_still_of_a_video(tmp_path: Path) -> None:
    """A picture on a list is found in a video that shows it, with its time."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "film.mp4").write_bytes(draw_video(range(20)))
    Image.fromarray(scene(8)).save(tmp_path / "still.png")
    [answer] = hash_sources(open_paths([str(tmp_path / "still.png")]), workers=1)
    assert not isinstance(answer, NotScreened)
    item, hashes = answer
    assert isinstance(item, Item)
    assert hashes.pdq is not None
    still = tmp_path / "still.txt"
    still.write_text(f"pdq:{hashes.pdq.hex()}\n")
    for mode in VideoMode:
        [finding], summary = told(source, still, tmp_path / f"store-{mode}", mode)
        assert finding.matches[0].how is not None
        assert finding.matches[0].how.time_s == 8.0
        assert summary.videos == 1


def test_frames_are_written_as_the_reference_writes_them(tmp_path: Path) -> None:
    """`unseen hash --vpdq` gives a file for each video, and what it says is a list again."""
    (tmp_path / "film.mp4").write_bytes(draw_video(range(6)))
    (tmp_path / "text").write_text("no video")
    for hashed in hash_sources(open_paths([str(tmp_path)]), workers=1):
        assert not isinstance(hashed, NotScreened)
        write_vpdq(tmp_path / "out", hashed[1])
    [written] = (tmp_path / "out").iterdir()
    lines = written.read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["0", "10", "20", "30", "40", "50"]
    source = tmp_path / "source"
    source.mkdir()
    (source / "copy.mp4").write_bytes(draw_video(range(6), gop=7))
    [finding], _ = told(source, written, tmp_path / "store")
    assert (finding.matches[0].signal, finding.matches[0].entry) == ("vpdq", written.name)


def test_a_video_in_an_archive_is_found(known: Path, tmp_path: Path) -> None:
    """Compressed, among other members, and looked at twice."""
    source = tmp_path / "source"
    source.mkdir()
    with zipfile.ZipFile(source / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes.txt", "text")
        archive.writestr("films/copy.mp4", draw_video([*range(20), *CLIP, *range(30, 50)], gop=40))
        archive.writestr("more.txt", "more text")
    [finding], summary = told(source, known, tmp_path / "store")
    assert str(finding.locator).endswith("a.zip > films/copy.mp4")
    assert finding.matches[0].video is not None
    assert finding.matches[0].video.covered_frames == 10
    assert (summary.videos, summary.videos_by_keyframes) == (1, 0)
