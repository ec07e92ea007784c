"""Open the store: a private directory with one SQLite file, its schema brought up to date on the way.

All that only SQLite understands stands in this file. `postgresql://` is to be the same schema; it is refused today.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, Engine, Integer, QueuePool, Table, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from unseen.errors import StoreDamagedError, StoreError
from unseen.store.schema import metadata

if TYPE_CHECKING:
    from unseen.store.ledger.entries import Recorder

__all__ = ["SCHEMA_VERSIONS", "Store", "bulk_insert", "empty_log", "migrate", "open_store", "sql_now_s"]

# Every revision under migrations/versions, oldest first; a test holds them together. Kept here so that opening a
# store that is up to date need not import Alembic.
SCHEMA_VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")

# "UnSn": tells our files from any other SQLite file, whoever else keeps a table called alembic_version in it.
_APPLICATION_ID = 0x556E536E

# The longest writer is the import of a list: some 6 s for each million entries, in one transaction. A scan that waits
# for a list of a hundred million loses ten minutes; one that gave up would lose its batch and end.
_BUSY_TIMEOUT_S = 600.0

# Whoever reads the store as it was before keeps its log from being emptied; it is tried again by the next command.
_LOG_TIMEOUT_MS = 1_000

_FILE_NAME = "unseen.db"

# What SQLite says where pages are not what it wrote. The plain error is one of them: a schema that was altered has
# other tables than those that are asked for.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_MISMATCH})


class Store:
    """An open store: lists, entries, scans, items and findings.

    Attributes:
        path: The store's directory.
        engine: SQLAlchemy's engine. Prefer `read` and `write`, which raise no foreign errors.
        recorder: Makes entries of the ledger; without one nothing can be recorded. See `unseen.store.ledger`.
    """

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self.engine = engine
        self.recorder: Recorder | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one unchanging state of the store.

        Raises:
            StoreError: The store cannot be read.
        """
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give the one writing connection; what it did is kept whole on leaving, or not at all on an exception.

        Raises:
            StoreError: The store cannot be written, or another process kept it locked for too long.
        """
        with self._transaction(write=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                connection.execution_options(unseen_write=write)
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            raise _translate(error.orig or error, self.path) from error
        except sqlite3.Error as error:  # the bulk statements speak to the driver itself
            raise _translate(error, self.path) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(location: str | Path, *, create: bool = True, read_only: bool = False) -> Store:
    """Open the store at a path, making it or bringing its schema up to date where needed.

    Safe when several processes open one new store at once: one makes it, the others wait.

    Args:
        location: The store's directory; made with mode 0700 where it does not exist. URLs are refused for now.
        create: Whether to make a store where there is none.
        read_only: Never write, not even the schema: for listing from a store that somebody else may be using,
            or on a read-only medium.

    Raises:
        StoreError: There is no store and `create` is false, what lies there is not ours, it was written by a newer
            version, or it cannot be opened.
    """
    text_location = str(location)
    if "://" in text_location:
        raise StoreError(
            f"cannot open a store at {text_location.partition('://')[0]}://: not yet",
            hint="give the path of a directory",
        )
    path = Path(location)
    try:
        _check_place(path, create=create and not read_only)
        store = Store(path, _make_engine(path / _FILE_NAME, read_only=read_only))
        _bring_up_to_date(store, read_only=read_only)
    except OSError as error:
        raise StoreError(f"cannot open the store {path}: {error.strerror or error}") from error
    return store


def _check_place(path: Path, *, create: bool) -> None:
    if (path / _FILE_NAME).exists():
        return
    if not create:
        raise StoreError(f"there is no store at {path}", hint="`unseen list add` makes one; or give --store PATH")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path):
        # Another process may have been faster; otherwise a folder that holds anything else is left as it is.
        if not (path / _FILE_NAME).exists():
            if any(path.iterdir()):
                raise StoreError(
                    f"{path} holds other files and no store", hint="give a new or an empty directory as --store"
                )
            path.chmod(0o700)
            os.close(os.open(path / _FILE_NAME, os.O_CREAT | os.O_WRONLY, 0o600))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock on the directory itself: making and upgrading a store is one process's work."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_engine(file: Path, *, read_only: bool) -> Engine:
    uri = file.absolute().as_uri() + _access(file, read_only=read_only)

    def connect() -> sqlite3.Connection:
        # Without an isolation level the driver begins nothing by itself; `_begin` below says how to begin.
        connection = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        # What is deleted is overwritten: it was hashes of lists, or of files of people that nobody has anything on.
        connection.execute("PRAGMA secure_delete = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its lock at once: one that starts by reading could be refused half-way, without any wait.
        write = connection.get_execution_options().get("unseen_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _access(file: Path, *, read_only: bool) -> str:
    if not read_only:
        return "?mode=rw"
    # SQLite needs to write beside a file with a write-ahead log even to read it. Where it cannot, and nothing
    # waits in a log, nobody is writing: the file may be read as it stands.
    log = file.with_name(file.name + "-wal")
    if not os.access(file.parent, os.W_OK) and not (log.exists() and log.stat().st_size):
        return "?immutable=1"
    return "?mode=ro"


def _bring_up_to_date(store: Store, *, read_only: bool) -> None:
    if _read_version(store) == SCHEMA_VERSIONS[-1]:
        return
    if read_only:
        raise StoreError(
            f"the store {store.path} was made by an older version", hint="run `unseen list add` or `unseen scan` once"
        )
    with _locked(store.path):
        version = _read_version(store)
        if version is None:
            _make_tables(store)
        elif version != SCHEMA_VERSIONS[-1]:
            migrate(store)


def _read_version(store: Store) -> str | None:
    """The schema's version, or None for a file that is still empty."""
    with store.read() as connection:
        application_id = connection.execute(text("PRAGMA application_id")).scalar_one()
        tables = connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one()
        if tables == 0:
            return None
        if application_id != _APPLICATION_ID:
            raise StoreDamagedError(
                f"{store.path / _FILE_NAME} is not a store of unseen", hint="give another --store PATH"
            )
        version = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    if version not in SCHEMA_VERSIONS:
        raise StoreError(
            f"the store {store.path} has schema {version}, this version knows up to {SCHEMA_VERSIONS[-1]}",
            hint="it was written by a newer version of unseen: use that one",
        )
    return version


