"""NCMEC's lists are read whole, whatever befalls the reading: laws over a service that behaves as the real one."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.exchanges.fake_ncmec import FakeNcmec, Record, text_time
from tests.unit.exchanges.kept import Kept, client_of, sync
from tests.unit.exchanges.servers import Clock, Question, Reply, Server, running

from unseen.errors import ExchangeError
from unseen.exchanges.ncmec import BASES, choose_members, client, windows
from unseen.model import ListClass, Withdrawn

NOW_S = 1_800_000_000
DAY_S = 86_400


@pytest.fixture
def fake() -> FakeNcmec:
    """A service that holds 25 entries of the last weeks, on pages of ten."""
    return FakeNcmec([Record.drawn(n, NOW_S - n * DAY_S - 100) for n in range(25)], now_s=NOW_S, page_size=10)


@pytest.fixture
def server(fake: FakeNcmec) -> Iterator[Server]:
    """The service on a port of this machine."""
    with running(fake.server()) as server:
        yield server


def standing(fake: FakeNcmec) -> set[str]:
    """What the service holds and has not withdrawn."""
    return {f"{one.member[0]}-{one.id}" for one in fake.records if not one.is_deleted}


def asked(server: Server) -> list[tuple[str, str, str]]:
    """From, to and start of every question for entries."""
    queries = [one.query for one in server.questions if one.path == "/v2/entries"]
    return [(query["from"], query["to"], query.get("start", "1")) for query in queries]


def test_a_list_is_read_whole(fake: FakeNcmec, server: Server) -> None:
    """The first run keeps every entry, and only its last page says that it is the last."""
    kept = Kept()
    pages = list(client_of(fake, server).changes(None))
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert [page.begins_anew for page in pages] == [True] + [False] * (len(pages) - 1)
    sync(pages, kept)
    assert set(kept.entries) == standing(fake)


def test_what_has_not_changed_is_not_told_again(fake: FakeNcmec, server: Server) -> None:
    """A second run asks for what is new, and finds nothing; a third finds one change and one withdrawal."""
    kept = Kept()
    sync(client_of(fake, server).changes(None), kept)
    fake.now_s += 3600
    assert [page.changes for page in client_of(fake, server).changes(kept.checkpoint)] == [()]
    fake.put(
        Record.drawn(3, fake.now_s - 60, classification="B2"),
        replace(Record.drawn(4, fake.now_s - 50), is_deleted=True),
    )
    sync(client_of(fake, server).changes(kept.checkpoint), kept)
    assert set(kept.entries) == standing(fake)
    assert [label.code for label in kept.entries["42-entry3"].labels] == ["B2"]


def test_nothing_is_missed_at_the_edge_of_two_runs(fake: FakeNcmec, server: Server) -> None:
    """An entry dated in the very second up to which the last run read, but taken in after it, is found by the next."""
    kept = Kept()
    sync(client_of(fake, server).changes(None), kept)
    fake.put(Record.drawn(77, NOW_S - 5))
    fake.now_s += 60
    sync(client_of(fake, server).changes(kept.checkpoint), kept)
    assert "42-entry77" in kept.entries


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_times_are_asked_in_utc(fake: FakeNcmec, server: Server, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """Where the clock on the wall shows another time than UTC, the span that is asked for is the same."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        sync(client_of(fake, server).changes(None), Kept())
    finally:
        monkeypatch.undo()
        time.tzset()
    assert asked(server)[-1][1] == text_time(NOW_S - client.SETTLE_S)


def test_spans_follow_each_other_without_a_gap(fake: FakeNcmec, server: Server) -> None:
    """Each span begins where the one before ended, from 1970 up to now."""
    sync(client_of(fake, server).changes(None), Kept())
    spans = [(begin, end) for begin, end, start in asked(server) if start == "1"]
    assert spans[0][0] == text_time(0)
    assert spans[-1][1] == text_time(NOW_S - client.SETTLE_S)
    assert all(before[1] == after[0] for before, after in pairwise(spans))


def test_the_checkpoint_waits_for_all_pages_of_a_span(fake: FakeNcmec, server: Server) -> None:
    """Pages are in no order of time: in the middle of a span nothing more counts as read than before it."""
    for page in client_of(fake, server).changes(None):
        known = windows.Checkpoint.parse(page.checkpoint)
        if known.paging is not None:
            assert known.done_to_s <= known.paging.span.from_s
    assert windows.Checkpoint.parse(page.checkpoint).done_to_s == NOW_S - client.SETTLE_S


