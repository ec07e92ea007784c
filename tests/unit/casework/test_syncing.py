"""Lists that are fetched: said once, fetched whole, applied at once, and never for another purpose."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.exchanges.fake_ncmec import FakeNcmec, Record
from tests.unit.exchanges.servers import Server, running

from unseen.casework.lists import add_list, remove_list, show_list
from unseen.casework.matching import match_hashes
from unseen.casework.proof.verifying import verify
from unseen.casework.syncing import Synced, accepted, follow_list, followed_lists, sync_list
from unseen.errors import ExchangeError, ListError, StoreError, UsageError
from unseen.model import ListClass, Waiting
from unseen.store import Acceptance, SyncLock, list_entries, open_store

NOW_S = 1_800_000_000
NAME = "known"


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing keys of the test's own."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))


@pytest.fixture
def fake() -> FakeNcmec:
    """A service with twenty entries, on pages of six."""
    return FakeNcmec([Record.drawn(n, NOW_S - 1000 - n) for n in range(20)], now_s=NOW_S, page_size=6)


@pytest.fixture
def server(fake: FakeNcmec) -> Iterator[Server]:
    """The service on a port of this machine."""
    with running(fake.server()) as server:
        yield server


@pytest.fixture
def credentials(tmp_path: Path) -> str:
    """A file that proves who asks."""
    path = tmp_path / "secret"
    path.write_text("tester:benign-password\n")
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def store(tmp_path: Path, server: Server, credentials: str) -> str:
    """A store in which it was said where the list comes from."""
    path = str(tmp_path / "store")
    follow(path, server, credentials)
    return path


def follow(store: str, server: Server, credentials: str | None, **more: Any) -> None:
    """Say that the list comes from the service."""
    follow_list(
        store, NAME, "ncmec", settings={"base": server.address}, credentials=credentials, list_class="csam", **more
    )


def held(store: str) -> set[str]:
    """Identifiers of the entries that the list holds."""
    with open_store(store, create=False, read_only=True) as opened:
        return {entry.entry for entry in list_entries(opened, NAME)}


def standing(fake: FakeNcmec) -> set[str]:
    """Identifiers of the entries that the service holds."""
    return {f"42-{record.id}" for record in fake.records if not record.is_deleted}


def withdraw(fake: FakeNcmec, *numbers: int) -> None:
    """Have entries taken back, a minute later."""
    fake.now_s += 60
    fake.put(*(replace(Record.drawn(n, fake.now_s - 30), is_deleted=True) for n in numbers))


def counts(synced: Synced) -> tuple[int, int, int]:
    """Added, replaced, withdrawn."""
    return synced.change.added, synced.change.replaced, synced.change.withdrawn


def test_a_list_is_fetched_applied_and_on_record(fake: FakeNcmec, store: str) -> None:
    """After a sync the store holds what the service does, and verifies."""
    synced = sync_list(store, NAME)
    assert counts(synced) == (20, 0, 0)
    assert held(store) == standing(fake)
    account = show_list(store, NAME)
    assert (account.info.list_class, account.info.file_format) == (ListClass.CSAM, "ncmec")
    assert verify(store).records is not None


def test_a_second_sync_changes_nothing_and_records_nothing(fake: FakeNcmec, store: str) -> None:
    """Where the service has nothing new, version and ledger stay as they are."""
    first = sync_list(store, NAME)
    records = verify(store).size
    second = sync_list(store, NAME)
    assert (counts(second), second.change.version, verify(store).size) == ((0, 0, 0), first.change.version, records)


def test_what_changed_is_told_and_what_went_is_found_no_more(fake: FakeNcmec, store: str) -> None:
    """A withdrawn entry leaves the search with the sync that fetched its tombstone."""
    sync_list(store, NAME)
    question = f"md5:{fake.records[3].hashes['md5']}"
    assert [answer.matches for answer in match_hashes(store, [question])] != [()]
    fake.put(Record.drawn(7, NOW_S + 10, classification="B1"), Record.drawn(50, NOW_S + 20))
    withdraw(fake, 3)
    assert counts(sync_list(store, NAME)) == (1, 1, 1)
    assert held(store) == standing(fake)
    assert not any(answer.matches for answer in match_hashes(store, [question]))


def test_a_failure_half_way_applies_nothing_and_is_resumed(fake: FakeNcmec, server: Server, store: str) -> None:
    """Pages that came are kept; the next sync asks for those behind them only, and then everything counts."""
    fake.links_lapse = 1_000
    with pytest.raises(ExchangeError, match="loses its way"):
        sync_list(store, NAME)
    with pytest.raises(ListError, match="no list named"):
        held(store)
    fake.links_lapse = 0
    server.questions.clear()
    sync_list(store, NAME)
    assert held(store) == standing(fake)
    assert len([one for one in server.questions if one.path.endswith("entries")]) == len(fake.records) // fake.page_size


def test_a_list_that_shrinks_tenfold_waits_for_a_person(fake: FakeNcmec, store: str) -> None:
    """Nothing changes until somebody says that it is right; then exactly what waited is applied, without fetching."""
    sync_list(store, NAME)
    withdraw(fake, *range(19))
    for _ in range(2):
        waiting = sync_list(store, NAME)
        assert waiting.change.waiting is Waiting.SHRINKS_TENFOLD
        assert len(held(store)) == 20
    fake.put(Record.drawn(70, fake.now_s))
    synced = sync_list(store, NAME, acceptance=Acceptance(by="D. Okafor", reason="the owner said so"))
    assert (synced.change.waiting, synced.pages, counts(synced)) == (None, 0, (0, 0, 19))
    assert held(store) == {"42-entry19"}


@pytest.mark.parametrize(
    ("by", "reason", "is_asked"),
    [(None, "why", True), ("who", None, True), (" ", "why", True), ("who", "why", False), ("who", None, False)],
)
def test_a_change_is_accepted_by_somebody_for_a_reason(by: str | None, reason: str | None, is_asked: bool) -> None:
    """Neither half stands alone, and neither means anything by itself."""
    with pytest.raises(UsageError):
        accepted(by=by, reason=reason, is_asked=is_asked)
    assert accepted(by=None, reason=None, is_asked=False) is None


def test_corrupt_entries_are_counted_and_do_not_block(fake: FakeNcmec, store: str) -> None:
    """One entry without a readable hash is refused by its place; all others are taken."""
    fake.put(Record.drawn(5, NOW_S - 500, hashes={"pdq": "zz"}))
    synced = sync_list(store, NAME)
    assert held(store) == standing(fake) - {"42-entry5"}
    assert [one.position for one in synced.change.refusals] == ["42-entry5 pdq", "42-entry5"]


def test_reading_anew_withdraws_what_is_there_no_more(fake: FakeNcmec, store: str) -> None:
    """Where a service lost its tombstones, a whole copy still tells what is gone."""
    sync_list(store, NAME)
    del fake.records[4]
    assert counts(sync_list(store, NAME)) == (0, 0, 0)
    assert counts(sync_list(store, NAME, anew=True)) == (0, 0, 1)
    assert held(store) == standing(fake)


def test_no_secret_is_kept(fake: FakeNcmec, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password stands in no file of the store, whether it came from a file or the environment."""
    sync_list(store, NAME)
    files = [path for path in Path(store).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"benign-password" in path.read_bytes()]


