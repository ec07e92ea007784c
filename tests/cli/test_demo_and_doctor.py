"""The demo keeps its word, and the doctor tells the truth."""

import json
from pathlib import Path

import pytest

from unseen.casework import demo as demos
from unseen.casework import doctor
from unseen.casework.demo import photographs, run
from unseen.cli import program
from unseen.errors import SandboxError

# scikit-image ships pictures of people too; and `skin`, `retina` and the like are parts of them.
PEOPLE = {"astronaut", "camera", "cameraman", "lfw_subset", "skin", "retina", "microaneurysms", "ihc", "phantom"}


@pytest.fixture
def few_decoys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is quickly made."""
    pytest.importorskip("skimage")
    monkeypatch.setattr(run, "DECOYS", 2_000)


@pytest.mark.usefixtures("few_decoys")
def test_the_demo_finds_what_it_says_and_accounts_for_every_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every alteration within reach is found, a large crop is not, and nothing unknown is."""
    folder = tmp_path / "kept"
    assert program.run(["demo", "--keep", str(folder), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    copies = [row for row in rows if row["type"] == "altered_copy"]
    assert len(copies) == 100
    assert {row["alteration"] for row in copies if row["match"] is None} == {"cropped by an eighth"}
    assert all((row["match"] is not None) == row["is_within_reach"] for row in copies)
    assert [row["match"]["entry"] for row in copies if row["match"]] == [
        row["photograph"] for row in copies if row["match"]
    ]
    unscreened = {Path(row["item"]).name: row["reason"] for row in rows if row["type"] == "not_screened"}
    assert unscreened == {"broken.jpg": "unreadable", "garage, torn.jpg": "truncated"}
    account = rows[-1]
    assert account["items"] == len(list((folder / "uploads").iterdir())) == 113
    # The torn copy is found too.
    assert account["findings"] == sum(row["match"] is not None for row in copies) + 1
    assert program.run(["findings", "--store", str(folder / "store")]) == 1
    assert program.run(["demo", "--keep", str(folder)]) == 2


def test_the_demo_confesses_what_it_did_not_find() -> None:
    """A copy within reach that was not found, or an account that does not add up, is a fault."""
    missed = demos.AlteredCopy("a", "rocket", "mirrored", is_within_reach=True, match=None)
    honest = demos.AlteredCopy("b", "rocket", "with a border", is_within_reach=False, match=None)
    result = demos.DemoResult(copies=[missed, honest])
    assert result.faults == ["rocket, mirrored: not found", "the scan gave no account"]


def test_the_demo_shows_no_people() -> None:
    """None of its photographs is one that shows a human being, or a part of one."""
    shown = {Path(name).stem for name in (photographs.KNOWN | photographs.UNRELATED).values()}
    assert shown & PEOPLE == set()


def test_without_the_extra_the_demo_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing scikit-image is a hint, not a traceback."""
    monkeypatch.setattr(photographs, "find_spec", lambda _: None)
    assert program.run(["demo"]) == 3
    assert "unseen: hint: pip install 'unseen[demo]'" in capsys.readouterr().err


def test_doctor_exits_0_where_decoding_is_locked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Where the darkroom can be locked the doctor names the locks, and makes no store."""
    store = tmp_path / "store"
    assert program.run(["doctor", "--json", "--store", str(store)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {frozenset(row) for row in rows} == {frozenset({"check", "state", "said", "hint"})}
    assert "seccomp" in next(row["said"] for row in rows if row["check"] == "darkroom")
    assert not store.exists()


def test_doctor_exits_3_where_decoding_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the kernel cannot lock a worker the doctor says so, and its exit code too."""

    def refuse(**_: object) -> None:
        raise SandboxError("the kernel cannot lock a decoding worker: Operation not permitted")

    monkeypatch.setattr(doctor, "Darkroom", refuse)
    assert program.run(["doctor"]) == 3
    assert "darkroom  refused: decoding is refused" in capsys.readouterr().out
