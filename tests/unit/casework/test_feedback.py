"""What a person says of an entry reaches the service at least once, and nothing but that leaves."""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.casework.letters import GUID, decide, furnish, put_of
from tests.unit.exchanges.fake_ncmec import FakeNcmec
from tests.unit.exchanges.servers import Reply, Server, running

from unseen.casework.feedback import Sending, Tried, deliver, give_feedback, list_feedback, list_reasons
from unseen.casework.proof.verifying import verify
from unseen.casework.syncing import follow_list
from unseen.errors import UsageError
from unseen.model import Decision
from unseen.store import LetterState


@dataclass
class Desk:
    """A store, its findings, and the service."""

    store: str
    ids: list[str]
    fake: FakeNcmec
    server: Server

    def give(self, **options: object) -> list[str]:
        """Queue feedback on all findings; gives the targets."""
        given = give_feedback(self.store, self.ids, by="D. Okafor", **options)  # type: ignore[arg-type]  # as given
        return [one.letter.target for one in given]

    def send(self, *, lease_s: int = 600) -> list[Tried]:
        """Send what is due."""
        return list(deliver(self.store, lease_s=lease_s, note=self.noted.append))

    def states(self) -> list[LetterState]:
        """Where letters stand."""
        return [queued.state for queued in list_feedback(self.store)]

    def __post_init__(self) -> None:
        self.noted: list[str] = []


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A store with a finding."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    fake = FakeNcmec()
    with running(fake.server()) as server:
        store, ids = furnish(tmp_path, server)
        yield Desk(store, ids, fake, server)


def test_a_confirmed_finding_affirms_what_it_matched_by_more_than_a_lead(desk: Desk) -> None:
    """Nothing leaves before it is sent; then each hash of each entry is told once, and the receipt is kept."""
    decide(desk.store, desk.ids, Decision.CONFIRMED)
    assert desk.give() == ["42-entry0 md5", "42-other0 pdq"]
    assert desk.server.questions == []
    assert [one.outcome for one in desk.send()] == [Sending.ACCEPTED] * 2
    assert put_of(desk.fake) == {"entry0/MD5": "affirmative", "other0/PDQ": "affirmative"}
    assert desk.send() == []
    receipts = [one for queued in list_feedback(desk.store) for one in queued.deliveries]
    assert [(one.status, "submissionResult" in one.answer) for one in receipts] == [(200, True)] * 2
    counted = verify(desk.store).records
    assert counted is not None
    assert (counted.by_type["letter_queued"], counted.by_type["letter_tried"]) == (2, 2)


def test_a_cleared_finding_speaks_against_what_it_matched_to_the_byte(desk: Desk) -> None:
    """That two pictures come near each other does not say that the entry is wrong, unless a person names it."""
    decide(desk.store, desk.ids, Decision.CLEARED)
    assert desk.give(codes=[GUID]) == ["42-entry0 md5"]
    assert desk.give(codes=[GUID], entries=["42-other0"]) == ["42-other0 pdq"]
    desk.send()
    assert put_of(desk.fake) == {"entry0/MD5": "negative", "other0/PDQ": "negative"}
    assert all(f"<guid>{GUID}</guid>" in body for body in desk.fake.given.values())


def test_nothing_leaves_but_entry_signal_and_codes(desk: Desk, tmp_path: Path) -> None:
    """No name, no reason in words, no path, no id of ours: neither in the address nor in the body nor in a header."""
    decide(desk.store, desk.ids, Decision.CLEARED)
    desk.give(codes=[GUID])
    desk.send()
    (question,) = desk.server.questions
    assert (question.method, question.path, question.query) == ("PUT", "/v2/entries/42/entry0/MD5/feedback", {})
    told = f"{question.path} {question.body.decode()} {question.headers}"
    assert [word for word in ("Okafor", "compared", "item", desk.ids[0][:8], str(tmp_path)) if word in told] == []


@pytest.mark.parametrize(
    ("decision", "codes", "message"),
    [
        (None, [], "is open"),
        (Decision.REOPENED, [], "is open"),
        (Decision.CLEARED, [], "needs a reason"),
        (Decision.CONFIRMED, [GUID], "takes no reason"),
        (Decision.CLEARED, ["\n"], "no code of a reason"),
    ],
)
def test_feedback_rests_on_a_verdict_and_its_reasons(
    desk: Desk, decision: Decision | None, codes: list[str], message: str
) -> None:
    """An open finding says nothing; what is wrong needs a code; what is right has none."""
    if decision is not None:
        decide(desk.store, desk.ids, decision)
    with pytest.raises(UsageError, match=message):
        desk.give(codes=codes)
    assert desk.states() == []


