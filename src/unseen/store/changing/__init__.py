"""How lists change: pages of a service are staged and applied whole; entries are withdrawn, disputed, quarantined."""

from unseen.store.changing.applying import Acceptance, Change, apply_staged
from unseen.store.changing.decisions import decide_entry
from unseen.store.changing.own import Judged, judged_hashes
from unseen.store.changing.provenance import read_entry_account
from unseen.store.changing.replacing import replace_list
from unseen.store.changing.sources import ListSource, find_source, forget_source, read_source, read_sources, set_source
from unseen.store.changing.staging import discard_staged, read_checkpoint, stage_page
from unseen.store.changing.standing import (
    describe_entries,
    mark_findings,
    mark_reported,
    quarantined_entries,
    touched_findings,
)

__all__ = [
    "Acceptance",
    "Change",
    "Judged",
    "ListSource",
    "apply_staged",
    "decide_entry",
    "describe_entries",
    "discard_staged",
    "find_source",
    "forget_source",
    "judged_hashes",
    "mark_findings",
    "mark_reported",
    "quarantined_entries",
    "read_checkpoint",
    "read_entry_account",
    "read_source",
    "read_sources",
    "replace_list",
    "set_source",
    "stage_page",
    "touched_findings",
]
