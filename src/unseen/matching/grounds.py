"""What the matches of an item say together: each entry once, and on what each match stands. Not here: what matches.

The reasons for every rule are in docs/explanation/corroboration.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from unseen.matching.videos import MATCHED_FRAMES_MIN
from unseen.model import NEAR_BITS_MAX, Ground, ListClass, Mark, Match, Second, Signal, Terms, Weight

__all__ = ["weigh", "without_repetition"]

_DIGESTS = frozenset({Signal.MD5, Signal.SHA1, Signal.SHA256})
# One way of hashing: of the same picture they say the same.
_PDQ = frozenset({Signal.PDQ, Signal.VPDQ})
_ACCUSING = frozenset({ListClass.CSAM, ListClass.USER_REPORTED})

# That somebody here cleared it is said beside a match, and lowers nothing: whoever can clear could hide.
_LOWERING = frozenset({Mark.QUARANTINED, Mark.WITHDRAWN})

# List, identifier, publisher: two of these may call different entries by one name.
Entry = tuple[str, str, str | None]


def without_repetition(matches: Sequence[Match]) -> list[Match]:
    """Give each entry once: as it matches plainly if that is near, else as an altered copy if it is one.

    Args:
        matches: All matches of one item.

    Returns:
        Those that are left, in the same order. What hashers of a licensee say stays beside either.
    """
    plain = {_entry(match) for match in matches if match.altered is None and _is_near(match)}
    altered = {_entry(match) for match in matches if match.altered is not None} - plain
    return [
        match
        for match in matches
        if (_entry(match) in altered if match.altered else _is_near(match) or _entry(match) not in altered)
        or match.signal not in _DIGESTS | _PDQ
    ]


def weigh(matches: Sequence[Match], terms: Mapping[str, Terms]) -> tuple[Match, ...]:
    """Say what each match stands on.

    Args:
        matches: All matches of one item, in any order; what they said of their ground is forgotten.
        terms: Of each list that they name.

    Returns:
        The same matches in the same order, each with its ground; None for those of lists that accuse nobody.
    """
    counting = [match for match in matches if _counts(match, terms[match.list])]
    # Looking for altered copies changes nothing of what everything else stands on: they corroborate each other only.
    plain = _Witnesses([match for match in counting if match.altered is None], terms)
    every = _Witnesses(counting, terms) if any(match.altered for match in counting) else plain
    return tuple(
        replace(match, ground=_ground(match, terms[match.list], plain if match.altered is None else every))
        for match in matches
    )


def _ground(match: Match, terms: Terms, witnesses: "_Witnesses") -> Ground | None:
    if terms.list_class not in _ACCUSING:
        return None
    if not _counts(match, terms):
        return Ground.LEAD
    if match.signal in _DIGESTS:
        is_exact = match.signal == Signal.SHA256 or witnesses.have_two_digests(match)
        return Ground.EXACT if is_exact else Ground.WEAK_DIGEST
    is_corroborated = any(witnesses.say(second, match) for second in terms.policy.corroborated_by)
    if match.altered is not None:
        alone = Ground.ALTERED if terms.policy.altered is Weight.FINDING else Ground.LEAD
        return Ground.ALTERED_CORROBORATED if is_corroborated else alone
    if is_corroborated:
        return Ground.NEAR_CORROBORATED
    return Ground.NEAR if terms.policy.near is Weight.FINDING else Ground.LEAD


def _counts(match: Match, terms: Terms) -> bool:
    """Whether a match is more than a lead, or may corroborate another one."""
    if terms.list_class is not ListClass.CSAM:
        return False
    lowering = _LOWERING if terms.policy.disputed is Weight.FINDING else _LOWERING | {Mark.DISPUTED}
    return lowering.isdisjoint(match.marks) and (
        match.signal not in _PDQ
        # Decided by a bound of its own, which is calibrated and no distance in bits.
        or match.altered is not None
        or match.distance_bits <= terms.policy.near_bits
    )


class _Witnesses:
    """What the matches of an item that count say together, gathered once: there may be thousands."""

    def __init__(self, matches: Sequence[Match], terms: Mapping[str, Terms]) -> None:
        self._terms = terms
        self._digests: dict[Entry, set[str]] = {}
        self._hashers: dict[Entry, set[str]] = {}
        self._publishers: set[str] = set()
        self._origins: set[str] = set()
        self._origins_unnamed: set[str] = set()
        for match in matches:
            kinds = self._digests if match.signal in _DIGESTS else self._hashers
            kinds.setdefault(_entry(match), set()).add(_kind(match))
            publisher, origin = self._source(match)
            self._origins.add(origin)
            if publisher is None:
                self._origins_unnamed.add(origin)
            else:
                self._publishers.add(publisher)

    def have_two_digests(self, match: Match) -> bool:
        """Whether two digests of its entry are those of the item: no two files are known that share both."""
        return len(self._digests[_entry(match)]) > 1

    def say(self, second: Second, match: Match) -> bool:
        """Whether this kind of second signal says what a near match says."""
        match second:
            case Second.DIGEST:
                return bool(self._digests)
            case Second.FRAMES if match.altered is not None:
                return match.altered.frames >= MATCHED_FRAMES_MIN
            case Second.FRAMES:
                return match.video is not None and match.video.near_frames >= MATCHED_FRAMES_MIN
            case Second.HASHER:
                return len(self._hashers[_entry(match)]) > 1
            case Second.PUBLISHER:
                return self._has_another_source(match)

    def _has_another_source(self, match: Match) -> bool:
        publisher, origin = self._source(match)
        if publisher is None:
            return bool(self._origins - {origin})
        return bool(self._publishers - {publisher} or self._origins_unnamed - {origin})

    def _source(self, match: Match) -> tuple[str | None, str]:
        """Who published an entry, in small letters, where that is known; and whence its list came."""
        terms = self._terms[match.list]
        publisher = match.publisher or terms.policy.publisher
        return None if publisher is None else publisher.strip().casefold(), terms.origin or match.list


def _is_near(match: Match) -> bool:
    """Whether the item as it lies is near the entry, or has its digest."""
    return match.signal in _DIGESTS or (
        match.signal in _PDQ and (match.distance_bits <= NEAR_BITS_MAX or match.video is not None)
    )


def _entry(match: Match) -> Entry:
    return match.list, match.entry, match.publisher


def _kind(match: Match) -> str:
    return Signal.PDQ if match.signal in _PDQ else match.signal