def test_lists_that_come_from_no_service_hear_nothing(desk: Desk) -> None:
    """An entry of a list in a file has nobody who could be told."""
    decide(desk.store, desk.ids, Decision.CONFIRMED)
    with pytest.raises(UsageError, match="comes from no service"):
        desk.give(lists=["own"])
    with pytest.raises(UsageError, match="nothing to say"):
        desk.give(entries=["line 1"])


@pytest.mark.parametrize(
    ("reply", "outcome", "state"),
    [
        (Reply(400), Sending.REFUSED, LetterState.REFUSED),
        (Reply(404), Sending.REFUSED, LetterState.REFUSED),
        (Reply(401), Sending.FAILED, LetterState.PENDING),
        (Reply(429, headers={"Retry-After": "5"}), Sending.FAILED, LetterState.PENDING),
        (Reply(503), Sending.UNKNOWN, LetterState.PENDING),
        (Reply(fault="reset"), Sending.UNKNOWN, LetterState.PENDING),
        (Reply(fault="half", body=b"<x/>" * 100), Sending.UNKNOWN, LetterState.PENDING),
    ],
)
def test_what_came_of_an_attempt_is_told_apart(desk: Desk, reply: Reply, outcome: Sending, state: LetterState) -> None:
    """Refused for good, not taken this time, or nobody knows: the last two are sent again when they are due."""
    desk.fake.fault = lambda _: reply
    decide(desk.store, desk.ids, Decision.CONFIRMED)
    desk.give(entries=["42-entry0"])
    assert [one.outcome for one in desk.send()] == [outcome]
    assert desk.states() == [state]
    assert desk.send() == []


def test_a_service_that_is_away_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    """There is no connection: it cannot have arrived, and stays."""
    decide(desk.store, desk.ids, Decision.CONFIRMED)
    desk.give(entries=["42-entry0"])
    settings, secret = {"base": "http://127.0.0.1:9"}, str(tmp_path / "secret")
    follow_list(desk.store, "known", "ncmec", settings=settings, credentials=secret, list_class="csam", replace=True)
    assert [one.outcome for one in desk.send()] == [Sending.FAILED]
    assert desk.states() == [LetterState.PENDING]


def test_without_credentials_nothing_is_tried(desk: Desk, tmp_path: Path) -> None:
    """What stays, and why, is said; no attempt is on record, because there was none."""
    decide(desk.store, desk.ids, Decision.CONFIRMED)
    desk.give()
    (tmp_path / "secret").unlink()
    assert desk.send() == []
    assert "stays where it is" in desk.noted[0]
    assert desk.states() == [LetterState.PENDING] * 2


def test_one_letter_that_is_refused_keeps_nobody_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are sent all the same."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    fake = FakeNcmec()
    fake.fault = lambda question: Reply(400) if "entry2" in question.path else None
    with running(fake.server()) as server:
        store, ids = furnish(tmp_path, server, count=5)
        decide(store, ids, Decision.CONFIRMED)
        give_feedback(store, ids, by="D. Okafor", entries=[f"42-entry{n}" for n in range(5)])
        outcomes = [one.outcome for one in deliver(store)]
    assert sorted(outcomes) == [Sending.ACCEPTED] * 4 + [Sending.REFUSED]
    assert len(fake.given) == 4


def test_a_word_taken_back_before_it_left_does_not_leave(desk: Desk) -> None:
    """Another verdict came: the letter is put aside, on record."""
    decide(desk.store, desk.ids, Decision.CLEARED)
    desk.give(codes=[GUID])
    decide(desk.store, desk.ids, Decision.CONFIRMED)
    desk.give(entries=["42-entry0"])
    desk.send()
    assert put_of(desk.fake) == {"entry0/MD5": "affirmative"}
    assert len(desk.server.questions) == 1
    assert desk.states() == [LetterState.OVERTAKEN, LetterState.SENT]


def test_the_codes_come_from_the_service(desk: Desk) -> None:
    """By signal, with the words that people read."""
    first, *_ = list_reasons(desk.store, "known", "sha1")
    assert (first.guid, first.name) == (GUID, "not what it says")


def send_all(store: str) -> None:
    """Send what is due, in a process of its own."""
    list(deliver(store))


def test_two_deliverers_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each letter arrives, each is in one hand at a time, and each has its receipt."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    fake = FakeNcmec()
    with running(fake.server()) as server:
        store, ids = furnish(tmp_path, server, count=20)
        decide(store, ids, Decision.CONFIRMED)
        give_feedback(store, ids, by="D. Okafor")
        context = multiprocessing.get_context("spawn")
        hands = [context.Process(target=send_all, args=(store,)) for _ in range(2)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        assert [hand.exitcode for hand in hands] == [0, 0]
        assert (len(fake.given), len(server.questions)) == (40, 40)
    assert {queued.state for queued in list_feedback(store)} == {LetterState.SENT}
    verify(store)
