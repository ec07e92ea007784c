"""ThreatExchange is read whole, whatever befalls the reading: laws over a service that behaves as the real one."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.exchanges.fake_threatexchange import GROUP, TOKEN, FakeThreatExchange, Indicator
from tests.unit.exchanges.kept import Kept, sync
from tests.unit.exchanges.servers import Clock, Question, Reply, Server, running

from unseen.errors import ExchangeError, UsageError
from unseen.exchanges import Secret
from unseen.exchanges.threatexchange import read_token

NOW_S = 1_800_000_000
DAY_S = 86_400
UPDATES = f"/{GROUP}/threat_updates/"


@pytest.fixture
def fake() -> FakeThreatExchange:
    """A service that holds 25 indicators of the last weeks, on pages of ten."""
    return FakeThreatExchange([Indicator.drawn(n, NOW_S - n * DAY_S - 100) for n in range(25)], now_s=NOW_S)


@pytest.fixture
def server(fake: FakeThreatExchange) -> Iterator[Server]:
    """The service on a port of this machine."""
    with running(fake.server()) as server:
        yield server


def standing(fake: FakeThreatExchange) -> set[bytes]:
    """The values that the service holds and has not withdrawn."""
    return {bytes.fromhex(one.value) for one in fake.indicators if not one.is_deleted}


def values(kept: Kept) -> set[bytes]:
    """The values that a store would hold."""
    return {value for entry in kept.entries.values() for _, value in entry.hashes}


def test_a_group_is_read_whole(fake: FakeThreatExchange, server: Server) -> None:
    """The first run keeps every entry, begins anew, and only its last page says that it is the last."""
    kept = Kept()
    pages = list(fake.client(server).changes(None))
    assert [page.is_last for page in pages] == [False, False, True]
    assert [page.begins_anew for page in pages] == [True, False, False]
    sync(pages, kept)
    assert values(kept) == standing(fake)
    assert all(entry.startswith("HASH_PDQ-") and len(entry) == 33 for entry in kept.entries)


def test_changes_and_tombstones_of_every_kind_are_told(fake: FakeThreatExchange, server: Server) -> None:
    """A flag, or descriptors that are gone; a second run asks only for what is new."""
    kept = Kept()
    sync(fake.client(server).changes(None), kept)
    fake.now_s += DAY_S
    at_s = fake.now_s - 10
    fake.put(
        Indicator.drawn(3, at_s, is_deleted=True),
        Indicator.drawn(4, at_s, descriptors=None),
        Indicator.drawn(5, at_s, descriptors=[]),
        Indicator.drawn(77, at_s),
    )
    server.questions.clear()
    pages = list(fake.client(server).changes(kept.checkpoint))
    assert [page.begins_anew for page in pages] == [False]
    sync(pages, kept)
    gone = {bytes.fromhex(Indicator.drawn(n, 0).value) for n in (3, 4, 5)}
    assert values(kept) == standing(fake) - gone
    assert int(server.questions[1].query["start_time"]) == NOW_S - 100 - 3_600


@pytest.mark.parametrize("days", [84, 86])
def test_whoever_comes_after_85_days_begins_anew(fake: FakeThreatExchange, server: Server, days: int) -> None:
    """What was deleted meanwhile is no longer told, so that whatever is not named again is gone."""
    kept = Kept()
    sync(fake.client(server).changes(None), kept)
    fake.now_s += days * DAY_S
    if days > 85:
        # Not even a tombstone is left.
        fake.indicators = fake.indicators[5:]
    server.questions.clear()
    sync(fake.client(server).changes(kept.checkpoint), kept)
    assert ("start_time" in server.questions[1].query) == (days < 85)
    assert values(kept) == standing(fake)


def test_a_clock_that_was_set_back_makes_a_run_begin_anew(fake: FakeThreatExchange, server: Server) -> None:
    """Nobody could tell how old the last run is."""
    kept = Kept()
    sync(fake.client(server).changes(None), kept)
    fake.now_s -= 3 * DAY_S
    assert next(fake.client(server).changes(kept.checkpoint)).begins_anew


def test_a_time_in_the_future_hides_nothing(fake: FakeThreatExchange, server: Server) -> None:
    """One update that is dated wrongly must not move the checkpoint beyond all that comes after."""
    fake.put(Indicator.drawn(90, NOW_S + 900 * DAY_S))
    kept = Kept()
    sync(fake.client(server).changes(None), kept)
    fake.now_s += DAY_S
    fake.put(Indicator.drawn(91, fake.now_s - 5))
    sync(fake.client(server).changes(kept.checkpoint), kept)
    assert values(kept) == standing(fake)


def test_pages_out_of_order_lose_nothing_when_a_run_is_killed(fake: FakeThreatExchange, server: Server) -> None:
    """The checkpoint moves only when every page was read; the next run goes on from the page."""
    fake.order = lambda one: -one.at_s
    for killed_after in (1, 2):
        kept = Kept()
        sync(fake.client(server).changes(None), kept, pages_max=killed_after)
        assert kept.entries == {}
        server.questions.clear()
        pages = list(fake.client(server).changes(kept.checkpoint))
        assert len(pages) == 3 - killed_after
        sync(pages, kept)
        assert values(kept) == standing(fake)


@pytest.mark.parametrize("how", ["lapsed", "old", "in a circle"])
def test_a_link_that_leads_nowhere_is_given_up(fake: FakeThreatExchange, server: Server, how: str) -> None:
    """The answer is then asked for from its beginning."""
    kept, clock = Kept(), Clock(NOW_S)
    sync(fake.client(server, clock).changes(None), kept, pages_max=1)
    spoilt: list[Question] = []

    def interfere(question: Question) -> Reply | None:
        if question.query.get("after") != "10" or len(spoilt) > (how == "in a circle"):
            return None
        spoilt.append(question)
        if how == "lapsed":
            return Reply(400, b'{"error": {"message": "cursor expired"}}')
        query = "&".join(f"{name}={value}" for name, value in question.query.items())
        return Reply(200, json.dumps({"data": [], "paging": {"next": f"{server.address}{UPDATES}?{query}"}}).encode())

    if how == "old":
        clock.at += 13 * 3_600
    else:
        fake.interfere = interfere
    pages = list(fake.client(server, clock).changes(kept.checkpoint))
    assert any(page.begins_anew for page in pages)
    sync(pages, kept)
    assert values(kept) == standing(fake)


def test_links_that_always_lapse_end_in_an_error(fake: FakeThreatExchange, server: Server) -> None:
    """Not in a run that never ends."""
    fake.interfere = lambda question: Reply(404) if "after" in question.query else None
    with pytest.raises(ExchangeError, match="loses its way"):
        list(fake.client(server).changes(None))


@pytest.mark.parametrize(
    "fault",
    [
        Reply(429, headers={"Retry-After": "7"}),
        Reply(500),
        Reply(503),
        Reply(200, b'{"data": [', fault="half"),
        Reply(fault="reset"),
    ],
    ids=["429", "500", "503", "half", "reset"],
)
def test_failures_that_pass_are_waited_for(fake: FakeThreatExchange, server: Server, fault: Reply) -> None:
    """Every second answer fails, and nothing is lost."""
    turns = iter(range(1_000))
    fake.interfere = lambda _: fault if next(turns) % 2 == 0 else None
    kept, clock = Kept(), Clock(NOW_S)
    sync(fake.client(server, clock).changes(None), kept)
    assert values(kept) == standing(fake)
    assert len(clock.slept) == 4
    if fault.status == 429:
        assert min(clock.slept) >= 7


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "no JSON"),
        (b'{"data": [', "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "no JSON object"),
        (b"{}", "holds no data"),
        (b'{"data": {"a": 1}}', "holds no data"),
    ],
)
def test_an_answer_that_is_none_ends_the_run(fake: FakeThreatExchange, server: Server, body: bytes, said: str) -> None:
    """With our own error; what came before is kept."""
    fake.interfere = lambda question: Reply(200, body) if "after" in question.query else None
    kept = Kept()
    with pytest.raises(ExchangeError, match=said):
        sync(fake.client(server).changes(None), kept)
    fake.interfere = lambda _: None
    sync(fake.client(server).changes(kept.checkpoint), kept)
    assert values(kept) == standing(fake)


def test_a_corrupt_update_is_refused_by_its_place_and_the_rest_is_taken(
    fake: FakeThreatExchange, server: Server
) -> None:
    """One bad hash broke the whole index of another client."""
    bad = [
        Indicator("zz" * 32, NOW_S - 50),
        Indicator("0" * 64, NOW_S - 50),
        Indicator("ab" * 16, NOW_S - 50, type="HASH_SHA1"),
    ]
    good = standing(fake)
    fake.put(*bad)
    rows: list[Any] = [7, {"type": "HASH_PDQ"}, Indicator.drawn(60, 0).row() | {"last_updated": "yesterday"}]
    rows += [Indicator.drawn(61, 0).row() | {"last_updated": 10**4_000}]
    fake.rows_put_in = rows
    kept = Kept()
    sync(fake.client(server).changes(None), kept)
    assert values(kept) == good
    assert len(kept.refused) == 7
    assert [refused.why for refused in kept.refused if refused.position.startswith("update")] == [
        "no JSON object",
        "no type and indicator",
    ]
    assert not any(one.value in refused.why for one in bad for refused in kept.refused)


def test_upper_case_is_the_same_hash(fake: FakeThreatExchange, server: Server) -> None:
    """Another client drops such entries with a warning."""
    fake.indicators = [Indicator.drawn(1, NOW_S - 10), Indicator(Indicator.drawn(2, 0).value.upper(), NOW_S - 9)]
    kept = Kept()
    sync(fake.client(server).changes(None), kept)
    assert values(kept) == standing(fake)


def test_what_is_no_hash_of_pictures_is_counted(fake: FakeThreatExchange, server: Server) -> None:
    """Addresses of sites and texts are told apart by type; types of hashes that others compute are kept."""
    fake.put(Indicator("http://a.example", NOW_S - 10, type="URI"), Indicator("AAEC", NOW_S - 10, type="HASH_PHOTODNA"))
    kept, client = Kept(), fake.client(server)
    sync(client.changes(None), kept)
    assert client.left_out_by_type == {"URI": 1}
    assert client.left_out == 1
    assert {signal for entry in kept.entries.values() for signal, _ in entry.hashes} == {"pdq", "photodna"}


def test_a_group_for_another_purpose_is_refused(fake: FakeThreatExchange, server: Server) -> None:
    """Before anything of it is asked for."""
    fake.name = "GIFCT hash sharing"
    with pytest.raises(UsageError, match="is about terrorism"):
        list(fake.client(server).changes(None))
    assert [question.path for question in server.questions] == [f"/{GROUP}"]


@pytest.mark.parametrize("status", [400, 401, 500])
def test_the_token_shows_nowhere(
    fake: FakeThreatExchange, server: Server, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """Not in logs, errors with all that led to them, or checkpoints, though it is part of every address."""
    caplog.set_level(logging.DEBUG)
    kept = Kept()
    sync(fake.client(server).changes(None), kept, pages_max=1)
    assert kept.checkpoint is not None
    assert '"link":"http' in kept.checkpoint
    fake.interfere = lambda _: Reply(status, json.dumps({"error": TOKEN}).encode())
    with pytest.raises(ExchangeError) as caught:
        list(fake.client(server).changes(kept.checkpoint))
    told: list[str] = [caplog.text, kept.checkpoint]
    error: BaseException | None = caught.value
    while error is not None:
        told += [repr(error), str(error), str(getattr(error, "hint", ""))]
        error = error.__cause__ or error.__context__
    assert not any(part in text for part in (TOKEN, TOKEN.partition("|")[2]) for text in told)
    assert server.questions[-1].query["access_token"] == TOKEN


@pytest.mark.parametrize("checkpoint", ["", "7", "{}", '{"format": 2}', '{"format":1,"done_to_s":-1}'])
def test_a_checkpoint_of_something_else_is_refused(fake: FakeThreatExchange, server: Server, checkpoint: str) -> None:
    """Going on from nowhere would miss whatever lies between."""
    with pytest.raises(ExchangeError, match="none of ThreatExchange's"):
        list(fake.client(server).changes(checkpoint))


@pytest.mark.parametrize("group", ["", "a", "1/../2", "12 "])
def test_a_group_is_a_number(fake: FakeThreatExchange, server: Server, group: str) -> None:
    """It becomes part of an address."""
    with pytest.raises(UsageError, match="by its number"):
        fake.client(server, group=group)


def test_a_token_is_taken_in_both_spellings() -> None:
    """With a bar, or with what stands for it in addresses."""
    for text in (TOKEN, TOKEN.replace("|", "%7C") + "\n"):
        assert read_token(Secret(text)).reveal() == TOKEN
    for text in ("EAABsbCS1iHgBA", "user:password", ""):
        with pytest.raises(ExchangeError, match="no access token"):
            read_token(Secret(text))


def test_an_answer_without_date_is_dated_by_our_own_clock(fake: FakeThreatExchange, server: Server) -> None:
    """Not every proxy passes it on."""
    fake.tells_time = False
    kept = Kept()
    sync(fake.client(server, Clock(NOW_S)).changes(None), kept)
    assert json.loads(kept.checkpoint or "")["whole_at_s"] == NOW_S
