"""Privacy groups of ThreatExchange as lists: fetched, disputed, withdrawn, and never for another purpose."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.exchanges.fake_threatexchange import GROUP, TOKEN, FakeThreatExchange, Indicator, descriptor
from tests.unit.exchanges.servers import Server, running
from tests.unit.found import found

from unseen.casework.feedback import Tried, deliver, give_feedback, list_reasons
from unseen.casework.lists import show_list
from unseen.casework.matching import match_hashes
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.casework.syncing import follow_list, sync_list
from unseen.errors import ExchangeError, UsageError
from unseen.model import Decision, Ground, ListClass, Match
from unseen.store import record_verdicts

NOW = "2026-11-23T12:00:00Z"
NOW_S = 1_800_000_000
DAY_S = 86_400


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing keys of the test's own, and the token where a server would have it."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("UNSEEN_THREATEXCHANGE_CREDENTIALS", TOKEN.replace("|", "%7C"))


@pytest.fixture
def fake() -> FakeThreatExchange:
    """A group with twenty indicators, on pages of six."""
    return FakeThreatExchange([Indicator.drawn(n, NOW_S - 1000 - n) for n in range(20)], now_s=NOW_S, page_size=6)


@pytest.fixture
def server(fake: FakeThreatExchange) -> Iterator[Server]:
    """The service on a port of this machine."""
    with running(fake.server()) as server:
        yield server


@pytest.fixture
def store(tmp_path: Path, server: Server) -> str:
    """A store in which it was said where the list comes from."""
    path = str(tmp_path / "store")
    follow(path, server)
    return path


def follow(store: str, server: Server, *, group: str = GROUP, list_class: str | None = "csam") -> None:
    """Say that a list comes from a group."""
    follow_list(
        store, "known", "threatexchange", settings={"base": server.address, "group": group}, list_class=list_class
    )


def is_found(store: str, number: int) -> bool:
    """Whether an indicator's value matches."""
    (answer,) = match_hashes(store, [f"pdq:{Indicator.drawn(number, 0).value}"], threshold_bits=0)
    return bool(answer.matches)


def test_a_group_is_fetched_searched_and_on_record(store: str) -> None:
    """After a sync all of it is found, and the store verifies."""
    synced = sync_list(store, "known")
    assert (synced.change.added, synced.pages) == (20, 4)
    account = show_list(store, "known")
    assert (account.info.list_class, account.info.file_format) == (ListClass.CSAM, "threatexchange")
    assert all(is_found(store, number) for number in range(20))
    assert sync_list(store, "known").change.added == 0
    verify(store)


def test_what_is_withdrawn_is_found_no_more(fake: FakeThreatExchange, store: str) -> None:
    """By tombstone, by descriptors that are gone, and where all say that it is not the material."""
    sync_list(store, "known")
    fake.now_s += DAY_S
    at_s = fake.now_s - 10
    fake.put(
        Indicator.drawn(1, at_s, is_deleted=True),
        Indicator.drawn(2, at_s, descriptors=None),
        Indicator.drawn(3, at_s, descriptors=[descriptor(status="NON_MALICIOUS")]),
        Indicator.drawn(4, at_s, descriptors=[descriptor(), descriptor(8, 502, "NON_MALICIOUS")]),
    )
    synced = sync_list(store, "known")
    assert synced.change.withdrawn == 3
    assert [is_found(store, number) for number in range(6)] == [True, False, False, False, True, True]
    verify(store)


def test_after_85_days_what_is_not_named_again_is_withdrawn(fake: FakeThreatExchange, store: str) -> None:
    """Though the service has forgotten that it ever was."""
    sync_list(store, "known")
    fake.now_s += 90 * DAY_S
    fake.indicators = fake.indicators[5:]
    assert sync_list(store, "known").change.withdrawn == 5
    assert not is_found(store, 0)


def test_one_corrupt_indicator_stops_nothing(fake: FakeThreatExchange, store: str) -> None:
    """It is refused by its place, and told."""
    fake.put(Indicator("zz" * 32, NOW_S - 500))
    synced = sync_list(store, "known")
    assert (synced.change.added, synced.change.refused) == (20, 1)


