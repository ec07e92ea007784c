"""`unseen audit threshold`, from benign files to a record, with a true darkroom and true lists."""

import io
import json
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from xml.dom import minidom

import numpy as np
import pytest
from PIL import Image

from unseen.casework.auditing.nearest import Nearest
from unseen.casework.auditing.threshold import ThresholdSettings, audit_threshold
from unseen.casework.auditing.writing import WrittenAudit, write_audit
from unseen.casework.known.loading import load_known
from unseen.casework.lists import add_list
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.darkroom import hash_file
from unseen.errors import ListError, SourceError, ThresholdError, UsageError
from unseen.model import EntryDecision, EntryVerdict, Frame, ItemHashes, NotScreened, Reason, VideoMode
from unseen.reports.audits import BenignMatch, ThresholdAudit
from unseen.store import decide_entry, open_store, quarantined_entries


def draw(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture of soft patches, unlike that of any other seed."""
    patches = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC)


def draw_alike(seed: int) -> Image.Image:
    """One of several pictures that share three quarters of their light, and are further apart than near-duplicates."""
    shared, own = (np.random.default_rng(each).integers(0, 255, (12, 16, 3)).astype(float) for each in (1000, seed))
    mixed = (shared * 0.75 + own * 0.25).astype(np.uint8)
    return Image.fromarray(mixed).resize((320, 240), Image.Resampling.BICUBIC)


def pdq_of(path: Path) -> bytes:
    """The canonical PDQ of a file."""
    pdq = hash_file(path).pdq
    assert pdq is not None
    return pdq


def flip(value: bytes, bits: int) -> bytes:
    """The same hash, so many bits away."""
    return (int.from_bytes(value) ^ ((1 << bits) - 1)).to_bytes(32)


def write_list(path: Path, entries: Sequence[tuple[str, str, bytes]]) -> str:
    """A list of (identifier, signal, value) in a file."""
    path.write_text(
        "entry,signal,value\n" + "".join(f"{name},{signal},{value.hex()}\n" for name, signal, value in entries)
    )
    return str(path)


def make_bomb() -> bytes:
    """A PNG of a few bytes that asks for ten gigabytes."""
    contents = [b"IHDR" + (60_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0", b"IDAT" + zlib.compress(bytes(100)), b"IEND"]
    chunks = [(len(one) - 4).to_bytes(4) + one + zlib.crc32(one).to_bytes(4) for one in contents]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def run(**settings: object) -> tuple[ThresholdAudit, list[NotScreened]]:
    """Audit, and give the audit and what came before it."""
    *told, audit = audit_threshold(ThresholdSettings(**{"workers": 2, **settings}))  # type: ignore[arg-type]  # as given
    assert isinstance(audit, ThresholdAudit)
    assert all(isinstance(one, NotScreened) for one in told)
    return audit, [one for one in told if isinstance(one, NotScreened)]


@pytest.fixture(scope="module")
def benign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures; of the first two more copies, one of them mirrored."""
    folder = tmp_path_factory.mktemp("benign")
    for seed in range(10):
        draw(seed).save(folder / f"{seed}.png")
    draw(0).save(folder / "0 again.jpg", quality=80)
    draw(0).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "0 mirrored.png")
    (folder / "text").write_text("nothing to see")
    Image.new("RGB", (64, 64), "grey").save(folder / "flat.png")
    return folder


