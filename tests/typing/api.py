"""The public face as a caller's type checker sees it. Checked by `make check`, never executed."""

from typing import assert_type

import numpy as np
import numpy.typing as npt

import unseen
from unseen import errors, model

pixels = np.zeros((8, 8, 3), dtype=np.uint8)
codes: npt.NDArray[np.uint8] = np.zeros((2, 32), dtype=np.uint8)

pdq, quality = unseen.pdq(pixels)
assert_type(pdq, bytes)
assert_type(quality, int)

eight, _ = unseen.pdq_dihedral(pixels)
assert_type(eight, npt.NDArray[np.uint8])

hashes = unseen.hash_file("picture.jpg")
assert_type(hashes, model.ItemHashes)
assert_type(hashes.reason, model.Reason | None)

index = unseen.Index.build(codes, threshold_bits=31)
assert_type(index, unseen.Index)
query_at, entry_at, distance_bits = index.search(codes, threshold_bits=20)
assert_type(query_at, npt.NDArray[np.int64])
assert_type(distance_bits, npt.NDArray[np.uint16])

assert_type(errors.UnseenError("a fact", hint="what to do").hint, str)