def test_credentials_may_stand_in_the_environment(
    fake: FakeNcmec, server: Server, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a file the variable is read when the list is fetched; without both, the sentence names the variable."""
    follow(store, server, None, replace=True)
    monkeypatch.delenv("UNSEEN_NCMEC_CREDENTIALS", raising=False)
    with pytest.raises(ExchangeError, match="no credentials") as caught:
        sync_list(store, NAME)
    assert "UNSEEN_NCMEC_CREDENTIALS" in caught.value.hint
    monkeypatch.setenv("UNSEEN_NCMEC_CREDENTIALS", "tester:benign-password")
    assert counts(sync_list(store, NAME)) == (20, 0, 0)


@pytest.mark.parametrize("name", ["stopncii", "StopNCII", "tat", "tech-against-terrorism", "gifct"])
def test_services_for_other_purposes_are_refused(tmp_path: Path, name: str) -> None:
    """Lists of adults' intimate images or of terrorism are not taken, and the reason is given."""
    with pytest.raises(UsageError, match="unseen does not take them") as caught:
        follow_list(str(tmp_path / "s"), NAME, name, settings={})
    assert "no other purpose" in caught.value.hint
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "which one"),
        ({"base": "nonesuch"}, "keeps no list"),
        ({"base": "http://example.org"}, "in the clear"),
        ({"base": "https://user:word@example.org"}, "more than host and path"),
        ({"base": "https://api.stopncii.org/v1"}, "intimate images"),
        ({"base": "npo", "group": "7"}, "knows no setting"),
    ],
)
def test_settings_that_mean_nothing_are_refused(tmp_path: Path, settings: dict[str, Any], told: str) -> None:
    """Found out when they are given, not at night."""
    with pytest.raises(UsageError, match=told):
        follow_list(str(tmp_path / "s"), NAME, "ncmec", settings=settings, list_class="csam")
    assert not (tmp_path / "s").exists()


