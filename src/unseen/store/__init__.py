"""SQL: the truth about lists, scans, items and findings, and the entries of the ledger beside them."""

from unseen.store.columns import load_codes
from unseen.store.engine import Store, open_store
from unseen.store.findings import list_findings, name_findings
from unseen.store.ledger import (
    Page,
    Recorder,
    count_entries,
    entries_of_type,
    erase,
    has_records,
    read_entries,
    read_entry,
    record,
)
from unseen.store.ledger.disclosure import Disclosure, disclose
from unseen.store.lists import (
    ListAccount,
    ListInfo,
    ListOrigin,
    add_list,
    list_entries,
    list_lists,
    name_entries,
    read_account,
    read_version,
    record_export,
    remove_list,
)
from unseen.store.locks import is_scanning
from unseen.store.objects import ObjectVersions
from unseen.store.records import (
    Labels,
    ScanRecord,
    acquired_media,
    count_reasons,
    has_entry,
    read_matched_labels,
    read_scan,
    reported_findings,
    unscreened_rows,
)
from unseen.store.scans import Account, Run, ScanSession
from unseen.store.verdicts import record_verdicts, verdict_history

__all__ = [
    "Account",
    "Disclosure",
    "Labels",
    "ListAccount",
    "ListInfo",
    "ListOrigin",
    "ObjectVersions",
    "Page",
    "Recorder",
    "Run",
    "ScanRecord",
    "ScanSession",
    "Store",
    "acquired_media",
    "add_list",
    "count_entries",
    "count_reasons",
    "disclose",
    "entries_of_type",
    "erase",
    "has_entry",
    "has_records",
    "is_scanning",
    "list_entries",
    "list_findings",
    "list_lists",
    "load_codes",
    "name_entries",
    "name_findings",
    "open_store",
    "read_account",
    "read_entries",
    "read_entry",
    "read_matched_labels",
    "read_scan",
    "read_version",
    "record",
    "record_export",
    "record_verdicts",
    "remove_list",
    "reported_findings",
    "unscreened_rows",
    "verdict_history",
]
