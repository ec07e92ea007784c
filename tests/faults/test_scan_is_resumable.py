"""Killed, interrupted or out of space at any moment, then run again: nothing lost, nothing twice."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.faults.scanner import BATCH_ITEMS, run
from tests.stores import Server, name_of, on_server
from tests.unit.stand_ins import DAMAGED, LOCKED, PICTURE

from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.verifying import verify
from unseen.errors import StoreError
from unseen.store import list_findings, open_store
from unseen.store.schema import finding_matches, items, not_screened

ROOT = Path(__file__).parents[2]
FILES = 5 * BATCH_ITEMS


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of pictures, texts, damaged and locked files, some of them known."""
    folder = tmp_path_factory.mktemp("source")
    kinds = (PICTURE, DAMAGED, LOCKED, b"")
    for number in range(FILES):
        content = kinds[number % 4] + (b"known" if number % 3 else b"%d" % number)
        (folder / str(number % 5)).mkdir(exist_ok=True)
        (folder / str(number % 5) / f"file {number}").write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a scan gives that nobody kills, and how many things it asked of the store."""
    asked: list[int] = []
    result = run(str(tmp_path_factory.mktemp("undisturbed") / "store"), str(source), asked.append)
    return {**result, "asked": len(asked)}


def scan_until(store: str | Path, source: Path, trouble: str, number: int) -> subprocess.CompletedProcess[str]:
    """Run the scan in a process that comes to grief."""
    command = [sys.executable, "-m", "tests.faults.scanner", str(store), str(source), trouble, str(number)]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


def check_next_run(store: str | Path, source: Path, undisturbed: dict[str, Any]) -> None:
    """Run the scan to its end: it must give what an undisturbed one gives."""
    result = run(str(store), str(source), lambda _: None)
    # Through JSON, as what the other gave: its tuples are lists there.
    assert json.loads(json.dumps(result["told"])) == json.loads(json.dumps(undisturbed["told"]))
    assert result["summary"] == undisturbed["summary"]
    assert verify(str(store)).records is not None
    with open_to_read(str(store)) as opened, opened.read() as connection:
        opened.backend.check_pages(connection)
        # Killed when all was kept and its last seal was not: then this run was a scan of its own, and both are whole.
        newest = connection.scalar(select(func.max(items.c.scan_id)))
        ours = items.c.scan_id == newest
        assert connection.scalar(select(func.count()).select_from(items).where(ours)) == FILES
        assert connection.scalar(select(func.count(items.c.locator.distinct())).where(ours)) == FILES
        summary = undisturbed["summary"]
        unscreened = select(func.count()).select_from(not_screened.join(items)).where(ours)
        assert connection.scalar(unscreened) == summary["not_screened"]
        matched = {one[1] for one in undisturbed["told"] if "Finding" in one[2]}
        listed = [finding.id for finding in list_findings(opened)]
        assert (set(listed), len(listed)) == (matched, summary["findings"])
        matches = select(func.count()).select_from(finding_matches).where(finding_matches.c.scan_id == newest)
        rows = connection.scalar(matches)
        assert rows == sum(len(finding.matches) for finding in list_findings(opened))


@pytest.mark.parametrize(
    ("place", "share"),
    [*(("directory", share / 100) for share in range(0, 101, 15)), *(("server", share) for share in (0.1, 0.5, 0.9))],
    indirect=["place"],
)
def test_a_scan_killed_at_a_write_is_finished_by_the_next(
    place: str, share: float, source: Path, undisturbed: dict[str, Any]
) -> None:
    """Some writes from the first to the last; `make soak` takes every one."""
    # The last thing asked is to finish: killed before it, all is stored and nothing is closed.
    kill_at = 1 + round(share * (undisturbed["asked"] - 1))
    assert scan_until(place, source, "SIGKILL", kill_at).returncode == -signal.SIGKILL
    check_next_run(place, source, undisturbed)


def test_a_scan_killed_again_and_again_is_finished_in_the_end(
    source: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    """Each run goes on where the one before it was killed, or dies before it could."""
    for seed in range(5):
        kill_at = random.Random(seed).randrange(2, 25)
        assert scan_until(tmp_path / "store", source, "SIGKILL", kill_at).returncode == -signal.SIGKILL
    check_next_run(tmp_path / "store", source, undisturbed)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_an_interrupted_scan_is_finished_by_the_next(
    share: float, source: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    """Ctrl-C ends it with 130; what was kept until then stays kept."""
    interrupt_at = round(share * undisturbed["asked"])
    assert scan_until(tmp_path / "store", source, "SIGINT", interrupt_at).returncode == 130
    check_next_run(tmp_path / "store", source, undisturbed)


@pytest.mark.parametrize("room_bytes", [10_000, 40_000, 100_000])
def test_a_scan_out_of_space_says_so_and_is_finished_by_the_next(
    room_bytes: int, source: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    """One error with a hint, exit code 3, and once there is room again nothing is lost."""
    with open_store(tmp_path / "store"):
        size_bytes = (tmp_path / "store" / "unseen.db").stat().st_size
    ended = scan_until(tmp_path / "store", source, "file size", min(size_bytes, room_bytes))
    assert (ended.returncode, "run the same command again" in ended.stderr) == (3, True), ended.stderr
    check_next_run(tmp_path / "store", source, undisturbed)


@on_server
@pytest.mark.parametrize(("share", "is_felt"), [(0.1, False), (0.4, True), (0.7, True), (1.0, False)])
@pytest.mark.parametrize("is_restarted", [True, False])
def test_a_scan_whose_server_goes_is_finished_by_the_next(
    place: str,
    share: float,
    is_felt: bool,
    is_restarted: bool,
    source: Path,
    undisturbed: dict[str, Any],
    server: Server,
) -> None:
    """Crashed and started again, or every connection cut: an error with a hint, and nothing is lost or there twice."""
    # Where nothing is asked of it meanwhile, before the scan has begun and after it has ended, nobody feels it.
    go_at = 1 + round(share * (undisturbed["asked"] - 1))

    def reached(number: int) -> None:
        if number == go_at:
            if is_restarted:
                server.stop()
                server.start()
            else:
                server.cut(name_of(place))

    if is_felt:
        with pytest.raises(StoreError) as caught:
            run(place, str(source), reached)
        assert "run the same command again" in caught.value.hint
    else:
        run(place, str(source), reached)
    check_next_run(place, source, undisturbed)


@pytest.mark.soak
def test_a_scan_killed_at_any_write_is_finished_by_the_next(
    source: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    """Every single one."""
    for kill_at in range(1, undisturbed["asked"] + 1):
        store = tmp_path / f"store {kill_at}"
        assert scan_until(store, source, "SIGKILL", kill_at).returncode == -signal.SIGKILL
        check_next_run(store, source, undisturbed)


@pytest.mark.soak
def test_a_scan_into_a_server_killed_at_any_write_is_finished_by_the_next(
    source: Path, undisturbed: dict[str, Any], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every single one; a server is asked other things than a directory."""
    monkeypatch.setenv("UNSEEN_STATE", str(tmp_path / "state"))
    asked: list[int] = []
    run(server.address(server.new_database()), str(source), asked.append)
    for kill_at in range(1, len(asked) + 1):
        database = server.new_database()
        ended = scan_until(server.address(database), source, "SIGKILL", kill_at)
        assert ended.returncode == -signal.SIGKILL
        check_next_run(server.address(database), source, undisturbed)
        server.drop(database)
