"""A store as SQL: opened, read and written. What only SQLite, or only PostgreSQL, understands stands by itself."""

from unseen.store.engine.backend import Backend, Lock
from unseen.store.engine.functions import sql_now_s, sql_position
from unseen.store.engine.handle import Store, bulk_insert, bulk_select, empty_log
from unseen.store.engine.opening import SCHEMA_VERSIONS, is_url, migrate, open_store
from unseen.store.engine.recorder import Fields, Recorder

__all__ = [
    "SCHEMA_VERSIONS",
    "Backend",
    "Fields",
    "Lock",
    "Recorder",
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
