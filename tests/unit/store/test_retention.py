"""Hashes of items that matched nothing: kept no longer than was said, and then gone from the disk."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.unit.kept import HARMLESS, KNOWN, contents_of, hash_values, held_on_disk, keep_scan

from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import LedgerBrokenError, UsageError
from unseen.model import EXHIBIT, Acquisition, Comparison, ItemHashes, Reason, Retention
from unseen.store import Store, count_whole, erase_hashes, list_findings, move_dates, open_store, scans_due
from unseen.store.schema import items, scans
from unseen.store.variants import unpack_acquisition

BEGAN = "2026-11-01T12:00:00Z"
BEFORE = "2026-11-30T12:00:00Z"
AFTER = "2026-12-01T12:00:00Z"
DAYS = Retention(30)
EXPIRED = {"why": "expired"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "store"


@pytest.fixture
def store(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store that erases nothing by itself: here the clock is ours."""
    monkeypatch.setattr("unseen.casework.proof.recording.erase_when_due", lambda *_, **__: None)
    with open_recorded(path) as opened:
        yield opened


def erase(store: Store, scan_id: int, at_utc: str = AFTER) -> int:
    """Erase all; gives the number of items."""
    return sum(batch.items for batch in erase_hashes(store, scan_id, stated=EXPIRED, at_utc=at_utc))


def rows_of(store: Store) -> list[dict[str, object]]:
    """The rows of all items."""
    with store.read() as connection:
        return [dict(row) for row in connection.execute(select(items).order_by(items.c.id)).mappings()]


@pytest.mark.parametrize(("text", "days"), [("off", 0), ("exhibit", None), ("1", 1), ("36500", 36_500)])
def test_a_period_is_read_and_written_alike(text: str, days: int | None) -> None:
    """What is stated in a record can be read from it."""
    assert Retention.parse(text) == Retention(days)
    assert str(Retention(days)) == text


@pytest.mark.parametrize("text", ["", "0", "-1", "36501", "1.5", "\N{SUPERSCRIPT TWO}", "ever", "9" * 99, "OFF"])
def test_what_is_no_period_is_refused(text: str) -> None:
    """Nobody's data is kept by a slip of the keyboard."""
    with pytest.raises(UsageError, match="hashes cannot be kept"):
        Retention.parse(text)


def test_nothing_is_written_where_nothing_is_kept(store: Store, path: Path) -> None:
    """No hash of a harmless item reaches a file of the store; findings keep theirs, and the account is whole."""
    keep_scan(store, at_utc=BEGAN, retention=Retention(0))
    assert held_on_disk(path, hash_values(HARMLESS)) == set()
    assert held_on_disk(path, hash_values(KNOWN)) == set(hash_values(KNOWN))
    assert len(rows_of(store)) == len(contents_of(HARMLESS)) + len(contents_of(KNOWN))


@pytest.mark.parametrize("retention", [DAYS, EXHIBIT])
def test_what_is_kept_can_be_erased_without_its_rows(store: Store, path: Path, retention: Retention) -> None:
    """Values leave every file of the store; rows, outcomes, findings and the ledger stay."""
    scan_id = keep_scan(store, at_utc=BEGAN, retention=retention)
    before, found = rows_of(store), list(list_findings(store))
    assert held_on_disk(path, hash_values(HARMLESS)) == set(hash_values(HARMLESS))
    assert erase(store, scan_id) == len(contents_of(HARMLESS))
    assert held_on_disk(path, hash_values(HARMLESS)) == set()
    assert held_on_disk(path, hash_values(KNOWN)) == set(hash_values(KNOWN))
    stays = ("id", "locator", "outcome", "reason", "size_bytes", "salt")
    assert [[row[name] for name in stays] for row in rows_of(store)] == [
        [row[name] for name in stays] for row in before
    ]
    assert list(list_findings(store)) == found
    assert (erase(store, scan_id), count_whole(store, scan_id)) == (0, 0)


