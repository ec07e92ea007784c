"""A store on a server: what is its alone."""

import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, text
from tests.stores import PASSWORD, Server, name_of, on_both, on_server
from tests.unit.casework.stores import furnish
from tests.unit.stand_ins import open_writable
from tests.unit.store.test_engine import LIST_ROW

from unseen.casework.proof.places import files_of, open_to_read, open_to_write
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import LedgerBrokenError, StoreDamagedError, StoreError, UnseenError
from unseen.model import Entry, Label, ListClass
from unseen.store import ListOrigin, add_list, list_entries, list_lists, open_store, remove_list
from unseen.store.engine import Store, migrate
from unseen.store.engine.postgresql import PostgreSQL
from unseen.store.schema import items, lists, scans

NOW = "2026-11-23T12:00:00Z"


def ask(place: str, *statements: str) -> list[tuple[Any, ...]]:
    """What somebody does to the store behind our back; gives the rows of the last statement."""
    with psycopg.connect(place, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def put_list(store: Store, name: str, *entries: Entry) -> None:
    """Keep a list."""
    origin = ListOrigin("known.txt", "text", lambda: bytes(32))
    add_list(store, name, entries, list_class=ListClass.CSAM, origin=origin, at_utc=NOW)


@on_both
def test_every_kind_of_record_verifies(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists, scans, findings, verdicts, cases, letters and what was erased: all of it is as its ledger says."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    furnish(place, tmp_path / "keys")
    found = verify(place)
    assert found.records is not None
    assert found.is_remembered


@on_server
def test_migrations_make_exactly_what_a_new_store_has(place: str, server: Server, tmp_path: Path) -> None:
    """Columns, their order of sorting, keys, indexes, references and defaults, as the server itself has them."""
    with open_to_write(place, create=True) as new, new.read() as connection:
        expected = new.backend.definitions(connection)
        assert expected == new.backend.our_definitions()
    other = server.new_database()
    try:
        with Store(PostgreSQL(server.address(other), tmp_path)) as migrated:
            migrate(migrated)
            with migrated.read() as connection:
                assert migrated.backend.definitions(connection) == expected
    finally:
        server.drop(other)


ANY_TEXT = ["", "\0", "a\0b", "\1", "\1\1", "\1\2", "\0\1\2", "\x7f", "\u00e9", "\uffff", "\U0001f600", "Z", "a", "_"]


@on_both
def test_any_text_is_kept_and_sorts_as_in_python(place: str) -> None:
    """Characters that PostgreSQL has no place for among them: rows are merged with others in this order."""
    given = [Entry(name, "md5", bytes([n]) * 16, (Label("kind", name),)) for n, name in enumerate(ANY_TEXT)]
    with open_writable(place) as store:
        put_list(store, "any", *given)
        assert list(list_entries(store, "any")) == given
        with store.read() as connection:
            rows = connection.execute(text("SELECT entry FROM entries ORDER BY entry")).scalars().all()
    assert rows == sorted(ANY_TEXT)


@on_both
def test_integers_have_64_bits(place: str) -> None:
    """A file of many gigabytes is counted, and its size asked for."""
    size_bytes = 9_000_000_000_000
    scan = {"id": 1, "key": b"", "settings": "{}", "started_at_utc": NOW}
    item = {"scan_id": 1, "locator": b"a", "state": "", "outcome": "", "salt": b"", "size_bytes": size_bytes}
    with open_to_write(place, create=True) as store, store.write() as connection:
        connection.execute(insert(scans).values(scan))
        connection.execute(insert(items).values(item))
        sizes = select(items.c.size_bytes).where(items.c.size_bytes >= size_bytes)
        assert connection.execute(sizes).scalar_one() == size_bytes


@on_server
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER mine AFTER INSERT ON items EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE RULE mine AS ON INSERT TO items DO INSTEAD NOTHING",
        "ALTER TABLE items RENAME TO others; CREATE VIEW items AS SELECT * FROM others",
        "ALTER TABLE items ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON items USING (id < 7)",
        "ALTER TABLE not_screened SET UNLOGGED",
        "ALTER TABLE items ALTER outcome DROP NOT NULL",
        "ALTER TABLE items ADD COLUMN more TEXT",
        'ALTER TABLE items ALTER state TYPE TEXT COLLATE "und-x-icu"',
        "ALTER TABLE items DROP CONSTRAINT one_row_per_item_and_scan",
        "ALTER TABLE not_screened DISABLE TRIGGER ALL",
        "DROP INDEX matches_by_scan",
        "CREATE TABLE more (id INT)",
        "CREATE TABLE more () INHERITS (items)",
    ],
)
def test_tables_that_were_altered_are_noticed(place: str, statement: str) -> None:
    """Whatever hides rows, drops them, or lets any pass: `unseen verify` names it."""
    with open_recorded(place) as store:
        put_list(store, "known", Entry("a", "md5", bytes(16)))
    verify(place)
    ask(place, statement)
    with pytest.raises(LedgerBrokenError, match="not those that unseen makes"):
        verify(place)


