"""Where lists are fetched from. What proves who asks is not here: only the path of its file."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from unseen.errors import ListError
from unseen.store.engine import Store
from unseen.store.ledger.entries import record
from unseen.store.ledger.rows import source_value
from unseen.store.schema import list_sources, syncs

__all__ = ["ListSource", "find_source", "forget_source", "read_source", "read_sources", "set_source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSource:
    """Where a list is fetched from.

    Attributes:
        list: Name of the list, which need not exist yet.
        exchange: Which kind of service it is; None where it was forgotten.
        settings: JSON, for whoever speaks with that kind.
        at_utc: Since when, in ISO 8601.
    """

    list: str
    exchange: str | None
    settings: str
    at_utc: str


def set_source(store: Store, source: ListSource) -> None:
    """Record where a list is fetched from, from now on; whatever was fetched before is forgotten, if it is not applied.

    The next sync reads the whole list: what is not in it any more is withdrawn then.

    Raises:
        StoreError: The store cannot be written.
    """
    row = {
        "list": source.list,
        "exchange": source.exchange,
        "settings": source.settings,
        "at_utc": source.at_utc,
    }
    with record(store, at_utc=source.at_utc) as page:
        page.connection.execute(delete(syncs).where(syncs.c.list == source.list))
        number, salt = page.commit_to("list_source", {}, source_value(row))
        page.connection.execute(insert(list_sources).values(id=number, salt=salt, **row))


def forget_source(store: Store, name: str, *, at_utc: str) -> bool:
    """Record that a list is not fetched any more.

    Returns:
        Whether it was.

    Raises:
        StoreError: The store cannot be written.
    """
    if read_source(store, name) is None:
        return False
    set_source(store, ListSource(list=name, exchange=None, settings="{}", at_utc=at_utc))
    return True


def read_source(store: Store, name: str) -> ListSource | None:
    """Where a list is fetched from; None where it is not."""
    with store.read() as connection:
        return _newest(connection, name)


def find_source(store: Store, name: str) -> ListSource:
    """Where a list is fetched from.

    Raises:
        ListError: Nobody said.
    """
    source = read_source(store, name)
    if source is None:
        raise ListError(f"nobody said where list {name!r} comes from", hint="`unseen list follow` does")
    return source


def read_sources(store: Store) -> list[ListSource]:
    """Where every list that is fetched comes from, by name."""
    names = select(list_sources.c.list).distinct().order_by(list_sources.c.list)
    with store.read() as connection:
        found = (_newest(connection, name) for name in connection.scalars(names).all())
        return [source for source in found if source is not None]


def _newest(connection: Connection, name: str) -> ListSource | None:
    newest = select(func.max(list_sources.c.id)).where(list_sources.c.list == name).scalar_subquery()
    row = connection.execute(select(list_sources).where(list_sources.c.id == newest)).mappings().first()
    if row is None or row["exchange"] is None:
        return None
    return ListSource(list=name, exchange=row["exchange"], settings=row["settings"], at_utc=row["at_utc"])
