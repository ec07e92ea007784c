"""Altered copies from source to summary: found where they are looked for, told, and kept to be decided again."""

import io
import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select
from tests.stores import on_both

from unseen.casework.bundles import rerun, write_bundle
from unseen.casework.findings import list_findings
from unseen.casework.hashing import hash_sources, open_paths
from unseen.casework.kept.rechecking import Fallen, RecheckSettings, run_recheck
from unseen.casework.lists import add_list
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.verifying import verify
from unseen.casework.reporting import write_report
from unseen.casework.scanning import ScanSettings, ScanWatchers, run_scan
from unseen.cli.rows import hash_row
from unseen.darkroom import hash_file
from unseen.errors import LedgerBrokenError
from unseen.model import Altered, Finding, Ground, NotScreened, Summary
from unseen.model.report import Form
from unseen.store import entries_of_type
from unseen.store.schema import items, scans


def draw(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """A picture of soft patches, coarse and fine, unlike that of any other seed."""
    rng = np.random.default_rng(seed)
    layers = [
        Image.fromarray(rng.integers(0, 255, (rows, cols, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
        for rows, cols in ((6, 8), (15, 20), (30, 40))
    ]
    return Image.blend(Image.blend(layers[0], layers[1], 0.4), layers[2], 0.25)


def framed(picture: Image.Image) -> Image.Image:
    """The picture within a border of an eighth of its sides."""
    across, down = picture.width // 8, picture.height // 8
    canvas = Image.new("RGB", (picture.width + 2 * across, picture.height + 2 * down), "black")
    canvas.paste(picture, (across, down))
    return canvas


def cropped(picture: Image.Image) -> Image.Image:
    """Without a fortieth of each side."""
    across, down = picture.width // 40, picture.height // 40
    return picture.crop((across, down, picture.width - across, picture.height - down))


def embedded(picture: Image.Image) -> Image.Image:
    """In the upper left quarter of a larger one."""
    page = draw(99, (2 * picture.width, 2 * picture.height))
    page.paste(picture, (0, 0))
    return page


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list with the PDQ of three pictures, one of which nothing shows."""
    folder = tmp_path_factory.mktemp("known")
    lines = []
    for seed in (1, 2, 3):
        draw(seed).save(folder / "one.png")
        pdq = hash_file(folder / "one.png").pdq
        assert pdq is not None
        lines.append(f"pdq:{pdq.hex()}")
    (folder / "known.txt").write_text("\n".join(lines) + "\n")
    return folder / "known.txt"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Altered copies, one that is not altered, and what was never listed."""
    folder = tmp_path_factory.mktemp("source")
    framed(draw(1)).save(folder / "framed.png")
    cropped(draw(1)).save(folder / "cropped.png")
    embedded(draw(2)).save(folder / "embedded.png")
    draw(2).save(folder / "plain.jpg", quality=80)
    draw(50).save(folder / "unrelated.png")
    framed(draw(51)).save(folder / "unrelated_framed.png")
    (folder / "notes.txt").write_text("nothing to see")
    return folder


def run(store: Path | str, source: Path, known: Path, altered: Altered, **settings: Any) -> list[Any]:
    """All that a scan tells."""
    asked = ScanSettings(
        store=str(store), sources=(str(source),), lists=(str(known),), altered=altered, workers=2, **settings
    )
    return list(run_scan(asked, watchers=ScanWatchers()))


def found(told: list[Any]) -> dict[str, Finding]:
    """Findings by the name of their file."""
    return {Path(str(one.locator)).name: one for one in told if isinstance(one, Finding)}


ALTERED_FILES = {"framed.png", "cropped.png", "embedded.png"}


@pytest.fixture(scope="module")
def scanned(source: Path, known: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """A store with a scan that looked for altered copies, and what that told."""
    store = tmp_path_factory.mktemp("scanned") / "store"
    return store, run(store, source, known, Altered.FAST)


def test_altered_copies_are_found_where_they_are_looked_for(scanned: tuple[Path, list[Any]]) -> None:
    """A border, a crop and a page around a known picture hide it from a plain scan, and not from this one."""
    _, told = scanned
    findings = found(told)
    assert findings.keys() == ALTERED_FILES | {"plain.jpg"}
    assert all(findings[name].ground is Ground.ALTERED for name in ALTERED_FILES)
    assert findings["plain.jpg"].ground is Ground.NEAR
    assert not [one for one in told if isinstance(one, NotScreened)]
    assert [one.truncated for one in told if isinstance(one, Summary)] == [0]


def test_a_match_says_what_was_undone_and_how_sure_it_is(scanned: tuple[Path, list[Any]]) -> None:
    """Place, distance before and after the closer look, soft distance and bound go with every such match."""
    for name in ALTERED_FILES:
        (match,) = found(scanned[1])[name].matches
        assert match.how is not None
        assert match.how.window is not None
        assert match.altered is not None
        assert match.how.candidate_distance_bits is not None
        assert match.altered.soft_distance_bits <= match.altered.bound_bits
        assert 0 < match.altered.false_match_bound < 1
    how = found(scanned[1])["embedded.png"].matches[0].how
    assert how is not None
    assert how.window == pytest.approx((0.0, 0.0, 0.5, 0.5), abs=0.03)


def test_whoever_does_not_look_for_altered_copies_finds_what_a_plain_scan_finds(
    source: Path, known: Path, tmp_path: Path
) -> None:
    """Off is what a scan was before: nothing more is found, kept, or said of a match."""
    told = run(tmp_path / "store", source, known, Altered.OFF)
    findings = found(told)
    assert findings.keys() == {"plain.jpg"}
    assert all(match.altered is None for match in findings["plain.jpg"].matches)
    assert stored_altered(tmp_path / "store") == {}


def test_looking_for_altered_copies_changes_nothing_else(
    scanned: tuple[Path, list[Any]], source: Path, known: Path, tmp_path: Path
) -> None:
    """What matches as it lies has the same matches and ground, whatever else is looked for."""
    plain = found(run(tmp_path / "store", source, known, Altered.OFF))["plain.jpg"]
    assert found(scanned[1])["plain.jpg"].matches == plain.matches


def stored_altered(store: Path | str) -> dict[str, bytes]:
    """What is kept of altered copies, by file name."""
    with open_to_read(str(store)) as opened, opened.read() as connection:
        rows = connection.execute(select(items.c.locator, items.c.altered).where(items.c.altered.is_not(None)))
        return {Path(locator.decode()).name: packed for locator, packed in rows}


@on_both
def test_what_was_decided_by_is_kept_with_findings_alone(place: str, source: Path, known: Path) -> None:
    """On stores of both kinds: of an item that matches nothing no such hash is written."""
    run(place, source, known, Altered.FAST)
    assert stored_altered(place).keys() == ALTERED_FILES
    verify(place)


@pytest.mark.parametrize("at", [1, 40, -1])
def test_altering_what_was_kept_is_noticed(scanned: tuple[Path, list[Any]], tmp_path: Path, at: int) -> None:
    """A placing, a hash or a confidence that somebody changes is not what the ledger commits to."""
    store = tmp_path / "copy"
    shutil.copytree(scanned[0], store)
    with sqlite3.connect(store / "unseen.db") as connection:
        number, packed = connection.execute("SELECT id, altered FROM items WHERE altered IS NOT NULL").fetchone()
        forged = bytearray(packed)
        forged[at] ^= 1
        connection.execute("UPDATE items SET altered = ? WHERE id = ?", (bytes(forged), number))
    with pytest.raises(LedgerBrokenError):
        verify(str(store))


def test_a_bundle_repeats_the_decision(scanned: tuple[Path, list[Any]], known: Path, tmp_path: Path) -> None:
    """Placing, hash, margins and what was seen are disclosed: whoever repeats it comes to the same."""
    write_bundle(str(scanned[0]), str(tmp_path / "bundle"))
    repeated = rerun(str(tmp_path / "bundle"), store=str(tmp_path / "none"), lists=[str(known)])
    assert repeated.holds is True
    grounds = [one.match.ground for one in repeated.matches]
    assert grounds.count(Ground.ALTERED) == len(ALTERED_FILES)


def test_a_decision_that_cannot_be_repeated_does_not_hold(
    scanned: tuple[Path, list[Any]], known: Path, tmp_path: Path
) -> None:
    """Whoever has a list without the entry learns that it is not there."""
    write_bundle(str(scanned[0]), str(tmp_path / "bundle"))
    (tmp_path / "other.txt").write_text("pdq:" + "0f" * 32 + "\n")
    repeated = rerun(str(tmp_path / "bundle"), store=str(tmp_path / "none"), lists=[str(tmp_path / "other.txt")])
    assert repeated.holds is not True


def test_a_report_says_that_altered_copies_were_looked_for_and_where_they_lie(
    scanned: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    """In words and as JSON, with the distances before and after, and the bound."""
    written = {
        one.form: Path(one.path)
        for one in write_report(str(scanned[0]), folder=str(tmp_path), forms=[Form.HTML, Form.JSON])
    }
    page = written[Form.HTML].read_text(encoding="utf-8")
    assert "were looked for: fast" in page
    assert "in the upper left quarter of a larger picture" in page
    assert "bits before the closer look" in page
    assert "false matches a picture among 1,000,000 entries" in page
    body = json.loads(written[Form.JSON].read_text())
    assert body["scan"]["altered"] == "fast"
    altered = [match for one in body["findings"] for match in one["matches"] if match["altered"]]
    assert len(altered) == len(ALTERED_FILES)
    assert all(match["ground"] == "altered" and match["how"]["window"] for match in altered)


def test_how_far_was_looked_decides_what_is_resumed(source: Path, known: Path, tmp_path: Path) -> None:
    """A scan that was asked to look further is another scan, and its ledger says which it was."""
    store = tmp_path / "store"
    for altered in (Altered.OFF, Altered.FAST):
        run(store, source, known, altered)
    with open_to_read(str(store)) as opened, opened.read() as connection:
        begun = [json.loads(one) for one in entries_of_type(connection, "scan_started")]
        asked = [
            json.loads(text)["altered"] for text in connection.scalars(select(scans.c.settings).order_by(scans.c.id))
        ]
    assert [one["altered"] for one in begun] == asked == ["off", "fast"]


def test_a_recheck_keeps_what_was_found_altered(source: Path, known: Path, tmp_path: Path) -> None:
    """The decision is repeated from what is kept; and a later scan that looks less far takes nothing back."""
    store = tmp_path / "store"
    add_list(str(store), "known", str(known))
    asked = ScanSettings(store=str(store), sources=(str(source),), altered=Altered.FAST, workers=2)
    before = found(list(run_scan(asked)))
    list(run_scan(replace(asked, altered=Altered.OFF)))
    told = list(run_recheck(RecheckSettings(store=str(store))))
    assert not [one for one in told if isinstance(one, Fallen)]
    now = {Path(str(one.locator)).name: one for one in list_findings(str(store))}
    assert {name: now[name].ground for name in ALTERED_FILES} == {name: before[name].ground for name in ALTERED_FILES}


def film(scenes: Sequence[int], make: Callable[[Image.Image], Image.Image]) -> bytes:
    """A video that shows each scene for a second, each frame made anew, with a keyframe for each scene."""
    av = pytest.importorskip("av", reason="PyAV is not installed")
    shown = [np.asarray(make(draw(seed, (320, 240)))) for seed in scenes]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=10, options={"sc_threshold": "0", "preset": "ultrafast"})
        stream.height, stream.width = shown[0].shape[:2]
        stream.gop_size = 10
        for pixels in shown:
            for _ in range(10):
                output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode(None))
    return file.getvalue()


def test_a_video_in_a_frame_is_a_known_one(tmp_path: Path) -> None:
    """Some of its frames are looked at; that several of them show the known video corroborates it."""
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "clip.mp4").write_bytes(film(range(60, 70), lambda picture: picture))
    rows = [json.dumps(hash_row(*one)) for one in hash_sources(open_paths([str(tmp_path / "known")]), workers=1)]
    (tmp_path / "known.jsonl").write_text("\n".join(rows))
    source = tmp_path / "source"
    source.mkdir()
    (source / "framed.mp4").write_bytes(film(range(60, 70), framed))
    (source / "other.mp4").write_bytes(film(range(80, 90), framed))
    assert found(run(tmp_path / "off", source, tmp_path / "known.jsonl", Altered.OFF)) == {}
    findings = found(run(tmp_path / "fast", source, tmp_path / "known.jsonl", Altered.FAST))
    assert findings.keys() == {"framed.mp4"}
    (match,) = findings["framed.mp4"].matches
    assert (match.signal, match.ground) == ("vpdq", Ground.ALTERED_CORROBORATED)
    assert match.altered is not None
    assert match.altered.frames >= 5
    assert match.how is not None
    assert match.how.time_s is not None
    assert match.how.window == pytest.approx((0.1, 0.1, 0.8, 0.8), abs=0.03)