def test_every_threshold_counts_what_a_comparison_by_hand_counts(benign: Path, tmp_path: Path) -> None:
    """Files and clusters within each of 65 thresholds are those that lie there when all hashes are compared."""
    planted = [("a", 0, 0), ("b", 1, 17), ("c", 2, 31), ("d", 3, 32), ("e", 4, 64), ("f", 5, 65)]
    values = [(name, "pdq", flip(pdq_of(benign / f"{seed}.png"), bits)) for name, seed, bits in planted]
    listed = write_list(tmp_path / "list.csv", values)
    audit, told = run(store=str(tmp_path / "none"), sources=(str(benign),), lists=(listed,))
    assert told == []
    assert (audit.items, audit.digest_only) == (14, {"not_media": 1, "low_quality": 1})
    nearest = {}
    for path in benign.glob("[0-9]*"):
        hashes = hash_file(path)
        codes = [hashes.pdq, *(variant.pdq for variant in hashes.variants)]
        nearest[path.name] = min(
            (int.from_bytes(code or b"") ^ int.from_bytes(value)).bit_count()
            for code in codes
            for _, _, value in values
        )
    by_cluster = {name[0]: min(bits for other, bits in nearest.items() if other[0] == name[0]) for name in nearest}
    for bits, row in enumerate(audit.rows):
        assert row.threshold_bits == bits
        assert (row.files.matched, row.files.of) == (sum(one <= bits for one in nearest.values()), 12)
        assert (row.clusters.matched, row.clusters.of) == (sum(one <= bits for one in by_cluster.values()), 10)
    assert (audit.rows[0].files.matched, audit.rows[64].clusters.matched) == (2, 5)
    assert audit.largest_cluster == 3
    assert len(audit.rows) == 65


def test_matches_at_the_threshold_in_use_are_told_with_their_cluster(benign: Path, tmp_path: Path) -> None:
    """Each benign file that matched is named with list and entry; copies bear the number of one cluster."""
    listed = write_list(tmp_path / "list.csv", [("near", "pdq", flip(pdq_of(benign / "0.png"), 12))])
    audit, _ = run(store=str(tmp_path / "none"), sources=(str(benign),), lists=(listed,), threshold_bits=20)
    told = {Path(str(one.locator)).name: (one.cluster, [match.entry for match in one.matches]) for one in audit.matches}
    assert told == {"0.png": (1, ["near"]), "0 again.jpg": (1, ["near"]), "0 mirrored.png": (1, ["near"])}
    assert [(one.name, one.version) for one in audit.lists] == [(listed, None)]


def test_digest_matches_are_counted_apart(benign: Path, tmp_path: Path) -> None:
    """A file that matched by a digest is told, and is in no rate."""
    md5 = hash_file(benign / "7.png").md5
    assert md5 is not None
    listed = write_list(tmp_path / "list.csv", [("m", "md5", md5), ("p", "pdq", pdq_of(benign / "7.png"))])
    audit, _ = run(store=str(tmp_path / "none"), sources=(str(benign),), lists=(listed,))
    assert (audit.by_digest, audit.rows[64].files.matched, audit.rows[64].files.of) == (1, 0, 11)
    [one] = audit.matches
    assert (one.cluster, [match.entry for match in one.matches]) == (None, ["m"])


def test_lists_that_accuse_nobody_are_not_counted(benign: Path, tmp_path: Path) -> None:
    """Matches with cleared entries and known files are no false matches, and those lists are not among the audited."""
    store = str(tmp_path / "store")
    value = pdq_of(benign / "3.png")
    add_list(store, "wrong", write_list(tmp_path / "a.csv", [("c", "pdq", value)]), list_class="cleared")
    add_list(store, "known", write_list(tmp_path / "b.csv", [("k", "pdq", bytes(range(32)))]), list_class="csam")
    audit, _ = run(store=store, sources=(str(benign),))
    assert [one.name for one in audit.lists] == ["known"]
    assert (audit.rows[64].files.matched, audit.matches) == (0, ())


