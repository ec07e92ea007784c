"""Project Arachnid Shield is asked about hashes only, and what it leaves open stays open."""

import base64
import json
from collections.abc import Iterator

import pytest
from tests.unit.exchanges.fake_shield import LOGIN, FakeShield
from tests.unit.exchanges.servers import Clock, Reply, Server, running

from unseen.errors import ExchangeError
from unseen.exchanges import Login, Secret, Service
from unseen.exchanges.arachnid import ShieldAnswer, ask_shield

PDQS = [bytes([number]) * 31 + b"\x01" for number in range(5)]


@pytest.fixture
def fake() -> FakeShield:
    """A service that knows two of five."""
    return FakeShield({PDQS[1]: "csam", PDQS[2]: "harmful-abusive-material"})


@pytest.fixture
def server(fake: FakeShield) -> Iterator[Server]:
    """The service on a port of this machine."""
    with running(fake.server()) as server:
        yield server


def service(server: Server, login: tuple[str, str] = LOGIN) -> Service:
    """The service as a custodian asks it."""
    made = Service(server.address, timing=Clock().timing, login=Login(login[0], Secret(login[1])))
    return server.callers.enter_context(made)


def test_every_hash_is_answered(fake: FakeShield, server: Server) -> None:
    """What is known with its classification; null, over which the published client stumbles, is no known match."""
    answers = ask_shield(service(server), PDQS)
    assert {pdq: answer.classification for pdq, answer in answers.items()} == {
        PDQS[0]: "no-known-match",
        PDQS[1]: "csam",
        PDQS[2]: "harmful-abusive-material",
        PDQS[3]: "no-known-match",
        PDQS[4]: "no-known-match",
    }
    assert [answers[pdq].is_known for pdq in PDQS] == [False, True, True, False, False]
    assert answers[PDQS[1]].sha256 == b"\xab" * 32
    assert fake.asked == PDQS


def test_nothing_but_hashes_leaves(server: Server) -> None:
    """One question, whose body holds the PDQs in base64, as the published client writes them, and nothing else."""
    ask_shield(service(server), PDQS[:2])
    (question,) = server.questions
    assert (question.method, question.path, dict(question.query)) == ("POST", "/v1/pdq/", {})
    assert json.loads(question.body) == {"hashes": [base64.b64encode(pdq).decode() for pdq in PDQS[:2]]}


def test_the_published_client_writes_the_same_question() -> None:
    """And reads the same answers, where it can read them."""
    models = pytest.importorskip("arachnid_shield_sdk.models.scanned_pdq")
    texts = [base64.b64encode(pdq).decode() for pdq in PDQS]
    assert models.ScanMediaFromPdq(hashes=texts).to_dict() == {"hashes": texts}
    told = FakeShield({PDQS[1]: "csam"})._scan(texts[1])
    theirs = models.ScannedPDQHashes.from_dict({"scanned_hashes": {texts[1]: told}}).scanned_hashes[texts[1]]
    assert (theirs.classification, theirs.near_match_details.sha256_hex) == ("csam", "ab" * 32)


@pytest.mark.parametrize(
    "told", [7, "csam", {"classification": 7}, {"classification": "C\x1b[2J"}, {"match_type": "near"}], ids=str
)
def test_an_answer_that_cannot_be_read_is_none(fake: FakeShield, server: Server, told: object) -> None:
    """It is never taken for `no-known-match`; nor is a hash that the service passes over."""
    first, second, *_ = (base64.b64encode(pdq).decode() for pdq in PDQS)

    def alter(rows: dict[str, object]) -> dict[str, object]:
        del rows[second]
        return rows | {first: told, "not base64": None, "AAAA": None}

    fake.alter = alter
    assert set(ask_shield(service(server), PDQS)) == set(PDQS[2:])


def test_a_classification_that_is_new_is_kept(fake: FakeShield, server: Server) -> None:
    """The Centre says that it may add some; whatever it is, it is known there."""
    fake.known[PDQS[0]] = "something-new"
    assert ask_shield(service(server), PDQS[:1]) == {PDQS[0]: ShieldAnswer("something-new", b"\xab" * 32)}


@pytest.mark.parametrize(
    "details", [None, [], {}, {"sha256_hex": 7}, {"sha256_hex": "zz"}, [{"sha256_hex": "ab" * 32}]]
)
def test_details_may_be_missing_or_a_list(fake: FakeShield, server: Server, details: object) -> None:
    """Of videos, elsewhere in the service, they are a list."""
    row = {"classification": "csam", "match_type": "near", "near_match_details": details}
    fake.alter = lambda rows: dict.fromkeys(rows, row)
    wanted = b"\xab" * 32 if isinstance(details, list) and details else None
    assert ask_shield(service(server), PDQS[:1])[PDQS[0]] == ShieldAnswer("csam", wanted)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(429), "status 429"),
        (Reply(500, b'{"detail": "oops"}'), "status 500"),
        (Reply(400, b"<html>"), "status 400"),
        (Reply(200, b"<html>"), "no JSON"),
        (Reply(200, b"{}"), "does not say which hashes"),
        (Reply(200, b'{"scanned_hashes": []}'), "does not say which hashes"),
        (Reply(200, b'{"scanned_hashes": {', fault="half"), "broke its answer off"),
        (Reply(fault="reset"), "broke its answer off"),
    ],
    ids=["429", "500", "400", "html", "empty", "list", "half", "reset"],
)
def test_a_failure_is_told_and_not_repeated(fake: FakeShield, server: Server, reply: Reply, said: str) -> None:
    """Whether a question arrived nobody knows, so that a person asks again, or not."""
    fake.interfere = lambda _: reply
    with pytest.raises(ExchangeError, match=said):
        ask_shield(service(server), PDQS)
    assert len(server.questions) == 1


def test_a_wrong_login_is_told_without_its_password(server: Server) -> None:
    """The published client shows whatever the service says."""
    with pytest.raises(ExchangeError, match="refuses the credentials") as caught:
        ask_shield(service(server, ("user", "hunter2hunter2")), PDQS)
    assert "hunter2" not in f"{caught.value!r} {caught.value.hint}"
