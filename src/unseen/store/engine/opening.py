"""Open the store at a path or an address, its schema brought up to date on the way."""

from pathlib import Path

from sqlalchemy import text

from unseen.errors import StoreDamagedError, StoreError
from unseen.store.engine.backend import Backend
from unseen.store.engine.handle import Store
from unseen.store.engine.sqlite import SQLite
from unseen.store.schema import metadata

__all__ = ["SCHEMA_VERSIONS", "is_url", "migrate", "open_store"]

# Every revision under migrations/versions, oldest first; a test holds them together. Kept here so that opening a
# store that is up to date need not import Alembic.
SCHEMA_VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012")

_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")


def is_url(location: str | Path) -> bool:
    """Whether a store is named by the address of a server, and not by a directory."""
    return isinstance(location, str) and "://" in location


def open_store(
    location: str | Path, *, create: bool = True, read_only: bool = False, state: Path | None = None
) -> Store:
    """Open the store at a path or an address, making it or bringing its schema up to date where needed.

    Safe when several processes open one new store at once: one makes it, the others wait.

    Args:
        location: The store's directory, made with mode 0700 where it does not exist; or `postgresql://` and the rest.
        create: Whether to make a store where there is none.
        read_only: Never write, not even the schema: for listing from a store that somebody else may be using,
            or on a read-only medium.
        state: Where the files of stores lie that are on a server, each in a directory of its own.

    Raises:
        StoreError: There is no store and `create` is false, what lies there is not ours, it was written by a newer
            version, or it cannot be opened.
    """
    backend: Backend
    if is_url(location):
        backend = _on_server(str(location), read_only=read_only, state=state)
    else:
        backend = SQLite(Path(location), read_only=read_only)
    store = Store(backend)
    try:
        backend.make_room(create=create and not read_only)
        _bring_up_to_date(store, create=create, read_only=read_only)
    except OSError as error:
        raise StoreError(f"cannot open the store {store.name}: {error.strerror or error}") from error
    except BaseException:
        store.close()
        raise
    return store


def _on_server(location: str, *, read_only: bool, state: Path | None) -> Backend:
    # No more of the address than this: a password stands in the rest.
    scheme = location.partition("://")[0]
    if scheme not in _SCHEMES:
        raise StoreError(
            f"cannot open a store at {scheme}://", hint="give the path of a directory, or postgresql://HOST/NAME"
        )
    if state is None:
        raise StoreError("there is no folder for the files of stores on servers", hint="set UNSEEN_STATE")
    try:
        from unseen.store.engine.postgresql import PostgreSQL
    except ImportError as error:
        raise StoreError(
            "the driver of PostgreSQL is not installed", hint="install unseen with the extra `postgres`"
        ) from error
    return PostgreSQL(location, state, read_only=read_only)


def _bring_up_to_date(store: Store, *, create: bool, read_only: bool) -> None:
    version = _read_version(store)
    if version == SCHEMA_VERSIONS[-1]:
        return
    if version is None and (read_only or not create):
        raise StoreError(f"there is no store at {store.name}", hint="`unseen list add` makes one")
    if read_only:
        raise StoreError(
            f"the store {store.name} was made by an older version", hint="run `unseen list add` or `unseen scan` once"
        )
    with store.backend.making():
        version = _read_version(store)
        if version is None:
            _make_tables(store)
        elif version != SCHEMA_VERSIONS[-1]:
            migrate(store)


def _read_version(store: Store) -> str | None:
    """The schema's version, or None where there are no tables yet."""
    with store.read() as connection:
        if store.backend.is_empty(connection):
            return None
        if not store.backend.is_ours(connection):
            raise StoreDamagedError(f"what is at {store.name} is not a store of unseen", hint="give another --store")
        version = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    if version not in SCHEMA_VERSIONS:
        raise StoreError(
            f"the store {store.name} has schema {version}, this version knows up to {SCHEMA_VERSIONS[-1]}",
            hint="it was written by a newer version of unseen: use that one",
        )
    return version


def _make_tables(store: Store) -> None:
    """Make a new store as the migrations would, without them: to import Alembic alone takes a quarter of a second."""
    store.backend.prepare()
    with store.write() as connection:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": SCHEMA_VERSIONS[-1]})
        store.backend.claim(connection)


def migrate(store: Store) -> None:
    """Bring the schema of a store, or of an empty place, up to date, revision by revision."""
    from alembic import command
    from alembic.config import Config

    store.backend.prepare()
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations").replace("%", "%%"))
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        store.backend.claim(connection)
