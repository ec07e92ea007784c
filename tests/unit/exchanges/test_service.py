"""Questions to services: bounded, repeated only where that is safe, secrets out of sight."""

import logging
import traceback
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
from tests.unit.exchanges.servers import Clock, Question, Reply, Server, make_authority, running

from unseen.errors import ExchangeError, UnseenError, UsageError
from unseen.exchanges import Login, Patience, Secret, Service

PASSWORD = "correct-horse-battery"
LOGIN = Login("somebody", Secret(PASSWORD))


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that says yes."""
    with running(Server(lambda _: Reply(body=b"yes"))) as server:
        yield server


def replies(*given: Reply) -> Callable[[Question], Reply]:
    """Give each reply once, and the last for ever."""
    left = list(given)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def ask(server: Server, clock: Clock | None = None, path: str = "list", **settings: object) -> bytes:
    """Ask once, as a client would."""
    patience = settings.pop("patience", None) or Patience(answer_s=20)
    assert isinstance(patience, Patience)
    size = settings.pop("size_max_bytes", 1 << 20)
    assert isinstance(size, int)
    with Service(f"{server.address}/base", timing=(clock or Clock()).timing, login=LOGIN, patience=patience) as service:
        return service.get(path, size_max_bytes=size).content


def test_a_question_goes_below_the_base_with_its_login(server: Server) -> None:
    """Paths are appended to the base, parameters encoded, and HTTP Basic proves who asks."""
    with Service(f"{server.address}/base/", timing=Clock().timing, login=LOGIN) as service:
        assert service.get("/v2/list?a=1", {"to": "2026-01-01T00:00:00Z"}).content == b"yes"
    (question,) = server.questions
    assert question.path == "/base/v2/list"
    assert question.query == {"a": "1", "to": "2026-01-01T00:00:00Z"}
    assert question.headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_get_is_repeated_where_the_failure_may_pass(server: Server, status: int) -> None:
    """Busy and broken services are asked again, after waits that grow."""
    server.answer = replies(Reply(status), Reply(status), Reply(body=b"at last"))
    clock = Clock()
    assert ask(server, clock) == b"at last"
    assert clock.slept == [1.0, 2.0]


@pytest.mark.parametrize("fault", ["reset", "half"])
def test_a_get_is_repeated_where_the_connection_broke(server: Server, fault: str) -> None:
    """Half an answer is none: the question is asked again."""
    server.answer = replies(Reply(body=b"x" * 1000, fault=fault), Reply(body=b"whole"))
    assert ask(server) == b"whole"


def test_tries_are_bounded(server: Server) -> None:
    """A service that stays broken is given up, with a sentence and its status."""
    server.answer = replies(Reply(503))
    with pytest.raises(ExchangeError, match="status 503") as caught:
        ask(server)
    assert (len(server.questions), caught.value.status, caught.value.exit_code) == (5, 503, 3)


@pytest.mark.parametrize("as_date", [False, True])
def test_a_service_that_asks_for_a_wait_gets_it(server: Server, as_date: bool) -> None:
    """Retry-After is honoured, in seconds and as a date, and chance only lengthens it."""
    clock = Clock(draw=0.5)
    wanted = formatdate(clock.at + 70, usegmt=True) if as_date else "70"
    server.answer = replies(Reply(429, headers={"Retry-After": wanted}), Reply(body=b"ok"))
    assert ask(server, clock) == b"ok"
    assert clock.slept == [70.5]


@pytest.mark.parametrize("wanted", ["86400", "9" * 400])
def test_a_service_that_asks_for_a_day_is_left_alone(server: Server, wanted: str) -> None:
    """A longer wait than ours is not cut short: the run ends, and says what was asked for."""
    server.answer = replies(Reply(429, headers={"Retry-After": wanted}))
    clock = Clock()
    with pytest.raises(ExchangeError, match="left alone"):
        ask(server, clock)
    assert (len(server.questions), clock.slept) == (1, [])


@pytest.mark.parametrize("wanted", ["soon", "-5", "", "Thu, 99 Foo 2026", "\u0663"])
def test_a_wait_that_is_none_counts_as_none(wanted: str) -> None:
    """Nonsense in Retry-After neither crashes nor waits."""
    from unseen.exchanges.timing import wanted_wait_s

    assert wanted_wait_s(wanted, 1_800_000_000.0) == 0.0


def test_what_is_sent_is_sent_once(server: Server) -> None:
    """PUT and POST are never repeated by themselves: the first may have arrived."""
    server.answer = replies(Reply(503), Reply(body=b"twice"))
    with Service(server.address, timing=Clock().timing) as service, pytest.raises(ExchangeError, match="503"):
        service.send("PUT", "feedback", content=b"<a/>")
    assert [question.body for question in server.questions] == [b"<a/>"]


def test_refused_credentials_are_told_as_such(server: Server) -> None:
    """401 and 403 are not repeated, and the sentence names the credentials, not their value."""
    server.answer = replies(Reply(401))
    with pytest.raises(ExchangeError, match="refuses the credentials") as caught:
        ask(server)
    assert (len(server.questions), caught.value.status) == (1, 401)


def test_larger_answers_than_agreed_are_not_read(server: Server) -> None:
    """A body beyond its bound is refused while it comes; one of exactly that size is taken."""
    server.answer = replies(Reply(body=b"x" * 1000))
    assert ask(server, size_max_bytes=1000) == b"x" * 1000
    with pytest.raises(ExchangeError, match="more than 999 bytes"):
        ask(server, size_max_bytes=999)


def test_packed_answers_are_refused(server: Server) -> None:
    """What could swell when unpacked is not unpacked."""
    server.answer = replies(Reply(body=b"x", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ExchangeError, match="packs its answer"):
        ask(server)


@pytest.mark.parametrize("fault", ["trickle", "slow_head", "silent"])
@pytest.mark.parametrize("is_encrypted", [False, True])
def test_an_answer_that_trickles_in_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, is_encrypted: bool
) -> None:
    """A byte now and then keeps every time-out from firing; the whole answer has a bound of its own."""
    authority, certificate = make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    told = Server(replies(Reply(body=b"begin", fault=fault)))
    with (
        running(told, certificate=certificate if is_encrypted else None) as server,
        pytest.raises(ExchangeError, match="does not finish an answer"),
    ):
        ask(server, patience=Patience(answer_s=0.5))
    assert len(told.questions) == 1


def test_redirects_stay_with_their_host(server: Server) -> None:
    """A service may move within its host; it cannot send our secrets to another."""
    server.answer = replies(Reply(302, headers={"Location": "/moved?to=1"}), Reply(body=b"here"))
    assert ask(server) == b"here"
    assert [question.path for question in server.questions] == ["/base/list", "/moved"]
    with running(Server(lambda _: Reply(body=b"stolen"))) as thief:
        server.answer = replies(Reply(302, headers={"Location": f"{thief.address}/steal"}))
        with pytest.raises(ExchangeError, match="do not go to another host"):
            ask(server)
        assert thief.questions == []


def test_redirects_in_a_circle_end(server: Server) -> None:
    """A service that moves for ever is given up."""
    server.answer = replies(Reply(302, headers={"Location": "again"}))
    with pytest.raises(ExchangeError, match="in circles"):
        ask(server)


@pytest.mark.parametrize("path", ["https://example.org/v2/list", "http://127.0.0.1:1/next", "//example.org/list"])
def test_a_next_page_on_another_host_is_refused(server: Server, path: str) -> None:
    """Links in answers lead nowhere but to who gave them."""
    with Service(server.address, timing=Clock().timing, login=LOGIN) as service:
        if path.startswith("//"):
            service.get(path)
            assert server.questions[-1].headers["host"] == server.address.removeprefix("http://")
        else:
            with pytest.raises(ExchangeError, match="another host"):
                service.get(path)
            assert server.questions == []


@pytest.mark.parametrize(
    "base",
    ["http://example.org/x", "ftp://example.org", "example.org", "https://a:b@example.org", "https://e.org?a=b", ""],
)
def test_addresses_in_the_clear_are_refused(base: str) -> None:
    """Secrets go over a network by HTTPS or not at all, and never stand in an address."""
    with pytest.raises(UsageError):
        Service(base, timing=Clock().timing)


def test_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose authority nobody vouches for gets no question; with its authority named it does."""
    authority, certificate = make_authority(tmp_path)
    clock = Clock()
    with running(Server(lambda _: Reply(body=b"yes")), certificate=certificate) as server:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(ExchangeError, match="cannot prove who it is") as caught:
            ask(server, clock)
        assert (server.questions, clock.slept) == ([], [])
        # What the library raised holds the question, and that the credentials.
        assert caught.value.__cause__ is None
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert ask(server) == b"yes"


