"""What a locked worker cannot do, found out by trying."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from unseen.darkroom import Darkroom, Sandbox
from unseen.darkroom.seccomp import build_filter, is_known_machine

_ATTACKS = Path(__file__).with_name("attacks.py")


@pytest.fixture(scope="module")
def attempts() -> dict[str, str]:
    """What became of each attack, tried once for all tests."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(_ATTACKS)], capture_output=True, check=True, env=environment, timeout=120
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_nothing_can_be_opened_connected_started_or_harmed(attempts: dict[str, str]) -> None:
    """Files, sockets, processes and the kernel's larger doors are all refused, or deadly to ask for."""
    allowed = {"work as usual", "open a file, unlocked"}
    assert {name for name, found in attempts.items() if found == "succeeded"} == allowed
    assert len(attempts) > 40


def test_a_second_process_is_never_made(attempts: dict[str, str]) -> None:
    """fork, vfork and clone kill the worker; clone3, which hides its flags, is answered as if it did not exist."""
    assert {attempts[name] for name in ("fork", "vfork", "clone a process")} == {"killed SIGSYS"}
    assert attempts["clone3"].startswith("refused 38")


def test_readers_of_containers_are_locked_as_well() -> None:
    """They may make memory of the size of a member, seal it and send it to their parent; nothing else is opened."""
    done = subprocess.run([sys.executable, str(_ATTACKS), "reader"], capture_output=True, check=True, timeout=300)
    found: dict[str, str] = json.loads(done.stdout)
    assert {name for name, became in found.items() if became == "succeeded"} == {"work as usual"}
    assert len(found) > 45


def test_another_table_of_calls_is_no_way_around(attempts: dict[str, str]) -> None:
    """Calls through the tables of x32 and 32-bit x86 die, since numbers mean other things there."""
    tables = [found for name, found in attempts.items() if name.endswith("table")]
    assert all(found.startswith("killed") for found in tables)


def test_the_filter_ends_in_death() -> None:
    """Whatever no rule names kills the process, on every machine there is a table for."""
    for machine in ("x86_64", "aarch64"):
        assert is_known_machine(machine)
        program = build_filter(machine)
        assert struct.unpack("<HBBI", program[-8:]) == (0x06, 0, 0, 0x80000000)
    assert not is_known_machine("riscv64")


def test_no_filter_is_made_up_for_an_unknown_machine() -> None:
    """A machine without a table is refused, not given another machine's numbers."""
    with pytest.raises(OSError, match="no table"):
        build_filter("riscv64")


def test_the_darkroom_says_what_holds() -> None:
    """Here, every protection holds, and the account of gaps is empty or names Landlock alone."""
    with Darkroom(workers=1) as darkroom:
        sandbox = darkroom.sandbox
    assert sandbox.seccomp
    assert sandbox.is_single_threaded
    assert bool(sandbox.gaps) == (sandbox.landlock_version == 0)


def test_every_gap_is_said() -> None:
    """Each protection that is missing has its sentence."""
    assert len(Sandbox(seccomp=False, landlock_version=0, is_single_threaded=False).gaps) == 3
