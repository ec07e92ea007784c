"""`unseen audit recall`: which alterations of the custodian's own benign pictures are still found."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from unseen.casework.auditing.intervals import proportion
from unseen.casework.hashing import worker_count
from unseen.casework.proof.clock import now_utc
from unseen.darkroom import CATALOGUE, UNALTERED, Darkroom
from unseen.matching import Aims, Index, Matcher
from unseen.model import (
    NEAR_BITS_MAX,
    QUALITY_MIN,
    Aimed,
    Altered,
    Codes,
    Item,
    ItemHashes,
    ListClass,
    Locator,
    NotScreened,
    Reason,
    Signal,
)
from unseen.reports.audits import RecallAudit, RecallRow
from unseen.sources import check_sources, open_sources

__all__ = ["THRESHOLDS_BITS", "RecallSettings", "audit_recall"]

# From equal hashes to the largest radius; 31 is the field's.
THRESHOLDS_BITS = (0, 8, 16, 24, 31, 40, 48, 64)
_CODE_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallSettings:
    """What is audited, and how.

    Attributes:
        sources: Paths of directories and files that hold nothing but benign pictures.
        seed: Of what alterations draw at random.
        altered: How far altered copies are looked for.
        workers: Number of decoding processes; None for one on each core.
        unsafe_no_sandbox: Go on where the kernel cannot lock a worker.
        store: Path of the store, which is passed over where it lies below a source.
    """

    sources: tuple[str, ...]
    seed: int = 1
    altered: Altered = Altered.OFF
    workers: int | None = None
    unsafe_no_sandbox: bool = False
    store: str | None = None


def audit_recall(
    settings: RecallSettings,
    *,
    note: Callable[[str], None] = lambda _: None,
    on_copy: Callable[[int], None] = lambda _: None,
) -> Iterator[NotScreened | RecallAudit]:
    """Have every picture altered in every way inside the darkroom, and count what is still found; the audit comes last.

    Only files that are pictures themselves are altered: what lies in archives, and videos, are told by their reason.
    The same files and seed give the same audit but for its time.

    Args:
        settings: What to audit.
        note: Told what a person should know.
        on_copy: Told of every original and every copy that is done, by the size in bytes of its file.

    Raises:
        SourceError: A source does not exist or cannot be opened.
        SandboxError: The kernel cannot lock a worker, and `unsafe_no_sandbox` was not given.
    """
    check_sources(settings.sources)
    tally = _Tally(settings.altered)
    darkroom = Darkroom(
        workers=settings.workers or worker_count(),
        unsafe_no_sandbox=settings.unsafe_no_sandbox,
        altering_seed=settings.seed,
        altered=settings.altered,
    )
    with darkroom:
        for gap in darkroom.sandbox.gaps:
            note(gap)
        # Originals are what is looked for: in them nothing is.
        darkroom.looks.aim = lambda batch: [Aimed()] * len(batch)
        # First the originals alone, so that what no decoder survives costs one row and not one for each alteration.
        for item, hashes in darkroom.develop(_originals(settings)):
            yield from tally.take_original(item, hashes)
            on_copy(hashes.size_bytes)
        if settings.altered is not Altered.OFF:
            known = tally.known()
            darkroom.looks.aim = Aims(known, settings.altered, threshold_bits=NEAR_BITS_MAX)
            tally.matcher = _matcher(known)
        for item, hashes in darkroom.develop(_copies(settings, tally)):
            tally.take_copy(item, hashes)
            on_copy(hashes.size_bytes)
    yield tally.audit(settings, at_utc=now_utc())


def _originals(settings: RecallSettings) -> Iterator[Item]:
    is_there = settings.store is not None and Path(settings.store).exists()
    passed_over = [settings.store] if is_there and settings.store is not None else []
    met: set[Locator] = set()
    for item in open_sources(settings.sources, passed_over=passed_over):
        # Sources may overlap, and a file that is met twice is one file.
        if item.locator not in met:
            met.add(item.locator)
            yield replace(item, alteration=UNALTERED)


def _copies(settings: RecallSettings, tally: "_Tally") -> Iterator[Item]:
    """Each picture as often as there are alterations."""
    for item in _originals(settings):
        if item.locator in tally.originals:
            for number in range(UNALTERED + 1, len(CATALOGUE) + 1):
                yield replace(item, alteration=number)


@dataclass(slots=True)
class _Row:
    """One alteration, as far as it is counted."""

    kind: str
    strength: str
    distances: list[int] = field(default_factory=list)
    low_quality: int = 0
    failed: int = 0
    altered: int | None = None

    def take(self, hashes: ItemHashes, original: bytes, *, is_undone: bool | None = None) -> None:
        """Count one copy.

        Args:
            hashes: Of the copy.
            original: The PDQ of what it is a copy of.
            is_undone: Whether it was found by undoing what was done to it; None where that was not tried.
        """
        if hashes.pdq is None:
            self.failed += 1
            return
        codes = _clear(hashes)
        self.low_quality += not codes
        distance_bits = _nearest(codes, original)
        self.distances.append(distance_bits)
        if is_undone is not None:
            is_found = is_undone or distance_bits <= NEAR_BITS_MAX
            self.altered = (self.altered or 0) + is_found

    def state(self) -> RecallRow:
        """The row as it is told."""
        found = (sum(distance <= bits for distance in self.distances) for bits in THRESHOLDS_BITS)
        return RecallRow(
            kind=self.kind,
            strength=self.strength,
            pictures=len(self.distances),
            low_quality=self.low_quality,
            failed=self.failed,
            found=tuple(proportion(count, len(self.distances)) for count in found),
            altered=None if self.altered is None else proportion(self.altered, len(self.distances)),
        )


class _Tally:
    """What was counted so far.

    Attributes:
        originals: Digest and PDQ of every picture that is altered.
        matcher: Decides which originals a copy shows; None where altered copies are not looked for.
    """

    def __init__(self, altered: Altered) -> None:
        self._looks_for = altered
        self.originals: dict[Locator, tuple[bytes | None, bytes]] = {}
        self.matcher: Matcher | None = None
        self._items = self._low_quality = 0
        self._not_altered: Counter[Reason] = Counter()
        self._rows = [_Row(one.kind, one.strength) for one in CATALOGUE]

    def take_original(self, item: Item, hashes: ItemHashes) -> Iterator[NotScreened]:
        """Take the hashes of an item as it lies there; gives what cannot be altered."""
        self._items += 1
        if hashes.reason is Reason.LOW_QUALITY or (hashes.pdq is not None and not _is_clear(hashes)):
            self._low_quality += 1
        elif hashes.reason is not None or hashes.pdq is None:
            reason = hashes.reason or Reason.UNREADABLE
            self._not_altered[reason] += 1
            if reason is not Reason.NOT_MEDIA:
                yield NotScreened(item.locator, reason)
        else:
            self.originals[item.locator] = hashes.sha256, hashes.pdq
            self._rows[0].take(hashes, hashes.pdq, is_undone=None if self._looks_for is Altered.OFF else False)

    def take_copy(self, item: Item, hashes: ItemHashes) -> None:
        """Take the hashes of an altered copy."""
        sha256, pdq = self.originals[item.locator]
        row = self._rows[item.alteration - UNALTERED]
        if hashes.sha256 == sha256:
            row.take(hashes, pdq, is_undone=None if self.matcher is None else self._is_undone(hashes, pdq))
        else:
            # Somebody wrote to it: it is no copy of that picture.
            row.failed += 1

    def known(self) -> list[Codes]:
        """The originals as a list that is searched."""
        values = np.frombuffer(b"".join(pdq for _, pdq in self.originals.values()), np.uint8).reshape(-1, _CODE_BYTES)
        rows = np.arange(len(values), dtype=np.int64)
        return [Codes("originals", ListClass.CSAM, Signal.PDQ.value, values, rows)]

    def _is_undone(self, hashes: ItemHashes, pdq: bytes) -> bool:
        assert self.matcher is not None
        (matches,) = self.matcher.match([hashes])
        return pdq.hex() in {match.entry for match in matches if match.altered is not None}

    def audit(self, settings: RecallSettings, *, at_utc: str) -> RecallAudit:
        """State the result."""
        return RecallAudit(
            audited_at_utc=at_utc,
            version=version("unseen"),
            sources=settings.sources,
            seed=settings.seed,
            altered=settings.altered,
            thresholds_bits=THRESHOLDS_BITS,
            items=self._items,
            pictures=len(self.originals),
            low_quality=self._low_quality,
            not_altered={reason.value: self._not_altered[reason] for reason in Reason if self._not_altered[reason]},
            rows=tuple(row.state() for row in self._rows),
        )


def _matcher(known: Sequence[Codes]) -> Matcher:
    """Compares copies with the originals; an entry's name is its value, so that equal ones are one."""
    values = known[0].values
    return Matcher(
        known,
        threshold_bits=NEAR_BITS_MAX,
        name_entries=lambda rows: {row: values[row].tobytes().hex() for row in rows},
    )


def _is_clear(hashes: ItemHashes) -> bool:
    return (hashes.pdq_quality or 0) >= QUALITY_MIN


def _clear(hashes: ItemHashes) -> list[bytes]:
    """Every hash of a copy that a scan would compare."""
    own = [hashes.pdq] if hashes.pdq is not None and _is_clear(hashes) else []
    return own + [variant.pdq for variant in hashes.variants if variant.pdq_quality >= QUALITY_MIN]


def _nearest(codes: list[bytes], original: bytes) -> int:
    """The smallest distance to the original; beyond every threshold where none is near, or nothing can be compared."""
    far = THRESHOLDS_BITS[-1] + 1
    if not codes:
        return far
    index = Index.build(np.frombuffer(original, np.uint8).reshape(1, _CODE_BYTES), threshold_bits=THRESHOLDS_BITS[-1])
    _, _, distance_bits = index.search(np.frombuffer(b"".join(codes), np.uint8).reshape(-1, _CODE_BYTES))
    return int(distance_bits.min()) if len(distance_bits) else far
