"""A store on a server of PostgreSQL; its files lie in a directory of their own on this machine.

There is one writer at a time: each writing transaction first waits for a lock that belongs to the schema, and reads
only then, so that it sees all that the one before has kept. Reading transactions see one unchanging state.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from unseen.errors import StoreDamagedError, StoreError
from unseen.store.engine.backend import BUSY_TIMEOUT_S
from unseen.store.engine.postgresql.catalog import make_scratch, read_definitions
from unseen.store.engine.postgresql.dialect import DRIVER
from unseen.store.engine.postgresql.locks import ServerLock, is_any_locked
from unseen.store.engine.postgresql.rows import adapt
from unseen.store.schema import metadata

__all__ = ["PostgreSQL"]

# Released with the transaction. Of this schema only: other schemas may hold other stores.
_BE_THE_WRITER = text("SELECT pg_advisory_xact_lock(hashtextextended('unseen writer ' || current_schema(), 0))")

# No other program's comment begins so; behind it stands what tells this store from every other.
_MARK = "a store of unseen: "

_IS_READ = text(
    "SELECT EXISTS (SELECT FROM pg_stat_activity"
    " WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database())"
)

_SETTINGS = f"""
    SELECT set_config('search_path', quote_ident(current_schema()), false),
      set_config('lock_timeout', '{round(BUSY_TIMEOUT_S)}s', false),
      set_config('statement_timeout', '0', false),
      set_config('idle_in_transaction_session_timeout', '0', false),
      set_config('bytea_output', 'hex', false),
      CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
