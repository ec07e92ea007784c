"""At what a closer look at an item goes: the entries that some placing in it comes near."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

import numpy as np
import numpy.typing as npt

from unseen.matching.altered.searching import AIMS_MAX, RADIUS_BITS, AlteredSearch, Candidate, choose_aims
from unseen.matching.segments import StoredColumn
from unseen.model import NEAR_BITS_MAX, ORIENTATIONS, QUALITY_MIN, Aim, Aimed, Altered, Codes, ItemHashes, Proposals

__all__ = ["Aims"]


class Aims:
    """Searches the proposals of items; safe from many threads."""

    def __init__(self, columns: Sequence[Codes | StoredColumn], altered: Altered, *, threshold_bits: int) -> None:
        """Take the lists; nothing is built before the first item.

        Args:
            columns: As a `Matcher` takes them.
            altered: How far altered copies are looked for, and so how near a candidate is.
            threshold_bits: Largest distance at which an item matches as it lies.
        """
        self._search = AlteredSearch(columns, radius_bits=RADIUS_BITS[altered])
        self._plain_bits = min(threshold_bits, NEAR_BITS_MAX)

    def __call__(self, batch: Sequence[ItemHashes]) -> list[Aimed]:
        """Say of each item what a closer look at it goes for, the nearest first.

        An entry that the item is near as it lies is none: nothing about that is to be undone. Of a video the frames
        take turns, so that several of them are looked at.

        Args:
            batch: With their proposals.

        Returns:
            At most `AIMS_MAX` aims for each, mostly none.
        """
        proposals = [hashes.proposals or Proposals((), b"") for hashes in batch]
        found = self._search.candidates(proposals)
        return [self._aims(*three) for three in zip(batch, proposals, found, strict=True)]

    def _aims(self, hashes: ItemHashes, proposals: Proposals, found: Sequence[Candidate]) -> Aimed:
        if not found:
            return Aimed()
        plain = np.frombuffer(b"".join(_pdqs(hashes)), np.uint8).reshape(-1, 32)
        far = [one for one in found if _distance_bits(plain, one.value) > self._plain_bits]
        if not proposals.frames:
            chosen = choose_aims(far)
            return Aimed(tuple(_aim(proposals, one) for one in chosen.aims), chosen.dropped_count)
        by_frame: dict[tuple[int, int], list[Candidate]] = defaultdict(list)
        for one in far:
            by_frame[proposals.frames[one.placing]].append(one)
        turns = zip_longest(*(choose_aims(some).aims for some in by_frame.values()))
        aims = [one for one in chain.from_iterable(turns) if one is not None][:AIMS_MAX]
        dropped_count = len({one.value for one in far}) - len({one.value for one in aims})
        return Aimed(tuple(_aim(proposals, one) for one in aims), dropped_count)


def _aim(proposals: Proposals, one: Candidate) -> Aim:
    frame = proposals.frames[one.placing] if proposals.frames else None
    return Aim(proposals.placings[one.placing], ORIENTATIONS[one.orientation], one.value, one.distance_bits, frame)


def _pdqs(hashes: ItemHashes) -> Iterator[bytes]:
    """Every PDQ by which an item is compared as it lies."""
    if hashes.pdq is not None and (hashes.pdq_quality or 0) >= QUALITY_MIN:
        yield hashes.pdq
    yield from (variant.pdq for variant in hashes.variants if variant.pdq_quality >= QUALITY_MIN)
    yield from (frame.pdq for frame in hashes.vpdq or () if frame.pdq_quality >= QUALITY_MIN)


def _distance_bits(plain: npt.NDArray[np.uint8], value: bytes) -> int:
    """Distance of the nearest of some hashes, uint8[n, 32]; more than any there is where n = 0."""
    if not len(plain):
        return 257
    return int(np.bitwise_count(plain ^ np.frombuffer(value, np.uint8)).sum(axis=1).min())