@on_server
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET value = value || '\\x00'",
        "DELETE FROM entries",
        "UPDATE openings SET value = replace(value, 'known', 'other')",
        "UPDATE lists SET name = 'other'",
        "DELETE FROM openings; DELETE FROM ledger WHERE n = (SELECT max(n) FROM ledger)",
    ],
)
def test_rows_that_were_altered_are_noticed(place: str, statement: str) -> None:
    """As in a directory: the rows are compared with the ledger, and that with what was signed."""
    with open_recorded(place) as store:
        put_list(store, "known", Entry("a", "md5", bytes(16)))
    ask(place, statement)
    with pytest.raises(LedgerBrokenError):
        verify(place)


@on_server
def test_a_backup_that_is_older_than_its_ledger_is_refused(place: str, server: Server) -> None:
    """Restored anywhere, it is the same store: nothing is added to a smaller tree than was signed."""
    with open_recorded(place) as store:
        put_list(store, "first", Entry("a", "md5", bytes(16)))
    backup = server.new_database(template=name_of(place))
    older = server.address(backup)
    try:
        with open_recorded(older) as store:
            assert [info.name for info in list_lists(store)] == ["first"]
        with open_recorded(place) as store:
            put_list(store, "second", Entry("b", "md5", bytes(16)))
        assert files_of(older) == files_of(place)
        with pytest.raises(LedgerBrokenError), open_recorded(older):
            pass
        with pytest.raises(LedgerBrokenError):
            verify(older)
    finally:
        server.drop(backup)
    verify(place)