"""
# A machine that vanished must not keep its lock for two hours, nor wait so long for a server that did.
_KEEPALIVES = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_SERVER_KEEPALIVES = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
_CONNECT_TIMEOUT_S = 30

_LOCKED, _FULL, _READ_ONLY, _NO_RIGHT = "55P03", "53100", "25006", "42501"
# Classes of SQLSTATE: a page is not what the server wrote, or its table or column is another or gone.
_DAMAGED = ("XX001", "XX002", "42P01", "42703", "42883", "42809")
_LOST = ("08", "57P")


class PostgreSQL:
    """A store on a server. A `unseen.store.engine.Backend`."""

    errors: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, address: str, state: Path, *, read_only: bool = False) -> None:
        """Take note of where it is; connects when first asked for anything.

        Args:
            address: `postgresql://` and the rest; may hold a password, which is told to nobody but the driver.
            state: Where each store has a directory for its files.
            read_only: Whether nothing may be written.
        """
        url = _parse(address)
        where = url.host or url.query.get("host") or ""
        port = "" if url.port is None else f":{url.port}"
        self._name = f"postgresql://{where}{port}/{url.database or ''}"
        self._state = state
        self._read_only = read_only
        self._identity: UUID | None = None
        self.engine = _make_engine(url)

    @property
    def name(self) -> str:
        """The server and what it is called there; neither who asks nor by which password."""
        return self._name

    @property
    def folder(self) -> Path:
        """Named by what tells this store from every other, so that one that was restored elsewhere has the same."""
        if self._identity is None:
            raise StoreError(f"there is no store at {self.name}")
        return self._state / str(self._identity)

    def options(self, *, write: bool) -> Mapping[str, object]:
        """See `Backend`."""
        # A writer must see what was kept while it waited for its turn: each of its statements looks anew, and nobody
        # else writes meanwhile.
        level = "READ COMMITTED" if write else "REPEATABLE READ"
        return {"unseen_write": write, "isolation_level": level, "postgresql_readonly": self._read_only or not write}

    def make_room(self, *, create: bool) -> None:  # noqa: ARG002  # whoever runs the server makes it
        """See whether what is there will do; it is made by whoever runs the server."""
        with self._translated(), self.engine.connect() as connection:
            encoding, schema = connection.execute(
                text("SELECT current_setting('server_encoding'), current_schema()")
            ).one()
        if encoding != "UTF8":
            raise StoreError(f"{self.name} keeps text in {encoding}", hint="make it with ENCODING 'UTF8'")
        if schema is None:
            raise StoreError(
                f"no schema of {self.name} can be used", hint="its search_path names none that is there and may be used"
            )

    @contextmanager
    def making(self) -> Iterator[None]:
        """Hold a lock of the schema beside that of the writer."""
        take = text("SELECT pg_advisory_lock(hashtextextended('unseen making ' || current_schema(), 0))")
        with self._translated(), self.engine.connect() as connection:
            # The lock goes with the connection, and that with this block.
            connection.detach()
            connection.execute(take)
            yield

    def prepare(self) -> None:
        """Nothing is set outside of transactions."""

    def is_empty(self, connection: Connection) -> bool:
        """See `Backend`."""
        schema = "relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
        return not connection.execute(text(f"SELECT EXISTS (SELECT FROM pg_class WHERE {schema})")).scalar_one()  # noqa: S608  # constants of ours only

    def claim(self, connection: Connection) -> None:
        """See `Backend`."""
        if not self.is_ours(connection):
            identity = connection.execute(text("SELECT gen_random_uuid()")).scalar_one()
            connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS '{_MARK}{UUID(str(identity))}'")
            self._identity = identity
        self._make_folder()

    def is_ours(self, connection: Connection) -> bool:
        """See `Backend`."""
        said = connection.execute(
            text("SELECT obj_description(to_regclass('alembic_version'), 'pg_class')")
        ).scalar_one_or_none()
        if said is None or not str(said).startswith(_MARK):
            return False
        try:
            self._identity = UUID(str(said).removeprefix(_MARK))
        except ValueError:
            return False
        self._make_folder()
        return True

    def _make_folder(self) -> None:
        if not self._read_only:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def empty_log(self) -> bool:
        """Have the server clean its tables of dead rows; what its own log and its backups hold is beyond us."""
        tables = ", ".join(metadata.tables)
        with self._translated(), self.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            # Whoever looks at the store as it was keeps its rows from being cleaned.
            is_read = connection.execute(_IS_READ).scalar_one()
            connection.execute(text(f"VACUUM {tables}"))
        return not is_read

    def lock(self, kind: str, key: bytes) -> ServerLock | None:
        """See `Backend`."""
        with self._translated():
            return ServerLock.take(self.engine, f"{kind} of {self._identity}", key)

    def is_locked(self, kind: str) -> bool:
        """See `Backend`."""
        with self._translated(), self.engine.connect() as connection:
            return is_any_locked(connection, f"{kind} of {self._identity}")

    def check_pages(self, connection: Connection) -> None:
        """Nothing: only a superuser may have the server compare indexes with tables. See docs/decisions."""

    def definitions(self, connection: Connection) -> dict[tuple[str, str], str]:
        """See `Backend`."""
        return read_definitions(connection)

    def our_definitions(self) -> dict[tuple[str, str], str]:
        """Of temporary tables, made for this and gone again."""
        with self._translated(), self.engine.connect() as connection:
            connection.execution_options(isolation_level="READ COMMITTED", postgresql_readonly=False)
            with connection.begin() as attempt:
                make_scratch(connection)
                found = read_definitions(connection, scratch=True)
                attempt.rollback()
        return found

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self.translate(error.orig or error) from error
        except psycopg.Error as error:
            raise self.translate(error) from error

    def translate(self, error: BaseException) -> StoreError:
        """See `Backend`."""
        state = getattr(error, "sqlstate", None) or ""
        said = self._said(error)
        if state == _LOCKED:
            return StoreError(
                f"the store {self.name} was locked by another process for {BUSY_TIMEOUT_S:.0f} s",
                hint="wait until the other import or scan has ended",
            )
        if state == _FULL:
            return StoreError(
                f"cannot write the store {self.name}: {said}",
                hint="is there room on its disk? then run the same command again: what was kept stays kept",
            )
        if state in {_NO_RIGHT, _READ_ONLY}:
            return StoreError(
                f"the store {self.name} may not be used so: {said}",
                hint="which rights are needed is told in the how-to `run on PostgreSQL`",
            )
        if state in _DAMAGED:
            return StoreDamagedError(f"the store {self.name} is damaged: {said}", hint="restore its newest copy")
        if state.startswith(_LOST) or (not state and isinstance(error, psycopg.OperationalError)):
            return StoreError(
                f"there is no connection to the store {self.name}: {said}",
                hint="is the server up? then run the same command again: what was kept stays kept",
            )
        return StoreError(f"cannot use the store {self.name}: {said}")

    @staticmethod
    def _said(error: BaseException) -> str:
        # Without its details, which quote the rows.
        primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        return primary or (str(error).strip().splitlines() or [type(error).__name__])[0]


def _parse(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        # Not `from error`, nor any word of it: it may quote the password.
        del error
        url = None
    if url is None:
        raise StoreError(
            "the address of the store cannot be read",
            hint="postgresql://USER@HOST:PORT/NAME; in a password, write @ : / ? # % as %40 %3A %2F %3F %23 %25",
        )
    return url.set(drivername=DRIVER)


def _make_engine(url: URL) -> Engine:
    options = " ".join(filter(None, [_SERVER_KEEPALIVES, str(url.query.get("options", ""))]))
    engine = create_engine(
        url.difference_update_query(["options"]),
        connect_args={
            **_KEEPALIVES,
            "options": options,
            "client_encoding": "UTF8",
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "application_name": "unseen",
        },
        # A server that was restarted in between is no reason to fail.
        pool_pre_ping=True,
        # Parameters are hashes of lists, and what is known of people.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _connect(driver: psycopg.Connection, _record: object) -> None:
        adapt(driver)
        driver.execute(_SETTINGS)
        driver.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("unseen_write", False):
            connection.execute(_BE_THE_WRITER)

    return engine
