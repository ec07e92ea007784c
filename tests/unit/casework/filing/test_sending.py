"""From a decision to the receipt, over a real line, whatever goes wrong on the way."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.stores import on_both
from tests.unit.casework.filing.filings import (
    CONTENTS,
    decide_case,
    furnish,
    held,
    only_case,
    run,
    settings_for,
    start,
    wanted,
    working,
)

from unseen.casework.cases.verbs import act, show_case
from unseen.casework.custody.preserving import preserve, set_preserving
from unseen.casework.filing.sending import working as working_module
from unseen.casework.filing.sending.automatic import MatchKind, set_filing_policy
from unseen.casework.filing.sending.deciding import decide, decide_batched, turn
from unseen.casework.filing.sending.listing import list_filings, show_filing
from unseen.casework.filing.sending.preparing import prepare
from unseen.casework.filing.sending.rehearsing import check_connection, rehearse, save_schema
from unseen.casework.filing.sending.rereading import no_copy
from unseen.casework.filing.sending.working import Working, send
from unseen.casework.findings import decide as decide_findings
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import ExchangeError, ListError, UsageError
from unseen.filing.rehearsal import Fault, RehearsalServer
from unseen.model import CaseOutcome, CustodyKind, Decision, EventKind, ListClass
from unseen.sources.layers import MemoryRange
from unseen.store import LetterState, ListOrigin, Sending, acts_about, add_list, receipts_of

MD5S = {hashlib.md5(content).hexdigest() for content in CONTENTS.values()}
# Calls of one filing of two files, after the question whether the desk is there.
CALLS = 6


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing keys beside the store."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))


@pytest.fixture
def store(tmp_path: Path, place: str) -> str:
    """A store with one case of two files."""
    return furnish(tmp_path, place=place)


@pytest.fixture
def line() -> Iterator[RehearsalServer]:
    """A desk without faults."""
    with start() as line:
        yield line


@on_both
def test_what_was_decided_on_is_filed_once(tmp_path: Path, store: str, line: RehearsalServer) -> None:
    """With its files and its receipt; the case has left the house, and waits for its outcome; the store verifies."""
    filing = decide_case(tmp_path, store)
    (worked,) = list(send(store, working(tmp_path, line)))
    assert (worked.filing, worked.outcome) == (filing, Sending.ACCEPTED)
    (filed,) = line.desk.filed
    assert {md5 for _, md5, _ in filed.files} == MD5S
    account = show_filing(store, filing)
    assert account.receipt is not None
    assert (account.filing.state, account.receipt.report_id) == (LetterState.SENT, filed.report_id)
    assert b"reportDoneResponse" in account.receipt.answer
    assert [step.call for step in account.steps] == ["submit", "upload", "fileinfo", "upload", "fileinfo", "finish"]
    case = show_case(store, account.filing.case).case
    assert f"report {filed.report_id}" in case.forwarded[0]
    assert (case.next_action, case.moved_at_utc is not None) == ("record the outcome: it was reported", True)
    verify(store)
    assert list(send(store, working(tmp_path, line))) == []
    with pytest.raises(UsageError, match=f"was filed: filing {filing}"):
        decide_case(tmp_path, store)


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_whatever_goes_wrong_it_is_filed_once(tmp_path: Path, store: str, fault: Fault, call: int) -> None:
    """Every fault at every call: nothing is lost, nothing is filed twice, and what we believe is what the desk has."""
    decide_case(tmp_path, store)
    with start(lambda number, _path: fault if number == call else None) as line:
        run(store, working(tmp_path, line))
        assert len(line.desk.filed) == 1
        assert {md5 for _, md5, _ in line.desk.filed[0].files} == MD5S
        (account,) = list_filings(store, everything=True)
        assert account.filing.state is LetterState.SENT
        assert account.receipt is not None
        assert account.receipt.report_id == line.desk.filed[0].report_id
    verify(store)


@on_both
def test_a_report_that_may_be_open_waits_for_a_person(tmp_path: Path, store: str) -> None:
    """The line broke when it was opened: nothing is sent again before somebody says so, and that is an alarm."""
    filing = decide_case(tmp_path, store)
    with start(lambda number, _path: Fault.BREAK_AFTER if number == 1 else None) as line:
        (worked,) = list(send(store, working(tmp_path, line)))
        assert (worked.outcome, line.desk.opened) == (Sending.WAITS, 1)
        assert list(send(store, working(tmp_path, line))) == []
        (account,) = list_filings(store)
        assert account.waits
        assert "filing_waits" in show_case(store, account.filing.case).alarms
        turn(store, filing, "go_on", by="D. Okafor", reason="the service knows no report")
        assert "filing_waits" not in show_case(store, account.filing.case).alarms
        (worked,) = list(send(store, working(tmp_path, line)))
        assert (worked.outcome, len(line.desk.filed)) == (Sending.ACCEPTED, 1)


@on_both
def test_two_workers_file_each_case_once(tmp_path: Path, place: str, line: RehearsalServer) -> None:
    """However their calls fall together."""
    store = furnish(tmp_path, cases=6, place=place)
    with open_recorded(store) as opened:
        from unseen.store import list_cases

        cases = [events[0].case for events in list_cases(opened)]
    for case in cases:
        decide_case(tmp_path, store, case)
    how, failures = working(tmp_path, line), []

    def work() -> None:
        try:
            list(send(store, how))
        except Exception as error:  # noqa: BLE001  # told below
            failures.append(error)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert (line.desk.opened, len(line.desk.filed)) == (len(cases), len(cases))
    assert {one.filing.state for one in list_filings(store, everything=True)} == {LetterState.SENT}


def test_wrong_credentials_leave_everything_where_it_is(tmp_path: Path, store: str, line: RehearsalServer) -> None:
    """Nothing is begun, no filing waits for what is wrong with them all, and no secret is in what is said."""
    filing = decide_case(tmp_path, store)
    how = working(tmp_path, line)
    settings_for(tmp_path, "production", login="tester:stale-password")
    with pytest.raises(ExchangeError, match="refuses the credentials") as caught:
        list(send(store, how))
    assert "stale" not in str(caught.value) + caught.value.hint
    assert (show_filing(store, filing).filing.state, show_filing(store, filing).steps) == (LetterState.PENDING, ())
    with pytest.raises(ExchangeError, match="refuses the credentials"):
        check_connection(how.settings, is_production=True, address=line.address)


@pytest.mark.parametrize("environment", ["production", "test"])
def test_production_is_said_twice_or_not_at_all(tmp_path: Path, store: str, environment: str) -> None:
    """By the settings and by the flag: one without the other is refused before anything is asked or kept."""
    how = wanted(tmp_path, only_case(store), environment)
    is_production = environment != "production"
    with pytest.raises(UsageError, match="production"):
        decide(store, how, by="D. Okafor", reason="known", is_production=is_production)
    with pytest.raises(UsageError, match="production"):
        list(send(store, Working(settings=how.settings, is_production=is_production)))
    assert list_filings(store, everything=True) == []


def test_what_went_to_the_test_desk_is_no_report(tmp_path: Path, store: str, line: RehearsalServer) -> None:
    """The case is as unreported as before, its findings can be filed, and the two ways share nothing."""
    decide_case(tmp_path, store, environment="test")
    case = only_case(store)
    assert list(send(store, working(tmp_path, line))) == []
    (worked,) = list(send(store, working(tmp_path, line, "test")))
    assert worked.outcome is Sending.ACCEPTED
    assert show_case(store, case).case.forwarded == ()
    with open_recorded(store) as opened:
        assert [one.channel for one in receipts_of(opened, case)] == ["cybertipline-test"]
    decide_case(tmp_path, store)


def test_a_file_that_cannot_be_read_is_never_left_out_in_silence(
    tmp_path: Path, store: str, line: RehearsalServer
) -> None:
    """It is named, and nothing is decided, until somebody says that its facts are told without it."""
    how = replace(wanted(tmp_path, only_case(store)), kept=lambda _: None)
    (tmp_path / "held" / "account0" / "one.jpg").unlink()
    (tmp_path / "held" / "account0" / "two.jpg").write_bytes(b"something else")
    prepared = prepare(store, how, channel="cybertipline")
    assert sorted(prepared.unread.values()) == ["changed", "unreadable"]
    with pytest.raises(UsageError, match="cannot be read any more as it was found"):
        decide(store, how, by="D. Okafor", reason="known", is_production=True)
    alone = replace(how, facts_alone=list(prepared.unread))
    decided = decide(store, alone, by="D. Okafor", reason="known", is_production=True)
    assert (decided.files, decided.facts_alone) == (0, 2)
    list(send(store, working(tmp_path, line)))
    (filed,) = line.desk.filed
    assert filed.files == ()
    for content in CONTENTS.values():
        assert hashlib.sha256(content).hexdigest().encode() in filed.report


def test_a_file_that_changed_since_never_leaves(tmp_path: Path, store: str, line: RehearsalServer) -> None:
    """What lies in its place now may be anybody's: not one byte of it is sent, and a person decides."""
    filing = decide_case(tmp_path, store)
    changed = {**CONTENTS, "two.jpg": b"somebody's holiday"}
    (worked,) = list(send(store, replace(working(tmp_path, line), kept=held(changed))))
    assert (worked.outcome, line.calls.count("/upload")) == (Sending.WAITS, 1)
    assert "file 2 cannot be read any more" in worked.why
    turn(store, filing, "take_back", by="D. Okafor", reason="file with facts alone")
    (worked,) = list(send(store, working(tmp_path, line)))
    assert (worked.outcome, line.desk.filed, line.calls[-1]) == (Sending.WITHDRAWN, [], "/retract")