@pytest.mark.parametrize("kill_after", range(1, 12))
def test_a_run_that_was_killed_goes_on_within_its_span(fake: FakeNcmec, server: Server, kill_after: int) -> None:
    """A kept link is asked with the span that it belongs to, however late it is by then, and no history is skipped."""
    kept = Kept()
    total = sync(client_of(fake, server).changes(None), Kept())
    kill_after = total - kill_after
    sync(client_of(fake, server).changes(None), kept, pages_max=kill_after)
    assert kept.checkpoint is not None
    before = windows.Checkpoint.parse(kept.checkpoint)
    server.questions.clear()
    fake.now_s += 3600
    # Between the end of the span that was cut short and the end of the run that goes on.
    fake.put(Record.drawn(90, fake.now_s - 1800))
    sync(client_of(fake, server).changes(kept.checkpoint), kept)
    if before.paging is not None:
        link = parse_qs(urlsplit(before.paging.link).query)
        assert asked(server)[0] == (link["from"][0], link["to"][0], link["start"][0])
    assert set(kept.entries) == standing(fake)


def test_an_old_link_is_not_used(fake: FakeNcmec, server: Server) -> None:
    """After twelve hours a link is forgotten, and its span read from the beginning."""
    kept = Kept()
    clock = Clock(NOW_S)
    pages = client_of(fake, server, clock).changes(None)
    while kept.checkpoint is None or windows.Checkpoint.parse(kept.checkpoint).paging is None:
        kept.keep(next(pages))
    clock.at += windows.LINK_AGE_MAX_S + 1
    server.questions.clear()
    sync(client_of(fake, server, clock).changes(kept.checkpoint), kept)
    assert asked(server)[0][2] == "1"
    assert set(kept.entries) == standing(fake)


def test_a_link_that_lapsed_is_found_anew(fake: FakeNcmec, server: Server) -> None:
    """Where the next page is gone, the span is read from its beginning."""
    fake.links_lapse = 2
    kept = Kept()
    sync(client_of(fake, server).changes(None), kept)
    assert set(kept.entries) == standing(fake)


def test_links_that_always_lapse_end_the_run(fake: FakeNcmec, server: Server) -> None:
    """A service that never gives its second page is told of, and nothing half counts."""
    fake.links_lapse = 1_000
    kept = Kept()
    with pytest.raises(ExchangeError, match="loses its way"):
        sync(client_of(fake, server).changes(None), kept)
    assert kept.runs == 0


@pytest.mark.parametrize("change", ["to", "from", "same"])
def test_a_link_to_another_span_or_in_a_circle_is_not_followed(fake: FakeNcmec, server: Server, change: str) -> None:
    """A service that leads out of the span, or round in it, cannot have parts of a list skipped."""
    honest = server.answer

    def lie(question: Question) -> Reply:
        reply = honest(question)
        old = {"to": b"&amp;to=20", "from": b"entries?from=", "same": b"start=21"}[change]
        new = {"to": b"&amp;to=19", "from": b"entries?from=0", "same": b"start=11"}[change]
        return replace(reply, body=reply.body.replace(old, new)) if b"<next>" in reply.body else reply

    server.answer = lie
    with pytest.raises(ExchangeError, match="loses its way"):
        sync(client_of(fake, server).changes(None), Kept())


