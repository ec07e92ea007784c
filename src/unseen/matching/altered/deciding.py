"""`decide`: whether what was found in a picture, once an alteration is undone, is the entry."""

from dataclasses import dataclass

from unseen.matching.altered.calibrated import BOUND_BITS, FALSE_MATCH_BOUND, Kind
from unseen.matching.altered.soft import may_be_within, soft_distance
from unseen.model import QUALITY_MIN, AlteredHash, How

__all__ = ["Decision", "decide", "kind_of"]

# Less than a window can be placed exactly.
_BEYOND_MIN = 0.01


@dataclass(frozen=True, slots=True)
class Decision:
    """A window says the hash of an entry well enough.

    Attributes:
        soft_distance_bits: How well: 0 is best.
        kind: For what kind of placing this was decided.
        bound_bits: Largest soft distance that counts for it, inclusive.
        false_match_bound: How many false matches there are per picture at most at that bound and 1,000,000 entries:
            the upper end of a 95 % interval, measured on unrelated pictures.
    """

    soft_distance_bits: int
    kind: Kind
    bound_bits: int
    false_match_bound: float


def decide(altered_hash: AlteredHash, value: bytes) -> Decision | None:
    """Decide whether a picture shows the picture of an entry once an alteration is undone.

    Args:
        altered_hash: As it was refined; no other distance is looked at.
        value: 32 bytes of the entry's PDQ.

    Returns:
        The decision, or None where it is no match, among these where the quality of the window is below `QUALITY_MIN`.

    Raises:
        UsageError: As `soft_distance`.
    """
    kind = kind_of(altered_hash.how)
    if altered_hash.pdq_quality < QUALITY_MIN or not may_be_within(altered_hash, value, BOUND_BITS[kind]):
        return None
    bits = soft_distance(altered_hash, value)
    if bits > BOUND_BITS[kind]:
        return None
    return Decision(bits, kind, BOUND_BITS[kind], FALSE_MATCH_BOUND[kind])


def kind_of(how: How) -> Kind:
    """For what kind of placing a hash is decided."""
    x, y, width, height = how.window or (0.0, 0.0, 1.0, 1.0)
    if how.keystone is not None and how.keystone != (0.0, 0.0):
        return Kind.KEYSTONE
    is_beyond = min(x, y) < -_BEYOND_MIN or max(x + width, y + height) > 1 + _BEYOND_MIN
    return Kind.BEYOND if is_beyond else Kind.INSIDE
