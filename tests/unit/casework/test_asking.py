"""`unseen findings ask`: hashes leave only because a person says so, and everything about it is on record."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.unit.casework.evidence import ITEMS, Evidence, make_evidence
from tests.unit.exchanges.fake_shield import LOGIN, FakeShield
from tests.unit.exchanges.servers import Reply, Server, running
from tests.unit.stand_ins import hash_content

from unseen.casework.asking import answers_about, ask_about
from unseen.casework.findings import list_findings
from unseen.casework.proof.verifying import verify
from unseen.errors import ExchangeError, UsageError
from unseen.store import entries_of_type, open_store
from unseen.store.schema import openings

LOCATORS = ("exhibit/harbour", "exhibit/bridge-\udcfc", "exhibit/letter")


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """Two pictures and a text that were found."""
    return make_evidence(tmp_path)


@pytest.fixture
def login(tmp_path: Path) -> str:
    """A file of credentials."""
    path = tmp_path / "login"
    path.touch(mode=0o600)
    path.write_text(":".join(LOGIN))
    return str(path)


def pdq_of(locator: str) -> bytes:
    """The canonical PDQ of an item."""
    pdq = hash_content(ITEMS[locator]).pdq
    assert pdq is not None
    return pdq


@pytest.fixture
def fake() -> FakeShield:
    """A service that knows the harbour."""
    return FakeShield({pdq_of("exhibit/harbour"): "csam"})


@pytest.fixture
def server(fake: FakeShield) -> Iterator[Server]:
    """The service on a port of this machine."""
    with running(fake.server()) as server:
        yield server


def ask(evidence: Evidence, server: Server, login: str, *locators: str) -> list[tuple[str, str | None]]:
    """What is told of findings: outcome and classification."""
    ids = [evidence.id(locator) for locator in locators]
    told = list(
        ask_about(evidence.store, ids, login=login, by="D. Okafor", reason="a second opinion", address=server.address)
    )
    assert [each.finding for each in told] == ids
    return [(each.outcome, each.classification) for each in told]


def recorded(evidence: Evidence, kind: str) -> list[tuple[dict[str, object], dict[str, object]]]:
    """Entries of a type with what they commit to."""
    with open_store(evidence.store, create=False, read_only=True) as store, store.read() as connection:
        rows = [json.loads(entry) for entry in entries_of_type(connection, kind)]
        hidden = [connection.scalars(select(openings.c.value).where(openings.c.n == row["n"])).one() for row in rows]
    return [(row, json.loads(text)) for row, text in zip(rows, hidden, strict=True)]


def test_only_what_was_named_is_asked_about(evidence: Evidence, fake: FakeShield, server: Server, login: str) -> None:
    """One PDQ for each picture that was named; a text has none, and is told so."""
    told = ask(evidence, server, login, "exhibit/letter", "exhibit/harbour")
    assert told == [("no_pdq", None), ("answered", "csam")]
    assert fake.asked == [pdq_of("exhibit/harbour")]


def test_who_wanted_what_and_what_was_answered_is_on_record(evidence: Evidence, server: Server, login: str) -> None:
    """That hashes left, and how many, for ever; of which findings, by whom and why in what may be erased. No value."""
    ask(evidence, server, login, *LOCATORS)
    ((sent, hidden),) = recorded(evidence, "hashes_sent")
    ids = [evidence.id(locator) for locator in LOCATORS]
    assert (sent["service"], sent["hashes"]) == ("arachnid-shield", 2)
    assert hidden == {"findings": ids[:2], "host": "127.0.0.1", "by": "D. Okafor", "reason": "a second opinion"}
    ((received, answers),) = recorded(evidence, "answers_received")
    assert (received["question"], received["answers"]) == (sent["n"], 2)
    assert answers["answers"] == {
        ids[0]: {"outcome": "answered", "classification": "csam", "sha256": "ab" * 32},
        ids[1]: {"outcome": "answered", "classification": "no-known-match", "sha256": None},
    }
    for locator in LOCATORS[:2]:
        assert pdq_of(locator).hex() not in json.dumps([sent, hidden, received, answers])
    verify(evidence.store)


def test_an_answer_is_one_more_opinion(evidence: Evidence, server: Server, login: str) -> None:
    """It stands beside the finding, and changes neither verdict nor matches."""
    before = list(list_findings(evidence.store))
    ask(evidence, server, login, *LOCATORS)
    assert list(list_findings(evidence.store)) == before
    (answer,) = answers_about(evidence.store, evidence.id("exhibit/harbour"))
    assert (answer["service"], answer["classification"]) == ("arachnid-shield", "csam")
    assert answers_about(evidence.store, evidence.id("exhibit/letter")) == []


def test_what_was_sent_is_on_record_though_no_answer_came(
    evidence: Evidence, fake: FakeShield, server: Server, login: str
) -> None:
    """Whether it arrived nobody knows."""
    fake.interfere = lambda _: Reply(fault="reset")
    with pytest.raises(ExchangeError, match="broke"):
        ask(evidence, server, login, "exhibit/harbour")
    assert len(recorded(evidence, "hashes_sent")) == 1
    assert recorded(evidence, "answers_received") == []
    verify(evidence.store)


def test_what_the_service_passes_over_is_no_answer(
    evidence: Evidence, fake: FakeShield, server: Server, login: str
) -> None:
    """Never taken for a picture that it does not know."""
    fake.alter = lambda _: {}
    assert ask(evidence, server, login, "exhibit/harbour") == [("unanswered", None)]


def test_questions_are_asked_in_small_numbers(
    evidence: Evidence, server: Server, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each on record by itself, so that one that fails takes no other with it."""
    from unseen.casework.asking import shield

    monkeypatch.setattr(shield, "HASHES_MAX", 1)
    ask(evidence, server, login, *LOCATORS)
    assert len(server.questions) == len(recorded(evidence, "hashes_sent")) == 2


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("name", " ")])
def test_nothing_leaves_without_a_name_and_a_reason(
    evidence: Evidence, server: Server, login: str, by: str, reason: str
) -> None:
    """Nor without a finding."""
    ids, address = [evidence.id("exhibit/harbour")], server.address
    with pytest.raises(UsageError, match="is empty"):
        list(ask_about(evidence.store, ids, login=login, by=by, reason=reason, address=address))
    with pytest.raises(UsageError, match="no finding was named"):
        list(ask_about(evidence.store, [], login=login, by="name", reason="why", address=address))
    assert server.questions == []
