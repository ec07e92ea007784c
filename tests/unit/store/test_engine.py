"""Opening the store."""

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

from unseen.errors import StoreError
from unseen.store import open_store
from unseen.store.engine import SCHEMA_VERSIONS, Store, migrate
from unseen.store.engine.sqlite import SQLite
from unseen.store.schema import lists, metadata

LIST_ROW = {
    "name": "a",
    "list_class": "csam",
    "format": "text",
    "origin": "a.txt",
    "sha256": bytes(32),
    "entries_sha256": bytes(32),
    "added_at_utc": "2026-01-01T00:00:00Z",
    "entry_count": 0,
    "version": 0,
}


def test_a_new_store_is_private(tmp_path: Path) -> None:
    """Nobody but the owner may read the folder or the database."""
    with open_store(tmp_path / "a" / "store"):
        assert (tmp_path / "a" / "store").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "a" / "store" / "unseen.db").stat().st_mode & 0o077 == 0


def test_a_connection_is_durable_and_keeps_references(tmp_path: Path) -> None:
    """Write-ahead log, full synchronisation, foreign keys: on every connection."""
    with open_store(tmp_path / "store") as store, store.read() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    """The schema in code and what the migrations leave behind do not drift apart."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with migrated(tmp_path / "store") as store, store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_a_new_store_has_exactly_the_tables_that_migrations_make(tmp_path: Path) -> None:
    """Columns, keys, indexes and references, as SQLite itself understood them; and the same version."""
    with migrated(tmp_path / "migrated") as one, open_store(tmp_path / "new") as other:
        assert described(one) == described(other)


def migrated(path: Path) -> Store:
    """A store that was made by running every migration."""
    path.mkdir()
    (path / "unseen.db").touch()
    store = Store(SQLite(path))
    migrate(store)
    return store


def described(store: Store) -> dict[str, object]:
    """What SQLite says of each table and index, and the settings that stay with the file."""
    with store.read() as connection:

        def ask(pragma: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(f"PRAGMA {pragma}")]

        found: dict[str, object] = {name: ask(name) for name in ("application_id", "journal_mode")}
        found["version"] = connection.exec_driver_sql("SELECT * FROM alembic_version").scalar_one()
        for (table,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").all():
            if table == "alembic_version":
                continue
            found[table] = ask(f"table_xinfo({table})"), sorted(ask(f"foreign_key_list({table})"))
            # Without the number that only says which was made first.
            indexes = {row[1]: row[2:] for row in ask(f"index_list({table})")}
            found[f"indexes of {table}"] = {name: (row, ask(f"index_xinfo({name})")) for name, row in indexes.items()}
    return found


def test_every_migration_is_named_in_order() -> None:
    """The constant that spares us importing Alembic lists all revisions, oldest first."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import unseen.store

    config = Config()
    config.set_main_option("script_location", str(Path(unseen.store.__file__).parent / "migrations"))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(revisions)) == SCHEMA_VERSIONS


