"""`soft_distance`: how far a window is from an entry, counting each bit by how sure it is, and what the entry says."""

import numpy as np

from unseen.errors import UsageError
from unseen.matching.altered.lengths import COSTS, PARTS
from unseen.matching.altered.plainness import bits_alone
from unseen.model import PDQ_BITS, AlteredHash

__all__ = ["may_be_within", "soft_distance"]


def soft_distance(altered_hash: AlteredHash, value: bytes) -> int:
    """Say how little a window says of an entry: 256 bits less what it saves whoever writes the entry's hash down.

    A bit of which the window says that it is one with probability p costs -log2(p) bits if it is, and -log2(1 - p) if
    it is not; beside that stands what the hash costs for somebody who sees nothing (`bits_alone`), which is 256 bits
    or, of a plain picture or a ring, fewer. So a window that says nothing is 256 away from every entry, one that is
    sure of every bit and right in all nearly 0, and one that is sure and wrong more than 256. Were hashes drawn as
    `bits_alone` foretells them, a share of at most 2**(d - 256) would be at a distance of d or less, however the
    confidences lie.

    Args:
        altered_hash: With its confidences.
        value: 32 bytes of an entry.

    Returns:
        Bits, rounded up; at least 0, at most about 2,200.

    Raises:
        UsageError: A hash has not 32 bytes, or there are not 256 confidences.
    """
    parts = _parts_seen(altered_hash, value) + PDQ_BITS * PARTS - bits_alone(value)
    return -(-parts // PARTS)


def may_be_within(altered_hash: AlteredHash, value: bytes, bound_bits: int) -> bool:
    """Whether a soft distance may be so small: a quick look, which leaves out what the entry says by itself."""
    return _parts_seen(altered_hash, value) <= bound_bits * PARTS


def _parts_seen(altered_hash: AlteredHash, value: bytes) -> int:
    if not (len(altered_hash.pdq) == len(value) == PDQ_BITS // 8 and len(altered_hash.confidences) == PDQ_BITS):
        raise UsageError("a soft distance is one of two hashes of 256 bits with a byte of confidences for each")
    seen, known = (np.frombuffer(each, np.uint8) for each in (altered_hash.pdq, value))
    return int(COSTS[np.unpackbits(seen ^ known), np.frombuffer(altered_hash.confidences, np.uint8)].sum())
