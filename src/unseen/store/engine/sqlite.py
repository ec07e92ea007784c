"""What only SQLite understands: one file in a private directory, its write-ahead log, its locks and its errors."""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, QueuePool, Table, create_engine, event, text

from unseen.errors import StoreDamagedError, StoreError
from unseen.store.engine.backend import BUSY_TIMEOUT_S
from unseen.store.engine.files import FileLock, is_any_locked
from unseen.store.schema import metadata

__all__ = ["SQLite", "insert_rows"]

# "UnSn": tells our files from any other SQLite file, whoever else keeps a table called alembic_version in it.
_APPLICATION_ID = 0x556E536E

# Whoever reads the store as it was before keeps its log from being emptied; it is tried again by the next command.
_LOG_TIMEOUT_MS = 1_000

_FILE_NAME = "unseen.db"

# What SQLite says where pages are not what it wrote. The plain error is one of them: a schema that was altered has
# other tables than those that are asked for.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_MISMATCH})


class SQLite:
    """A store in a directory. A `unseen.store.engine.Backend`."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.engine = _make_engine(folder / _FILE_NAME, read_only=read_only)

    @property
    def name(self) -> str:
        """The directory."""
        return str(self.folder)

    def options(self, *, write: bool) -> Mapping[str, object]:
        """See `Backend`."""
        return {"unseen_write": write}

    def make_room(self, *, create: bool) -> None:
        """See `Backend`."""
        path = self.folder
        if (path / _FILE_NAME).exists():
            return
        if not create:
            raise StoreError(f"there is no store at {path}", hint="`unseen list add` makes one; or give --store PATH")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.making():
            # Another process may have been faster; otherwise a folder that holds anything else is left as it is.
            if not (path / _FILE_NAME).exists():
                if any(path.iterdir()):
                    raise StoreError(
                        f"{path} holds other files and no store", hint="give a new or an empty directory as --store"
                    )
                path.chmod(0o700)
                os.close(os.open(path / _FILE_NAME, os.O_CREAT | os.O_WRONLY, 0o600))

    @contextmanager
    def making(self) -> Iterator[None]:
        """Hold a lock on the directory itself: making and upgrading a store is one process's work."""
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def prepare(self) -> None:
        """Keep a write-ahead log: that cannot be set inside a transaction, and stays with the file."""
        with self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA journal_mode = WAL")

    def is_empty(self, connection: Connection) -> bool:
        """See `Backend`."""
        return bool(connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one() == 0)

    def claim(self, connection: Connection) -> None:
        """See `Backend`."""
        connection.execute(text(f"PRAGMA application_id = {_APPLICATION_ID}"))

    def is_ours(self, connection: Connection) -> bool:
        """See `Backend`."""
        return bool(connection.execute(text("PRAGMA application_id")).scalar_one() == _APPLICATION_ID)

    def empty_log(self) -> bool:
        """Bring all that was written into the file itself, and leave the write-ahead log empty."""
        with self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            try:
                driver.execute(f"PRAGMA busy_timeout = {_LOG_TIMEOUT_MS}")
                is_busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.Error as error:
                raise self.translate(error) from error
            finally:
                driver.execute(f"PRAGMA busy_timeout = {round(BUSY_TIMEOUT_S * 1000)}")
        return not is_busy

    def lock(self, kind: str, key: bytes) -> FileLock | None:
        """See `Backend`."""
        try:
            return FileLock(self.folder / kind / f"{key.hex()}.lock")
        except BlockingIOError:
            return None
        except OSError as error:
            raise StoreError(f"cannot write to the store {self.folder}: {error.strerror or error}") from error

    def is_locked(self, kind: str) -> bool:
        """See `Backend`; as far as this machine can tell."""
        return is_any_locked(self.folder / kind)

    def check_pages(self, connection: Connection) -> None:
        """See `Backend`."""
        said = connection.execute(text("PRAGMA integrity_check(1)")).scalar_one()
        if said != "ok":
            raise StoreDamagedError(f"a page was altered: {said}", hint="restore the newest copy of the store")

    def definitions(self, connection: Connection) -> dict[tuple[str, str], str]:
        """By kind and name, how each table, index, view and trigger was defined, apart from blanks."""
        # SQLite's own are named so, and hold statistics at most. Alembic's table is spelled in one way by it, and in
        # another by us; all that it holds is read, and compared with what we know, when the store is opened.
        query = (
            "SELECT type, name, sql FROM sqlite_master"
            r" WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' AND (type, name) <> ('table', 'alembic_version')"
        )
        return {(kind, name): " ".join(sql.split()) for kind, name, sql in connection.execute(text(query))}

    def our_definitions(self) -> dict[tuple[str, str], str]:
        """See `Backend`."""
        with create_engine("sqlite://").begin() as empty:
            metadata.create_all(empty, checkfirst=False)
            return self.definitions(empty)

    def translate(self, error: BaseException) -> StoreError:
        """See `Backend`."""
        # The low byte is the kind of error, the rest its circumstances.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        path = self.folder
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return StoreError(
                f"the store {path} was locked by another process for {BUSY_TIMEOUT_S:.0f} s",
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


def insert_rows(driver: sqlite3.Connection, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert rows through the driver."""
    columns = ", ".join(column.name for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    statement = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608  # names of our own tables only
    driver.executemany(statement, rows)


def _make_engine(file: Path, *, read_only: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        # Without an isolation level the driver begins nothing by itself; `_begin` below says how to begin.
        connection = sqlite3.connect(
            file.absolute().as_uri() + _access(file, read_only=read_only),
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
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
