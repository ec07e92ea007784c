"""A store as SQL: opened, read and written. What only one kind of database understands stands in one file each."""

from unseen.store.engine.database import Database, Lock
from unseen.store.engine.functions import sql_now_s, sql_position
from unseen.store.engine.handle import Store, bulk_insert, bulk_select, empty_log
from unseen.store.engine.opening import SCHEMA_VERSIONS, is_url, migrate, open_store

__all__ = [
    "SCHEMA_VERSIONS",
    "Database",
    "Lock",
    "Store",
    "bulk_insert",
    "bulk_select",
    "empty_log",
    "is_url",
    "migrate",
    "open_store",
    "sql_now_s",
    "sql_position",
]
