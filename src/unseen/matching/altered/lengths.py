"""How long it takes to say a bit: shared by what a window, and what nothing, says of an entry."""

import math

import numpy as np

from unseen.model import CONFIDENCES_PER_NAT

__all__ = ["COSTS", "PARTS"]

PARTS = 256  # of a bit: sums of integers are the same on every machine
# By whether it is wrong, and by how sure it was: int64[2, 256], in parts of a bit.
COSTS = np.array(
    [
        [round(PARTS * math.log2(1 + math.exp(sign * sureness / CONFIDENCES_PER_NAT))) for sureness in range(256)]
        for sign in (-1, 1)
    ],
    dtype=np.int64,
)
