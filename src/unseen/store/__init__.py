"""SQL: the truth about lists, scans, items and findings."""

from unseen.store.engine import Store, open_store
from unseen.store.findings import list_findings
from unseen.store.scans import Account, ScanSession

__all__ = ["Account", "ScanSession", "Store", "list_findings", "open_store"]
