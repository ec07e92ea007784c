"""An open store: transactions, and rows inserted many at once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Select, Table
from sqlalchemy.exc import DBAPIError

from unseen.store.engine.backend import Backend
from unseen.store.engine.recorder import Recorder
from unseen.store.engine.sqlite import insert_rows

__all__ = ["Store", "bulk_insert", "bulk_select", "empty_log"]

# Python's work for each fetch vanishes, and they stay far below a megabyte.
_ROWS_AT_ONCE = 10_000


class Store:
    """An open store: lists, entries, scans, items and findings.

    Attributes:
        backend: What keeps it: SQLite or PostgreSQL.
        recorder: Makes entries of the ledger; without one nothing can be recorded. See `unseen.store.ledger`.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.recorder: Recorder | None = None

    @property
    def name(self) -> str:
        """What messages call it: its directory, or its address without a password."""
        return self.backend.name

    @property
    def path(self) -> Path:
        """The directory of its files: of the ledger, the index, and SQL where that is a file."""
        return self.backend.folder

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine. Prefer `read` and `write`, which raise no foreign errors."""
        return self.backend.engine

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
                connection.execution_options(**self.backend.options(write=write))
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            raise self.backend.translate(error.orig or error) from error
        except self.backend.errors as error:  # the bulk statements speak to the driver itself
            raise self.backend.translate(error) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def empty_log(store: Store) -> bool:
    """Get off the disk what was deleted, as far as that is for this program to do.

    Returns:
        Whether that could be done: not while another process reads the store as it was.

    Raises:
        StoreError: The store cannot be written.
    """
    return store.backend.empty_log()


def bulk_insert(connection: Connection, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert rows as fast as the driver can: the one place that goes past SQLAlchemy's own statements.

    Args:
        connection: Of `Store.write`.
        table: Where the rows go.
        rows: One value for each column of the table, in its order; taken one by one, never held together.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    if connection.dialect.name == "sqlite":
        insert_rows(driver, table, rows)
    else:
        # Whoever keeps a store in a directory need not have the driver of a server.
        from unseen.store.engine.postgresql.rows import copy_rows

        copy_rows(driver, table, rows)


def bulk_select(
    connection: Connection, query: Select[Any], rows_at_once: int = _ROWS_AT_ONCE
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Give rows many at once, as fast as the driver can and in constant memory, however many there are.

    Args:
        connection: Of `Store.read` or `Store.write`; must stay open until the last row was taken.
        query: Which rows.
        rows_at_once: How many are held together.
    """
    if connection.dialect.name != "sqlite":
        # A server sends all rows at once, unless it is told to keep them until they are asked for.
        result = connection.execute(query, execution_options={"yield_per": rows_at_once})
        yield from ([tuple(row) for row in some] for some in result.partitions())
        return
    # The driver's own cursor: SQLAlchemy's rows cost more than reading them from a file.
    result = connection.execute(query)
    cursor = result.cursor
    assert cursor is not None
    while rows := cursor.fetchmany(rows_at_once):
        yield rows
    result.close()
