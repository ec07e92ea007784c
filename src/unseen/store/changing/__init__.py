"""How lists change: pages of a service are staged and applied whole; entries are withdrawn, disputed, quarantined."""

from unseen.store.changing.applying import Acceptance, Change, apply_staged
from unseen.store.changing.decisions import decide_entry
from unseen.store.changing.provenance import read_entry_account
from unseen.store.changing.replacing import replace_list
from unseen.store.changing.staging import discard_staged, read_checkpoint, stage_page
from unseen.store.changing.standing import describe_entries, quarantined_entries

__all__ = [
    "Acceptance",
    "Change",
    "apply_staged",
    "decide_entry",
    "describe_entries",
    "discard_staged",
    "quarantined_entries",
    "read_checkpoint",
    "read_entry_account",
    "replace_list",
    "stage_page",
]
