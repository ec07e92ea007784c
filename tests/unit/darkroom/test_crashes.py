"""Workers that die, stall or lie cost nothing but their item."""

import functools
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from unseen.darkroom import Darkroom, crew
from unseen.errors import SandboxError
from unseen.model import Item, ItemHashes, Locator, Reason, State

_STRANGE_WORKER = Path(__file__).with_name("strange_worker.py")
_LIES = (b"lie short", b"lie noise", b"lie zeros", b"lie long")


@pytest.fixture
def use_worker(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a misbehaving worker in the place of the shipped one."""

    def use(mode: str) -> None:
        monkeypatch.setattr(crew, "WORKER_COMMAND", (sys.executable, "-P", str(_STRANGE_WORKER), mode))

    return use


def items_of(contents: list[bytes]) -> list[Item]:
    """Items by position."""
    return [
        Item(Locator.of_file(str(index)), State.ALLOCATED, functools.partial(bytes, content))
        for index, content in enumerate(contents)
    ]


def develop(contents: list[bytes], *, deadline_s: float = 60.0) -> dict[int, ItemHashes]:
    """Answers by position; each item exactly once."""
    answers: dict[int, ItemHashes] = {}
    with Darkroom(workers=2, deadline_s=deadline_s) as darkroom:
        for item, hashes in darkroom.develop(items_of(contents)):
            assert int(str(item.locator)) not in answers
            answers[int(str(item.locator))] = hashes
    assert len(answers) == len(contents)
    return answers


def test_an_item_that_kills_its_worker_is_tried_alone_and_then_named(use_worker: Callable[[str], None]) -> None:
    """It is `decoder_crashed` with its digests; everything around it is answered as usual."""
    use_worker("strange")
    contents = [b"plain %d" % index for index in range(20)]
    contents[7] = b"crash"
    answers = develop(contents)
    assert answers[7].reason is Reason.DECODER_CRASHED
    assert {answers[index].reason for index in range(20) if index != 7} == {Reason.NOT_MEDIA}
    for index, content in enumerate(contents):
        assert answers[index].sha256 == hashlib.sha256(content).digest()


def test_an_item_that_stalls_is_timed_out(use_worker: Callable[[str], None]) -> None:
    """It is `timed_out` with its digests, and the worker is replaced."""
    use_worker("strange")
    answers = develop([b"a", b"stall", b"b", b"c"], deadline_s=2.0)
    assert [answers[index].reason for index in range(4)] == [
        Reason.NOT_MEDIA,
        Reason.TIMED_OUT,
        Reason.NOT_MEDIA,
        Reason.NOT_MEDIA,
    ]
    assert answers[1].sha256 == hashlib.sha256(b"stall").digest()


def test_an_item_that_kills_even_the_digesting_has_none(use_worker: Callable[[str], None]) -> None:
    """After three deaths nothing more is tried, and the reason stands."""
    use_worker("strange")
    answers = develop([b"always crash", b"a"])
    assert answers[0].reason is Reason.DECODER_CRASHED
    assert answers[0].sha256 is None
    assert answers[1].reason is Reason.NOT_MEDIA


@pytest.mark.parametrize("lie", _LIES)
def test_a_worker_that_lies_is_not_believed(use_worker: Callable[[str], None], lie: bytes) -> None:
    """Messages of another length, for another item or with codes that do not exist end the worker, not the parent."""
    use_worker("strange")
    answers = develop([b"a", lie, b"b"])
    assert answers[1].reason is Reason.DECODER_CRASHED
    assert answers[0].reason is answers[2].reason is Reason.NOT_MEDIA


def test_a_worker_killed_from_outside_loses_nothing() -> None:
    """Whoever kills workers in the middle (the kernel short of memory, say) costs time and no answer."""
    contents = [bytes([index % 251]) * 200_000 for index in range(200)]
    with Darkroom(workers=2) as darkroom:
        seen: list[int] = []
        for item, hashes in darkroom.develop(items_of(contents)):
            if len(seen) in {20, 90}:
                os.kill(darkroom._crew[0]._process.pid, signal.SIGKILL)
            seen.append(int(str(item.locator)))
            assert hashes.reason is Reason.NOT_MEDIA
    assert sorted(seen) == list(range(200))


def test_a_kernel_that_cannot_lock_is_refused(use_worker: Callable[[str], None]) -> None:
    """Without seccomp nothing is decoded, and the error says what may be done."""
    use_worker("unlockable")
    with pytest.raises(SandboxError, match="cannot lock") as caught, Darkroom(workers=2):
        pass
    assert "--unsafe-no-sandbox" in caught.value.hint


def test_a_lock_that_does_not_hold_is_refused(use_worker: Callable[[str], None]) -> None:
    """A worker tries what must fail before it says that it is locked."""
    use_worker("unlocked")
    with pytest.raises(SandboxError), Darkroom(workers=1):
        pass


def test_going_on_without_a_lock_is_said(use_worker: Callable[[str], None]) -> None:
    """With `unsafe_no_sandbox` items are decoded, and the sandbox names the gap."""
    use_worker("unlockable")
    with Darkroom(workers=1, unsafe_no_sandbox=True) as darkroom:
        assert not darkroom.sandbox.seccomp
        assert "seccomp" in darkroom.sandbox.gaps[0]
        [(_, hashes)] = darkroom.develop(items_of([b"text"]))
    assert hashes.reason is Reason.NOT_MEDIA


def test_a_worker_that_does_not_start_is_an_error(use_worker: Callable[[str], None]) -> None:
    """It is said, and not waited for."""
    use_worker("stillborn")
    with pytest.raises(SandboxError, match="died before it was locked"), Darkroom(workers=1):
        pass


def test_workers_die_with_their_parent() -> None:
    """A parent that is killed leaves no worker behind, not even one that is busy."""
    code = (
        "import time\n"
        "from unseen.darkroom import Darkroom\n"
        "with Darkroom(workers=2) as darkroom:\n"
        "    print(*[worker._process.pid for worker in darkroom._crew], flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(text) for text in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    until = time.monotonic() + 10
    while any(_is_running(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(_is_running(pid) for pid in pids)


def test_an_abandoned_run_leaves_nothing_open() -> None:
    """A caller that stops asking in the middle leaves no descriptor open, and the darkroom serves the next."""
    with Darkroom(workers=2) as darkroom:
        before = len(os.listdir("/proc/self/fd"))
        answers = darkroom.develop(items_of([b"a", b"b", b"c", b"d", b"e", b"f"]))
        next(answers)
        assert isinstance(answers, Generator)
        answers.close()
        assert len(os.listdir("/proc/self/fd")) == before
        assert sum(1 for _ in darkroom.develop(items_of([b"g", b"h"]))) == 2


def _is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    # A zombie waits for whoever inherited it.
    return status != "Z"


def test_workers_are_replaced_after_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a decoder leaks cannot add up; nothing is lost or doubled when one retires."""
    monkeypatch.setattr(crew, "_ANSWERS_MAX", 7)
    contents = [b"plain %d" % index for index in range(40)]
    answers = develop(contents)
    assert {hashes.reason for hashes in answers.values()} == {Reason.NOT_MEDIA}


def test_closing_in_the_middle_leaves_nothing_open() -> None:
    """A darkroom left while answers are outstanding closes what it had opened, and a late end of the run is quiet."""
    before = len(os.listdir("/proc/self/fd"))
    with Darkroom(workers=1) as darkroom:
        answers = darkroom.develop(items_of([b"a", b"b", b"c", b"d"]))
        next(answers)
    assert isinstance(answers, Generator)
    answers.close()
    assert len(os.listdir("/proc/self/fd")) == before
