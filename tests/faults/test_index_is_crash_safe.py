"""Whatever happens to a writer of the index, there is the old generation or the new one, whole."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.property.strategies import uniform
from tests.unit.matching.stored import answer, column, open_columns, write

from unseen.errors import IndexFileError
from unseen.matching import Generation

PROGRAM = Path(__file__).with_name("index_writes.py")
CODES = uniform(np.random.default_rng(1), 300)
# Every write of the change; a test holds the number. A sample of them is always tried: the first and the last of each
# kind, and those around the renames.
WRITES = 56
SAMPLE = (1, 2, 9, 20, 44, 50, 51, 52, 54, 56)


def _run(folder: Path, at: int, kind: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROGRAM, folder, str(at), kind], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index with one list and an older generation that somebody may still read."""
    write(tmp_path / "index", column(CODES, range(300)), version="00")
    write(tmp_path / "index", column(CODES, range(300)), version="01")
    return tmp_path / "index"


def _is_old_or_new(folder: Path) -> str:
    """Which generation is current; it is verified, and it answers as that generation must."""
    generation = Generation.open(folder)
    version = generation.version("ours")
    generation.close()
    columns = open_columns(folder)
    for each in columns:
        each.verify()
    removed = range(10) if version == "02" else ()
    assert answer(columns, CODES[:20]) == [(at, at, 0) for at in range(20) if at not in removed]
    if version == "02":
        assert open_columns(folder, "other")[0].count == 50
    assert version in {"01", "02"}
    return str(version)


def test_the_change_has_so_many_writes(folder: Path) -> None:
    """Nothing goes wrong where no fault strikes, and no write is left out below."""
    run = _run(folder, 0, "kill")
    assert (run.returncode, run.stdout.strip()) == (0, str(WRITES)), run.stderr
    assert _is_old_or_new(folder) == "02"


@pytest.mark.parametrize("kind", ["kill", "full"])
@pytest.mark.parametrize(
    "at", [at if at in SAMPLE else pytest.param(at, marks=pytest.mark.soak) for at in range(1, WRITES + 1)]
)
def test_no_write_can_be_interrupted_to_harm(folder: Path, at: int, kind: str) -> None:
    """Killed, or told that the disk is full: readers go on, and the next writer puts everything right."""
    run = _run(folder, at, kind)
    assert run.returncode == (-9 if kind == "kill" else run.returncode)
    if _is_old_or_new(folder) == "01" and kind == "full":
        assert run.returncode == 1
        assert "No space left" in run.stderr
    assert _run(folder, 0, "kill").returncode == 0
    assert _is_old_or_new(folder) == "02"
    assert not [path for path in folder.rglob("*") if path.name.startswith(".part-")]
    assert len(list((folder / "segments").iterdir())) == 4


def test_an_index_without_its_folder_is_an_error_not_a_crash(tmp_path: Path) -> None:
    """Nobody mistakes an index that is not there for one that holds nothing."""
    with pytest.raises(IndexFileError):
        Generation.open(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexFileError, match="cannot write"):
        write(tmp_path / "file", column(CODES, range(300)))
    shutil.rmtree(tmp_path)