def test_what_others_may_read_is_no_secret(tmp_path: Path, credentials: str) -> None:
    """A file of credentials that is open to others is refused before anything is kept."""
    Path(credentials).chmod(0o644)
    with pytest.raises(ExchangeError, match="others may read"):
        follow_list(str(tmp_path / "s"), NAME, "ncmec", settings={"base": "npo"}, credentials=credentials)


def test_a_name_means_one_list(server: Server, store: str, credentials: str, tmp_path: Path) -> None:
    """Neither a list that is fetched already nor one from a file is quietly made another."""
    with pytest.raises(ListError, match="comes from a service already"):
        follow(store, server, credentials)
    (tmp_path / "list.txt").write_text("md5:" + "ab" * 16)
    add_list(store, "other", str(tmp_path / "list.txt"))
    with pytest.raises(ListError, match="there is a list named"):
        follow_list(store, "other", "ncmec", settings={"base": "npo"}, credentials=credentials)
    with pytest.raises(ListError, match="there is a list named"):
        follow_list(store, "other", "ncmec", settings={"base": "npo"}, credentials=credentials, replace=True)
    with pytest.raises(ListError, match="nobody said where"):
        sync_list(store, "other")


def test_a_list_keeps_its_class(server: Server, store: str, credentials: str) -> None:
    """What was taken for known material does not become something else, nor the other way round, under one name."""
    sync_list(store, NAME)
    other: dict[str, Any] = {
        "settings": {"base": server.address},
        "credentials": credentials,
        "list_class": "user_reported",
    }
    with pytest.raises(ListError, match="is of class csam, not user_reported"):
        follow_list(store, NAME, "ncmec", replace=True, **other)
    assert sync_list(store, NAME).change.waiting is None


def test_another_source_is_read_whole(fake: FakeNcmec, server: Server, store: str, credentials: str) -> None:
    """Once a list comes from elsewhere, what only the former source held is withdrawn: nothing of it is left over."""
    sync_list(store, NAME)
    other = FakeNcmec([Record.drawn(n, NOW_S - 2000 - n) for n in range(15, 30)], now_s=NOW_S)
    with running(other.server()) as elsewhere:
        follow(store, elsewhere, credentials, replace=True)
        assert counts(sync_list(store, NAME)) == (10, 0, 15)
    assert held(store) == standing(other)


def test_a_list_that_was_removed_is_forgotten(fake: FakeNcmec, server: Server, store: str, credentials: str) -> None:
    """Fetched again under the same name it comes whole, not from an old checkpoint on; and one never fetched can go."""
    sync_list(store, NAME)
    assert remove_list(store, NAME) == 60
    assert followed_lists(store) == []
    with pytest.raises(ListError, match="nobody said where"):
        sync_list(store, NAME)
    follow(store, server, credentials)
    assert remove_list(store, NAME) == 0
    follow(store, server, credentials)
    sync_list(store, NAME)
    assert held(store) == standing(fake)


def test_a_list_is_fetched_by_one_at_a_time(store: str) -> None:
    """Pages of two runs, put together, would be no list that any service ever had."""
    with open_store(store) as opened, SyncLock(opened, NAME), pytest.raises(StoreError, match="same sync is running"):
        sync_list(store, NAME)


def test_a_source_that_was_altered_is_not_asked(store: str, server: Server) -> None:
    """What somebody wrote into the store behind our back is told of, by the sync and by verify."""
    with sqlite3.connect(f"{store}/unseen.db") as connection:
        connection.execute("UPDATE list_sources SET settings = '{}'")
    connection.close()
    with pytest.raises(ListError, match="cannot be read"):
        sync_list(store, NAME)
    assert server.questions == []


def test_what_was_left_out_is_told(
    fake: FakeNcmec, server: Server, store: str, credentials: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries of members who do not belong into the list are counted aloud; Take It Down's with the reason."""
    fake.put(Record.drawn(60, NOW_S - 90, member=("7", "Take It Down")))
    said: list[str] = []
    sync_list(store, NAME, note=said.append)
    assert said == [
        "changes left out, of members who are not part of this list: 1",
        "reports to Take It Down, reviewed by nobody, are taken by a list of class user_reported only",
    ]
    assert held(store) == {f"42-entry{n}" for n in range(20)}


def test_who_is_followed_is_listed(store: str, server: Server, credentials: str) -> None:
    """Where each list comes from, with the path of the credentials and not their content."""
    (followed,) = followed_lists(store)
    assert (followed.list, followed.exchange.name, followed.plan.origin) == (NAME, "ncmec", server.address)
    assert str(followed.credentials) == credentials
    assert "benign-password" not in repr(followed)
