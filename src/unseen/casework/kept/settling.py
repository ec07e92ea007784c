"""What comes of an item whose hashes are compared again: beside what is on record, and kept with the recheck."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from unseen.casework.kept.owners import Owners
from unseen.matching import Matcher, weigh, without_repetition
from unseen.model import Finding, Locator, Match, Screened, Terms
from unseen.scan import finding_id, screen_item
from unseen.store import HeldItem, OnRecord, ScanSession, Store, findings_on_record, rows_of_findings, was_found_before

__all__ = ["Changed", "Matching", "Sessions", "Settling"]

# Kept in one transaction at most.
_PENDING_MAX = 1_000

_Name = tuple[str, str, str, str | None]


@dataclass(frozen=True, slots=True)
class Changed:
    """A finding with the matches that its item has now.

    Attributes:
        is_new: Whether no scan or recheck had found it before.
    """

    finding: Finding
    is_new: bool


@dataclass(frozen=True, slots=True)
class Matching:
    """How items are compared with all lists.

    Attributes:
        terms: How matches of each list are weighed.
        threshold_bits: Of the matcher.
    """

    matcher: Matcher
    terms: Mapping[str, Terms]
    threshold_bits: int


class Settling:
    """Matches items with all lists, and keeps what is not on record yet.

    An item whose matches are those on record changes nothing: a recheck that is run again finds nothing new.

    Attributes:
        has_pending: Whether anything waits to be kept.
        is_full: Whether that must be kept before more is added.
    """

    def __init__(self, store: Store, sessions: "Sessions", owners: Owners, matching: Matching) -> None:
        """Begin.

        Args:
            store: Open for writing.
            sessions: Where to keep what comes of it.
            owners: Told whose item each finding is of, before it is kept.
            matching: How items are compared.
        """
        self._terms, self._matcher, self._threshold_bits = matching.terms, matching.matcher, matching.threshold_bits
        self._owners = owners
        self._store = store
        self._sessions = sessions
        self._pending: dict[str, tuple[Screened, bool]] = {}

    @property
    def has_pending(self) -> bool:
        """See the class."""
        return bool(self._pending)

    @property
    def is_full(self) -> bool:
        """See the class."""
        return len(self._pending) >= _PENDING_MAX

    def earlier(self) -> Iterator[Changed]:
        """Give what an earlier run of this recheck has kept."""
        for one in self._sessions.recorded():
            yield Changed(one, is_new=not was_found_before(self._store, one.id, self._sessions.first.scan_id))

    def settle(self, items: Sequence[HeldItem]) -> None:
        """Compare items that may match what they did not before with all lists."""
        by_id: dict[str, list[HeldItem]] = {}
        for one in items:
            # Nothing matches an item whose bytes could not be read.
            if one.hashes.sha256 is not None:
                by_id.setdefault(finding_id(str(one.item.locator), one.hashes.sha256), []).append(one)
        self._settle(list(by_id), by_id)

    def review(self, ids: Sequence[str]) -> tuple[list[OnRecord], int]:
        """Compare findings on record with all lists.

        Returns:
            Those that are none any more; and how many there are of which no item is left to compare.
        """
        return self._settle(ids, {})

    def _settle(self, ids: Sequence[str], held: Mapping[str, list[HeldItem]]) -> tuple[list[OnRecord], int]:
        on_record = findings_on_record(self._store, ids)
        rows = rows_of_findings(self._store, list(on_record))
        every = {name: [*rows.get(name, ()), *held.get(name, ())] for name in ids}
        distinct = {one.hashes: None for some in every.values() for one in some}
        matches = dict(zip(distinct, self._matcher.match(list(distinct)), strict=True))
        fallen = []
        for name, some in every.items():
            before = on_record.get(name)
            if some:
                merged = self._merge([match for one in some for match in matches[one.hashes]], name, before)
                if self._matcher.is_finding(merged):
                    # A later scan that did not look for altered copies takes back none that another has found.
                    altered = tuple(dict.fromkeys(each for one in some for each in one.hashes.altered))
                    newest = replace(some[-1], hashes=replace(some[-1].hashes, altered=altered))
                    self._offer(name, newest, merged, before)
                elif before is not None:
                    fallen.append(before)
        return fallen, sum(not some for some in every.values())

    def _offer(self, name: str, held: HeldItem, matches: tuple[Match, ...], before: OnRecord | None) -> None:
        """Have a finding kept whose matches are not those on record."""
        if name in self._pending or before is None or _essence(matches) != _essence(before.finding.matches):
            self._owners.note(name, held.scan_id)
            self._pending[name] = screen_item(held.item, held.hashes, matches, is_finding=True), before is None

    def _merge(self, found: list[Match], name: str, before: OnRecord | None) -> tuple[Match, ...]:
        """Every match of any row of an item once, the nearest; weighed together."""
        best: dict[_Name, Match] = {}
        for match in without_repetition([*found, *self._further(name, before)]):
            known = best.setdefault(_name(match), match)
            if match.distance_bits < known.distance_bits:
                best[_name(match)] = match
        return weigh(sorted(best.values(), key=_place), self._terms)

    def keep(self, rechecked: tuple[int, int] | None, *, seconds: float, at_utc: str) -> list[Changed]:
        """Keep what waits, and how far the recheck has come; gives what was kept.

        Raises:
            StoreError: The store cannot be written.
        """
        waiting = list(self._pending.values())
        self._pending.clear()
        self._sessions.commit([one for one, _ in waiting], rechecked, seconds=seconds, at_utc=at_utc)
        found = [(one.finding, is_new) for one, is_new in waiting if one.finding is not None]
        verdicts = self._sessions.first.verdicts([finding.id for finding, _ in found])
        return [Changed(replace(finding, verdict=verdicts.get(finding.id)), is_new) for finding, is_new in found]

    def _further(self, name: str, before: OnRecord | None) -> Iterator[Match]:
        """Matches that comparing these rows anew would not give."""
        if name in self._pending:
            finding = self._pending[name][0].finding
            yield from () if finding is None else finding.matches
        elif before is not None:
            # A scan with a larger threshold found them, and their entries stand.
            for match in before.finding.matches:
                is_far = match.distance_bits > self._threshold_bits and match.video is None and match.how is not None
                if is_far and (match.list, match.entry, match.signal) not in before.fallen:
                    yield match


class Sessions:
    """One recheck in the store: a scan, and another for each further content that lay at one place.

    Attributes:
        first: The one by whose number the recheck is known, and which says what was compared.
    """

    def __init__(self, first: ScanSession, open_part: Callable[[int], ScanSession], parts: int) -> None:
        """Take the first.

        Args:
            first: Open.
            open_part: Opens the part of this number, from 1 on, to be closed by whoever gave this.
            parts: How many an earlier run has left unfinished.
        """
        self.first = first
        self._open_part = open_part
        self._parts = [open_part(number) for number in range(1, parts + 1)]

    @property
    def numbers(self) -> list[int]:
        """Of the scans that the recheck consists of."""
        return [session.scan_id for session in (self.first, *self._parts)]

    def recorded(self) -> Iterator[Finding]:
        """Give what an earlier run has kept."""
        for session in (self.first, *self._parts):
            yield from (one for one in session.recorded() if isinstance(one, Finding))

    def commit(
        self, batch: Sequence[Screened], rechecked: tuple[int, int] | None, *, seconds: float, at_utc: str
    ) -> None:
        """Keep items that came to match, each in the first scan that holds no other of its place."""
        left, number = list(batch), 0
        while left:
            session = self._session(number)
            taken = session.stored([one.locator for one in left])
            here: dict[Locator, Screened] = {}
            for one in left:
                if one.locator not in taken:
                    here.setdefault(one.locator, one)
            if here:
                session.commit(list(here.values()), seconds=0, at_utc=at_utc)
            left, number = [one for one in left if here.get(one.locator) is not one], number + 1
        if rechecked is not None:
            # Last: a recheck that is killed before it has kept all that it says it compared.
            self.first.commit([], seconds=seconds, at_utc=at_utc, rechecked=rechecked)

    def finish(self, *, searchable: tuple[int, int], seconds: float, at_utc: str) -> None:
        """Close all, the first last: it says what is covered.

        Args:
            searchable: Number of entries that can be searched for, and that cannot.
            seconds: Since anything was kept.
            at_utc: When.
        """
        for session in (*self._parts, self.first):
            session.finish(
                entries_searchable=searchable[0],
                entries_not_searchable=searchable[1],
                seconds=seconds if session is self.first else 0,
                at_utc=at_utc,
            )

    def _session(self, number: int) -> ScanSession:
        if number > len(self._parts):
            self._parts.append(self._open_part(number))
        return (self.first, *self._parts)[number]


def _essence(matches: Iterable[Match]) -> frozenset[object]:
    """All that is kept of matches; how their entries are marked is read when it is shown."""
    return frozenset((*_name(one), one.distance_bits, one.ground, one.how, one.video, one.altered) for one in matches)


def _name(match: Match) -> _Name:
    return match.list, match.entry, match.signal, match.publisher


def _place(match: Match) -> tuple[int, str, str, str, str]:
    return match.distance_bits, match.list, match.entry, match.signal, match.publisher or ""