def test_the_token_is_nowhere_in_the_store(store: str, fake: FakeThreatExchange, server: Server) -> None:
    """Nor in what is kept of a sync that broke off half-way, whose next page has it in its address."""
    fake.links_to_break = 2
    with pytest.raises(ExchangeError):
        sync_list(store, "known")
    secret = TOKEN.partition("|")[2].encode()
    assert not any(secret in path.read_bytes() for path in Path(store).rglob("*") if path.is_file())
    fake.links_to_break = None
    assert sync_list(store, "known").change.added == 20
    shutil.rmtree(store)


@pytest.mark.parametrize(
    ("group", "list_class", "said"),
    [("", "csam", "privacy group"), ("1/2", "csam", "privacy group"), (GROUP, None, "only its members know")],
)
def test_a_group_and_its_class_must_be_said(
    tmp_path: Path, server: Server, group: str, list_class: str | None, said: str
) -> None:
    """Nobody can tell from hashes what they are for."""
    with pytest.raises(UsageError, match=said):
        follow(str(tmp_path / "other"), server, group=group, list_class=list_class)
    assert server.questions == []


def test_a_group_for_another_purpose_is_refused(fake: FakeThreatExchange, store: str) -> None:
    """By its own name, before anything of it is fetched."""
    fake.name = "Tech Against Terrorism"
    with pytest.raises(UsageError, match="about terrorism"):
        sync_list(store, "known")


def give(store: str, entry: str, decision: Decision, *, codes: tuple[str, ...] = ()) -> list[Tried]:
    """Decide on a finding that matched an entry, and tell the group."""
    match = Match("known", entry, "pdq", 0, None, ground=Ground.NEAR)
    with open_recorded(store) as opened:
        ids = found(opened, {f"item of {entry}": (match,)}, number=len(entry), at_utc=NOW)
        record_verdicts(opened, ids, decision, by="D. Okafor", reason="compared", at_utc=NOW)
    give_feedback(store, ids, by="D. Okafor", codes=codes)
    return list(deliver(store))


@pytest.mark.parametrize(
    ("decision", "codes", "reaction"),
    [(Decision.CONFIRMED, (), "HELPFUL"), (Decision.CLEARED, ("DISAGREE_WITH_TAGS",), "DISAGREE_WITH_TAGS")],
)
def test_a_verdict_reaches_those_who_stand_by_the_entry(
    fake: FakeThreatExchange, store: str, decision: Decision, codes: tuple[str, ...], reaction: str
) -> None:
    """As a reaction to their descriptors, by number; who disagrees already need not be told, and no hash leaves."""
    shared = [descriptor(7, 501), descriptor(8, 502, "NON_MALICIOUS"), descriptor(9, 503)]
    fake.put(Indicator.drawn(40, NOW_S - 500, descriptors=shared))
    sync_list(store, "known")
    (answer,) = match_hashes(store, [f"pdq:{Indicator.drawn(40, 0).value}"], threshold_bits=0)
    (tried,) = give(store, answer.matches[0].entry, decision, codes=codes)
    assert tried.outcome == "accepted"
    assert fake.reactions == [(number, {"reactions": reaction}) for number in ("7", "9")]
    assert [reason.guid for reason in list_reasons(store, "known", "pdq")] == ["DISAGREE_WITH_TAGS"]
    verify(store)


def test_nobody_is_told_where_nobody_stands_by_the_entry(fake: FakeThreatExchange, store: str) -> None:
    """Before anything is queued."""
    fake.put(Indicator.drawn(40, NOW_S - 500, descriptors=[descriptor(8, 502, "SUSPICIOUS")]))
    sync_list(store, "known")
    (answer,) = match_hashes(store, [f"pdq:{Indicator.drawn(40, 0).value}"], threshold_bits=0)
    with pytest.raises(UsageError, match="nobody stands by"):
        give(store, answer.matches[0].entry, Decision.CONFIRMED)
    assert fake.reactions == []
