"""Fetch a list: each page is kept with its checkpoint as it comes, and all are applied at once behind the last."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from unseen import store as stores
from unseen.casework.known.changing import apply_pages
from unseen.casework.proof.clock import account_name, now_utc
from unseen.casework.proof.recording import open_recorded
from unseen.casework.syncing.sources import Followed, credentials_of, read_followed
from unseen.errors import UsageError
from unseen.exchanges import Timing
from unseen.model import ListChange
from unseen.store import Acceptance, Change, Store, SyncLock

__all__ = ["Synced", "accepted", "sync_list"]

# A first sync of ten million entries has 10,000 pages: somebody may be watching.
_PAGES_PER_NOTE = 100


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of a sync.

    Attributes:
        change: What changed, or waits for a person.
        pages: How many were fetched now.
        exchange: Kind of service.
        origin: Its address.
    """

    change: ListChange
    pages: int
    exchange: str
    origin: str


def accepted(*, by: str | None, reason: str | None, is_asked: bool) -> Acceptance | None:
    """That a named person accepts a change that waits; None where nobody was asked to.

    Raises:
        UsageError: Half of it is missing.
    """
    if not is_asked:
        if by or reason:
            raise UsageError("--by and --reason belong to --accept")
        return None
    if not (by and by.strip() and reason and reason.strip()):
        raise UsageError(
            "a change is accepted by a named person, with a reason", hint="--accept --by NAME --reason TEXT"
        )
    return Acceptance(by=by.strip(), reason=reason.strip())


def sync_list(
    store: str,
    name: str,
    *,
    acceptance: Acceptance | None = None,
    anew: bool = False,
    note: Callable[[str], None] = lambda _: None,
    keys: Path | None = None,
) -> Synced:
    """Fetch what changed in a list, and apply it: all of it, or nothing.

    A sync that was interrupted, in whatever way, goes on behind the last page that was kept.

    Args:
        store: Path of the store.
        name: Name of the list.
        acceptance: That a named person says that a change which waits is right; nothing is fetched then, so that
            exactly what waits is applied.
        anew: Whether the whole list is read again; what is in it no more is withdrawn.
        note: Told what a person should know.
        keys: Folder of signing keys; None for `UNSEEN_KEYS` or the user's own.

    Raises:
        ListError: Nobody said where the list comes from.
        ExchangeError: The service cannot be asked, or there are no credentials; what came is kept, nothing applied.
        StoreError: The store cannot be written, or this list is being fetched already.
    """
    with open_recorded(store, create=False, keys=keys, note=note) as opened, SyncLock(opened, name):
        followed = read_followed(stores.find_source(opened, name))
        if anew:
            stores.discard_staged(opened, name)
        pages = 0 if acceptance is not None else _fetch(opened, followed, note)
        change = Change(
            list_class=followed.plan.list_class,
            file_format=followed.exchange.name,
            origin=followed.plan.origin,
            at_utc=now_utc(),
            by=account_name(),
            acceptance=acceptance,
        )
        applied = apply_pages(opened, name, change, note)
    return Synced(applied, pages, followed.exchange.name, followed.plan.origin)


def _fetch(store: Store, followed: Followed, note: Callable[[str], None]) -> int:
    timing = Timing(time.time, time.sleep, random.SystemRandom().random)
    secret = credentials_of(followed)
    count = 0
    connecting = followed.exchange.connect(followed.settings, followed.plan.list_class, secret, timing)
    with connecting as reader:
        for page in reader.changes(stores.read_checkpoint(store, followed.list)):
            stores.stage_page(store, followed.list, page)
            count += 1
            if count % _PAGES_PER_NOTE == 0:
                note(f"{count:,} pages of list {followed.list} so far")
        for sentence in reader.told():
            note(sentence)
    return count
