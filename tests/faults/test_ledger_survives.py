"""A ledger's writer may die or run out of disk at any moment: what was signed stays true."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.house.tree import ROOT
from tests.unit.ledger.ledgers import ORIGIN, append, entry, keys_in

from unseen.errors import StoreError
from unseen.ledger import LedgerWriter, verify_ledger

PROGRAM = Path(__file__).parent / "ledger_writer.py"


def run(folder: Path, kind: str, every: int) -> int:
    """How many faults the writer met."""
    done = subprocess.run(
        [sys.executable, PROGRAM, folder, kind, str(every)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("kind", ["kill", "full"])
def test_any_moment_will_do(tmp_path: Path, kind: str) -> None:
    """Killed with SIGKILL, or refused by a full disk, before every ninth change: the old state verifies, or the new."""
    assert run(tmp_path, kind, 9) > 8


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["kill", "full"])
def test_every_moment_will_do(tmp_path: Path, kind: str) -> None:
    """The same before every single change to the disk."""
    assert run(tmp_path, kind, 1) > 80


def test_tiles_reach_the_disk_before_the_checkpoint_that_covers_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every tile is synced before it gets its name, and every name before the checkpoint gets its own."""
    keys, _ = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 250)
    done: list[tuple[str, str]] = []
    fsync, rename = os.fsync, Path.rename

    def syncing(descriptor: int) -> None:
        done.append(("sync", os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def renaming(path: Path, target: Path) -> Path:
        done.append(("name", str(target)))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(Path, "rename", renaming)
    append(tmp_path / "ledger", keys, 300)
    checkpoint = done.index(("name", str(tmp_path / "ledger" / "checkpoint")))
    memory = done.index(("name", str(tmp_path / "keys" / f"{ORIGIN}.checkpoint")))
    tiles = [at for at, (what, path) in enumerate(done) if what == "name" and "/tile/" in path]
    assert len(tiles) == 7
    for at in tiles:
        path = Path(done[at][1])
        assert ("sync", str(path.with_name(f".{path.name}.new"))) in done[:at]
        for folder in path.relative_to(tmp_path / "ledger").parents:
            assert ("sync", str(tmp_path / "ledger" / folder)) in done[at:checkpoint]
    assert ("sync", str(tmp_path / "ledger")) in done[checkpoint:memory]


def test_after_a_failed_write_a_writer_signs_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory and disk may differ then: only a new writer, which reads the disk, may go on."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 3)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        writer.append([entry(3)], start=3)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(StoreError, match="No space left on device") as caught:
                writer.seal()
        assert "what was signed before still verifies" in caught.value.hint
        with pytest.raises(StoreError, match="failed before"):
            writer.seal()
        with pytest.raises(StoreError, match="failed before"):
            writer.append([entry(4)], start=4)
    assert verify_ledger(tmp_path / "ledger", pinned=[public]).checkpoint.size == 3


def test_two_writers_take_turns(tmp_path: Path) -> None:
    """Whoever comes second waits, and then goes on from where the first one signed."""
    public = keys_in(tmp_path / "keys")[1]
    code = (
        "import sys; from pathlib import Path; from tests.unit.ledger.ledgers import append\n"
        "from unseen.ledger import KeyFolder\n"
        "for _ in range(20): append(Path(sys.argv[1]) / 'ledger', KeyFolder(Path(sys.argv[1]) / 'keys'), 7)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, env=environment) for _ in range(2)
    ]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    result = verify_ledger(tmp_path / "ledger", pinned=[public])
    assert result.checkpoint.size == 280


def test_a_ledger_verifies_while_it_grows(tmp_path: Path) -> None:
    """Whoever verifies during a scan sees one checkpoint and what it covers, never a false alarm."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 1)
    code = (
        "import sys; from pathlib import Path; from tests.unit.ledger.ledgers import append\n"
        "from unseen.ledger import KeyFolder\n"
        "for _ in range(50): append(Path(sys.argv[1]) / 'ledger', KeyFolder(Path(sys.argv[1]) / 'keys'), 3)"
    )
    writing = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    sizes = set()
    while writing.poll() is None:
        sizes.add(verify_ledger(tmp_path / "ledger", pinned=[public]).checkpoint.size)
    assert writing.returncode == 0
    assert len(sizes) > 1
    assert verify_ledger(tmp_path / "ledger", pinned=[public]).checkpoint.size == 151
