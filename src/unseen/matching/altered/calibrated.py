"""What the decision on altered copies was calibrated to, and from what."""

from enum import StrEnum

__all__ = ["BOUND_BITS", "FALSE_MATCH_BOUND", "Kind"]


class Kind(StrEnum):
    """Kinds of placings that are decided on apart. Closed."""

    # All of the window was seen.
    INSIDE = "inside"
    # A part of it lies beyond the frame and was invented.
    BEYOND = "beyond"
    # Perspective was undone, which leaves more ways to come near by chance.
    KEYSTONE = "keystone"


# Largest soft distance that counts, inclusive, in bits.
# Provisional: 150 photographs against 1,001,920 hashes of parts of 991 others, whose candidates were refined too, came
# down to 204; of copies cropped by 20 % (of width and of height) nine in ten lie below 175.
BOUND_BITS = {Kind.INSIDE: 176, Kind.BEYOND: 176, Kind.KEYSTONE: 170}
# At most so many false matches per picture among 1,000,000 entries: upper ends of 95 % intervals, none of 150 seen.
FALSE_MATCH_BOUND = {Kind.INSIDE: 2e-2, Kind.BEYOND: 2e-2, Kind.KEYSTONE: 2e-2}
