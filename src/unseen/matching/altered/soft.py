"""`soft_distance`: how far a window is from an entry, counting each bit by how sure it is, and what the entry says."""

import math

from unseen.matching.altered.lengths import PARTS
from unseen.matching.altered.plainness import bits_alone
from unseen.matching.altered.telling import bits_told, bits_told_apart
from unseen.model import PDQ_BITS, AlteredHash

__all__ = ["may_be_within", "soft_distance"]

# By so many bits what is lost may explain an entry better when all bits are moved together. Of 341 altered copies that
# reach beyond their frame it did so by 36 at most: of these the quick look misses none.
_TOGETHER_BITS = 64
# Machines round the last digits of a sum in their own ways, and must come to the same whole bit.
_DIGITS = 3


def soft_distance(altered_hash: AlteredHash, value: bytes) -> int:
    """Say how little a window says of an entry: 256 bits less what it saves whoever writes the entry's hash down.

    Seeing the window that takes `bits_told`; beside that stands what the hash costs for somebody who sees nothing
    (`bits_alone`), which is 256 bits or, of a plain picture or a ring, fewer. So a window that says nothing is 256 away
    from every entry, one that is sure of every bit and right in all nearly 0, and one that is sure and wrong more than
    256. Were hashes drawn as `bits_alone` foretells them, a share of at most 2**(d - 256) would be at a distance of d
    or less, whatever the window shows.

    Args:
        altered_hash: With its margins and what was seen.
        value: 32 bytes of an entry.

    Returns:
        Bits, rounded up; at least 0, at most about 2,000.

    Raises:
        UsageError: As `bits_told`.
    """
    bits = bits_told(altered_hash, value) + PDQ_BITS - bits_alone(value) / PARTS
    return max(0, math.ceil(round(bits, _DIGITS)))


def may_be_within(altered_hash: AlteredHash, value: bytes, bound_bits: int) -> bool:
    """Whether an entry is worth its soft distance: a quick look, which leaves out what the entry says by itself."""
    return bits_told_apart(altered_hash, value) <= bound_bits + _TOGETHER_BITS