def test_an_entry_near_unrelated_pictures_is_quarantined(tmp_path: Path) -> None:
    """It came near four clusters and waits for a person; one that came near two, or near copies only, does not."""
    folder, store = tmp_path / "benign", str(tmp_path / "store")
    folder.mkdir()
    for seed in range(1, 5):
        draw_alike(seed).save(folder / f"alike {seed}.png")
    for quality in range(50, 100, 10):
        draw(50).save(folder / f"copy {quality}.jpg", quality=quality)
    codes = [np.unpackbits(np.frombuffer(pdq_of(path), np.uint8)) for path in sorted(folder.glob("alike*"))]
    crowd = np.packbits(np.sum(codes, axis=0) >= 2).tobytes()
    entries = [("crowd", "pdq", crowd), ("copies", "pdq", pdq_of(folder / "copy 90.jpg"))]
    add_list(store, "known", write_list(tmp_path / "list.csv", entries), list_class="csam")
    audit, _ = run(store=store, sources=(str(folder),))
    assert (audit.in_use.files.matched, audit.in_use.clusters.matched) == (9, 5)
    assert [(one.list, one.entry, one.clusters, one.files, one.state) for one in audit.crowded] == [
        ("known", "crowd", 4, 4, "quarantined")
    ]
    with open_store(store, create=False, read_only=True) as opened:
        assert quarantined_entries(opened) == {("known", "crowd")}
    # Matches of what is quarantined are leads: the rate of the next audit is without it.
    again, _ = run(store=store, sources=(str(folder),))
    assert (again.quarantined, again.crowded, again.in_use.clusters.matched) == (1, (), 1)
    assert verify(store).records is not None


def test_what_a_person_released_is_not_quarantined_anew(benign: Path, tmp_path: Path) -> None:
    """A measurement quarantines; a named person's decision stands, and the audit says so."""
    store = str(tmp_path / "store")
    entries = [("one", "pdq", pdq_of(benign / f"{seed}.png")) for seed in range(4)]
    add_list(store, "known", write_list(tmp_path / "list.csv", entries), list_class="csam")
    first, _ = run(store=store, sources=(str(benign),))
    assert [(one.entry, one.state) for one in first.crowded] == [("one", "quarantined")]
    released = EntryVerdict(
        decision=EntryDecision.RELEASED, by="D. Okafor", reason="compared", at_utc="2026-11-23T09:00:00Z"
    )
    with open_recorded(store, create=False) as opened:
        assert decide_entry(opened, "known", "one", released)
    again, _ = run(store=store, sources=(str(benign),))
    assert [(one.entry, one.state) for one in again.crowded] == [("one", "released")]
    with open_store(store, create=False, read_only=True) as opened:
        assert quarantined_entries(opened) == frozenset()


def test_an_entry_of_a_file_is_a_candidate_only(tmp_path: Path) -> None:
    """A list that is in no store cannot have anything set aside: the audit names the entry and says so."""
    folder = tmp_path / "benign"
    folder.mkdir()
    for seed in range(3):
        draw(seed).save(folder / f"{seed}.png")
    listed = write_list(tmp_path / "list.csv", [("one", "pdq", pdq_of(folder / f"{seed}.png")) for seed in range(3)])
    audit, _ = run(store=str(tmp_path / "none"), sources=(str(folder),), lists=(listed,))
    assert [(one.entry, one.clusters, one.state) for one in audit.crowded] == [("one", 3, "candidate")]


