"""`soft_distance`: how far a window is from an entry, counting each bit by how sure it is, and what the entry says."""

import math

import numpy as np

from unseen.errors import UsageError
from unseen.matching.altered.plainness import PARTS, bits_alone
from unseen.model import CONFIDENCES_PER_NAT, PDQ_BITS, AlteredHash

__all__ = ["soft_distance"]

_COSTS = np.array(
    [
        [round(PARTS * math.log2(1 + math.exp(sign * sureness / CONFIDENCES_PER_NAT))) for sureness in range(256)]
        for sign in (-1, 1)
    ],
    dtype=np.int64,
)


def soft_distance(altered_hash: AlteredHash, value: bytes) -> int:
    """Say how little a window says of an entry: 256 bits less what it saves whoever writes the entry's hash down.

    A bit of which the window says that it is one with probability p costs -log2(p) bits if it is, and -log2(1 - p) if
    it is not; beside that stands what the hash costs for somebody who sees nothing (`bits_alone`), which is 256 bits
    or, of a plain picture, fewer. So a window that says nothing is 256 away from every entry, one that is sure of every
    bit and right in all nearly 0, and one that is sure and wrong more than 256. Were hashes drawn as `bits_alone`
    foretells them, a share of at most 2**(d - 256) would be at a distance of d or less, however the confidences lie.

    Args:
        altered_hash: With its confidences.
        value: 32 bytes of an entry.

    Returns:
        Bits, rounded up; at least 0, at most about 2,200.

    Raises:
        UsageError: A hash has not 32 bytes, or there are not 256 confidences.
    """
    if not (len(altered_hash.pdq) == len(value) == PDQ_BITS // 8 and len(altered_hash.confidences) == PDQ_BITS):
        raise UsageError("a soft distance is one of two hashes of 256 bits with a byte of confidences for each")
    seen, known = (np.frombuffer(each, np.uint8) for each in (altered_hash.pdq, value))
    costs = _COSTS[np.unpackbits(seen ^ known), np.frombuffer(altered_hash.confidences, np.uint8)]
    parts = int(costs.sum()) + PDQ_BITS * PARTS - bits_alone(value)
    return -(-parts // PARTS)