def _make_tables(store: Store) -> None:
    """Make a new store as the migrations would, without them: to import Alembic alone takes a quarter of a second."""
    _keep_a_log(store)
    with store.write() as connection:
        connection.execute(text(f"PRAGMA application_id = {_APPLICATION_ID}"))
        metadata.create_all(connection, checkfirst=False)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": SCHEMA_VERSIONS[-1]})


def migrate(store: Store) -> None:
    """Bring the schema of a store, or of an empty file, up to date, revision by revision."""
    from alembic import command
    from alembic.config import Config

    _keep_a_log(store)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with store.write() as connection:
        connection.execute(text(f"PRAGMA application_id = {_APPLICATION_ID}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _keep_a_log(store: Store) -> None:
    # Cannot be set inside a transaction, and stays with the file.
    with store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA journal_mode = WAL")


def empty_log(store: Store) -> bool:
    """Bring all that was written into the file itself, and leave the write-ahead log empty.

    Returns:
        Whether that could be done: not while another process reads the store as it was.
    """
    with store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        try:
            driver.execute(f"PRAGMA busy_timeout = {_LOG_TIMEOUT_MS}")
            is_busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise _translate(error, store.path) from error
        finally:
            driver.execute(f"PRAGMA busy_timeout = {round(_BUSY_TIMEOUT_S * 1000)}")
    return not is_busy


def _translate(error: BaseException, path: Path) -> StoreError:
    # The low byte is the kind of error, the rest its circumstances.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreError(
            f"the store {path} was locked by another process for {_BUSY_TIMEOUT_S:.0f} s",
            hint="wait until the other import or scan has ended",
        )
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
        return StoreError(
            f"cannot read or write the store {path}: {error}",
            hint="is there room on its disk? then run the same command again: what was kept stays kept",
        )
    if code == sqlite3.SQLITE_NOTADB:
        return StoreDamagedError(f"{path / _FILE_NAME} is not a store of unseen", hint="give another --store PATH")
    # The driver's own word, which has no code.
    if code in _DAMAGED or "Could not decode to UTF-8" in str(error):
        return StoreDamagedError(f"the store {path} is damaged: {error}", hint="restore its newest copy")
    return StoreError(f"cannot use the store {path}: {error}")


class sql_now_s(FunctionElement[int]):  # noqa: N801  # reads as the function that it is
    """Seconds since 1970 by the clock of SQL: the one clock that all who share a store agree on."""

    type = Integer()
    inherit_cache = True


@compiles(sql_now_s)
def _by_its_own_clock(_element: sql_now_s, _compiler: SQLCompiler, **_rest: object) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)"


@compiles(sql_now_s, "sqlite")
def _by_clock_of_sqlite(_element: sql_now_s, _compiler: SQLCompiler, **_rest: object) -> str:
    return "CAST(strftime('%s', 'now') AS INTEGER)"


def bulk_insert(connection: Connection, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert rows as fast as the driver can: the one place that goes past SQLAlchemy's own statements.

    Args:
        connection: Of `Store.write`.
        table: Where the rows go.
        rows: One value for each column of the table, in its order; taken one by one, never held together.
    """
    columns = ", ".join(column.name for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    driver = connection.connection.driver_connection
    assert driver is not None
    statement = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608  # names of our own tables only
    driver.executemany(statement, rows)
