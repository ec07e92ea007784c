"""How the program ends when it is cut short, or when something happens that nobody foresaw."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.cli.script import environment

from unseen.cli import program, voice
from unseen.darkroom import Darkroom, Sandbox


def start(arguments: list[str], folder: Path, **more: str) -> "subprocess.Popen[bytes]":
    """Start the program in a folder."""
    return subprocess.Popen(
        ["unseen", *arguments],
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_closed_stdout_is_no_success_and_no_noise(folder: Path) -> None:
    """Whoever stops listening hears nothing more, but the exit code says that not all was delivered."""
    ended = subprocess.run(
        ["/bin/sh", "-c", "{ unseen hash --workers 1 --json known; echo $? >code; } | true"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert ended.stderr == b""
    assert (folder / "code").read_text() == "3\n"


def test_a_full_disk_behind_stdout_is_an_error(folder: Path) -> None:
    """Results that could not be written are not taken for delivered."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    ended = subprocess.run(
        ["/bin/sh", "-c", "unseen hash --workers 1 uploads/readme.txt >/dev/full"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert b"No space left on device" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_ctrl_c_ends_a_scan_with_130_and_the_same_command_goes_on(folder: Path) -> None:
    """An interrupted scan says how to go on; run again, it covers everything exactly once."""
    original = folder / "known" / "bridge.png"
    (folder / "list.txt").write_text("md5:00112233445566778899aabbccddeeff\n")
    for number in range(400):
        shutil.copy(original, folder / "clean" / f"{number}.png")
    arguments = ["scan", "clean", "--list", "list.txt", "--workers", "1", "--json"]
    running = start(arguments, folder)
    wait_for(folder / "unseen-store" / "unseen.db", running)
    time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=60)
    if running.returncode == 0:
        pytest.skip("this machine scans faster than anybody could interrupt it")
    assert running.returncode == 130
    assert stderr.decode().splitlines()[1:] == [
        "unseen: error: interrupted",
        "unseen: hint: run the same command again to go on",
    ]
    stdout, stderr = start(arguments, folder).communicate(timeout=120)
    assert b'"items": 401' in stdout.splitlines()[-1]


def wait_for(path: Path, running: "subprocess.Popen[bytes]") -> None:
    """Wait until a file is there, as long as the program runs."""
    while not path.exists():
        assert running.poll() is None
        time.sleep(0.02)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program whose `findings` fails in a way that nobody foresaw."""

    def fail(location: str, **_: object) -> None:
        raise ZeroDivisionError(f"no idea about {location}")

    monkeypatch.setattr("unseen.casework.findings.list_findings", fail)
    monkeypatch.delenv("UNSEEN_DEBUG", raising=False)


@pytest.mark.usefixtures("broken")
def test_an_unforeseen_error_is_one_line_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    """A fault of ours shows no traceback, says that it is ours, and exits 3."""
    assert program.run(["findings", "--store", "here"]) == voice.CANNOT_READ
    printed = capsys.readouterr()
    assert printed.out == ""
    first, second = printed.err.splitlines()
    assert first == "unseen: error: unexpected ZeroDivisionError: no idea about here"
    assert second.startswith("unseen: hint: this is a fault of unseen: please report it")


@pytest.mark.usefixtures("broken")
def test_debugging_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """With UNSEEN_DEBUG the error goes through as it is."""
    monkeypatch.setenv("UNSEEN_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        program.run(["findings", "--store", "here"])


def test_no_message_can_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters and bytes that are no text are escaped, on stderr as on stdout."""
    voice.complain("cannot open 'a\x1b[2Jb\udcff\n'", "try\x07again")
    printed = capsys.readouterr().err
    assert printed == "unseen: error: cannot open 'a\\x1b[2Jb\\xff\\n'\nunseen: hint: try\\x07again\n"


def test_progress_is_for_terminals_only(folder: Path) -> None:
    """Where stderr is no terminal nothing moves on it; where it is one, the line is gone at the end."""
    ended = subprocess.run(
        ["unseen", "hash", "clean", "--workers", "1"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert ended.stderr == b""
    leader, follower = os.openpty()
    watched = subprocess.run(
        ["unseen", "hash", "clean", "--workers", "1"],
        cwd=folder,
        env=environment(TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=follower,
        timeout=60,
        check=True,
    )
    os.close(follower)
    assert watched.stdout == ended.stdout
    assert b"hashing" in os.read(leader, 65_536)
    os.close(leader)


@pytest.mark.parametrize("command", ["hash", "scan --list list.txt"])
def test_a_lock_that_does_not_hold_is_said(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where decoding goes on with fewer protections, stderr says which are missing."""
    unlocked = Sandbox(seccomp=False, landlock_version=0, is_single_threaded=True)
    monkeypatch.setattr(Darkroom, "sandbox", unlocked)
    monkeypatch.chdir(folder)
    Path("list.txt").write_text("md5:00112233445566778899aabbccddeeff\n")
    assert program.run([*command.split(), "--workers", "1", "--unsafe-no-sandbox", "clean"]) == 0
    said = capsys.readouterr().err
    assert "unseen: no seccomp filter" in said
    assert "unseen: no Landlock" in said