def test_a_preserved_copy_is_sent_and_its_opening_is_on_record(
    tmp_path: Path, store: str, line: RehearsalServer
) -> None:
    """Where the files are gone and the custodian has kept them: who opened which, and for which filing, is told."""
    findings = show_case(store, only_case(store)).findings
    set_preserving(store, is_on=True, by="D. Okafor", reason="counsel")
    with open_recorded(store) as opened:
        reread = {one.id: CONTENTS[Path(str(one.locator)).name] for one in findings}
        list(preserve(opened, findings, lambda one: nullcontext(MemoryRange(reread[one.id]))))
    for one in findings:
        Path(str(one.locator)).unlink()
    how = replace(wanted(tmp_path, only_case(store)), kept=no_copy)
    filing = decide(store, how, by="D. Okafor", reason="known", is_production=True).filing
    (worked,) = list(send(store, replace(working(tmp_path, line), kept=no_copy)))
    assert worked.outcome is Sending.ACCEPTED
    assert {md5 for _, md5, _ in line.desk.filed[0].files} == MD5S
    with open_recorded(store) as opened:
        acts = acts_about(opened, findings=[one.id for one in findings])
    opening = [(act.by, act.text) for act in acts if act.kind is CustodyKind.CONTENT_OPENED]
    assert opening == [("D. Okafor", f"to be sent with filing {filing}")] * len(findings)
    verify(store)


