"""A key hands over to the next on record, whoever else is writing, and whenever the process dies."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.house.tree import ROOT
from tests.unit.casework.evidence import make_evidence, put_list

from unseen.casework.bundles import write_bundle
from unseen.casework.proof.keys import rotate_key, show_key
from unseen.casework.proof.recording import Bookkeeper, open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import LedgerBrokenError, SigningKeyError, StoreError
from unseen.ledger import KeyFolder, SigningKey
from unseen.ledger.standalone.unseen_verify import NotVerifiedError, verify_bundle
from unseen.model import Entry
from unseen.store import entries_of_type, open_store

# Dies before the change to the disk of the number given, counted from the opening of the store on.
_DYING = """
import os, signal, sys
from pathlib import Path
from unseen.casework.proof.keys import rotate_key
left = int(sys.argv[3])
def watch(event, arguments):
    global left
    if event in {"os.rename", "os.remove", "os.mkdir"} or event == "open" and isinstance(arguments[2], int) and \\
            arguments[2] & os.O_CREAT:
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
sys.addaudithook(watch)
rotate_key(sys.argv[1], keys=Path(sys.argv[2]))
"""
_ROTATING = """
import sys
from pathlib import Path
from unseen.casework.proof.keys import rotate_key
for _ in range(int(sys.argv[3])):
    rotate_key(sys.argv[1], keys=Path(sys.argv[2]))
"""


def start(program: str, store: Path, keys: Path, number: int) -> subprocess.Popen[bytes]:
    """Begin a program on a store in a process of its own."""
    command = [sys.executable, "-c", program, str(store), str(keys), str(number)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment)


def statements(store: Path) -> list[tuple[str, str]]:
    """Old and new key of every change on record, in order."""
    with open_store(store, read_only=True) as opened, opened.read() as connection:
        found = [json.loads(entry)["statement"] for entry in entries_of_type(connection, "key_rotated")]
    return [(one.split("\n")[2], one.split("\n")[3]) for one in found]


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path, str]:
    """A store with a list, the folder of its key, and the public key."""
    store, keys = tmp_path / "store", tmp_path / "keys"
    with open_recorded(store, keys=keys) as opened:
        put_list(opened, "known", [Entry("one", "md5", bytes(range(16)))])
    return store, keys, show_key(str(store), keys=keys).key


def test_a_key_is_shown_where_it_lies_and_nowhere_else(made: tuple[Path, Path, str], tmp_path: Path) -> None:
    """What is shown verifies the store; a key found beside the data is never shown as the store's own."""
    store, keys, first = made
    assert verify(str(store), key=first).is_pinned
    assert show_key(str(store), keys=keys).former == ()
    with pytest.raises(SigningKeyError, match="is not in"):
        show_key(str(store), keys=tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="there is no store"):
        show_key(str(tmp_path / "nowhere"), keys=keys)


def test_whoever_was_given_any_key_of_the_chain_can_verify(made: tuple[Path, Path, str]) -> None:
    """The first key, one between, and the last lead to the one that signs; a stranger's does not."""
    store, keys, first = made
    rotations = [rotate_key(str(store), keys=keys) for _ in range(2)]
    assert [one.former for one in rotations] == [first, rotations[0].key]
    assert show_key(str(store), keys=keys).former == (first, rotations[0].key)
    for given, handed_over in ((first, 2), (rotations[0].key, 1), (rotations[1].key, 0)):
        verified = verify(str(store), key=given)
        assert (verified.key, verified.rotations, verified.size) == (rotations[1].key, handed_over, rotations[1].size)
    with pytest.raises(LedgerBrokenError, match="not signed by the pinned key"):
        verify(str(store), key=str(SigningKey(rotations[0].origin, bytes(32)).public))


def test_a_scan_that_goes_on_signs_with_the_new_key(made: tuple[Path, Path, str]) -> None:
    """Whoever opened the store before the change has the former key in memory, and never signs with it again."""
    store, keys, first = made
    with open_recorded(store, keys=keys) as opened:
        assert start(_ROTATING, store, keys, 1).wait(timeout=60) == 0
        put_list(opened, "other", [Entry("two", "md5", bytes(range(1, 17)))])
    verified = verify(str(store), key=first)
    assert (verified.key, verified.rotations) == (show_key(str(store), keys=keys).key, 1)


def test_a_scan_records_a_change_that_died_before_its_record(made: tuple[Path, Path, str]) -> None:
    """Between the new key and its record another process may seal: it puts the change on record before it signs."""
    store, keys, first = made
    with open_recorded(store, keys=keys) as opened:
        recorder = opened.recorder
        assert isinstance(recorder, Bookkeeper)
        KeyFolder(keys).rotate(SigningKey(recorder.origin, bytes(range(32))))
        put_list(opened, "other", [Entry("two", "md5", bytes(range(1, 17)))])
        recorder.seal()
        verified = verify(str(store), key=first)
        assert (verified.rotations, len(statements(store))) == (1, 1)


def test_two_changes_at_once_follow_one_another(made: tuple[Path, Path, str]) -> None:
    """Two processes that change the key again and again leave one chain: no key has two that follow it."""
    store, keys, first = made
    running = [start(_ROTATING, store, keys, 4) for _ in range(2)]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    chain = statements(store)
    assert [old for old, _ in chain] == [first, *(new for _, new in chain[:-1])]
    assert len({new for _, new in chain}) == len(chain) == 8
    assert verify(str(store), key=first).rotations == 8


def test_a_change_that_is_killed_leaves_one_key_or_the_other(made: tuple[Path, Path, str], tmp_path: Path) -> None:
    """Before each change to the disk in turn: the next record repairs what is missing, and the first key verifies."""
    store, keys, first = made
    killed, rotations = 0, set()
    while True:
        run = tmp_path / f"run{killed}"
        shutil.copytree(store, run / "store")
        shutil.copytree(keys, run / "keys")
        code = start(_DYING, run / "store", run / "keys", killed).wait(timeout=60)
        with open_recorded(run / "store", keys=run / "keys") as opened:
            put_list(opened, "other", [Entry("two", "md5", bytes(range(1, 17)))])
        verified = verify(str(run / "store"), key=first)
        shown = show_key(str(run / "store"), keys=run / "keys")
        assert (verified.key, len(statements(run / "store"))) == (shown.key, verified.rotations)
        assert (run / "keys" / f"{verified.origin}.pub").read_text().strip() == shown.key
        rotations.add(verified.rotations)
        if code == 0:
            break
        killed += 1
    assert killed > 10
    assert rotations == {0, 1}


def test_bundles_verify_with_the_keys_up_to_their_own(tmp_path: Path) -> None:
    """One made after a change with the former key too; one made before it cannot know what came after, and says so."""
    evidence = make_evidence(tmp_path)
    before, after = tmp_path / "before", tmp_path / "after"
    first = show_key(evidence.store).key
    write_bundle(evidence.store, str(before))
    second = rotate_key(evidence.store).key
    write_bundle(evidence.store, str(after))
    for bundle, key, rotations in ((before, first, 0), (after, first, 1), (after, second, 0)):
        verified = verify(str(bundle), key=key)
        assert (verified.is_pinned, verified.rotations) == (True, rotations)
        assert verify_bundle(bundle, key).pinned
    with pytest.raises(LedgerBrokenError, match="nor one that follows it") as caught:
        verify(str(before), key=second)
    assert "verifies with the former key" in caught.value.hint
    with pytest.raises(NotVerifiedError, match="nor one that follows it"):
        verify_bundle(before, second)
