"""`unseen audit threshold`: how often benign files of the custodian's own match these lists, at every threshold."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from unseen.casework.auditing.clusters import NearDuplicates, clear_codes
from unseen.casework.auditing.intervals import proportion
from unseen.casework.auditing.nearest import DIGESTS, FINDING_CLASSES, Nearest
from unseen.casework.hashing import worker_count
from unseen.casework.progress import CountAhead, Progress, Watched
from unseen.casework.proof.clock import now_utc
from unseen.darkroom import Darkroom
from unseen.errors import ListError
from unseen.model import EntryDecision, EntryVerdict, Item, ItemHashes, Locator, Match, NotScreened, Reason, VideoMode
from unseen.reports.audits import AuditedList, BenignMatch, CrowdedEntry, ThresholdAudit, ThresholdRow
from unseen.sources import check_sources, open_sources
from unseen.sources.layers import Want

if TYPE_CHECKING:
    from unseen.casework.known.loading import KnownMaterial
    from unseen.store import Store

__all__ = ["CLUSTER_BITS", "CROWD_CLUSTERS", "ThresholdSettings", "audit_threshold"]

# The field's threshold for one picture is also the natural distance of near-duplicates.
CLUSTER_BITS = 31
# An entry that is wrong by chance comes near one picture and its copies, which are one cluster. One that comes near
# three pictures that have nothing to do with each other is of something that pictures share: a flat ground, a page of
# text, a frame, a logo. It will go on accusing strangers.
CROWD_CLUSTERS = 3
_THRESHOLD_BITS_MAX = 64
# As many as a scan matches at once.
_BATCH = 1_000
_FAR = np.iinfo(np.int16).max
_DIGEST_ONLY = frozenset({Reason.NOT_MEDIA, Reason.LOW_QUALITY, Reason.KNOWN_FILE})

EntryKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdSettings:
    """What is audited, and how.

    Attributes:
        store: Path of the store; it need not exist where all lists are files.
        sources: Paths of directories and files that hold nothing but benign files.
        lists: Names of lists in the store, or paths of files; none for every list of the store.
        threshold_bits: The threshold in use, at which matches are told and entries set aside.
        cluster_bits: Distance of near-duplicates.
        crowd_clusters: From so many clusters on, an entry is set aside; at least 2.
        volume: Files a day that the custodian screens; None where nobody asked.
        workers: Number of decoding processes; None for one on each core.
        video: How videos are looked at.
        unsafe_no_sandbox: Go on where the kernel cannot lock a worker.
        keys: Folder of signing keys; None for `UNSEEN_KEYS` or the user's own.
    """

    store: str
    sources: tuple[str, ...]
    lists: tuple[str, ...] = ()
    threshold_bits: int = 31
    cluster_bits: int = CLUSTER_BITS
    crowd_clusters: int = CROWD_CLUSTERS
    volume: int | None = None
    workers: int | None = None
    video: VideoMode = VideoMode.FAST
    unsafe_no_sandbox: bool = False
    keys: Path | None = None


def audit_threshold(
    settings: ThresholdSettings,
    *,
    note: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] | None = None,
) -> Iterator[NotScreened | ThresholdAudit]:
    """Screen benign files as a scan would, at the largest radius, and count what matched; the audit comes last.

    Nothing of it is kept in the store: no item, no hash, no finding.

    Args:
        settings: What to audit.
        note: Told what a person should know.
        progress: Told how far it has come.

    Raises:
        SourceError: A source does not exist or cannot be opened.
        ListError: A list does not exist or cannot be read.
        ThresholdError: A threshold is outside 0 … 64.
        StoreError: The store cannot be opened or read.
        SandboxError: The kernel cannot lock a worker, and `unsafe_no_sandbox` was not given.
    """
    from unseen.casework.known.indexing import Indexing
    from unseen.casework.known.loading import load_known
    from unseen.matching import check_threshold
    from unseen.store import quarantined_entries

    for bits in (settings.threshold_bits, settings.cluster_bits):
        check_threshold(bits)
    check_sources(settings.sources)
    with ExitStack() as stack:
        store = stack.enter_context(_opened(settings, note))
        indexing = Indexing(threshold_bits=_THRESHOLD_BITS_MAX, verify=True, may_write=True, note=note)
        known = load_known(store, settings.lists, indexing=indexing)
        passed_over = [] if store is None else [str(store.path)]
        darkroom = Darkroom(
            workers=settings.workers or worker_count(),
            unsafe_no_sandbox=settings.unsafe_no_sandbox,
            video=settings.video,
        )
        darkroom.looks.comes_near = known.near(_THRESHOLD_BITS_MAX)
        darkroom.know(stack.enter_context(known.open_known_files(note)))
        stack.enter_context(darkroom)
        for gap in darkroom.sandbox.gaps:
            note(gap)
        watched: Darkroom | Watched = darkroom
        if progress is not None:
            ahead = stack.enter_context(CountAhead(open_sources(settings.sources, passed_over=passed_over)))
            watched = Watched(darkroom, progress, before=(0, 0), ahead=ahead)
        # One walk meets no file twice; several may overlap.
        choose = _each_once() if len(settings.sources) > 1 else _take_all
        left_out = frozenset() if store is None else quarantined_entries(store)
        tally = _Tally(settings, Nearest(known, settings.threshold_bits, left_out=left_out), left_out)
        developed = watched.develop(open_sources(settings.sources, passed_over=passed_over), choose=choose)
        while batch := list(islice(developed, _BATCH)):
            yield from tally.take(batch)
        audit = tally.audit(known, at_utc=now_utc())
        yield replace(audit, crowded=tuple(_set_aside(one, audit, store, note) for one in audit.crowded))


def _each_once() -> Callable[[Sequence[Locator]], list[Want]]:
    """A file that is met twice is one file."""
    met: set[Locator] = set()

    def choose(locators: Sequence[Locator]) -> list[Want]:
        wants = []
        for locator in locators:
            wants.append(Want.PASS if locator in met else Want.TAKE)
            met.add(locator)
        return wants

    return choose


def _take_all(locators: Sequence[Locator]) -> list[Want]:
    return [Want.TAKE] * len(locators)


@contextmanager
def _opened(settings: ThresholdSettings, note: Callable[[str], None]) -> Iterator["Store | None"]:
    """The store, open for an index that may be missing; none where nobody made one and all lists are files."""
    if settings.lists and not Path(settings.store).exists() and all(Path(text).exists() for text in settings.lists):
        yield None
        return
    from unseen.casework.proof.recording import open_recorded

    with open_recorded(settings.store, create=False, keys=settings.keys, note=note) as store:
        yield store


def _set_aside(
    one: CrowdedEntry, audit: ThresholdAudit, store: "Store | None", note: Callable[[str], None]
) -> CrowdedEntry:
    """Quarantine an entry of a list in the store: the entry, and nobody's file."""
    from unseen.store import decide_entry, read_entry_account

    (list_version,) = {held.version for held in audit.lists if held.name == one.list}
    if store is None or list_version is None:
        return one
    reason = (
        f"came near {one.clusters} unrelated clusters of benign files at {audit.threshold_bits} bits"
        f" ({audit.in_use.clusters.of} clusters audited)"
    )
    verdict = EntryVerdict(decision=EntryDecision.QUARANTINED, by=None, reason=reason, at_utc=audit.audited_at_utc)
    try:
        decisions = read_entry_account(store, one.list, one.entry).decisions
        if decisions and decisions[-1].decision is EntryDecision.RELEASED:
            # A named person has looked into it: no measurement overrules that.
            return replace(one, state="released")
        decide_entry(store, one.list, one.entry, verdict)
    except ListError as error:
        note(f"an entry is not quarantined: {error}")
        return one
    return replace(one, state="quarantined")


