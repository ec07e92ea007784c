"""`unseen verify`: whatever is altered in a store is noticed, whoever altered it and however."""

import random
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.unit.casework.stores import WHEN, furnish, scan_into
from tests.unit.stand_ins import PICTURE, StandInDarkroom, StandInMatcher, make_item

from unseen.casework.proof.recording import Bookkeeper, open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import LedgerBrokenError, ReportMismatchError, StoreError, UsageError, VerificationError
from unseen.scan import Clock, scan
from unseen.store import Run, ScanSession
from unseen.store.schema import metadata

# Numbers that only keep rows apart; no record speaks of them.
SILENT = {("entries", "id"), ("opinions", "id"), ("not_screened", "id"), ("finding_matches", "id")}
# Who has a letter in hand, and when it is due: at worst it is sent later, or once more.
SILENT |= {("outbox", name) for name in ("due_s", "lease_until_s", "claim_no")}
# What an unfinished scan or sync notes for itself: nothing that was found or told rests on it.
NOTES = {"object_versions", "syncs", "staged"}
RECORDED = [table for table in metadata.sorted_tables if table.name not in NOTES]
COLUMNS = [
    (table.name, column.name)
    for table in RECORDED
    for column in table.columns
    if (table.name, column.name) not in SILENT
]
TABLES = [table.name for table in RECORDED]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A store with every kind of record, and the folder of its key."""
    place = tmp_path_factory.mktemp("furnished")
    furnish(place / "store", place / "keys")
    return place / "store", place / "keys"


@pytest.fixture
def store(furnished: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy that may be altered."""
    shutil.copytree(furnished[0], tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture(scope="module")
def keys(furnished: tuple[Path, Path]) -> Path:
    """The folder of its key."""
    return furnished[1]


def public_key(keys: Path) -> str:
    """The public half, as a file."""
    return str(next(path for path in keys.glob("*.pub") if path.name.count(".") == 2))


def alter(store: Path, statement: str, *values: object) -> int:
    """Change a store behind our back; give the number of rows that changed."""
    with sqlite3.connect(store / "unseen.db") as connection:
        changed = connection.execute(statement, values).rowcount
    connection.close()
    return changed


def test_an_honest_store_verifies(store: Path, keys: Path) -> None:
    """With the key, with its file, and without either; all records are counted, and what was erased."""
    verified = verify(str(store), key=public_key(keys))
    assert (verified.kind, verified.is_pinned, verified.rotations) == ("store", True, 0)
    assert verified.records is not None
    counted = dict(verified.records.by_type)
    # Time ends batches too: a machine that is busy makes more of them.
    assert counted.pop("scan_batch") >= 3
    assert counted == {
        "store_created": 1,
        "list_added": 4,
        "list_changed": 2,
        "list_removed": 1,
        "entry_decision": 2,
        "list_source": 2,
        "list_exported": 1,
        "list_policy": 2,
        "scan_started": 3,
        "scan_finished": 2,
        "item": 24,
        "finding": 15,
        "verdict": 3,
        "case_event": 5,
        "content_preserved": 1,
        "custody_act": 3,
        "letter_queued": 9,
        "letter_tried": 8,
        "letter_overtaken": 1,
        "filing_policy": 1,
        "filing_decided": 2,
        "filing_file": 2,
        "filing_decision": 2,
        "filing_step": 2,
        "filing_answer": 2,
        "erasure": 1,
    }
    assert (verified.records.erased, verified.records.clock_steps_back, verified.records.later) == (2, 1, 0)
    assert verify(str(store), key=verified.key).is_pinned
    assert not verify(str(store)).is_pinned


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_any_value_altered_is_noticed(store: Path, table: str, column: str) -> None:
    """Every column of every table, in its first row and in its last."""
    for order in ("ASC", "DESC"):
        with sqlite3.connect(store / "unseen.db") as connection:
            query = f"SELECT rowid, {column} FROM {table} ORDER BY rowid {order} LIMIT 1"
            rowid, before = connection.execute(query).fetchone()
        connection.close()
        match before:
            case bytes():
                after: object = bytes([*before[:-1], before[-1] ^ 0x80])
            case int():
                after = before + 1000
            case str():
                after = before + " "
            case _:
                after = "x"
        assert alter(store, f"UPDATE {table} SET {column} = ? WHERE rowid = ?", after, rowid) == 1
        with pytest.raises(VerificationError):
            verify(str(store))
        alter(store, f"UPDATE {table} SET {column} = ? WHERE {column} IS ?", before, after)
    verify(str(store))


@pytest.mark.parametrize("table", TABLES)
def test_any_row_deleted_is_noticed(store: Path, table: str) -> None:
    """From every table, the first and the last; an erased row has a record of it, these have none."""
    for order in ("ASC", "DESC"):
        with sqlite3.connect(store / "unseen.db") as connection:
            row = connection.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid {order} LIMIT 1").fetchone()
        connection.close()
        assert alter(store, f"DELETE FROM {table} WHERE rowid = ?", row[0]) == 1
        with pytest.raises(VerificationError):
            verify(str(store))
        names = ", ".join(column.name for column in metadata.tables[table].columns)
        alter(store, f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * (len(row) - 1))})", *row[1:])
    verify(str(store))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("number", [1, 10_000])
