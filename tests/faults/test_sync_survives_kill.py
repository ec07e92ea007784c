"""Killed at any moment of a sync, then run again: the list is what the service holds, or what it was before."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.exchanges.fake_ncmec import FakeNcmec, Record
from tests.unit.exchanges.servers import Question, Reply, Server, make_authority, running

from unseen.casework.proof.verifying import verify
from unseen.store import list_entries, list_lists, open_store

NOW_S = 1_800_000_000
COUNT = 120
PAGES = COUNT // 10


@pytest.fixture
def fake() -> FakeNcmec:
    """A service with twelve pages in one span."""
    return FakeNcmec([Record.drawn(n, NOW_S - 5000 - n) for n in range(COUNT)], now_s=NOW_S, page_size=10)


@pytest.fixture
def server(fake: FakeNcmec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The service by HTTPS, and everything that a process needs to ask it."""
    authority, certificate = make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("UNSEEN_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("UNSEEN_NCMEC_CREDENTIALS", "tester:benign-password")
    with running(fake.server(), certificate=certificate) as server:
        done = unseen("list", "follow", "known", "--from", "ncmec", "--base", server.address, "--class", "csam")
        assert done.returncode == 0, done.stderr
        yield server


def start(*arguments: str) -> "subprocess.Popen[str]":
    """Start the program, as somebody would."""
    command = [str(Path(sys.executable).parent / "unseen"), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def unseen(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the program to its end."""
    process = start(*arguments)
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def kill_at(fake: FakeNcmec, page: int, *, is_before: bool) -> int:
    """Run a sync that is killed when it asks for a page, or while it works on one; gives what it ended with."""
    asked: list[Question] = []
    started = threading.Event()
    processes: list[subprocess.Popen[str]] = []

    def strike(delay_s: float) -> None:
        started.wait(60)
        threading.Event().wait(delay_s)
        # Not by its number, which may be another's by now: a run that was quicker is over.
        processes[0].kill()

    def fault(question: Question) -> Reply | None:
        if "start" in question.query:
            asked.append(question)
            if len(asked) == page:
                if is_before:
                    strike(0)
                    return Reply(fault="reset")
                threading.Thread(target=strike, args=(0.002 * (page % 5),)).start()
        return None

    fake.fault = fault
    process = start("list", "sync", "known")
    processes.append(process)
    started.set()
    process.communicate()
    fake.fault = lambda _: None
    return process.returncode


def entries(store: Path) -> set[str]:
    """What the list holds; nothing where there is none."""
    with open_store(store, create=False, read_only=True) as opened:
        if not list_lists(opened):
            return set()
        return {entry.entry for entry in list_entries(opened, "known")}


@pytest.mark.parametrize("is_before", [True, False], ids=["asking", "working"])
def test_a_sync_that_is_killed_goes_on(fake: FakeNcmec, server: Server, tmp_path: Path, is_before: bool) -> None:
    """Killed again and again, it ends with the whole list, and asks only for what it has not kept."""
    store = tmp_path / "store"
    whole = {f"42-{record.id}" for record in fake.records}
    for page in (2, 3, 2, 3):
        code = kill_at(fake, page, is_before=is_before)
        assert code == -signal.SIGKILL or not is_before
        assert entries(store) in (set(), whole)
    server.questions.clear()
    done = unseen("list", "sync", "known")
    assert (done.returncode, entries(store)) == (0, whole), done.stderr
    assert verify(str(store)).records is not None
    starts = [int(one.query.get("start", "1")) for one in server.questions if one.path.endswith("entries")]
    assert 0 < len(starts) < PAGES
    # A run that was struck late may have come to its end; the next begins a span of its own.
    assert min(starts) > 31 or not is_before


def test_a_sync_without_a_network_says_so(server: Server, tmp_path: Path) -> None:
    """A service that cannot be reached is a sentence, exit code 3, and no list."""
    assert (
        unseen(
            "list", "follow", "other", "--from", "ncmec", "--base", "https://127.0.0.1:1", "--class", "csam"
        ).returncode
        == 0
    )
    done = unseen("list", "sync", "other")
    assert done.returncode == 3
    assert "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
    assert entries(tmp_path / "store") == set()