def test_hostile_files_cost_their_own_row(benign: Path, tmp_path: Path) -> None:
    """Torn, absurdly large and special files are told each with its reason, and the rest is counted as before."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    draw(20).save(folder / "sound.png")
    whole = io.BytesIO()
    draw(21).save(whole, "JPEG")
    (folder / "torn.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) * 2 // 3])
    (folder / "head.jpg").write_bytes(whole.getvalue()[:200])
    (folder / "bomb.png").write_bytes(make_bomb())
    os.mkfifo(folder / "fifo")
    listed = write_list(tmp_path / "list.csv", [("p", "pdq", bytes(range(32)))])
    audit, told = run(store=str(tmp_path / "none"), sources=(str(folder), str(benign)), lists=(listed,))
    reasons = {Path(str(one.locator)).name: one.reason for one in told}
    assert reasons.pop("head.jpg") in {Reason.UNREADABLE, Reason.TRUNCATED}
    assert reasons == {"torn.jpg": Reason.TRUNCATED, "bomb.png": Reason.TOO_LARGE, "fifo": Reason.UNSUPPORTED}
    assert sum(audit.not_screened.values()) == 4
    # The torn one was hashed as far as it goes, and is compared.
    assert (audit.items, audit.in_use.files.of) == (19, 14)


def test_sources_that_overlap_count_each_file_once(benign: Path, tmp_path: Path) -> None:
    """A folder given twice is one folder."""
    listed = write_list(tmp_path / "list.csv", [("p", "pdq", bytes(range(32)))])
    audit, _ = run(store=str(tmp_path / "none"), sources=(str(benign), str(benign)), lists=(listed,))
    assert (audit.items, audit.in_use.files.of) == (14, 12)


def test_a_set_without_pictures_says_that_nothing_is_known(tmp_path: Path) -> None:
    """An empty folder is audited too: no rate, a bound of one, and a caution."""
    folder = tmp_path / "empty"
    folder.mkdir()
    listed = write_list(tmp_path / "list.csv", [("p", "pdq", bytes(range(32)))])
    audit, _ = run(store=str(tmp_path / "none"), sources=(str(folder),), lists=(listed,), volume=1000)
    assert (audit.in_use.files.of, audit.in_use.clusters.upper_95, audit.in_use.files.rate) == (0, 1.0, None)
    written = write(audit, tmp_path)
    assert any("small set" in str(one) for one in list(written.document["cautions"]))  # type: ignore[call-overload]  # JSON is untyped


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"threshold_bits": 65}, ThresholdError),
        ({"cluster_bits": -1}, ThresholdError),
        ({"sources": ("nowhere",)}, SourceError),
        ({"lists": ("nothing",)}, ListError),
    ],
)
def test_what_cannot_be_audited_is_refused(
    benign: Path, tmp_path: Path, settings: dict[str, object], error: type[Exception]
) -> None:
    """A radius that no index answers for, a folder or list that is not there."""
    store = str(tmp_path / "store")
    add_list(store, "known", write_list(tmp_path / "l.csv", [("p", "pdq", bytes(range(32)))]), list_class="csam")
    with pytest.raises(error):
        run(**{"store": store, "sources": (str(benign),), **settings})


def write(audit: ThresholdAudit, folder: Path, store: str = "none") -> WrittenAudit:
    """Write an audit below a folder."""
    return write_audit(audit, store=str(folder / store), folder=str(folder / "out"), note=lambda _: None)


def test_the_record_names_the_files_that_were_written(benign: Path, tmp_path: Path) -> None:
    """The ledger holds the digests of both files; the store verifies; no hash of a list or a file is in either."""
    store = tmp_path / "store"
    value = flip(pdq_of(benign / "2.png"), 9)
    add_list(str(store), "known", write_list(tmp_path / "l.csv", [("id 7", "pdq", value)]), list_class="csam")
    audit, _ = run(store=str(store), sources=(str(benign),), volume=5_000)
    written = write(audit, tmp_path, "store")
    assert written.is_on_record
    with open_store(str(store), create=False, read_only=True) as opened, opened.read() as connection:
        entries = [json.loads(row) for (row,) in connection.exec_driver_sql("SELECT entry FROM ledger ORDER BY n")]
    [entry] = [one for one in entries if one["type"] == "audit"]
    digests = {Path(path).suffix[1:]: sha256(Path(path).read_bytes()).hexdigest() for path, _ in written.files}
    assert entry["files_sha256"] == {f"audit.{form}": digest for form, digest in digests.items()}
    assert (entry["kind"], entry["files"], entry["files_matched"], entry["clusters"]) == ("threshold", 12, 1, 10)
    assert written.audit == digests["json"][:32]
    assert verify(str(store)).records is not None
    texts = "".join(Path(path).read_text() for path, _ in written.files)
    assert "id 7" in texts
    for code in (value, *(pdq_of(path) for path in benign.glob("[0-9]*"))):
        assert code.hex() not in texts.lower()
    day = written.document["thresholds"][31]["a_day"]["files"]  # type: ignore[index]  # JSON is untyped
    assert day["expected"] == pytest.approx(5_000 / 12, rel=1e-5)
    with pytest.raises(UsageError, match="there is an audit"):
        write(audit, tmp_path, "store")


def test_two_audits_of_the_same_files_differ_in_nothing_but_time(benign: Path, tmp_path: Path) -> None:
    """However workers took turns, the document is the same."""
    listed = write_list(tmp_path / "l.csv", [("p", "pdq", pdq_of(benign / "0.png"))])
    first, again = (
        run(store=str(tmp_path / "none"), sources=(str(benign),), lists=(listed,), workers=workers)[0]
        for workers in (1, 3)
    )
    assert replace(first, audited_at_utc="") == replace(again, audited_at_utc="")


def test_nothing_of_the_benign_files_is_kept(benign: Path, tmp_path: Path) -> None:
    """The store holds no item, no hash and no finding after an audit, and the folder of benign files is as it was."""
    store = tmp_path / "store"
    add_list(str(store), "known", write_list(tmp_path / "l.csv", [("p", "pdq", bytes(range(32)))]), list_class="csam")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in benign.iterdir())
    run(store=str(store), sources=(str(benign),))
    assert sorted((path.name, path.stat().st_mtime_ns) for path in benign.iterdir()) == before
    with open_store(str(store), create=False, read_only=True) as opened, opened.read() as connection:
        for table in ("items", "findings", "scans"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0


def test_a_known_video_matches_from_the_threshold_at_which_enough_frames_are_near(tmp_path: Path) -> None:
    """Not from the distance of its nearest frame: one frame is not a video."""
    rng = np.random.default_rng(5)
    frames = [rng.bytes(32) for _ in range(10)]
    listed = write_list(tmp_path / "list.csv", [("film", "vpdq", frame) for frame in frames])
    known = load_known(None, [listed])
    # One frame shown exactly, nine more at 20 bits: below that, a tenth of the film is shown.
    shown = [frames[0], *(flip(frame, 20) for frame in frames[1:])]
    hashes = ItemHashes(
        size_bytes=1, sha256=bytes(32), sha1=bytes(20), md5=bytes(16), video_mode=VideoMode.THOROUGH,
        vpdq=tuple(Frame(at, float(at), value, 100) for at, value in enumerate(shown)),
    )  # fmt: skip
    nearest = Nearest(known, 31)
    [matches] = nearest.match([hashes])
    distance, told = nearest.of(hashes, matches)
    assert distance == 20
    assert [match.entry for match in told] == ["film"]
    assert nearest.of(hashes, []) == (None, ())


def test_the_page_is_one_a_browser_can_show(benign: Path, tmp_path: Path) -> None:
    """The page is well-formed, has no script, and its plot has a line for every kind of figure."""
    listed = write_list(tmp_path / "l.csv", [("p<script>", "pdq", pdq_of(benign / "0.png"))])
    audit, _ = run(store=str(tmp_path / "none"), sources=(str(benign),), lists=(listed,), volume=10)
    page = next(path for path, _ in write(audit, tmp_path).files if path.endswith("html"))
    text = Path(page).read_text()
    assert "<script" not in text
    assert "p&lt;script&gt;" in text
    for name in ("line bound", "line files", "line clusters", 'class="interval"', 'class="mark"'):
        assert name in text
    plots = re.findall(r"<svg viewBox.*?</svg>", text, re.DOTALL)
    assert len(plots) == 5
    for plot in plots:
        minidom.parseString(plot)


def test_a_benign_match_says_no_value() -> None:
    """What is told of a match has no field for a value of a list."""
    assert set(BenignMatch.__dataclass_fields__) == {"locator", "matches", "cluster"}