def test_what_is_taken_back_in_time_never_leaves(tmp_path: Path, store: str, line: RehearsalServer) -> None:
    """Before anything was sent there is nobody to call; and the case can be decided on again."""
    filing = decide_case(tmp_path, store)
    turn(store, filing, "take_back", by="M. Silva", reason="cleared")
    assert list(send(store, working(tmp_path, line))) == []
    assert line.calls == []
    assert show_filing(store, filing).filing.state is LetterState.WITHDRAWN
    assert decide_case(tmp_path, store) > filing


def test_a_clock_that_jumps_files_nothing_twice(tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days ahead in the middle: by our clock the report is forgotten, so that a person decides; then it is one."""

    class Ahead(datetime):
        """A clock two days ahead."""

        @classmethod
        def now(cls, tz: object = None) -> "datetime":  # type: ignore[override]  # only with a zone
            return datetime.now(tz) + timedelta(days=2)  # type: ignore[arg-type]  # a zone

    decide_case(tmp_path, store)

    def jump(number: int, _path: str) -> Fault | None:
        if number == 3:
            monkeypatch.setattr(working_module, "datetime", Ahead)
        return None

    with start(jump) as line:
        (worked,) = list(send(store, working(tmp_path, line)))
        assert (worked.outcome, "is over" in worked.why) == (Sending.WAITS, True)
        monkeypatch.undo()
        monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
        turn(store, worked.filing, "anew", by="D. Okafor", reason="the clock had jumped")
        run(store, working(tmp_path, line))
        assert (line.desk.opened, len(line.desk.filed)) == (2, 1)


def test_nothing_is_filed_by_itself_unless_somebody_switched_it_on(
    tmp_path: Path, store: str, line: RehearsalServer
) -> None:
    """Off by default; on for the bytes of an entry of one list; what a person cleared is left out; and all is said."""
    how = working(tmp_path, line)
    assert list(send(store, how)) == []
    case = only_case(store)
    first, second = show_case(store, case).findings
    decide_findings(store, [first.id], Decision.CLEARED, by="D. Okafor", reason="another picture")
    set_filing_policy(store, "known", MatchKind.TWO_LISTS, is_on=True, by="D. Okafor", reason="agreed")
    assert list(send(store, how)) == []
    set_filing_policy(store, "known", MatchKind.EXACT, is_on=True, by="D. Okafor", reason="agreed")
    (worked,) = list(send(store, how))
    account = show_filing(store, worked.filing)
    assert ([one.finding for one in account.filing.files], account.filing.by) == ([second.id], None)
    assert "set by D. Okafor: agreed" in account.filing.reason
    assert account.filing.policy is not None
    verify(store)


def test_what_was_cleared_since_waits(
    tmp_path: Path, store: str, line: RehearsalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody decided, and somebody else found out better: nothing leaves before that was looked at."""
    filing = decide_case(tmp_path, store)
    finding = show_filing(store, filing).filing.files[0].finding
    monkeypatch.setattr("unseen.casework.findings.now_utc", lambda: "2099-01-01T00:00:00Z")
    decide_findings(store, [finding], Decision.CLEARED, by="M. Silva", reason="another picture")
    (worked,) = list(send(store, working(tmp_path, line)))
    assert (worked.outcome, line.desk.opened) == (Sending.WAITS, 0)
    assert "was cleared by M. Silva" in worked.why


def test_only_lists_of_known_material_can_file_by_themselves(tmp_path: Path, store: str) -> None:
    """Whatever anybody says: not what users reported, and not a list that is not there."""
    with open_recorded(store) as opened:
        origin = ListOrigin("/users", "text", lambda: bytes(32))
        add_list(opened, "users", [], list_class=ListClass.USER_REPORTED, origin=origin, at_utc="2026-11-23T08:00:00Z")
    with pytest.raises(UsageError, match="nothing is ever filed by it"):
        set_filing_policy(store, "users", MatchKind.EXACT, is_on=True, by="D. Okafor", reason="agreed")
    with pytest.raises(ListError, match="no list named"):
        set_filing_policy(store, "gone", MatchKind.EXACT, is_on=True, by="D. Okafor", reason="agreed")


def test_one_content_that_goes_round_is_reported_once(tmp_path: Path, line: RehearsalServer) -> None:
    """With both accounts and nothing else of them; every case has left the house."""
    store = furnish(tmp_path, cases=2)
    with open_recorded(store) as opened:
        from unseen.store import list_cases

        cases = [events[0].case for events in list_cases(opened)]
    digest = hashlib.sha256(CONTENTS["one.jpg"]).hexdigest()
    how = {"spread": ["viral"], "by": "D. Okafor", "reason": "it goes round", "is_production": True}
    decided = decide_batched(store, wanted(tmp_path, cases[0]), digest[:12], cases, **how)  # type: ignore[arg-type]  # as told
    assert decided.cases == tuple(cases)
    list(send(store, working(tmp_path, line)))
    (filed,) = line.desk.filed
    assert (len(filed.files), filed.report.count(b"<espIdentifier>")) == (1, 2)
    for case in cases:
        assert show_case(store, case).case.forwarded
        with open_recorded(store) as opened:
            assert len(receipts_of(opened, case)) == 1
    verify(store)


def test_a_case_that_has_ended_is_not_reported(tmp_path: Path, store: str) -> None:
    """Whoever wants that reopens it first."""
    case = only_case(store)
    act(store, case, EventKind.CLOSED, by="D. Okafor", text="by law", outcome=CaseOutcome.NOT_OURS)
    with pytest.raises(UsageError, match="has ended"):
        decide_case(tmp_path, store)


def test_a_rehearsal_writes_nothing(tmp_path: Path, store: str) -> None:
    """The whole course with the real bytes; and not one byte of the store is another afterwards."""
    how = wanted(tmp_path, only_case(store))
    before = {path: path.read_bytes() for path in Path(store).rglob("*") if path.is_file() and "-" not in path.name}
    rehearsed = rehearse(store, how, channel="cybertipline")
    assert (rehearsed.course.standing, rehearsed.is_schema_checked) == ("filed", False)
    assert {md5 for md5, _ in rehearsed.files} == MD5S
    assert {path: path.read_bytes() for path in before} == before
    schema = tmp_path / "other.xsd"
    schema.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="report" type="xs:int"/></xs:schema>'
    )
    strict = rehearse(store, how, channel="cybertipline", xsd=str(schema))
    assert (strict.course.standing, strict.is_schema_checked) == ("waits", True)
    schema.write_text("no schema")
    with pytest.raises(UsageError, match="is no schema"):
        rehearse(store, how, channel="cybertipline", xsd=str(schema))


def test_a_connection_can_be_tried_without_filing(tmp_path: Path, line: RehearsalServer) -> None:
    """The desk answers, and gives its schema, which is written to a new file."""
    checked = check_connection(settings_for(tmp_path), is_production=True, address=line.address)
    assert (checked.way.channel, checked.schema) == ("cybertipline", b"<schema/>")
    save_schema(checked, str(tmp_path / "schema.xsd"))
    assert (tmp_path / "schema.xsd").read_bytes() == b"<schema/>"
    assert line.calls == ["/status", "/xsd"]