@dataclass(slots=True)
class _Tally:
    """What was counted so far: a few bytes for each file that was compared, and the matches themselves."""

    settings: ThresholdSettings
    nearest: Nearest
    left_out: frozenset[tuple[str, str]]
    items: int = 0
    digest_only: Counter[Reason] = field(default_factory=Counter)
    not_screened: Counter[Reason] = field(default_factory=Counter)
    by_digest: list[BenignMatch] = field(default_factory=list)
    _distances: "array[int]" = field(default_factory=lambda: array("h"))
    _matched: list[tuple[int, Locator, tuple[Match, ...]]] = field(default_factory=list)
    _near: NearDuplicates = field(init=False)

    def __post_init__(self) -> None:
        self._near = NearDuplicates(within_bits=self.settings.cluster_bits)

    def take(self, batch: Sequence[tuple[Item, ItemHashes]]) -> Iterator[NotScreened]:
        """Count these items; gives what could not be screened, or only in part."""
        found = self.nearest.match([hashes for _, hashes in batch])
        for (item, hashes), matches in zip(batch, found, strict=True):
            self.items += 1
            is_seen = self._count(item.locator, hashes, matches)
            reason = hashes.reason
            if reason is not None and reason not in _DIGEST_ONLY:
                self.not_screened[reason] += 1
                yield NotScreened(item.locator, reason)
            elif not is_seen:
                self.digest_only[reason or Reason.LOW_QUALITY] += 1

    def _count(self, locator: Locator, hashes: ItemHashes, matches: tuple[Match, ...]) -> bool:
        """Count one item; says whether it is told of elsewhere than among those of which only digests were compared."""
        exact = tuple(match for match in matches if match.signal in DIGESTS)
        if exact:
            self.by_digest.append(BenignMatch(locator=locator, matches=exact, cluster=None))
            return True
        if not clear_codes(hashes)[0]:
            return False
        number = self._near.add(hashes)
        distance, told = self.nearest.of(hashes, matches)
        self._distances.append(_FAR if distance is None else distance)
        if told:
            self._matched.append((number, locator, told))
        return True

    def audit(self, known: "KnownMaterial", *, at_utc: str) -> ThresholdAudit:
        """State the result."""
        lists, clusters = _lists(known), self._near.clusters()
        members = np.bincount(clusters) if len(clusters) else np.zeros(1, np.int64)
        return ThresholdAudit(
            audited_at_utc=at_utc,
            version=version("unseen"),
            sources=self.settings.sources,
            lists=lists,
            index_sha256=self.nearest.index_sha256,
            threshold_bits=self.settings.threshold_bits,
            cluster_bits=self.settings.cluster_bits,
            crowd_clusters=self.settings.crowd_clusters,
            volume=self.settings.volume,
            quarantined=sum(name in {one.name for one in lists} for name, _ in self.left_out),
            items=self.items,
            by_digest=len(self.by_digest),
            largest_cluster=int(members.max()),
            digest_only=_sorted(self.digest_only),
            not_screened=_sorted(self.not_screened),
            rows=_rows(np.array(self._distances, np.int16), clusters),
            matches=self._matches(clusters),
            crowded=self._crowded(clusters),
        )

    def _matches(self, clusters: npt.NDArray[np.int64]) -> tuple[BenignMatch, ...]:
        numbers: dict[int, int] = {}
        ordered = sorted(self._matched, key=lambda one: str(one[1]))
        near = tuple(
            BenignMatch(
                locator=locator,
                matches=matches,
                cluster=numbers.setdefault(int(clusters[number]), len(numbers) + 1),
            )
            for number, locator, matches in ordered
        )
        return (*sorted(self.by_digest, key=lambda one: str(one.locator)), *near)

    def _crowded(self, clusters: npt.NDArray[np.int64]) -> tuple[CrowdedEntry, ...]:
        files: dict[EntryKey, list[int]] = {}
        for number, _, matches in self._matched:
            for match in matches:
                files.setdefault((match.list, match.entry, match.signal), []).append(number)
        counted = [(len(set(clusters[some].tolist())), key, len(some)) for key, some in files.items()]
        return tuple(
            CrowdedEntry(list=key[0], entry=key[1], signal=key[2], clusters=count, files=of)
            for count, key, of in sorted(counted, key=lambda one: (-one[0], one[1]))
            if count >= self.settings.crowd_clusters
        )


