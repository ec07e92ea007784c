"""Contents of found files: kept only where it was said, encrypted, opened with a record, and gone with their key."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select
from tests.unit.casework.contents import reread
from tests.unit.found import found, match
from tests.unit.kept import held_on_disk

from unseen.casework.custody.keeping import keep_found, preserve_case
from unseen.casework.custody.preserving import Tried, open_content, preserve, set_preserving
from unseen.casework.proof.places import key_folder
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.casework.scanning import ScanSettings, run_scan
from unseen.errors import LedgerBrokenError, SigningKeyError, StoreError, UsageError
from unseen.model import CustodyKind, Finding, UnreadError
from unseen.store import Store, acts_of_kinds, cases_of_findings, erase, list_findings, preserved_of, sweep_contents
from unseen.store.schema import preserved

NOW = "2026-11-23T12:00:00Z"
WHY = {"by": "D. Okafor", "reason": "the law asks for it"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store with two findings, in which contents are kept."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    with open_recorded(tmp_path / "store") as store:
        found(store, {name: [match("known")] for name in ("harbour", "bridge")}, number=1, at_utc=NOW)
    set_preserving(str(tmp_path / "store"), is_on=True, **WHY)
    return str(tmp_path / "store")


def keep(path: str, change: Callable[[bytes], bytes] = lambda content: content) -> list[Tried]:
    """Keep the contents of all findings."""
    with open_recorded(path) as store:
        return list(preserve(store, list(list_findings(store)), reread(change), **WHY))


def read(path: str, locator: str = "harbour") -> bytes:
    """Read what is kept of a finding."""
    with open_recorded(path) as store:
        finding = next(one for one in list_findings(store) if str(one.locator) == locator)
        with open_content(store, finding, **WHY) as source:
            return source.read_at(0, source.size_bytes)


def files(path: str) -> list[Path]:
    """The files of contents."""
    folder = Path(path) / "contents"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_contents_are_kept_encrypted_and_read_again(path: str) -> None:
    """What comes back is the content; on the disk it is nowhere in clear, and readable by its owner alone."""
    assert [one.reason for one in keep(path)] == [None, None]
    assert held_on_disk(Path(path).parent, [b"content of harbour"]) == set()
    modes = [oct(one.stat().st_mode & 0o777) for one in (*files(path), files(path)[0].parent)]
    assert modes == ["0o600", "0o600", "0o700"]
    assert read(path) == b"content of harbour"
    assert verify(path).contents == 2
    assert [one.reason for one in keep(path)] == ["already", "already"]


def test_nothing_is_kept_where_nobody_said_so(path: str) -> None:
    """It is off until a named person turns it on, and again when they turn it off; what is kept stays."""
    keep(path)
    set_preserving(path, is_on=False, **WHY)
    with pytest.raises(UsageError, match="are not kept in this store"):
        keep(path)
    assert read(path) == b"content of harbour"


def test_opening_is_on_record_before_a_byte_comes(path: str) -> None:
    """Whoever opens it is named with their reason, also where nothing could be read; without a reason nobody does."""
    keep(path)
    with open_recorded(path) as store:
        finding = next(iter(list_findings(store)))
        with pytest.raises(UsageError, match="reason is empty"), open_content(store, finding, by="A", reason=" "):
            pass
        assert acts_of_kinds(store, [CustodyKind.CONTENT_OPENED]) == []
        with open_content(store, finding, by="M. Silva", reason="filing 7"):
            (act,) = acts_of_kinds(store, [CustodyKind.CONTENT_OPENED])
        assert (act.by, act.text, act.finding) == ("M. Silva", "filing 7", finding.id)
        for one in files(path):
            one.unlink()
        with pytest.raises(UnreadError), open_content(store, finding, by="M. Silva", reason="filing 7"):
            pass
        assert len(acts_of_kinds(store, [CustodyKind.CONTENT_OPENED])) == 2


@pytest.mark.parametrize("change", [lambda content: content + b".", lambda _: b"", lambda content: content[:-1]])
def test_what_is_not_what_was_found_is_not_kept(path: str, change: Callable[[bytes], bytes]) -> None:
    """Other bytes, fewer or none: it is told with a reason, and no file stays."""
    assert {one.reason for one in keep(path, change)} <= {"changed", "unreadable"}
    assert files(path) == []
    assert verify(path).contents == 0


@pytest.mark.parametrize("fault", ["flip", "cut", "gone", "swap"])
def test_a_file_that_is_not_what_was_kept_is_noticed(path: str, fault: str) -> None:
    """By whoever verifies, without any key, and by whoever reads."""
    keep(path)
    with sqlite3.connect(Path(path) / "unseen.db") as connection:
        query = "SELECT hex(file_sha256) FROM preserved JOIN findings ON findings.id = finding_id WHERE locator = ?"
        ((name,),) = connection.execute(query, (b"harbour",)).fetchall()
    connection.close()
    mine = Path(path) / "contents" / name.lower()
    (other,) = (one for one in files(path) if one != mine)
    data = bytearray(mine.read_bytes())
    data[-1] ^= 1
    match fault:
        case "flip":
            mine.write_bytes(data)
        case "cut":
            mine.write_bytes(data[:-1])
        case "gone":
            mine.unlink()
        case _:
            mine.write_bytes(other.read_bytes())
    with pytest.raises(LedgerBrokenError, match="is not what was kept"):
        verify(path)
    with pytest.raises(UnreadError):
        read(path)


def test_without_the_key_of_the_custodian_nothing_is_read(path: str) -> None:
    """Neither where it is gone, nor with another in its place, nor where others could have read it."""
    keep(path)
    (key,) = key_folder().glob("*.contents")
    own = key.read_bytes()
    key.unlink()
    with pytest.raises(SigningKeyError, match="is not in"):
        read(path)
    set_preserving(path, is_on=True, **WHY)
    with pytest.raises(SigningKeyError, match="not the one that it was kept under"):
        read(path)
    key.write_bytes(own)
    key.chmod(0o644)
    with pytest.raises(SigningKeyError, match="open to others"):
        read(path)
    key.chmod(0o600)
    assert read(path) == b"content of harbour"


def test_a_full_disk_leaves_nothing_behind(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file is taken away, nothing is recorded, and the next attempt keeps it."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("unseen.store.custody.contents.os.fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            keep(path)
    assert files(path) == []
    assert {one.reason for one in keep(path)} == {None}
    verify(path)


_KILLED = """
import os, signal, sys
from tests.unit.casework import test_preserving as here
import unseen.{module} as module
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
module.{name} = die
here.keep(sys.argv[1])
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [("store", "record_preserved"), ("store.custody.contents", "_sync")],
)
def test_whoever_is_killed_half_way_leaves_noise_at_most(path: str, module: str, name: str) -> None:
    """Between the file and its row the process dies: what is left is swept away, verifies, and is kept next time."""
    script = _KILLED.format(module=module, name=name)
    done = subprocess.run([sys.executable, "-c", script, path], check=False, env=os.environ, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(files(path)) == 1
    assert verify(path).contents == 0
    with open_recorded(path) as store:
        assert sweep_contents(store) == 1
    assert {one.reason for one in keep(path)} == {None}
    assert verify(path).contents == 2


def scanned(folder: Path, path: str) -> tuple[Path, str]:
    """Scan a picture of hills that a list knows; gives its path, and the id of its finding."""
    picture = folder / "hills.png"
    rng = np.random.default_rng(1)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    coarse.resize((300, 200), Image.Resampling.BICUBIC).save(picture)
    known = folder / "known.txt"
    known.write_text(f"sha256:{sha256(picture.read_bytes()).hexdigest()}\n")
    settings = ScanSettings(store=path, sources=(str(picture),), lists=(str(known),), workers=1)
    notes: list[str] = []
    (finding,) = (one for one in run_scan(settings) if isinstance(one, Finding))
    keep_found(path, [finding.id], note=notes.append)
    assert notes == ["contents of found files are kept now, encrypted: 1"]
    return picture, finding.id


def test_a_scan_keeps_what_it_finds_and_a_case_what_is_still_there(path: str, tmp_path: Path) -> None:
    """Read again from where it lies; where it has gone or changed since, it is told, and nothing is kept of it."""
    picture, finding_id = scanned(tmp_path, path)
    with open_recorded(path) as store:
        (kept,) = preserved_of(store, [finding_id]).values()
        assert (kept.size_bytes, kept.done_by) == (picture.stat().st_size, None)
        (case_id,) = cases_of_findings(store, [finding_id])[finding_id]
        # As if it had never been kept.
        erase(store, _records_of(store, finding_id), reason="why", at_utc=NOW)
    picture.write_bytes(picture.read_bytes() + b".")
    assert [one.reason for one in preserve_case(path, case_id, by="D. Okafor", reason="by law")] == ["changed"]
    picture.unlink()
    assert [one.reason for one in preserve_case(path, case_id, by="D. Okafor", reason="by law")] == ["unreadable"]
    assert verify(path).contents == 0


def _records_of(store: Store, finding_id: str) -> list[int]:
    with store.read() as connection:
        return list(connection.scalars(select(preserved.c.id).where(preserved.c.finding_id == finding_id)))