def test_many_erased_hashes_leave_no_trace(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where rows of all sizes moved between pages, many of which were written anew: every value is looked for."""
    monkeypatch.setattr("unseen.store.kept.retention._ITEMS_AT_ONCE", 170)
    scans_kept = [keep_scan(store, at_utc=BEGAN, retention=DAYS, count=500, number=n) for n in range(3)]
    wanted = hash_values(HARMLESS, count=500)
    assert len(held_on_disk(path, wanted)) == len(wanted)
    assert [erase(store, scan_id) for scan_id in scans_kept] == [500, 500, 500]
    assert held_on_disk(path, wanted) == set()


def test_a_store_without_hashes_verifies(store: Store, path: Path) -> None:
    """Never written, erased, or both: the ledger holds, and tells how many were erased when."""
    keep_scan(store, at_utc=BEGAN, retention=Retention(0), number=1)
    scan_id = keep_scan(store, at_utc=BEGAN, retention=DAYS, number=2)
    erase(store, scan_id)
    store.recorder.seal()  # type: ignore[union-attr]  # the bookkeeper of a recorded store
    verified = verify(str(path))
    assert verified.records is not None
    assert verified.records.by_type["hashes_erased"] == 1


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE items SET sha256 = x'00' WHERE id = :last", "not those that were recorded"),
        ("UPDATE items SET hash_salt = NULL WHERE id = :last", "without their salt"),
        (
            "UPDATE items SET hash_salt = NULL, sha256 = NULL, sha1 = NULL, md5 = NULL, pdq = NULL WHERE id = :last",
            "no record says that they were erased",
        ),
        ("UPDATE items SET hashes_sha256 = zeroblob(32) WHERE id = :last", "not what was recorded"),
        ("UPDATE items SET md5 = x'00' WHERE id = :first", "without their salt"),
        ("UPDATE scans SET hashes_due_utc = NULL", "not what was recorded"),
        ("UPDATE scans SET hashes_due_utc = '2099-01-01T00:00:00Z'", "not what was recorded"),
        ("UPDATE scans SET keep_days = NULL", "not what was recorded"),
    ],
)
def test_hashes_that_were_tampered_with_are_noticed(store: Store, path: Path, statement: str, said: str) -> None:
    """Altered, deleted without a record, put back, or their date moved."""
    scan_id = keep_scan(store, at_utc=BEGAN, retention=DAYS)
    with store.read() as connection:
        of_harmless = select(items.c.id).where(items.c.hash_salt.is_not(None)).order_by(items.c.id)
        first, *_, last = connection.scalars(of_harmless).all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unseen.store.kept.retention._ITEMS_AT_ONCE", 1)
        next(erase_hashes(store, scan_id, stated=EXPIRED, at_utc=AFTER))
    store.recorder.seal()  # type: ignore[union-attr]  # the bookkeeper of a recorded store
    verify(str(path))
    with store.write() as connection:
        connection.exec_driver_sql(statement, {"first": first, "last": last})
    with pytest.raises(LedgerBrokenError, match=said):
        verify(str(path))


def test_an_older_copy_of_a_row_is_noticed_after_its_hashes_were_erased(store: Store, path: Path) -> None:
    """Hashes that are there against a record of their erasure do not verify, however true they are."""
    scan_id = keep_scan(store, at_utc=BEGAN, retention=DAYS)
    kept = next(row for row in rows_of(store) if row["hash_salt"] is not None)
    erase(store, scan_id)
    store.recorder.seal()  # type: ignore[union-attr]  # the bookkeeper of a recorded store
    with store.write() as connection:
        connection.execute(items.update().where(items.c.id == kept["id"]).values(kept))
    with pytest.raises(LedgerBrokenError, match="are there, and were erased"):
        verify(str(path))


def test_what_is_due_is_due_at_its_moment(store: Store) -> None:
    """Thirty days from the beginning of the scan: not a second before, and from then on."""
    dated = keep_scan(store, at_utc=BEGAN, retention=DAYS, number=1)
    keep_scan(store, at_utc=BEGAN, retention=EXHIBIT, number=2)
    keep_scan(store, at_utc=BEGAN, retention=Retention(0), number=3)
    assert [scans_due(store, at) for at in (BEFORE, "2026-12-01T11:59:59Z", AFTER)] == [[], [], [dated]]
    erase(store, dated)
    assert scans_due(store, AFTER) == []


def test_a_scan_that_goes_on_after_its_date_writes_no_hashes(store: Store, path: Path) -> None:
    """What it screens later is screened all the same; also where the clock is set back once all was erased."""
    scan_id = keep_scan(store, at_utc=BEGAN, retention=DAYS, finish=False)
    assert erase(store, scan_id) == len(contents_of(HARMLESS))
    for at_utc in (AFTER, BEFORE):
        again = keep_scan(store, at_utc=at_utc, retention=DAYS, prefix=at_utc, finish=False)
        assert again == scan_id
    assert len(rows_of(store)) == 3 * (len(contents_of(HARMLESS)) + len(contents_of(KNOWN)))
    assert held_on_disk(path, hash_values(HARMLESS)) == set()
    assert erase(store, scan_id) == 0


@pytest.mark.parametrize(("back_to", "due"), [("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z"), (BEFORE, AFTER)])
def test_a_clock_that_jumps_back_makes_no_period_longer(store: Store, path: Path, back_to: str, due: str) -> None:
    """From the earliest reading on, the period is what was said; moving the date is on record, and verifies."""
    keep_scan(store, at_utc=BEGAN, retention=DAYS)
    move_dates(store, back_to)
    # Going back to a later reading moves nothing back.
    move_dates(store, BEFORE)
    with store.read() as connection:
        assert connection.scalars(select(scans.c.hashes_due_utc)).all() == [due]
    store.recorder.seal()  # type: ignore[union-attr]  # the bookkeeper of a recorded store
    assert verify(str(path)).records is not None


def test_a_reader_keeps_the_log_and_the_next_erasure_empties_it(store: Store, path: Path) -> None:
    """The scan counts as due until nothing is left in any file of the store."""
    scan_id = keep_scan(store, at_utc=BEGAN, retention=DAYS)
    with open_store(path, read_only=True) as other, other.read() as connection:
        assert connection.execute(select(items.c.id)).first() is not None
        assert erase(store, scan_id) == len(contents_of(HARMLESS))
        assert scans_due(store, AFTER) == [scan_id]
    assert erase(store, scan_id) == 0
    assert scans_due(store, AFTER) == []
    assert held_on_disk(path, hash_values(HARMLESS)) == set()


@pytest.mark.parametrize("retention", [DAYS, Retention(0)])
def test_what_came_of_an_acquisition_is_no_hash(store: Store, retention: Retention) -> None:
    """It stays with its item when the hashes go."""
    acquisition = Acquisition(md5=Comparison.VERIFIED, sha1=Comparison.ABSENT)

    def acquire(one: ItemHashes) -> ItemHashes:
        return replace(one, pdq=None, pdq_quality=None, variants=(), acquisition=acquisition, reason=Reason.NOT_MEDIA)

    scan_id = keep_scan(store, at_utc=BEGAN, retention=retention, change=acquire)
    erase(store, scan_id)
    for row in rows_of(store):
        assert isinstance(row["variants"], bytes)
        assert unpack_acquisition(row["variants"]) == acquisition


def test_hashes_in_records_of_an_older_version_are_counted(store: Store) -> None:
    """They cannot be erased without their rows, and whoever asks for it is told."""
    scan_id = keep_scan(store, at_utc=BEGAN, retention=EXHIBIT)
    with store.write() as connection:
        connection.execute(items.update().values(hash_salt=None, hashes_sha256=None))
    assert (erase(store, scan_id), count_whole(store, scan_id)) == (0, len(contents_of(HARMLESS)))
