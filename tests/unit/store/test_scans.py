"""Scans in the store: one at a time of each kind, each batch whole or not at all."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, select
from tests.stores import on_both
from tests.unit.stand_ins import DAMAGED, LOCKED, PICTURE, StandInMatcher, hash_content, make_item, open_writable

from unseen.errors import StoreError
from unseen.model import How, Locator, Match, Screened
from unseen.scan import screen_item as screen
from unseen.store import Account, ScanSession, Store, list_findings
from unseen.store.findings import scan_findings
from unseen.store.locks import ScanLock, is_scanning
from unseen.store.objects import Noted
from unseen.store.schema import items, not_screened, scans

ROOT = Path(__file__).parents[3]
NOW = "2026-11-23T12:00:00+00:00"
LATER = "2026-11-24T12:00:00+00:00"
KEY = bytes(32)
KNOWN = PICTURE + b"known"


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A new store."""
    with open_writable(place) as opened:
        yield opened


def batch_of(*contents: tuple[str, bytes]) -> list[Screened]:
    """A batch ready to be kept."""
    matcher = StandInMatcher(csam=[KNOWN])
    batch = []
    for locator, content in contents:
        hashes = hash_content(content)
        (matches,) = matcher.match([hashes])
        batch.append(screen(make_item(locator, content), hashes, matches, is_finding=matcher.is_finding(matches)))
    return batch


def begin(store: Store, key: bytes = KEY) -> ScanSession:
    """A session with settings of no interest."""
    return ScanSession(store, key, settings="{}", at_utc=NOW)


def test_an_item_comes_back_as_it_was_kept(store: Store) -> None:
    """Locators that are not UTF-8 included."""
    with begin(store) as session:
        session.commit(batch_of(("folder/\udcff", KNOWN)), seconds=1.5, at_utc=NOW)
        odd = Locator.of_file("folder/\udcff")
        assert session.stored([odd, Locator.of_file("folder/other")]) == {odd}
        with store.read() as connection:
            row = connection.execute(select(items)).one()
    hashes = hash_content(KNOWN)
    assert (row.locator, row.state, row.outcome, row.reason) == (b"folder/\xff", "allocated", "match", None)
    assert (row.sha256, row.sha1, row.md5) == (hashes.sha256, hashes.sha1, hashes.md5)
    assert (row.pdq, row.pdq_quality, row.size_bytes) == (hashes.pdq, 100, len(KNOWN))


@pytest.mark.parametrize("bits", [8, 1 << 26])
def test_what_was_kept_is_known_in_its_own_run_and_in_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    """None that was kept is said to be new, and none that is new to be kept, however full the quick look is."""
    monkeypatch.setattr(Noted, "_BITS", bits)
    names = [f"folder/{number}" for number in range(200)]
    kept = {Locator.of_file(name) for name in names[::2]}
    everything = [Locator.of_file(name) for name in names]
    with begin(store) as session:
        for name in names[::2]:
            session.commit(batch_of((name, KNOWN)), seconds=1, at_utc=NOW)
        assert session.stored(everything) == kept
    with begin(store) as resumed:
        assert resumed.stored(everything) == kept


def test_a_batch_is_kept_whole_or_not_at_all(store: Store) -> None:
    """Whichever statement fails, nothing of the batch remains, and the account stays with what is stored."""
    batch = batch_of(("known", KNOWN), ("damaged", DAMAGED), ("locked", LOCKED), ("text", b"text"))
    with begin(store) as session:
        session.commit(batch_of(("earlier", KNOWN)), seconds=1, at_utc=NOW)
        statements: list[str] = []
        failing: list[int] = []

        @event.listens_for(store.engine, "before_cursor_execute")
        def _fail(*details: object) -> None:
            statements.append(str(details[2]))
            if failing and len(statements) == failing[0]:
                failing.clear()
                raise StoreError("disk full")

        for position in range(1, 11):
            statements.clear()
            failing.append(position)
            with pytest.raises(StoreError):
                session.commit(batch, seconds=1, at_utc=NOW)
            assert session.account == Account(items=1, hashed=1, findings=1, seconds=1)
            with store.read() as connection:
                assert connection.scalars(select(items.c.locator)).all() == [b"earlier"]
            assert len(list(scan_findings(store, session.scan_id))) == 1
        statements.clear()
        session.commit(batch, seconds=1, at_utc=NOW)
        # BEGIN and COMMIT aside, these are all there are: a further statement needs a further failure above.
        words = [statement.split()[0] for statement in statements if "BEGIN" not in statement]
        assert words == ["SELECT", "SELECT", *["INSERT"] * 3, "SELECT", "INSERT", "SELECT", "UPDATE"]
        assert session.account == Account(
            items=5, hashed=3, digest_only=1, findings=2, not_screened=2, truncated=1, seconds=2
        )