@on_server
def test_files_that_are_lost_are_noticed_and_another_machine_makes_its_own(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tiles follow from SQL: with the key alone the same tree is made; where more was signed, it must be restored."""
    keys, others = tmp_path / "keys", tmp_path / "other keys"
    monkeypatch.setenv("UNSEEN_KEYS", str(keys))
    with open_recorded(place) as store:
        put_list(store, "known", Entry("a", "md5", bytes(16)))
    before, folder = verify(place), files_of(place)
    folder.rename(tmp_path / "gone")
    with pytest.raises(LedgerBrokenError, match="older than what its key has signed"), open_recorded(place):
        pass
    others.mkdir(mode=0o700)
    (key,) = keys.glob("*.key")
    shutil.copy(key, others / key.name)
    monkeypatch.setenv("UNSEEN_KEYS", str(others))
    with open_recorded(place):
        pass
    assert verify(place).root == before.root


@on_server
def test_a_password_is_told_to_nobody(place: str, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in names, errors or their causes, and not in anything that is kept; whatever is wrong with the address."""
    name = name_of(place)
    address = server.address_with_password(name)
    ask(place, f"GRANT ALL ON DATABASE {name} TO asked", "GRANT ALL ON SCHEMA public TO asked")
    with open_recorded(address) as store:
        put_list(store, "known", Entry("a", "md5", bytes(16)))
        told = [store.name, str(store.path), repr(store.engine.url), *(text.name for text in store.path.rglob("*"))]
    rows = ask(
        place, "SELECT string_agg(l::text, '') || (SELECT string_agg(o::text, '') FROM openings o) FROM ledger l"
    )
    told.append(str(rows))
    wrong = [
        address.replace("asked:", "nobody:"),
        address.replace("/" + name, "/nothing"),
        address.replace("127.0.0.1", "127.0.0.1:" + PASSWORD),
        f"postgresql://asked:{PASSWORD}@127.0.0.1/{name}",
        address + "?nothing=such",
    ]
    for one in wrong:
        with pytest.raises(UnseenError) as caught, open_to_write(one, create=True):
            pass
        told += [str(caught.value), caught.value.hint]
    secret = address.partition("asked:")[2].partition("@")[0]
    assert [one for one in told if PASSWORD in one or secret in one or "w/?rd" in one] == []


@on_server
def test_one_account_makes_tables_and_another_works_with_less(place: str, server: Server, tmp_path: Path) -> None:
    """Who adds to the ledger need not be able to alter it; what goes beyond one's rights is said so."""
    with open_recorded(place):
        pass
    ask(
        place,
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO asked",
        "REVOKE UPDATE, DELETE ON ledger FROM asked",
        "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM asked",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO asked",
    )
    address = server.address_with_password(name_of(place))
    with open_recorded(address) as store:
        put_list(store, "known", Entry("a", "md5", bytes(16)))
        remove_list(store, "known", at_utc=NOW)
        with pytest.raises(StoreError, match="may not be used so"), store.write() as connection:
            connection.execute(text("DELETE FROM ledger"))
    verify(address)


@on_server
def test_who_only_reads_cannot_write(place: str) -> None:
    """A store opened for looking refuses every write, and readers see one state."""
    open_to_write(place, create=True).close()
    with open_to_read(place) as store:
        with pytest.raises(StoreError, match="read-only"), store.write() as connection:
            connection.execute(insert(lists).values(LIST_ROW))
        with store.read() as reading:
            assert reading.execute(select(lists.c.name)).all() == []
            with open_writable(place) as other:
                put_list(other, "known", Entry("a", "md5", bytes(16)))
            assert reading.execute(select(lists.c.name)).all() == []
        with store.read() as reading:
            assert reading.execute(select(lists.c.name)).scalars().all() == ["known"]


@on_server
def test_what_is_no_store_is_left_alone(place: str, server: Server, tmp_path: Path) -> None:
    """Another program's tables, a schema that nobody may use, text that is not UTF-8, and a place where nothing is."""
    with pytest.raises(StoreError, match="there is no store"):
        open_to_read(place)
    ask(place, "CREATE TABLE alembic_version (version_num TEXT)")
    with pytest.raises(StoreDamagedError, match="not a store"):
        open_to_write(place, create=True)
    with pytest.raises(StoreError, match="no schema"):
        open_to_write(f"{place}&options=-csearch_path%3Dnothing", create=True)
    with pytest.raises(StoreError, match="no folder for the files"):
        open_store(place)


@on_server
def test_schemas_hold_stores_of_their_own(place: str) -> None:
    """Two stores in one place on a server know nothing of each other, and neither waits for the other."""
    ask(place, "CREATE SCHEMA one", "CREATE SCHEMA other")
    first, second = (f"{place}&options=-csearch_path%3D{name}" for name in ("one", "other"))
    with open_recorded(first) as store, open_recorded(second) as other:
        with store.write():
            put_list(other, "known", Entry("a", "md5", bytes(16)))
        assert list_lists(store) == []
        assert store.path != other.path
    verify(first)
    verify(second)


@on_server
def test_a_newer_schema_is_refused(place: str) -> None:
    """An older program does not guess what a newer one wrote."""
    open_to_write(place, create=True).close()
    ask(place, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="9999"):
        open_to_write(place, create=True)


@on_server
def test_who_waits_too_long_for_a_writer_is_told_so(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience has an end, and then the other process is named as the reason."""
    from unseen.store.engine.postgresql import server as module

    monkeypatch.setattr(module, "_SETTINGS", module._SETTINGS.replace("'600s'", "'50ms'"))
    with (
        open_writable(place) as store,
        store.write(),
        open_writable(place) as other,
        pytest.raises(StoreError, match="locked by another process"),
        other.write(),
    ):
        pass


def test_a_server_that_is_not_there_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hint, and without a trace of the driver."""
    monkeypatch.setenv("UNSEEN_STATE", str(tmp_path))
    with pytest.raises(StoreError, match="no connection to the store"):
        open_to_read(f"postgresql:///nothing?host={tmp_path}")
    assert list(tmp_path.iterdir()) == []
