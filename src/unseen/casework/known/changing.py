"""Lists change: what services send and what people here have judged is applied, and the search follows at once."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from unseen import store as stores
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.clock import account_name, now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import (
    ChangePage,
    Decision,
    EntryAccount,
    EntryDecision,
    EntryVerdict,
    ListChange,
    ListClass,
    Published,
)
from unseen.store import Acceptance, Change, Store

__all__ = ["JUDGED_FORMAT", "OwnList", "apply_pages", "decide_entry", "list_from_findings", "show_entry"]

# How a list that is made here is marked, so that no file and no service is taken for one.
JUDGED_FORMAT = "findings"
# As many entries as a service would send at once.
_PAGE = 1_000
_JUDGED = {ListClass.CSAM: Decision.CONFIRMED, ListClass.CLEARED: Decision.CLEARED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnList:
    """What came of making a list of what was judged here.

    Attributes:
        change: Of the list.
        left_out: Findings that are not in it, by reason: `not_csam`.
    """

    change: ListChange
    left_out: Mapping[str, int]


def apply_pages(store: Store, name: str, change: Change, note: Callable[[str], None] = lambda _: None) -> ListChange:
    """Apply what is staged for a list, bring the index up to date, and say how many findings rest on what went.

    Args:
        store: Open for writing.
        name: Of the list.
        change: Where it comes from.
        note: Told what a person should know.

    Raises:
        ListError: Nothing complete is staged, or the list is of another class or format.
        StoreError: The store cannot be written.
    """
    from unseen.casework.known.indexing import refresh_index

    applied = stores.apply_staged(store, name, change)
    # Also where nothing changed: whoever was killed between the list and its index left that to do.
    refresh_index(store, [name], note)
    if applied.version is None or not (applied.withdrawn or applied.replaced):
        return applied
    return replace(applied, findings=len(stores.touched_findings(store, name, applied.version)))


def show_entry(store: str, name: str, entry: str) -> EntryAccount:
    """Say where an entry comes from and how it stands. Never a value.

    Raises:
        ListError: There is no such list, or it never held such an entry.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(store) as opened:
        return stores.read_entry_account(opened, name, entry)


def decide_entry(
    store: str, name: str, entry: str, decision: EntryDecision, *, by: str, reason: str
) -> tuple[bool, EntryAccount]:
    """Quarantine an entry, or release it.

    Args:
        store: Path of the store.
        name: Of the list.
        entry: Its identifier.
        decision: What is decided.
        by: Name of whoever decides.
        reason: Why.

    Returns:
        Whether that changed anything, and how the entry stands now.

    Raises:
        UsageError: Name or reason is empty, too long or no text.
        ListError: There is no such list, or it never held such an entry.
        StoreError: There is no store, or it cannot be written.
    """
    verdict = EntryVerdict(decision=decision, by=stated_name(by), reason=stated_reason(reason), at_utc=now_utc())
    with open_recorded(store, create=False) as opened:
        has_changed = stores.decide_entry(opened, name, entry, verdict)
        return has_changed, stores.read_entry_account(opened, name, entry)


def list_from_findings(
    store: str,
    name: str,
    *,
    by: str,
    reason: str,
    list_class: str = "csam",
    ids: Sequence[str] = (),
    note: Callable[[str], None] = lambda _: None,
) -> OwnList:
    """Make, or bring up to date, a list of what was judged here: confirmed findings, or cleared ones.

    Each finding is one entry under its own id, with its digests and its PDQ, and a label that names the record of the
    verdict. A finding that was judged otherwise since is withdrawn.

    Args:
        store: Path of the store.
        name: Of the list.
        by: Name of whoever answers for it.
        reason: Why.
        list_class: `csam` for confirmed findings of lists of class csam, `cleared` for cleared ones.
        ids: Findings to add, and nothing else; none to make the list anew of all there are.
        note: Told what a person should know.

    Raises:
        UsageError: Another class, or name or reason is none, or there is no such finding.
        ListError: The list came from somewhere else.
        StoreError: There is no store, or it cannot be written.
    """
    from unseen.casework.lists import check_name

    check_name(name)
    if list_class not in _JUDGED:
        raise UsageError(f"{list_class!r} is not what findings are judged to be", hint="csam or cleared")
    of_class = ListClass(list_class)
    acceptance = Acceptance(stated_name(by), stated_reason(reason))
    with open_recorded(store, create=False, note=note) as opened:
        entries, left_out = _judged(opened, of_class, ids)
        pages = [entries[at : at + _PAGE] for at in range(0, len(entries), _PAGE)] or [[]]
        for at, some in enumerate(pages):
            page = ChangePage(
                changes=tuple(some),
                checkpoint="",
                begins_anew=not ids and at == 0,
                is_last=at == len(pages) - 1,
            )
            stores.stage_page(opened, name, page)
        change = Change(
            list_class=of_class,
            file_format=JUDGED_FORMAT,
            origin="findings of this store",
            at_utc=now_utc(),
            by=account_name(),
            acceptance=acceptance,
        )
        return OwnList(change=apply_pages(opened, name, change, note), left_out=left_out)


def _judged(store: Store, list_class: ListClass, ids: Sequence[str]) -> tuple[list[Published], Mapping[str, int]]:
    entries: list[Published] = []
    left_out: Counter[str] = Counter()
    for one in stores.judged_hashes(store, _JUDGED[list_class], ids):
        if list_class is ListClass.CSAM and not one.is_csam:
            # Made by users and reviewed by nobody, or of a scan whose lists nobody knows any more.
            left_out["not_csam"] += 1
        else:
            entries.append(one.entry)
    return entries, left_out
