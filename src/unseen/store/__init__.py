"""SQL: the truth about lists, scans, items and findings."""

from unseen.store.engine import Store, open_store
from unseen.store.findings import list_findings, name_findings
from unseen.store.lists import (
    ListAccount,
    ListInfo,
    ListOrigin,
    add_list,
    list_entries,
    list_lists,
    load_codes,
    name_entries,
    read_account,
    read_version,
    remove_list,
)
from unseen.store.records import (
    Labels,
    ScanRecord,
    count_reasons,
    read_matched_labels,
    read_scan,
    reported_findings,
    unscreened_rows,
)
from unseen.store.scans import Account, ScanSession
from unseen.store.verdicts import record_verdicts, verdict_history

__all__ = [
    "Account",
    "Labels",
    "ListAccount",
    "ListInfo",
    "ListOrigin",
    "ScanRecord",
    "ScanSession",
    "Store",
    "add_list",
    "count_reasons",
    "list_entries",
    "list_findings",
    "list_lists",
    "load_codes",
    "name_entries",
    "name_findings",
    "open_store",
    "read_account",
    "read_matched_labels",
    "read_scan",
    "read_version",
    "record_verdicts",
    "remove_list",
    "reported_findings",
    "unscreened_rows",
    "verdict_history",
]