@pytest.mark.parametrize("is_new", [True, False])
def test_opening_a_current_store_does_not_import_alembic(tmp_path: Path, is_new: bool) -> None:
    """Alembic is needed only where the version differs: not for a new store either."""
    if not is_new:
        open_store(tmp_path / "store").close()
    code = (
        "import sys; from unseen.store import open_store; "
        f"open_store({str(tmp_path / 'store')!r}).close(); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """What a writer did before an exception is undone whole."""
    with open_store(tmp_path / "store") as store:
        with pytest.raises(StoreError, match="UNIQUE"), store.write() as connection:
            connection.execute(insert(lists), [LIST_ROW, LIST_ROW])
        with store.read() as connection:
            assert connection.execute(select(func.count()).select_from(lists)).scalar_one() == 0


def _open_and_write(path: str, name: str, barrier: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]  # multiprocessing's barrier has no public type
    with open_store(path) as store, store.write() as connection:
        connection.execute(insert(lists).values(LIST_ROW | {"name": name}))


def test_processes_that_open_a_new_store_at_once_all_succeed(tmp_path: Path) -> None:
    """One makes the store, the others wait for it."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(4)
    processes = [
        spawn.Process(target=_open_and_write, args=(str(tmp_path / "store"), f"list{at}", barrier)) for at in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    with open_store(tmp_path / "store") as store, store.read() as connection:
        assert connection.execute(select(func.count()).select_from(lists)).scalar_one() == 4


def test_a_missing_store_is_made_only_when_asked(tmp_path: Path) -> None:
    """Commands that only look do not leave empty stores behind."""
    with pytest.raises(StoreError, match="no store"):
        open_store(tmp_path / "store", create=False)
    with pytest.raises(StoreError, match="no store"):
        open_store(tmp_path / "store", read_only=True)
    assert not (tmp_path / "store").exists()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """An older program does not guess what a newer one wrote."""
    open_store(tmp_path / "store").close()
    with sqlite3.connect(tmp_path / "store" / "unseen.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="9999"):
        open_store(tmp_path / "store")


@pytest.mark.parametrize("content", ["CREATE TABLE a (b)", "CREATE TABLE alembic_version (version_num)"])
def test_a_foreign_database_is_refused(tmp_path: Path, content: str) -> None:
    """Another program's SQLite file is left as it is, even one that Alembic manages."""
    with sqlite3.connect(tmp_path / "unseen.db") as connection:
        connection.execute(content)
    before = (tmp_path / "unseen.db").read_bytes()
    with pytest.raises(StoreError, match="not a store"):
        open_store(tmp_path)
    assert (tmp_path / "unseen.db").read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Bytes that are not SQLite are left as they are."""
    (tmp_path / "unseen.db").write_bytes(b"not a database at all, just text" * 100)
    with pytest.raises(StoreError, match="not a store"):
        open_store(tmp_path)


def test_a_folder_with_other_files_is_not_made_a_store(tmp_path: Path) -> None:
    """A mistyped path does not change anybody's folder."""
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match="other files"):
        open_store(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A path that names a file is an error of ours, not a trace."""
    (tmp_path / "store").write_text("dear")
    with pytest.raises(StoreError, match="cannot open"):
        open_store(tmp_path / "store")


def test_read_only_stores_cannot_be_written(tmp_path: Path) -> None:
    """A store opened for looking refuses every write."""
    open_store(tmp_path / "store").close()
    with (
        open_store(tmp_path / "store", read_only=True) as store,
        pytest.raises(StoreError, match="readonly"),
        store.write() as connection,
    ):
        connection.execute(insert(lists).values(LIST_ROW))


def test_other_addresses_are_refused() -> None:
    """A URL is not mistaken for a folder's name, nor is anything of it told that may be a password."""
    with pytest.raises(StoreError, match=r"cannot open a store at mysql://$"):
        open_store("mysql://me:secret@somewhere/unseen")


def test_a_store_on_a_read_only_medium_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written beside it, not even by SQLite itself."""
    with open_store(tmp_path / "store") as store, store.write() as connection:
        connection.execute(insert(lists).values(LIST_ROW))
    before = sorted(path.name for path in (tmp_path / "store").iterdir())
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with open_store(tmp_path / "store", read_only=True) as store, store.read() as connection:
        assert connection.execute(select(lists.c.name)).scalars().all() == ["a"]
        assert sorted(path.name for path in (tmp_path / "store").iterdir()) == before


def test_readers_go_on_while_somebody_writes(tmp_path: Path) -> None:
    """An import of many seconds does not stop a scan from looking up names."""
    with open_store(tmp_path / "store") as store, open_store(tmp_path / "store", read_only=True) as other:
        with store.write() as connection:
            connection.execute(insert(lists).values(LIST_ROW))
            with other.read() as reading:
                assert reading.execute(select(func.count()).select_from(lists)).scalar_one() == 0
        with other.read() as reading:
            assert reading.execute(select(func.count()).select_from(lists)).scalar_one() == 1


@pytest.mark.parametrize("name", ["with blank", "with%41percent", "with?question#mark", "with'quote", "caf\u00e9"])
def test_any_path_can_hold_a_store(tmp_path: Path, name: str) -> None:
    """Characters that mean something in a URI mean nothing in a path."""
    open_store(tmp_path / name).close()
    assert (tmp_path / name / "unseen.db").is_file()
    open_store(tmp_path / name, create=False).close()


def test_who_waits_too_long_for_a_writer_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience has an end, and then the other process is named as the reason."""
    from unseen.store.engine import sqlite

    with open_store(tmp_path / "store") as store, store.write():
        monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.05)
        with (
            open_store(tmp_path / "store") as other,
            pytest.raises(StoreError, match="locked by another process"),
            other.write(),
        ):
            pass


def test_an_unfinished_store_is_not_read_only(tmp_path: Path) -> None:
    """A process that was killed before it made the tables leaves a file that the next writer completes."""
    (tmp_path / "unseen.db").touch()
    with pytest.raises(StoreError, match="no store"):
        open_store(tmp_path, read_only=True)
    with open_store(tmp_path) as store, store.read() as connection:
        assert connection.execute(select(func.count()).select_from(lists)).scalar_one() == 0


def test_a_store_closes_after_an_error_at_opening(tmp_path: Path) -> None:
    """A torn file is an error of ours."""
    open_store(tmp_path / "store").close()
    path = tmp_path / "store" / "unseen.db"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(StoreError):
        open_store(tmp_path / "store")
