"""The ledger in SQL: entries appended with the rows that they speak of, and those rows again for whoever compares."""

from unseen.store.ledger.audit import Snapshot
from unseen.store.ledger.entries import (
    Page,
    count_entries,
    entries_of_type,
    erase,
    has_records,
    read_entries,
    read_entry,
    record,
)

__all__ = [
    "Page",
    "Snapshot",
    "count_entries",
    "entries_of_type",
    "erase",
    "has_records",
    "read_entries",
    "read_entry",
    "record",
]