def test_more_entries_in_one_second_than_a_span_may_hold(
    fake: FakeNcmec, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spans shrink to one second, and one second is read to its end, however much it holds."""
    monkeypatch.setattr(client, "SPAN_ENTRIES_MAX", 15)
    fake.put(*(Record.drawn(n, NOW_S - 50_000) for n in range(100, 180)))
    kept = Kept()
    sync(client_of(fake, server).changes(None), kept)
    assert set(kept.entries) == standing(fake)
    assert (text_time(NOW_S - 50_001), text_time(NOW_S - 50_000), "71") in asked(server)


def test_spans_grow_again_after_a_few_that_held_little(server: Server, fake: FakeNcmec) -> None:
    """Four spans in a row with little in them double the next."""
    known = windows.Checkpoint(done_to_s=100, width_s=8)
    for _ in range(4):
        known = known.after(windows.Span(known.done_to_s, known.done_to_s + 8), 5)
    assert (known.width_s, known.few_in_a_row) == (16, 0)
    assert known.after(windows.Span(0, 1), windows.FEW_ENTRIES).few_in_a_row == 0
    assert known.narrower(windows.Span(0, 16)).width_s == 4
    assert known.narrower(windows.Span(0, 1)).width_s == 1


def test_the_clock_of_the_service_counts(fake: FakeNcmec, server: Server) -> None:
    """Where our clock is a day ahead, what the service takes in afterwards is not taken for read."""
    kept = Kept()
    sync(client_of(fake, server, Clock(NOW_S + DAY_S)).changes(None), kept)
    fake.now_s += 600
    fake.put(Record.drawn(99, fake.now_s - 100))
    sync(client_of(fake, server, Clock(fake.now_s + DAY_S)).changes(kept.checkpoint), kept)
    assert "42-entry99" in kept.entries


def test_a_clock_that_was_set_back_has_everything_read_anew(fake: FakeNcmec, server: Server) -> None:
    """What is dated with times that were read already is not missed, when a service puts its clock right."""
    kept = Kept()
    sync(client_of(fake, server).changes(None), kept)
    fake.now_s -= 5 * 3600
    fake.records = [record for record in fake.records if record.at_s < fake.now_s]
    fake.put(Record.drawn(98, fake.now_s - 30))
    sync(client_of(fake, server).changes(kept.checkpoint), kept)
    assert set(kept.entries) == standing(fake)


def test_pages_that_repeat_entries_change_nothing(fake: FakeNcmec, server: Server) -> None:
    """An entry told twice is one entry."""
    fake.replays = True
    kept = Kept()
    sync(client_of(fake, server).changes(None), kept)
    assert set(kept.entries) == standing(fake)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(429, headers={"Retry-After": "3"}),
        Reply(500),
        Reply(503),
        Reply(fault="reset"),
        Reply(body=b"<queryResult>" * 200, fault="half"),
    ],
    ids=["busy", "broken", "away", "reset", "half"],
)
def test_failures_that_pass_leave_no_trace(fake: FakeNcmec, server: Server, reply: Reply) -> None:
    """Every second answer fails in some way, and the list is as if none had."""
    fake.fault = lambda _: reply if len(server.questions) % 2 else None
    kept = Kept()
    sync(client_of(fake, server).changes(None), kept)
    assert set(kept.entries) == standing(fake)


BOMB = b'<!DOCTYPE q [<!ENTITY a "aaaaaaaaaa">]><queryResult>&a;</queryResult>'


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(body=b"<queryResult><images>"), "no well-formed XML"),
        (Reply(body=BOMB), "document type"),
        (Reply(body=b"<html>Please log in</html>"), "no queryResult but html"),
        (Reply(body=b"x" * (64 << 20) + b"x"), "more than 67,108,864 bytes"),
        (Reply(403), "refuses the credentials"),
        (Reply(302, headers={"Location": "https://example.org/"}), "another host"),
    ],
    ids=["cut", "bomb", "page for people", "oversize", "forbidden", "elsewhere"],
)
def test_failures_that_stay_end_the_run_and_keep_what_came(
    fake: FakeNcmec, server: Server, reply: Reply, told: str
) -> None:
    """A second page that cannot be read ends the run with a sentence; the next one goes on behind the first page."""
    fake.fault = lambda question: reply if question.query.get("start") == "11" else None
    kept = Kept()
    with pytest.raises(ExchangeError, match=told):
        sync(client_of(fake, server).changes(None), kept)
    assert kept.runs == 0
    fake.fault = lambda _: None
    server.questions.clear()
    sync(client_of(fake, server).changes(kept.checkpoint), kept)
    assert asked(server)[0][2] == "11"
    assert set(kept.entries) == standing(fake)


def test_wrong_credentials_are_told_before_anything_is_asked(fake: FakeNcmec, server: Server) -> None:
    """401 with an empty body is a sentence about credentials."""
    reader = client_of(fake, server)
    fake.password = "another"
    with pytest.raises(ExchangeError, match="refuses the credentials"):
        list(reader.changes(None))
    assert asked(server) == []


def test_a_checkpoint_of_something_else_is_refused(fake: FakeNcmec, server: Server) -> None:
    """What is no checkpoint is not taken for one: neither skipped history nor a crash."""
    for text in ("", "null", "7", "{}", '{"format":2}', "[" * 10_000, '{"format":1,"done_to_s":-1}'):
        with pytest.raises(ExchangeError, match="none of NCMEC's"):
            list(client_of(fake, server).changes(text))


def test_large_hashes_are_fetched_by_their_links(fake: FakeNcmec, server: Server) -> None:
    """Their content is kept as text; a link that lapsed has the page asked again for a new one."""
    fake.put(Record.drawn(50, NOW_S - 90, hashes={"md5": "ab" * 16, "tmk-pdqf": None}))
    fake.large["entry50/tmk-pdqf"] = b"\x00\xff" * 1000

    def lapse(question: Question) -> Reply | None:
        if question.path.endswith("tmk-pdqf") and fake.large_generation == 0:
            fake.large_generation = 1
        return None

    fake.fault = lapse
    kept = Kept()
    sync(client_of(fake, server, fetch_large=True).changes(None), kept)
    hashes = dict(kept.entries["42-entry50"].hashes)
    assert hashes["md5"] == bytes.fromhex("ab" * 16)
    assert hashes["tmk_pdqf"].startswith(b"AP8A/wD/")
    assert kept.refused == []


@pytest.mark.parametrize("content", [None, b"x" * (client.LARGE_BYTES_MAX + 1)], ids=["lapsed", "too large"])
def test_a_large_hash_that_cannot_be_had_does_not_block_its_entry(
    fake: FakeNcmec, server: Server, content: bytes | None
) -> None:
    """It is named as refused, and the entry stands with its other hashes."""
    fake.put(Record.drawn(50, NOW_S - 90, hashes={"md5": "ab" * 16, "tmk-pdqf": None}))
    if content is not None:
        fake.large["entry50/tmk-pdqf"] = content
    kept = Kept()
    sync(client_of(fake, server, fetch_large=True).changes(None), kept)
    assert dict(kept.entries["42-entry50"].hashes) == {"md5": bytes.fromhex("ab" * 16), "tmk_pdqf": b""}
    assert [one.position for one in kept.refused] == ["42-entry50 tmk_pdqf"]


def test_large_hashes_are_counted_without_being_fetched(fake: FakeNcmec, server: Server) -> None:
    """None of them can be searched here: unless told so, their links are not asked for, and never stored."""
    fake.put(Record.drawn(50, NOW_S - 90, hashes={"md5": "ab" * 16, "tmk-pdqf": None}))
    kept = Kept()
    sync(client_of(fake, server).changes(None), kept)
    assert ("tmk_pdqf", b"") in kept.entries["42-entry50"].hashes
    assert not [one for one in server.questions if "fingerprints" in one.path]


def test_what_nobody_reviewed_is_no_known_material(fake: FakeNcmec, server: Server) -> None:
    """Reports to Take It Down stand in NCMEC's list for charities: of class csam it is read without them."""
    fake.put(Record.drawn(60, NOW_S - 90, member=("7", "NCMEC - Take It Down")))
    without, alone = Kept(), Kept()
    reviewed = choose_members(BASES["npo"], ListClass.CSAM)
    reader = client_of(fake, server, is_chosen=reviewed)
    sync(reader.changes(None), without)
    assert set(without.entries) == standing(fake) - {"7-entry60"}
    assert reader.left_out == 1
    sync(client_of(fake, server, is_chosen=choose_members(BASES["npo"], ListClass.USER_REPORTED)).changes(None), alone)
    assert set(alone.entries) == {"7-entry60"}


def test_members_can_be_chosen(fake: FakeNcmec, server: Server) -> None:
    """A custodian may take only what some members shared, or leave some out; tombstones follow the same choice."""
    gone = replace(Record.drawn(61, NOW_S - 80, member=("9", "Other")), is_deleted=True)
    fake.put(Record.drawn(60, NOW_S - 90, member=("7", "One")), gone)
    choose = choose_members(BASES["industry"], ListClass.CSAM, only={"7"})
    pages = list(client_of(fake, server, is_chosen=choose).changes(None))
    assert [change.entry for page in pages for change in page.changes] == ["7-entry60"]
    choose = choose_members(BASES["industry"], ListClass.CSAM, without={"42", "7"})
    (change,) = [one for page in client_of(fake, server, is_chosen=choose).changes(None) for one in page.changes]
    assert isinstance(change, Withdrawn)


def test_who_we_are_and_who_shares_is_asked(fake: FakeNcmec, server: Server) -> None:
    """Status and members are read as the service gives them."""
    reader = client_of(fake, server)
    assert (reader.status().member.name, reader.status().user) == ("Tester", "tester")
    assert [(one.id, one.name) for one in reader.members()] == [("42", "A member")]
