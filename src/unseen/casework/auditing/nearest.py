"""How near benign files come to entries that can accuse: the search of a scan, at the largest radius."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from unseen.matching import Matcher
from unseen.model import Codes, ItemHashes, ListClass, Match, Signal

if TYPE_CHECKING:
    from unseen.casework.known.loading import KnownMaterial

__all__ = ["DIGESTS", "FINDING_CLASSES", "Nearest"]

DIGESTS = frozenset({Signal.MD5.value, Signal.SHA1.value, Signal.SHA256.value})
# Lists of other classes accuse nobody.
FINDING_CLASSES = frozenset({ListClass.CSAM, ListClass.USER_REPORTED})
_THRESHOLD_BITS_MAX = 64


class Nearest:
    """Asks all lists at once.

    Attributes:
        index_sha256: Digest of the generation of the index that is searched; None where all lists lie in memory.
    """

    def __init__(
        self, known: "KnownMaterial", threshold_bits: int, *, left_out: frozenset[tuple[str, str]] = frozenset()
    ) -> None:
        """Build the search.

        Args:
            known: The lists.
            threshold_bits: The threshold in use, which says which matches are told.
            left_out: List and identifier of entries that are quarantined: their matches are leads.
        """
        self._left_out = left_out
        self._known = known
        self._threshold_bits = threshold_bits
        self._accusing = {name for name, _, list_class in known.lists if list_class in FINDING_CLASSES}
        self._matchers: dict[int, Matcher] = {}
        self.index_sha256 = self._matcher(_THRESHOLD_BITS_MAX).index_sha256

    def match(self, batch: Sequence[ItemHashes]) -> list[tuple[Match, ...]]:
        """All matches with lists that can accuse, within the largest radius."""
        return [self._only_accusing(some) for some in self._matcher(_THRESHOLD_BITS_MAX).match(batch)]

    def of(self, hashes: ItemHashes, matches: Sequence[Match]) -> tuple[int | None, tuple[Match, ...]]:
        """The smallest threshold at which an item matches, and its matches at the threshold in use.

        Args:
            hashes: Of the item.
            matches: What `match` gave for it, by PDQ of pictures and frames.

        Returns:
            None and nothing where it comes near no entry.
        """
        pictures = [match for match in matches if match.video is None]
        nearest = [match.distance_bits for match in pictures]
        told = [match for match in pictures if match.distance_bits <= self._threshold_bits]
        if len(pictures) < len(matches):
            # A known video matches once enough of its frames are near: at which threshold, only asking again tells.
            nearest.append(self._first_threshold(hashes))
            told += self._videos(hashes, self._threshold_bits)
        return min(nearest, default=None), tuple(told)

    def _first_threshold(self, hashes: ItemHashes) -> int:
        """The smallest threshold at which a video matches a known one; it does at the largest, and at all above."""
        low, high = 0, _THRESHOLD_BITS_MAX
        while low < high:
            middle = (low + high) // 2
            if self._videos(hashes, middle):
                high = middle
            else:
                low = middle + 1
        return low

    def _videos(self, hashes: ItemHashes, threshold_bits: int) -> list[Match]:
        (matches,) = self._matcher(threshold_bits).match([hashes])
        return [match for match in self._only_accusing(matches) if match.video is not None]

    def _only_accusing(self, matches: Sequence[Match]) -> tuple[Match, ...]:
        return tuple(
            match
            for match in matches
            if match.list in self._accusing and (match.list, match.entry) not in self._left_out
        )

    def _matcher(self, threshold_bits: int) -> Matcher:
        if threshold_bits not in self._matchers:
            # Columns in files answer within the radius that they were opened for, whatever the matcher's.
            columns = [one if isinstance(one, Codes) else one.within(threshold_bits) for one in self._known.columns]
            self._matchers[threshold_bits] = Matcher(
                columns, threshold_bits=threshold_bits, name_entries=self._known.name_entries
            )
        return self._matchers[threshold_bits]
