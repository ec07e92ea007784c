"""SQL: the truth about lists, scans, items and findings."""

from unseen.store.engine import Store, open_store

__all__ = ["Store", "open_store"]