def test_any_row_added_is_noticed(store: Path, table: str, number: int) -> None:
    """A copy of a row under another number, within the ledger or beyond its end."""
    columns = [column.name for column in metadata.tables[table].columns]
    unique = {"findings": ("id", "locator"), "lists": ("id", "name"), "ledger": ("n",), "openings": ("n",)}
    unique |= {"verdict_matches": ("entry",), "preserved": ("id", "finding_id"), "filing_answers": ("id", "step_id")}
    fresh = unique.get(table, ("id",))
    if table == "items":
        fresh = ("id", "locator")
    with sqlite3.connect(store / "unseen.db") as connection:
        row = dict(
            zip(columns, connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchone(), strict=True)
        )
        key = fresh[0]
        taken = {one for (one,) in connection.execute(f"SELECT {key} FROM {table}")}
    connection.close()
    for name in fresh:
        row[name] = f"other {number}" if isinstance(row[name], str) else row[name]
        row[name] = b"other" if isinstance(row[name], bytes) else row[name]
        row[name] = (
            next(n for n in range(number, 20_000) if n not in taken) if isinstance(row[name], int) else row[name]
        )
    alter(store, f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", *row.values())
    with pytest.raises(VerificationError):
        verify(str(store))


@pytest.mark.parametrize(
    "statements",
    [
        (
            "ALTER TABLE findings RENAME TO kept",
            "CREATE VIEW findings AS SELECT * FROM kept WHERE date('now') < '9999-01-01'",
        ),
        ("CREATE TRIGGER later AFTER INSERT ON findings BEGIN DELETE FROM findings WHERE id = new.id; END",),
        ("CREATE INDEX once ON findings (sha256)",),
        ("CREATE TABLE more AS SELECT * FROM findings",),
        ("ALTER TABLE not_screened ADD COLUMN hidden INTEGER",),
        ("DROP INDEX entries_by_list",),
    ],
    ids=["view", "trigger", "index", "table", "column", "index_gone"],
)
def test_tables_that_are_not_those_we_make_are_noticed(store: Path, statements: tuple[str, ...]) -> None:
    """A view may show today what it hides tomorrow, a trigger drop what the next scan writes: neither is ours."""
    for statement in statements:
        alter(store, statement)
    with pytest.raises(LedgerBrokenError, match=r"the tables .* are not those"):
        verify(str(store))


def test_a_swapped_list_is_noticed(store: Path) -> None:
    """Entries of two lists that change places leave every count as it was."""
    alter(store, "UPDATE entries SET list_id = 3 - list_id WHERE list_id IN (1, 2)")
    with pytest.raises(LedgerBrokenError, match="the entries of list 'known' are not those"):
        verify(str(store))


def test_records_beyond_the_checkpoint_are_not_taken_for_signed(store: Path) -> None:
    """Well-formed entries with well-formed rows still need a signature."""
    with sqlite3.connect(store / "unseen.db") as connection:
        (last,) = connection.execute("SELECT max(n) FROM ledger").fetchone()
    connection.close()
    entry = b'{"at":"2026-11-23T12:00:00Z","n":%d,"scan":7,"type":"item","v":1}' % (last + 1)
    alter(store, "INSERT INTO ledger VALUES (?, ?)", last + 1, entry)
    with pytest.raises(LedgerBrokenError, match="1 entries of the store are not signed"):
        verify(str(store))


def test_a_missing_row_is_named_before_anything_later(store: Path) -> None:
    """Also where a later entry does not hold either: an erasure record is known from the beginning."""
    with sqlite3.connect(store / "unseen.db") as connection:
        (first,), (last,) = (
            connection.execute(f"SELECT {which}(n) FROM openings").fetchone() for which in ("min", "max")
        )
    connection.close()
    alter(store, "DELETE FROM openings WHERE n = ?", first)
    alter(store, "UPDATE openings SET value = 'x' WHERE n = ?", last)
    with pytest.raises(LedgerBrokenError, match=f"the row of entry {first} is missing, and no record says") as caught:
        verify(str(store))
    assert caught.value.index == first


def test_a_store_verifies_while_a_scan_goes_on(store: Path, keys: Path, tmp_path: Path) -> None:
    """What is not signed yet is told, and compared with its rows; once nobody scans any more it is an error."""
    shutil.copytree(keys, tmp_path / "keys")
    with open_recorded(store, keys=tmp_path / "keys") as opened:
        recorder = opened.recorder
        assert isinstance(recorder, Bookkeeper)
        recorder.kept = lambda: None  # type: ignore[method-assign]  # a time at which it is not yet due
        with ScanSession(opened, b"n" * 32, settings="{}", at_utc=WHEN, run=Run({}, {})) as session:
            items = [make_item(f"/n/{n}", PICTURE + b"%d" % n) for n in range(3)]
            clock = Clock(lambda: 0.0, lambda: WHEN)
            list(scan(items, darkroom=StandInDarkroom(), matcher=StandInMatcher(), session=session, clock=clock))
            records = verify(str(store)).records
            assert records is not None
            assert (records.later, records.unsigned) == (0, 5)
            shutil.copytree(store, tmp_path / "cut off")
            with pytest.raises(LedgerBrokenError, match="5 entries of the store are not signed"):
                verify(str(tmp_path / "cut off"))
            alter(store, "UPDATE items SET size_bytes = 99 WHERE id = (SELECT max(id) FROM items)")
            with pytest.raises(LedgerBrokenError, match="is not what was recorded"):
                verify(str(store))


def test_a_damaged_database_does_not_verify(store: Path) -> None:
    """Bytes altered anywhere in the file: it does not verify, or they meant nothing. It is never merely unreadable."""
    file = store / "unseen.db"
    whole = file.read_bytes()

    def content() -> list[list[tuple[object, ...]]]:
        with sqlite3.connect(file) as connection:
            connection.text_factory = bytes
            found = [connection.execute(f"SELECT * FROM {table} NOT INDEXED").fetchall() for table in TABLES]
        connection.close()
        return found

    before, noticed = content(), 0
    draw = random.Random(7)
    # The header of the file, the tops of its pages, and any place.
    places = [*range(0, 100, 3), *range(4096, len(whole), 4096), *(draw.randrange(len(whole)) for _ in range(60))]
    for place in places:
        altered = bytearray(whole)
        altered[place] ^= 0xA5
        file.write_bytes(altered)
        try:
            verify(str(store))
        except VerificationError:
            noticed += 1
        else:
            assert content() == before
        for leftover in store.glob("unseen.db-*"):
            leftover.unlink()
    assert noticed > 20
    file.write_bytes(whole[:-4096])
    with pytest.raises(VerificationError):
        verify(str(store))
    shutil.rmtree(store / "ledger")
    file.write_bytes(bytes(4096))
    with pytest.raises(StoreError, match="not a store of unseen"):
        verify(str(store))


def test_any_flipped_bit_in_the_ledgers_files_is_noticed(store: Path) -> None:
    """Checkpoint, key, tiles and bundles of entries: a seeded sample of bits of each."""
    files = [path for path in (store / "ledger").rglob("*") if path.is_file() and path.name != "lock"]
    assert len(files) == 4
    for path in files:
        whole = path.read_bytes()
        bits = random.Random(path.name).sample(range(8 * len(whole)), 40)
        for bit in bits:
            altered = bytearray(whole)
            altered[bit // 8] ^= 1 << bit % 8
            path.write_bytes(altered)
            with pytest.raises(VerificationError):
                verify(str(store))
        path.write_bytes(whole)
    verify(str(store))


def test_a_key_that_did_not_sign_does_not_verify(store: Path, tmp_path: Path) -> None:
    """A whole other ledger under another key is no answer to a pinned one."""
    furnish(tmp_path / "other", tmp_path / "other keys")
    with pytest.raises(LedgerBrokenError, match="not signed by the pinned key"):
        verify(str(store), key=public_key(tmp_path / "other keys"))
    with pytest.raises(UsageError, match="no public key"):
        verify(str(store), key="nonsense")


def test_an_old_store_put_back_in_place_is_not_gone_on_with(store: Path, keys: Path, tmp_path: Path) -> None:
    """The memory beside the key knows that there was more; nothing is written to such a store."""
    shutil.copytree(keys, tmp_path / "keys")
    shutil.copytree(store, tmp_path / "old")
    with open_recorded(store, keys=tmp_path / "keys") as opened:
        scan_into(opened, b"c", count=3)
    shutil.rmtree(store)
    (tmp_path / "old").rename(store)
    with (
        pytest.raises(LedgerBrokenError, match="older than what its key has signed"),
        open_recorded(store, keys=tmp_path / "keys"),
    ):
        pass


def test_rows_of_an_old_store_under_new_files_are_not_gone_on_with(store: Path, keys: Path, tmp_path: Path) -> None:
    """SQL from a backup beside the ledger of today: records are missing that were signed."""
    shutil.copytree(keys, tmp_path / "keys")
    before = (store / "unseen.db").read_bytes()
    with open_recorded(store, keys=tmp_path / "keys") as opened:
        scan_into(opened, b"c", count=3)
    (store / "unseen.db").write_bytes(before)
    for leftover in store.glob("unseen.db-*"):
        leftover.unlink()
    for attempt in (lambda: verify(str(store)), lambda: open_recorded(store, keys=tmp_path / "keys").__enter__()):
        with pytest.raises(LedgerBrokenError):
            attempt()


def test_a_ledger_that_was_taken_away_is_not_begun_anew(store: Path, keys: Path) -> None:
    """Records without a ledger are no new store."""
    alter(store, "DELETE FROM ledger")
    shutil.rmtree(store / "ledger")
    with pytest.raises(LedgerBrokenError, match="holds records and no ledger"), open_recorded(store, keys=keys):
        pass


def test_only_reports_on_record_are_taken_for_ours(store: Path, tmp_path: Path) -> None:
    """A file whose digest no record states is refused by name."""
    (tmp_path / "report.html").write_text("made up")
    with pytest.raises(ReportMismatchError, match="no record speaks of"):
        verify(str(store), reports=[str(tmp_path / "report.html")])


@pytest.mark.parametrize("path", ["", "nowhere"])
def test_what_is_neither_store_nor_bundle_is_an_error(tmp_path: Path, path: str) -> None:
    """Nothing there is not the same as nothing wrong."""
    with pytest.raises(StoreError):
        verify(str(tmp_path / path))


def test_verifying_writes_nothing(store: Path) -> None:
    """Every file is afterwards what it was before."""
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file() and "-" not in path.name}
    verify(str(store))
    assert {path: path.read_bytes() for path in before} == before


def test_a_clock_that_jumps_back_is_on_record(tmp_path: Path) -> None:
    """Entries state what the clock said; their order is the tree's, and the jump is told."""
    with open_recorded(tmp_path / "store", keys=tmp_path / "keys") as opened:
        for at_utc in ("2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2025-01-01T00:00:00Z"):
            add(opened, at_utc)
    records = verify(str(tmp_path / "store")).records
    assert records is not None
    assert records.clock_steps_back == 1


def add(store: object, at_utc: str) -> None:
    """Record something of no interest."""
    from unseen.store import record

    with record(store, at_utc=at_utc) as page:  # type: ignore[arg-type]  # a store
        page.add("verdict", {"finding": at_utc}, hidden={"by": "somebody"})