def _rows(distances: npt.NDArray[np.int16], clusters: npt.NDArray[np.int64]) -> tuple[ThresholdRow, ...]:
    """Of files, and of clusters by their nearest file, how many lie within each threshold."""
    state = lru_cache(maxsize=None)(proportion)
    nearest = np.full(len(distances), _FAR, np.int16)
    np.minimum.at(nearest, clusters, distances)
    nearest = nearest[np.unique(clusters)]
    return tuple(
        ThresholdRow(
            threshold_bits=bits,
            files=state(int((distances <= bits).sum()), len(distances)),
            clusters=state(int((nearest <= bits).sum()), len(nearest)),
        )
        for bits in range(_THRESHOLD_BITS_MAX + 1)
    )


def _lists(known: "KnownMaterial") -> tuple[AuditedList, ...]:
    """The lists that can accuse; of others nothing is counted."""
    return tuple(
        AuditedList(
            name=name,
            list_class=list_class.value,
            sha256=sha256.hex(),
            version=None if record is None else record[1],
            entries=dict(sorted(by_signal.items())),
            searchable=tuple(sorted({column.signal for column in known.columns if column.list == name})),
        )
        for (name, sha256, list_class), by_signal, record in zip(known.lists, known.entries, known.records, strict=True)
        if list_class in FINDING_CLASSES
    )


def _sorted(counts: Counter[Reason]) -> Mapping[str, int]:
    return {reason.value: counts[reason] for reason in Reason if counts[reason]}
