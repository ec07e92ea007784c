"""The pipeline, readable aloud: items are developed in the dark, matched, kept in the store, and told."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from unseen.model import Acquired, Finding, Item, ItemHashes, Locator, Match, NotScreened, Outcome, Reason, Screened
from unseen.sources.layers import Want
from unseen.store import ScanSession

__all__ = [
    "BATCH_ITEMS",
    "BATCH_SECONDS",
    "Choose",
    "Clock",
    "Darkroom",
    "Matcher",
    "finding_id",
    "scan",
    "screen_item",
]

# A killed scan redoes at most one batch. A commit waits for the disk (some 10 ms): against a thousand items, or two
# seconds, that is nothing; more would only hold findings back.
BATCH_ITEMS = 1_000
BATCH_SECONDS = 2.0

Developed = tuple[Item, ItemHashes]
Choose = Callable[[Sequence[Locator]], Sequence[Want]]


class Darkroom(Protocol):
    """What turns items into hashes: `unseen.darkroom.Darkroom`."""

    def develop(self, items: Iterable[Item], /, *, choose: Choose) -> Iterator[Developed]:
        """Give each item that is chosen, and what lies in it, with its hashes; a container behind its members."""


class Matcher(Protocol):
    """What compares hashes with lists: `unseen.matching.Matcher`."""

    def match(self, batch: Sequence[ItemHashes], /) -> list[tuple[Match, ...]]:
        """Give the matches of each, ordered by (distance, list, entry)."""

    def is_finding(self, matches: Sequence[Match], /) -> bool:
        """Say whether a person must look into these matches."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the caller sees it.

    Attributes:
        seconds: A clock that never runs backwards, from any start.
        now_utc: The time of day in UTC, in ISO 8601.
    """

    seconds: Callable[[], float]
    now_utc: Callable[[], str]


def scan(
    items: Iterable[Item], *, darkroom: Darkroom, matcher: Matcher, session: ScanSession, clock: Clock
) -> Iterator[Finding | NotScreened | Acquired]:
    """Screen every item once, keep what comes of it, and only then tell it.

    What an unfinished earlier run has kept is told first and not done again, so that the whole of what is told, and
    the session's account, cover the whole scan. An item offered twice is screened once.

    Args:
        items: What the sources offer, in any order; any number, in constant memory.
        darkroom: Turns items into hashes.
        matcher: Compares hashes with lists.
        session: Keeps the scan, and knows what it has kept.
        clock: Ends batches, and dates findings.

    Raises:
        StoreError: The store cannot be written; what was told until then is kept.
    """
    yield from session.recorded()
    pending: set[Locator] = set()
    started = clock.seconds()
    choose = partial(_not_yet_stored, session, pending)
    for batch in _batches(darkroom.develop(items, choose=choose), clock):
        matches = matcher.match([hashes for _, hashes in batch])
        screened = [
            screen_item(item, hashes, found, is_finding=matcher.is_finding(found))
            for (item, hashes), found in zip(batch, matches, strict=True)
        ]
        ended = clock.seconds()
        session.commit(screened, seconds=ended - started, at_utc=clock.now_utc())
        started = ended
        pending.difference_update(item.locator for item, _ in batch)
        yield from _told(screened, session)


def finding_id(locator: str, sha256: bytes) -> str:
    """The name of a finding: the same in every scan and every store, for one locator and one content.

    Returns:
        32 hexadecimal digits: the start of SHA-256 over the content's SHA-256 and the locator's bytes. Half as many
        would let somebody choose file names until two share one name, and so hide one finding behind another.
    """
    return hashlib.sha256(sha256 + locator.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _not_yet_stored(session: ScanSession, pending: set[Locator], locators: Sequence[Locator]) -> list[Want]:
    """Pass over what this scan has stored, or has in hand: sources may overlap.

    A container is stored after all that lies in it, so that one that is stored is passed over whole.
    """
    stored = session.stored(locators)
    wants = []
    for locator in locators:
        is_new = locator not in stored and locator not in pending
        pending.add(locator)
        wants.append(Want.TAKE if is_new else Want.PASS)
    # What was stored before comes back in no batch.
    pending -= stored
    return wants


def _batches(developed: Iterator[Developed], clock: Clock) -> Iterator[list[Developed]]:
    batch: list[Developed] = []
    ends = clock.seconds() + BATCH_SECONDS
    for pair in developed:
        batch.append(pair)
        if len(batch) >= BATCH_ITEMS or clock.seconds() >= ends:
            yield batch
            batch = []
            ends = clock.seconds() + BATCH_SECONDS
    if batch:
        yield batch


def screen_item(item: Item, hashes: ItemHashes, matches: tuple[Match, ...], *, is_finding: bool) -> Screened:
    """Put together all that is kept of one item.

    Args:
        item: The item.
        hashes: Its hashes.
        matches: What they matched.
        is_finding: Whether a person must look into these matches.
    """
    outcome = _outcome(hashes, is_finding=is_finding)
    in_part = {Reason.TRUNCATED, Reason.ALTERED_UNFINISHED}
    unscreened = outcome is Outcome.NOT_SCREENED or hashes.reason in in_part
    finding = None
    if is_finding:
        # Nothing matches an item whose bytes could not be read, so there is always a digest to name it by.
        assert hashes.sha256 is not None
        name = finding_id(str(item.locator), hashes.sha256)
        finding = Finding(name, item.locator, hashes.sha256, item.state, matches, times=item.times)
    return Screened(
        locator=item.locator,
        state=item.state,
        hashes=hashes,
        outcome=outcome,
        finding=finding,
        not_screened=NotScreened(item.locator, hashes.reason) if unscreened and hashes.reason else None,
    )


def _outcome(hashes: ItemHashes, *, is_finding: bool) -> Outcome:
    """One outcome for each item.

    Digests are compared for every item that could be read. A finding by digest alone changes no `digest_only` and no
    `not_screened` item into a `match`: how far it was screened is one question, what it matches another.
    """
    match hashes.reason:
        case Reason.NOT_MEDIA | Reason.LOW_QUALITY | Reason.KNOWN_FILE:
            return Outcome.DIGEST_ONLY
        case None:
            return Outcome.MATCH if is_finding else Outcome.NO_MATCH
        case Reason.TRUNCATED | Reason.ALTERED_UNFINISHED if hashes.is_decoded:
            return Outcome.MATCH if is_finding else Outcome.NO_MATCH
        case _:
            return Outcome.NOT_SCREENED


def _told(screened: Sequence[Screened], session: ScanSession) -> Iterator[Finding | NotScreened | Acquired]:
    verdicts = session.verdicts([one.finding.id for one in screened if one.finding is not None])
    for one in screened:
        if one.finding is not None:
            yield replace(one.finding, verdict=verdicts.get(one.finding.id))
        if one.not_screened is not None:
            yield one.not_screened
        if one.hashes.acquisition is not None:
            yield Acquired(one.locator, one.hashes.acquisition)
