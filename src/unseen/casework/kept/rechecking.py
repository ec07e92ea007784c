"""`unseen recheck`: compare the hashes that a store holds with what its lists now say. No item is read."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path

from unseen.casework.kept.changed import Comparing, changed_columns, find_basis
from unseen.casework.kept.described import Described, describe_recheck
from unseen.casework.kept.owners import Owners
from unseen.casework.kept.settling import Changed, Matching, Sessions, Settling
from unseen.casework.kept.sieve import Sieve
from unseen.casework.known.indexing import Indexing
from unseen.casework.known.loading import KnownMaterial, load_known
from unseen.casework.progress import Progress
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.recording import open_recorded, seal
from unseen.darkroom.hashers import load_hashers
from unseen.matching import Near, check_threshold
from unseen.model import Codes, Finding, Gathered, InNoCase, Locator
from unseen.store import (
    Gone,
    ScanSession,
    Store,
    count_entries,
    count_gone,
    count_looked_closer,
    decided_since,
    finding_ids,
    gathered_by,
    held_blocks,
    held_items,
    is_unfinished,
    list_lists,
    record_fallen,
)

__all__ = ["Changed", "Fallen", "Gone", "ReadAgain", "RecheckSettings", "RecheckSummary", "run_recheck"]

# A killed recheck compares again what it did in so many seconds.
_KEPT_EVERY_S = 10.0
# Items that came near are compared with all lists together, so many at once.
_SETTLED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckSettings:
    """What a recheck is asked to do.

    Attributes:
        store: Path of the store.
        threshold_bits: Largest distance that counts as a match, inclusive, 0 … 64. What a scan with a larger one found
            keeps its matches.
        basis: On which legal basis; kept with the recheck.
        keys: Folder of signing keys; None for `UNSEEN_KEYS` or the user's own.
    """

    store: str
    threshold_bits: int = 31
    basis: str | None = None
    keys: Path | None = None


@dataclass(frozen=True, slots=True)
class Fallen:
    """A finding none of whose matches makes it a finding any more: a person must look into what was done about it.

    Attributes:
        matches: Names of lists and identifiers of the entries that fell.
    """

    finding: Finding
    matches: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """A video of which keyframes were hashed, and which came so near something new that a scan would look further."""

    scan: int
    locator: Locator


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckSummary:
    """The account of a recheck.

    Attributes:
        scan: Number under which it is on record.
        rechecked: Items whose hashes were compared.
        entries_changed: Entries that some of them had not been compared with as they are now.
        findings: Of items that were none before.
        changed: Findings whose matches are others now.
        fallen: Findings that have none left.
        fallen_open: Of these, how many nobody has decided about since a recheck first told them.
        never_kept: Items whose hashes were not kept, and which no recheck sees.
        erased: Items whose hashes are erased.
        read_again: Videos that must be read again to know.
        items_gone: Findings whose item was erased, so that it cannot be said whether they still hold.
        altered_scans: Scans that looked for altered copies too. Those that they found are compared again; whether what
            changed is shown altered by anything else, only its file can tell.
    """

    scan: int
    rechecked: int
    entries_changed: int
    findings: int
    changed: int
    fallen: int
    fallen_open: int
    never_kept: int
    erased: int
    read_again: int
    items_gone: int
    altered_scans: int
    threshold_bits: int
    seconds: float
    ledger_checkpoint: str


def run_recheck(
    settings: RecheckSettings,
    *,
    note: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] | None = None,
) -> Iterator[Changed | Fallen | ReadAgain | Gone | Gathered | InNoCase | RecheckSummary]:
    """Compare everything that a store holds hashes of with what changed in its lists, keep what comes of it, tell it.

    What is found is what a scan of the same items would find now, as far as their hashes are kept. A recheck that was
    killed goes on when the lists are still the same. The summary comes last.

    Args:
        settings: What to compare, and how.
        note: Told what a person should know.
        progress: Told how far it has come.

    Raises:
        ListError: The store holds no list.
        ThresholdError: The threshold is outside 0 … 64.
        StoreError: The store cannot be read or written, or the same recheck is running already.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    began = time.monotonic()
    check_threshold(settings.threshold_bits)
    with ExitStack() as stack:
        store = stack.enter_context(open_recorded(settings.store, create=False, keys=settings.keys, note=note))
        threshold_bits = settings.threshold_bits
        # Before they are loaded: a list that changes meanwhile is compared again by the next recheck.
        as_of = count_entries(store)
        infos = list_lists(store)
        hashers = load_hashers()
        indexing = Indexing(threshold_bits=threshold_bits, verify=True, may_write=True, note=note)
        known = load_known(store, (), hashers=hashers, indexing=indexing)
        signals = frozenset(hasher.signal for hasher in hashers)
        policies = {name: number for name, (number, _) in known.policies.items()}
        how = Comparing(threshold_bits, version("unseen"), signals, policies)
        columns = changed_columns(store, known, infos, find_basis(store, infos, how))
        sieve = Sieve(columns, threshold_bits=threshold_bits, hashers=hashers)
        matcher = known.matcher(threshold_bits, hashers)
        described = describe_recheck(known, infos, how, basis=settings.basis, index=(as_of, matcher.index_sha256))
        owners = Owners(store, known)
        sessions = _open_sessions(store, described, owners, stack)
        if sessions.first.account.rechecked:
            note(f"going on with an unfinished recheck: {sessions.first.account.rechecked:,} items are done")
        recheck = _Recheck(
            store, sessions, Settling(store, sessions, owners, Matching(matcher, known.terms, threshold_bits)), began
        )
        yield from recheck.tell_earlier()
        near = Near(columns, threshold_bits=threshold_bits)
        yield from recheck.sift(sieve, near, progress)
        yield from recheck.review()
        gone = count_gone(store)
        yield from gone
        recheck.finish(known)
        yield from gathered_by(store, sessions.numbers)
        yield recheck.summary(
            gone,
            entries_changed=sum(len(one.rows) if isinstance(one, Codes) else one.count for one in columns),
            threshold_bits=threshold_bits,
            checkpoint=seal(store),
        )


