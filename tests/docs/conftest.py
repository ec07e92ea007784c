"""The folder in which the documents' examples run."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.docs.disks import make_disk
from tests.docs.service import privacy_group, service
from tests.docs.sessions import run_shell
from tests.unit.lists.reference_sets import make_set

FILING = """[service]
environment = "test"
credentials = "cybertipline.secret"

[company]
service = "Example Files"
files_are_as_uploaded = true

[reporter]
[[reporter.reportingPerson.email]]
value = "safety@files.example"

[[internetDetails]]
webPageIncident = { url = ["https://files.example/"] }
"""
REHEARSAL = FILING.replace('"test"\ncredentials = "cybertipline.secret"', '"rehearsal"')


def draw(seed: int, size: tuple[int, int]) -> Image.Image:
    """A picture of coloured hills: something for a hash to hold on to."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh folder for the sessions of one page, and services whose addresses are in `BASE` and `META`."""
    with service() as address, privacy_group() as group_address:
        monkeypatch.setenv("BASE", address)
        monkeypatch.setenv("META", group_address)
        yield furnish(tmp_path)


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished folder whose store holds a list and a scan; read by tests that only look."""
    place = furnish(tmp_path_factory.mktemp("scanned"))
    run_shell("unseen hash --json known > known.jsonl; unseen list add known known.jsonl; unseen scan uploads", place)
    return place


_LETTER = """\
Case {{ case.number }}: {{ counts.files }} file(s) of {{ case.subject_kind }} {{ case.subject }}.
{% for file in files %}
{{ file.sha256 }}  from {{ file.ip }} port {{ file.port }}  viewed: {{ file.viewed }}
{% endfor %}
"""


def furnish(tmp_path: Path) -> Path:
    """Make what the sessions start from: pictures that stand for known material, and a folder to be scanned.

    `known/` holds three pictures; `uploads/` holds a smaller copy of one of them, a mirrored copy of another, a
    picture nobody knows, a text file, and a picture cut off in the middle. A set of known files holds the one that
    nobody knows. `filing.toml` and `rehearsal.toml` say who
    reports. `facts.jsonl` says whose two of the uploads are, `later.jsonl` more of
    one; `letter.txt` is a template. `camera.raw` is the image of a disk with copies of three of the uploads, one of
    them deleted.
    """
    (tmp_path / "filing.toml").write_text(FILING)
    (tmp_path / "rehearsal.toml").write_text(REHEARSAL)
    known, uploads = tmp_path / "known", tmp_path / "uploads"
    known.mkdir()
    uploads.mkdir()
    for seed, name in enumerate(("bridge", "harbour", "meadow"), start=1):
        draw(seed, (900, 600)).save(known / f"{name}.png")
    draw(1, (900, 600)).resize((450, 300)).save(uploads / "small.jpg", quality=80)
    draw(2, (900, 600)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(uploads / "mirrored.webp")
    draw(9, (640, 480)).save(uploads / "other.jpg")
    (uploads / "readme.txt").write_text("nothing to see\n")
    draw(8, (640, 480)).save(uploads / "broken.png")
    whole = (uploads / "broken.png").read_bytes()
    (uploads / "broken.png").write_bytes(whole[: len(whole) // 2])
    uploaded = {name: (uploads / name).read_bytes() for name in ("small.jpg", "other.jpg", "mirrored.webp")}
    live = {"IMG_0001.JPG": uploaded["other.jpg"], "IMG_0002.JPG": uploaded["small.jpg"]}
    (tmp_path / "camera.raw").write_bytes(make_disk(live, {"IMG_0003.WEB": uploaded["mirrored.webp"]}))
    make_set(tmp_path / "RDS_2026.03.1_modern_minimal.db", [(uploads / "other.jpg").read_bytes(), b"a program"])
    first = {"item": "uploads/small.jpg", "subject": "account:4711", "uploaded_at": "2026-11-01T10:00:00Z"}
    came = {"ip": "192.0.2.7", "port": 50_000}
    second = {"item": "uploads/mirrored.webp", "subject": "account:9", "original_name": "IMG_0007.webp"}
    (tmp_path / "facts.jsonl").write_text(f"{json.dumps(first | came)}\n{json.dumps(second)}\n")
    later = {"item": "uploads/small.jpg", "subject": "account:4711", "original_name": "DSC_0001.JPG"}
    (tmp_path / "later.jsonl").write_text(f"{json.dumps(later)}\n")
    (tmp_path / "letter.txt").write_text(_LETTER)
    return tmp_path
