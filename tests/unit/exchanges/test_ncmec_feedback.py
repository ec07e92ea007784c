"""What is told to NCMEC arrives once, as NCMEC words it."""

from collections.abc import Iterator

import pytest
from tests.unit.exchanges.fake_ncmec import NAMESPACE, FakeNcmec
from tests.unit.exchanges.servers import Clock, Reply, Server, running

from unseen.errors import ExchangeError, UsageError
from unseen.exchanges import Login, Secret, Service
from unseen.exchanges.markup import read_xml, tag_of, text_of
from unseen.exchanges.ncmec import FeedbackReason, list_reasons, put_feedback

GUID = "01234567-0000"


@pytest.fixture
def fake() -> FakeNcmec:
    """The service."""
    return FakeNcmec()


@pytest.fixture
def server(fake: FakeNcmec) -> Iterator[Server]:
    """The service on a port of this machine."""
    with running(fake.server()) as server:
        yield server


@pytest.fixture
def service(fake: FakeNcmec, server: Server) -> Service:
    """Who asks it."""
    login = Login(fake.user, Secret(fake.password))
    return server.callers.enter_context(Service(server.address, timing=Clock().timing, login=login))


def test_reasons_are_read_where_they_are_the_whole_answer(service: Service) -> None:
    """The list of reasons is the root of the answer, not a part of it."""
    assert list_reasons(service, "sha1") == (
        FeedbackReason(GUID, "not what it says"),
        FeedbackReason("89abcdef-0000", "a meme"),
    )


def test_an_answer_without_reasons_is_no_empty_list(server: Server, service: Service) -> None:
    """Another document is an error: an empty list would say that nothing can be called wrong."""
    server.answer = lambda _: Reply(body=b"<status/>")
    with pytest.raises(ExchangeError, match="which reasons"):
        list_reasons(service, "sha1")


def test_a_confirmed_entry_is_affirmed(fake: FakeNcmec, server: Server, service: Service) -> None:
    """PUT goes to member, entry and kind of hash, in their names, and the receipt comes back."""
    receipt = put_feedback(service, "42-one", "photodna")
    root = read_xml(server.questions[0].body, "it")
    assert (tag_of(root), [tag_of(child) for child in root]) == ("feedbackSubmission", ["affirmative"])
    assert f'xmlns="{NAMESPACE}"'.encode() in server.questions[0].body
    assert list(fake.given) == ["/v2/entries/42/one/PDNA/feedback"]
    assert (receipt.status, b"submissionResult" in receipt.content) == (200, True)


def test_a_wrong_entry_is_told_with_its_reasons(fake: FakeNcmec, server: Server, service: Service) -> None:
    """Negative feedback carries every reason that was chosen."""
    put_feedback(service, "42-one-and-only", "sha1", against=[GUID, "89abcdef-0000"])
    root = read_xml(server.questions[0].body, "it")
    guids = [text_of(element) for element in root.iter() if tag_of(element) == "guid"]
    assert ([tag_of(child) for child in root], guids) == (["negative"], [GUID, "89abcdef-0000"])
    assert list(fake.given) == ["/v2/entries/42/one-and-only/SHA1/feedback"]


@pytest.mark.parametrize("reply", [Reply(503), Reply(fault="reset"), Reply(429, headers={"Retry-After": "1"})])
def test_feedback_is_put_once(server: Server, service: Service, reply: Reply) -> None:
    """Nothing is repeated behind the caller's back: what became of the first try is unknown."""
    server.answer = lambda _: reply
    with pytest.raises(ExchangeError):
        put_feedback(service, "42-one", "md5")
    assert len(server.questions) == 1


def test_feedback_goes_nowhere_else(server: Server, service: Service) -> None:
    """An identifier with slashes or dots is a name, not a way to another address."""
    put_feedback(service, "42-../../status?x=#", "md5")
    assert server.questions[0].path == "/v2/entries/42/..%2F..%2Fstatus%3Fx%3D%23/MD5/feedback"


@pytest.mark.parametrize(
    ("entry", "signal", "against"),
    [
        ("42", "md5", None),
        ("-one", "md5", None),
        ("42-", "md5", None),
        ("42-one", "sha256", None),
        ("42-one", "md5", []),
    ],
)
def test_feedback_that_means_nothing_is_not_sent(
    server: Server, service: Service, entry: str, signal: str, against: list[str] | None
) -> None:
    """No entry of theirs, a kind of hash that takes none, or "wrong" without a reason: refused here."""
    with pytest.raises(UsageError):
        put_feedback(service, entry, signal, against=against)
    assert server.questions == []
