"""How long it takes to say a bit: shared by whatever foretells a hash without seeing a window."""

import math

import numpy as np

__all__ = ["COSTS", "PARTS", "SURENESS_PER_NAT"]

PARTS = 256  # of a bit: sums of integers are the same on every machine
# How sure a bit is, is the logarithm of its odds, so many for each power of e.
SURENESS_PER_NAT = 50
# By whether it is wrong, and by how sure it was: int64[2, 256], in parts of a bit.
COSTS = np.array(
    [
        [round(PARTS * math.log2(1 + math.exp(sign * sureness / SURENESS_PER_NAT))) for sureness in range(256)]
        for sign in (-1, 1)
    ],
    dtype=np.int64,
)