def _open_sessions(store: Store, described: Described, owners: Owners, stack: ExitStack) -> Sessions:
    def open_part(number: int) -> ScanSession:
        key, run = described.key(number), described.run if number == 0 else described.run_of_part
        settings, at_utc = described.settings, now_utc()
        return stack.enter_context(ScanSession(store, key, settings=settings, at_utc=at_utc, run=run, facts_of=owners))

    parts = next(number for number in count(1) if not is_unfinished(store, described.key(number))) - 1
    return Sessions(open_part(0), open_part, parts)


class _Recheck:
    """One recheck on its way: what it has counted so far."""

    def __init__(self, store: Store, sessions: Sessions, settling: Settling, began: float) -> None:
        self._store = store
        self._sessions = sessions
        self._session = sessions.first
        self._settling = settling
        self._began = began
        self._kept_at = time.monotonic()
        self._fallen: list[Fallen] = []
        self._new = self._changed = self._read_again = self._items_gone = 0

    def tell_earlier(self) -> Iterator[Changed]:
        """Tell again what an earlier run of this recheck has found."""
        for one in self._settling.earlier():
            yield self._count(one)

    def sift(
        self, sieve: Sieve, near: Near, progress: Callable[[Progress], None] | None
    ) -> Iterator[Changed | ReadAgain]:
        """Stream what is held through what changed; compare whatever came near with all lists."""
        end, done = self._session.scan_id, self._session.account
        if sieve.is_empty:
            return
        before = done.rechecked
        pending = 0
        for block in held_blocks(self._store, done.rechecked_to, end, signals=sieve.signals):
            numbers = sorted(sieve.pass_through(block))
            for at in range(0, len(numbers), _SETTLED_AT_ONCE):
                yield from self._settle(numbers[at : at + _SETTLED_AT_ONCE])
            yield from self._near_videos(set(block.keyframes).difference(numbers), near)
            pending += block.count
            if self._settling.has_pending or time.monotonic() - self._kept_at > _KEPT_EVERY_S:
                yield from self._keep((pending, block.last))
                pending = 0
            if progress is not None:
                files = self._session.account.rechecked + pending
                seconds = time.monotonic() - self._began
                progress(Progress(files, before, block.last, done.rechecked_to, seconds, None, None))
        yield from self._keep((pending, end - 1))

    def review(self) -> Iterator[Changed | Fallen]:
        """Compare every finding on record anew: what it stands on may have been withdrawn."""
        for ids in finding_ids(self._store, self._session.scan_id):
            fallen, gone = self._settling.review(ids)
            self._items_gone += gone
            yield from self._keep(None)
            for record in fallen:
                told = Fallen(record.finding, tuple(sorted({(name, entry) for name, entry, _ in record.fallen})))
                self._fallen.append(told)
                yield told

    def finish(self, known: KnownMaterial) -> None:
        """Close the account."""
        at_utc = now_utc()
        record_fallen(self._store, self._session.scan_id, [one.finding.id for one in self._fallen], at_utc=at_utc)
        searchable = known.entries_searchable, known.entries_not_searchable
        self._sessions.finish(searchable=searchable, seconds=time.monotonic() - self._kept_at, at_utc=at_utc)

    def summary(
        self, gone: list[Gone], *, entries_changed: int, threshold_bits: int, checkpoint: str
    ) -> RecheckSummary:
        """Count it all."""
        return RecheckSummary(
            scan=self._session.scan_id,
            rechecked=self._session.account.rechecked,
            entries_changed=entries_changed,
            findings=self._new,
            changed=self._changed,
            fallen=len(self._fallen),
            fallen_open=len(self._fallen) - len(decided_since(self._store, [one.finding.id for one in self._fallen])),
            never_kept=sum(one.never_kept for one in gone),
            erased=sum(one.erased for one in gone),
            read_again=self._read_again,
            items_gone=self._items_gone,
            altered_scans=count_looked_closer(self._store),
            threshold_bits=threshold_bits,
            seconds=time.monotonic() - self._began,
            ledger_checkpoint=checkpoint,
        )

    def _settle(self, numbers: list[int]) -> Iterator[Changed]:
        self._settling.settle(list(held_items(self._store, numbers)))
        if self._settling.is_full:
            yield from self._keep(None)

    def _near_videos(self, numbers: set[int], near: Near) -> Iterator[ReadAgain]:
        for held in held_items(self._store, sorted(numbers)):
            if near(held.hashes):
                self._read_again += 1
                yield ReadAgain(held.scan_id, held.item.locator)

    def _keep(self, rechecked: tuple[int, int] | None) -> Iterator[Changed]:
        now = time.monotonic()
        kept = self._settling.keep(rechecked, seconds=now - self._kept_at, at_utc=now_utc())
        self._kept_at = now
        for one in kept:
            yield self._count(one)

    def _count(self, one: Changed) -> Changed:
        self._new += one.is_new
        self._changed += not one.is_new
        return one