@on_both
def test_a_finding_seen_again_stays_one_and_shows_the_newest_matches(store: Store) -> None:
    """First seen when it was first seen; its matches are those of the newest scan that saw it."""
    with begin(store) as session:
        session.commit(batch_of(("known", KNOWN)), seconds=0, at_utc=NOW)
        first = list(scan_findings(store, session.scan_id))
        session.finish(entries_searchable=0, entries_not_searchable=0, seconds=0, at_utc=NOW)
    with begin(store, bytes([1]) * 32) as session:
        (again,) = batch_of(("known", KNOWN))
        assert again.finding is not None
        newer = replace(again, finding=replace(again.finding, matches=again.finding.matches[:1]))
        session.commit([newer], seconds=0, at_utc=LATER)
    (listed,) = list_findings(store)
    assert listed == newer.finding
    assert first[0].id == listed.id
    assert len(first[0].matches) == 2


@on_both
def test_the_same_scan_cannot_run_twice_at_once_and_others_can(store: Store, place: str) -> None:
    """The second is told so; once the first has ended, it may."""
    with (
        begin(store),
        begin(store, bytes([1]) * 32),
        open_writable(place) as other,
        pytest.raises(StoreError, match="running already"),
    ):
        begin(other)
    with begin(store) as session:
        assert session.is_resumed
    assert not is_scanning(store)


@on_both
def test_the_lock_of_a_killed_process_blocks_nobody(store: Store, place: str) -> None:
    """The kernel, or the server, lets go of it; nothing has to be removed by hand."""
    program = (
        "import sys; from unseen.store import *; from tests.unit.stand_ins import open_writable;"
        " s = ScanSession(open_writable(sys.argv[1]), bytes(32), settings='{}',"
        " at_utc='now'); print('begun', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, place]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"begun\n"
        with pytest.raises(StoreError, match="running already"):
            begin(store)
        assert is_scanning(store)
        os.kill(running.pid, signal.SIGKILL)
    with begin(store) as session:
        assert session.is_resumed


def test_a_summary_holds_the_whole_account(store: Store) -> None:
    """And the store keeps it with the scan."""
    with begin(store) as session:
        session.commit(batch_of(("known", KNOWN), ("locked", LOCKED)), seconds=2, at_utc=NOW)
        summary = session.finish(entries_searchable=10, entries_not_searchable=3, seconds=0.5, at_utc=LATER)
    assert (summary.items, summary.hashed, summary.findings, summary.not_screened) == (2, 1, 1, 1)
    assert (summary.entries_searchable, summary.entries_not_searchable, summary.seconds) == (10, 3, 2.5)
    with store.read() as connection:
        row = connection.execute(select(scans)).one()
        assert connection.execute(select(not_screened.c.reason)).scalars().all() == ["encrypted"]
    assert (row.started_at_utc, row.finished_at_utc) == (NOW, LATER)


def test_a_way_of_hashing_comes_back_as_it_was_kept(store: Store) -> None:
    """Windows of altered copies included, which JSON keeps as a list."""
    how = How(orientation="plus", convention="512", window=(0.1, 0.2, 0.5, 0.5), angle_deg=1.5)
    (screened,) = batch_of(("known", KNOWN))
    assert screened.finding is not None
    finding = replace(screened.finding, matches=(Match("list", "entry", "pdq", 30, how),))
    with begin(store) as session:
        session.commit([replace(screened, finding=finding)], seconds=0, at_utc=NOW)
    assert list(list_findings(store)) == [finding]


def test_a_lock_that_was_given_back_meanwhile_is_taken_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits on a file that its holder has removed holds nothing, and must try again."""
    first = ScanLock(store, KEY)
    true_flock = fcntl.flock
    tried: list[int] = []

    def flock(descriptor: int, operation: int) -> None:
        tried.append(descriptor)
        if len(tried) == 1:
            first.release()
        true_flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    second = ScanLock(store, KEY)
    assert len(tried) == 2
    with pytest.raises(StoreError, match="running already"):
        ScanLock(store, KEY)
    second.release()


def test_a_store_that_cannot_be_written_gives_its_lock_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is told once, and the next attempt is not refused for it."""
    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", _refuse)
        with pytest.raises(StoreError, match="full"):
            begin(store)
    with begin(store) as session:
        assert not session.is_resumed


def test_a_store_without_room_for_a_lock_says_so(store: Store) -> None:
    """A file where the folder of locks should be is as good as a full disk."""
    (store.path / "scans").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot write to the store"):
        begin(store)


def _refuse(_: Store) -> None:
    raise StoreError("disk full")
