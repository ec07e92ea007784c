"""Legal holds: while one stands, nothing goes that it covers, however late it is and whoever asks."""

from collections.abc import Iterator

import pytest
from tests.stores import on_both
from tests.unit.kept import HARMLESS, contents_of, keep_scan

from unseen.casework.custody.holds import check_hold, lift_hold, list_holds, set_hold
from unseen.casework.kept.erasing import erase_expired, erase_of_scans
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import HeldError, UsageError
from unseen.model import CustodyKind, Facts, Retention, Subject, SubjectKind
from unseen.store import Store, Target, add_act, count_whole, erase_hashes, list_cases, list_findings, record, scans_due
from unseen.store.cases import gather

BEGAN = "2020-11-01T12:00:00Z"
NOW = "2026-11-23T12:00:00Z"
EXPIRED = {"why": "expired"}


@pytest.fixture
def path(place: str) -> str:
    """Where the store is, of either kind."""
    return place


@pytest.fixture
def scanned(path: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Store, int]]:
    """A store with one scan whose hashes are long due, and its number; nothing goes by itself."""
    monkeypatch.setattr("unseen.casework.proof.recording.erase_when_due", lambda *_, **__: None)
    with open_recorded(path) as opened:
        scan_id = keep_scan(opened, at_utc=BEGAN, retention=Retention(30))
        yield opened, scan_id
    monkeypatch.undo()


def hold(store: Store, target: Target, extent: str = "scans") -> int:
    """Set a hold; gives its number."""
    values = {"by": "M. Silva", "text": "an order", "extent": extent}
    return add_act(store, CustodyKind.HELD, target, values=values, check=check_hold, at_utc=NOW).id


def erased(store: Store, scan_id: int) -> int:
    """How many items lose their hashes."""
    return sum(batch.items for batch in erase_hashes(store, scan_id, stated=EXPIRED, at_utc=NOW))


def test_a_hold_on_a_finding_keeps_the_hashes_of_its_scan(scanned: tuple[Store, int]) -> None:
    """Overdue as they are they stay, the hold is named, and they go once it is lifted."""
    store, scan_id = scanned
    (finding, *_) = list_findings(store)
    number = hold(store, Target(finding=finding.id[:10]))
    with pytest.raises(HeldError, match=rf"under hold {number}: M\. Silva, an order") as caught:
        erased(store, scan_id)
    assert caught.value.holds == (number,)
    values, lifting = {"by": "A", "text": "over"}, Target(answers=number)
    add_act(store, CustodyKind.HOLD_LIFTED, lifting, values=values, check=check_hold, at_utc=NOW)
    assert erased(store, scan_id) == len(contents_of(HARMLESS))


@on_both
def test_a_hold_on_a_case_keeps_the_hashes_of_every_scan_that_saw_it(scanned: tuple[Store, int]) -> None:
    """Of its own scan and of a later one that saw the same findings; one that saw others loses its own."""
    store, scan_id = scanned
    with record(store, at_utc=NOW) as page:
        gather(page, [(one.id, Facts(subject=Subject(SubjectKind.ACCOUNT, "7"))) for one in list_findings(store)])
    ((opened, *_),) = list_cases(store)
    later = keep_scan(store, at_utc=BEGAN, retention=Retention(30), number=1)
    free = keep_scan(store, at_utc=BEGAN, retention=Retention(30), number=2, prefix="other")
    hold(store, Target(case=opened.case))
    for held in (scan_id, later):
        with pytest.raises(HeldError):
            erased(store, held)
    assert erased(store, free) == len(contents_of(HARMLESS))


def test_a_hold_may_leave_other_peoples_hashes_alone(scanned: tuple[Store, int]) -> None:
    """One that was set for the findings alone keeps no hash of what matched nothing."""
    store, scan_id = scanned
    (finding, *_) = list_findings(store)
    hold(store, Target(finding=finding.id), extent="findings")
    assert erased(store, scan_id) == len(contents_of(HARMLESS))


@on_both
def test_a_hold_that_comes_while_hashes_go_keeps_the_rest(
    scanned: tuple[Store, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two batches it is heard of: what is gone is on record, what is left stays."""
    store, scan_id = scanned
    monkeypatch.setattr("unseen.store.kept.retention._ITEMS_AT_ONCE", 2)
    (finding, *_) = list_findings(store)
    batches = erase_hashes(store, scan_id, stated=EXPIRED, at_utc=NOW)
    assert next(batches).items == 2
    hold(store, Target(finding=finding.id))
    with pytest.raises(HeldError):
        next(batches)
    assert scans_due(store, NOW) == [scan_id]
    assert count_whole(store, scan_id) == 0


def test_a_hold_is_lifted_once_and_by_its_number(scanned: tuple[Store, int], path: str) -> None:
    """What is no hold cannot be lifted, nor what was; nor is there a hold on nothing, or on two things."""
    store, _ = scanned
    (finding, *_) = list_findings(store)
    number = hold(store, Target(finding=finding.id))
    for by, case, other in (("A", 1, "abcd"), ("A", None, None), (" ", None, finding.id)):
        with pytest.raises(UsageError):
            set_hold(path, case=case, finding=other, by=by, reason="an order")
    assert lift_hold(path, number, by="M. Silva", reason="over").act.id == number
    with pytest.raises(UsageError, match=r"was lifted by M\. Silva"):
        lift_hold(path, number, by="M. Silva", reason="over")
    with pytest.raises(UsageError, match="is no hold"):
        lift_hold(path, number + 1, by="M. Silva", reason="over")
    assert [len(list_holds(path, everything=everything)) for everything in (False, True)] == [0, 1]


def test_every_command_that_writes_leaves_what_is_held(path: str) -> None:
    """Hashes that are due are told as held and kept, a person who asks is refused, and all of it verifies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unseen.casework.proof.recording.erase_when_due", lambda *_, **__: None)
        with open_recorded(path) as store:
            scan_id = keep_scan(store, at_utc=BEGAN, retention=Retention(30))
            (finding, *_) = list_findings(store)
            number = hold(store, Target(finding=finding.id))
    (told,) = erase_expired(path)
    assert (told.scan, told.items, told.holds) == (scan_id, 0, (number,))
    with pytest.raises(HeldError):
        erase_of_scans(path, [scan_id], by="A", reason="the exhibit went back")
    verify(path)
    lift_hold(path, number, by="M. Silva", reason="over")
    (told,) = erase_expired(path)
    assert (told.items, told.holds) == (len(contents_of(HARMLESS)), ())
    verify(path)
