"""A writer that is killed, or whose disk fills up, before a chosen change to the disk, for `test_ledger_survives.py`.

    python ledger_writer.py FOLDER kill|full EVERY

Prepares a ledger once, then repeats the same appends with a fault before the first change, the (1 + EVERY)-th, and so
on, until one run meets no fault. After each fault: what was signed verifies, it is the old state or the new, and the
next writer goes on. Prints how many faults there were.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.unit.ledger.ledgers import ORIGIN, entry, keys_in

from unseen.errors import StoreError
from unseen.ledger import KeyFolder, LedgerWriter, verify_ledger

BEFORE, AFTER = 250, 530
# Every way in which the ledger changes a disk: audit events of Python, and calls that raise none.
EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}
state = {"left": -1, "armed": 0}
fault: Callable[[], object] = lambda: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731  # replaced below


def step() -> None:
    """Count a change that is about to be made."""
    if state["armed"]:
        if state["left"] == 0:
            state["armed"] = 0
            fault()
        state["left"] -= 1


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """See changes as they come."""
    if event in EVENTS or (event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT):
        step()


def counted(call: Callable[..., object]) -> Callable[..., object]:
    """A call of the operating system that counts as a change."""

    def counting(*arguments: object) -> object:
        step()
        return call(*arguments)

    return counting


def full() -> None:
    """What a full disk says."""
    raise OSError(28, "No space left on device")


def write(folder: Path) -> None:
    """Two batches, across the edge of a tile."""
    with LedgerWriter.open(folder / "ledger", KeyFolder(folder / "keys"), ORIGIN) as writer:
        for until in (259, AFTER):
            writer.append((entry(n) for n in range(writer.size, until)), start=writer.size)
            writer.seal()


def faulty_run(folder: Path, left: int, kind: str) -> bool:
    """Write with a fault before change number `left`; says whether it came to that."""
    if kind == "kill":
        child = os.fork()
        if child == 0:
            state.update(left=left, armed=1)
            write(folder)
            os._exit(0)
        return os.waitpid(child, 0)[1] != 0
    state.update(left=left, armed=1)
    try:
        write(folder)
    except StoreError as error:
        return "No space left" in str(error)
    # Removing what is no longer needed may fail: it is repeated by whoever seals next.
    return not state["armed"]


def main(base: Path, kind: str, every: int) -> int:
    """Repeat until nothing is left to interrupt."""
    keys, public = keys_in(base / "made" / "keys")
    with LedgerWriter.open(base / "made" / "ledger", keys, ORIGIN) as writer:
        writer.append((entry(n) for n in range(BEFORE)), start=0)
        writer.seal()
    faults = 0
    while True:
        folder = base / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base / "made", folder)
        met = faulty_run(folder, faults * every, kind)
        state["armed"] = 0
        seen: list[bytes] = []
        result = verify_ledger(folder / "ledger", pinned=[public], each=lambda _, data, seen=seen: seen.append(data))  # type: ignore[misc]  # a default binds the list of this round
        assert result.checkpoint.size in {BEFORE, 259, AFTER}, result.checkpoint
        assert seen == [entry(n) for n in range(result.checkpoint.size)]
        with LedgerWriter.open(folder / "ledger", KeyFolder(folder / "keys"), ORIGIN) as writer:
            writer.append((entry(n) for n in range(writer.size, 600)), start=writer.size)
            writer.seal()
        assert verify_ledger(folder / "ledger", pinned=[public]).checkpoint.size == 600
        if not met:
            return faults
        faults += 1


if __name__ == "__main__":
    where, what, stride = sys.argv[1:]
    sys.addaudithook(watch)
    for name in ("fsync", "fchmod"):
        setattr(os, name, counted(getattr(os, name)))
    if what == "full":
        fault = full
    print(main(Path(where), what, int(stride)))