def test_a_certificate_for_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A true certificate of somebody else proves nothing."""
    authority, certificate = make_authority(tmp_path, address="127.0.0.2")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with (
        running(Server(lambda _: Reply()), certificate=certificate) as server,
        pytest.raises(ExchangeError, match="cannot prove who it is"),
    ):
        ask(server)


def test_a_service_that_is_not_there_is_told_in_a_sentence() -> None:
    """No network is an error with a hint, after bounded tries."""
    clock = Clock()
    with (
        Service("http://127.0.0.1:1", timing=clock.timing) as service,
        pytest.raises(ExchangeError, match="cannot be reached") as caught,
    ):
        service.get("x")
    assert caught.value.hint
    assert len(clock.slept) == 4


@pytest.mark.parametrize(
    "reply", [Reply(401), Reply(503), Reply(404), Reply(fault="reset"), Reply(302, headers={"Location": "http://x/"})]
)
def test_secrets_show_nowhere(server: Server, reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    """No log at any level, no error with its traceback, no `repr` holds a password or a token, whatever happens."""
    caplog.set_level(logging.DEBUG)
    token = "very-secret-token"
    service = Service(
        server.address, timing=Clock().timing, login=LOGIN, headers={"X-Key": Secret(token)}, query={"t": Secret(token)}
    )
    service.get("fine")
    assert server.questions[0].query == {"t": token}
    assert server.questions[0].headers["x-key"] == token
    server.answer = replies(reply)
    with pytest.raises(UnseenError) as caught:
        service.get("fails")
    chain = "".join(traceback.format_exception(caught.value)) + caught.value.hint
    said = " ".join([caplog.text, chain, repr(service), repr(LOGIN), str(LOGIN.password), repr(caught.value.__dict__)])
    service.close()
    assert PASSWORD not in said
    assert token not in said
    assert "Basic " not in said
    assert caught.value.__cause__ is None
